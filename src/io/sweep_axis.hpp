// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "sweep_draft.hpp"
#include "sweep_table.hpp"

namespace hhsweep::io {

/// One [[axis]] table while it is read: what the readers of its forms share.
class AxisTable {
 public:
  AxisTable(Draft& sweep, const Node& node, const std::string& number)
      : draft(sweep),
        table(node, "axis", sweep.diagnostics),
        at(node.at),
        label_("axis " + number) {}

  /// The name, which stands in the label of all further mistakes.
  void read_name(AxisDraft& axis);

  /// Notes a mistake, with the axis's label before it.
  void error(const Position& where, const std::string& message) const {
    draft.diagnostics.error(where, label_ + ": " + message);
  }
  [[nodiscard]] const std::string& label() const { return label_; }

  /// The path of the parameter that `source` names; false when it names none, or under a misspelt
  /// key, which is noted.
  bool read_path(const TableReader& source, const Position& otherwise, EntryDraft& entry) const;

  /// Reads the list of tables under `key`, each of which sets one parameter; `example` is one of
  /// them, for messages, and `read_form` reads what is not its path or its coordinate's name.
  /// axis.sound says whether all were understood.
  void read_entries(const std::string& key, const std::string& example, AxisDraft& axis,
                    const std::function<bool(const TableReader&, EntryDraft&)>& read_form) const;

  Draft& draft;
  const TableReader table;
  const Position at;

 private:
  bool read_coordinate(const TableReader& source, const Position& otherwise,
                       EntryDraft& entry) const;

  std::string label_;
};

/// Values of the form `form` (values, linspace, geomspace, range) of `source`, an axis or an entry
/// of zip; false when they are wrong, which is noted.
bool read_values(const AxisTable& axis, const TableReader& source, const std::string& form,
                 EntryDraft& entry);

/// The form draw: parameters drawn from distributions.
void read_draws(const AxisTable& table, AxisDraft& axis);

/// The form table: parameters from the columns of a CSV file.
void read_columns(const AxisTable& table, AxisDraft& axis);

}  // namespace hhsweep::io
