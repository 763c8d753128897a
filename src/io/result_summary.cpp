// SPDX-License-Identifier: MIT
#include <optional>

#include "apart.hpp"
#include "column.hpp"
#include "disk.hpp"
#include "hhsweep/error.hpp"
#include "hyperslab.hpp"
#include "netcdf.hpp"
#include "result_file.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {
namespace {

NcFile open_result(const std::string& path) {
  require_readable(path);
  try {
    require_opens(path);
    NcFile file = NcFile::open(path);
    if (file.global_attribute("hhsweep_version")) return file;
  } catch (const IoError& error) {
    throw OutputError(path + " is not a result of hhsweep, or it is damaged: " + error.what());
  }
  throw OutputError(path + " is not a result of hhsweep: it has no attribute hhsweep_version");
}

std::string describe(const VariableInfo& variable) {
  std::string text = variable.name;
  for (std::size_t d = 0; d < variable.shape.size(); ++d) {
    text +=
        (d == 0 ? " (" : ", ") + variable.dimensions[d] + ": " + std::to_string(variable.shape[d]);
  }
  if (!variable.shape.empty()) text += ')';
  return text + ' ' + (variable.type ? std::string(to_string(*variable.type)) : "of another type");
}

VariableInfo require(const NcFile& file, const std::string& name, Type type) {
  const std::optional<VariableInfo> variable = file.find_variable(name);
  if (!variable || variable->type != type) {
    throw OutputError(file.path() + " is not a result of hhsweep: it has no " + name + " of type " +
                      std::string(to_string(type)));
  }
  return *variable;
}

std::string text_of(const NcFile& file, std::string_view name) {
  return file.read_text(require(file, std::string(name), Type::text));
}

void count_neurons(const NcFile& file, ResultSummary& summary) {
  const VariableInfo counts = require(file, "spike_count", Type::int32);
  const VariableInfo states = require(file, "status", Type::int8);
  if (states.shape != counts.shape) {
    throw OutputError(file.path() + " is damaged: spike_count and status differ in shape");
  }
  summary.neurons = element_count(counts.shape);
  Column<std::int32_t> count(file, counts);
  Column<std::int8_t> status(file, states);
  while (count.rest() > 0) {
    const std::int32_t spikes = count.next();
    const auto state = static_cast<NeuronStatus>(status.next());
    if (state == NeuronStatus::ok && spikes > 0)
      summary.spikes += static_cast<std::uint64_t>(spikes);
    if (state == NeuronStatus::diverged) ++summary.diverged;
    if (state == NeuronStatus::not_run) ++summary.not_run;
  }
}

}  // namespace

ResultSummary summarize(const std::string& path) {
  const NcFile file = open_result(path);
  ResultSummary summary;
  for (const std::string& name : file.global_attributes()) {
    summary.attributes[name] = file.global_attribute(name).value_or("");
  }
  summary.content_hash = file.global_attribute("content_hash").value_or("");
  for (const VariableInfo& variable : file.variables()) {
    summary.variables.push_back(describe(variable));
  }
  count_neurons(file, summary);
  summary.sweep_file = text_of(file, names::sweep_file);
  summary.sweep_resolved = text_of(file, names::sweep_resolved);
  return summary;
}

}  // namespace hhsweep::io
