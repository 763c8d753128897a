// SPDX-License-Identifier: MIT
#include "result_reader.hpp"

#include <algorithm>

#include "hhsweep/error.hpp"
#include "hyperslab.hpp"

namespace hhsweep::io {

namespace {

constexpr std::uint64_t block_values = std::uint64_t{1} << 18;

template <class Value>
std::vector<double> read_as(const NcFile& file, const VariableInfo& variable, std::uint64_t first,
                            std::uint64_t count) {
  std::vector<Value> values(count);
  file.read(variable, first, count, values.data());
  return {values.begin(), values.end()};
}

}  // namespace

std::uint64_t ResultVariable::size() const { return element_count(info.shape); }

ResultReader::ResultReader(const std::string& path) : file_(NcFile::open(path)) {
  for (const VariableInfo& info : file_.variables()) {
    const auto attribute = [&](const char* name) {
      return file_.attribute(info, name).value_or("");
    };
    variables_.push_back({.info = info,
                          .type = info.type ? std::string(to_string(*info.type)) : "unknown",
                          .units = attribute("units"),
                          .coordinates = attribute("coordinates"),
                          .parameter = attribute("hhsweep_parameter")});
  }
}

const ResultVariable* ResultReader::find(const std::string& name) const {
  const auto same = [&](const ResultVariable& variable) { return variable.name() == name; };
  const auto found = std::find_if(variables_.begin(), variables_.end(), same);
  return found == variables_.end() ? nullptr : &*found;
}

std::vector<double> ResultReader::values(const ResultVariable& variable, std::uint64_t first,
                                         std::uint64_t count) const {
  switch (variable.info.type.value_or(Type::text)) {
    case Type::int8:
      return read_as<std::int8_t>(file_, variable.info, first, count);
    case Type::int32:
      return read_as<std::int32_t>(file_, variable.info, first, count);
    case Type::int64:
      return read_as<std::int64_t>(file_, variable.info, first, count);
    case Type::float32:
      return read_as<float>(file_, variable.info, first, count);
    case Type::float64:
      return read_as<double>(file_, variable.info, first, count);
    case Type::text:
      break;
  }
  throw OutputError(file_.path() + ": " + variable.name() + " does not hold numbers");
}

void ResultReader::for_each_block(const ResultVariable& variable,
                                  const std::function<void(std::span<const double>)>& visit) const {
  const std::uint64_t size = variable.size();
  for (std::uint64_t first = 0; first < size; first += block_values) {
    visit(values(variable, first, std::min(block_values, size - first)));
  }
}

}  // namespace hhsweep::io
