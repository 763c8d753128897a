// SPDX-License-Identifier: MIT
#include "hhsweep/population.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "hhsweep/batch.hpp"

namespace hhsweep {

std::uint64_t Population::size() const {
  if (!selection.empty()) return selection.size();
  return std::accumulate(axis_lengths.begin(), axis_lengths.end(), std::uint64_t{1},
                         std::multiplies<>());
}

double source_value(const ParameterSource& source, const std::vector<double>& table,
                    std::uint64_t i) {
  return source_value_at(source, table.data(), i);
}

ValueRange value_range(const ParameterSource& source, const std::vector<double>& table) {
  if (source.form == SourceForm::draw) return range_of(source.draw, source.count);
  if (source.form == SourceForm::table) {
    const double* values = table.data() + source.offset;
    const auto [low, high] = std::minmax_element(values, values + source.count);
    return {*low, *high};
  }
  const double first = source_value(source, table, 0);
  const double last = source_value(source, table, source.count - 1);
  return {lesser(first, last), greater(first, last)};
}

std::vector<double> parameters_of(const Population& population, std::uint64_t neuron,
                                  double search_value) {
  std::vector<double> values = population.base;
  if (!population.selection.empty()) neuron = population.selection[neuron];
  for (const ParameterSource& source : population.sources) {
    values[static_cast<std::size_t>(source.parameter)] =
        source.form == SourceForm::neuron
            ? search_value
            : source_value(source, population.table, neuron / source.stride % source.count);
  }
  if (population.rearm_follows_threshold) {
    values[parameter::spike_rearm] = values[parameter::spike_threshold];
  }
  return values;
}

}  // namespace hhsweep
