// SPDX-License-Identifier: MIT
#include <cmath>
#include <string>

#include "sweep_axis.hpp"

namespace hhsweep::io {
namespace {

bool read_list(const AxisTable& axis, EntryDraft& entry) {
  const auto values =
      finite_numbers(*entry.form_node, axis.label() + ": values", 0, axis.draft.diagnostics);
  if (!values) return false;
  if (values->empty()) {
    axis.error(entry.form_node->at, "values is empty; give at least one");
    return false;
  }
  entry.values = *values;
  entry.source.form = SourceForm::table;
  entry.source.count = values->size();
  return true;
}

/// Whether the values between two ends of a linspace or geomspace can be computed; those of the
/// latter are of one sign and not 0.
bool fits_float64(bool geometric, double first, double last) {
  if (!geometric) return std::isfinite(last - first);
  const double ratio = last / first;
  return ratio >= 1e-307 && ratio <= 1e307;
}

bool read_spaced(const AxisTable& axis, EntryDraft& entry) {
  Diagnostics& diagnostics = axis.draft.diagnostics;
  const Node& list = *entry.form_node;
  const std::string name = axis.label() + ": " + entry.form;
  if (list.type != Node::Type::array || list.items.size() != 3) {
    diagnostics.error(list.at, name + " must be [first, last, count]");
    return false;
  }
  const auto first = finite_number(list.items[0], name + "'s first", diagnostics);
  const auto last = finite_number(list.items[1], name + "'s last", diagnostics);
  const auto count = whole_number(list.items[2], name + "'s count", 1, diagnostics);
  if (!first || !last || !count) return false;
  const bool geometric = entry.form == "geomspace";
  if (geometric && (*first == 0 || *last == 0 || (*first < 0) != (*last < 0))) {
    diagnostics.error(list.at, name +
                                   " needs two ends of the same sign, neither of them 0 "
                                   "(its values have a constant ratio)");
    return false;
  }
  if (!fits_float64(geometric, *first, *last)) {
    diagnostics.error(list.at, name + " is too wide for float64");
    return false;
  }
  entry.source.form = geometric ? SourceForm::geomspace : SourceForm::linspace;
  entry.source.first = *first;
  entry.source.last = *last;
  entry.source.count = static_cast<std::uint64_t>(*count);
  return true;
}

bool read_range(const AxisTable& axis, EntryDraft& entry) {
  Diagnostics& diagnostics = axis.draft.diagnostics;
  const Node& list = *entry.form_node;
  const std::string name = axis.label() + ": range";
  if (list.type != Node::Type::array || list.items.size() != 3) {
    diagnostics.error(list.at, name + " must be [first, last, step]");
    return false;
  }
  const auto numbers = finite_numbers(list, name, 3, diagnostics);
  if (!numbers) return false;
  const double first = (*numbers)[0];
  const double last = (*numbers)[1];
  const double step = (*numbers)[2];
  const double steps = (last - first) / step;
  if (step == 0 || steps < 0) {
    diagnostics.error(list.items[2].at, name + " does not get from " + format_number(first) +
                                            " to " + format_number(last) + " in steps of " +
                                            format_number(step) +
                                            (step == 0 ? "" : "; change the sign of the step"));
    return false;
  }
  constexpr double most = 9007199254740992.0;
  entry.source.form = SourceForm::range;
  entry.source.first = first;
  entry.source.last = step;
  entry.source.count =
      static_cast<std::uint64_t>(steps < most ? std::floor(steps + 1e-9) : most) + 1;
  return true;
}

}  // namespace

bool read_values(const AxisTable& axis, const TableReader& source, const std::string& form,
                 EntryDraft& entry) {
  entry.form = form;
  entry.form_node = source.value(form);
  if (form == "values") return read_list(axis, entry);
  if (form == "range") return read_range(axis, entry);
  return read_spaced(axis, entry);
}

}  // namespace hhsweep::io
