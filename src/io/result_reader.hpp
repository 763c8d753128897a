// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "netcdf.hpp"

namespace hhsweep::io {

/// A variable of a result and what labels it.
struct ResultVariable {
  VariableInfo info;
  std::string type;                           ///< "int32", "float64", "string", ...
  std::string units, coordinates, parameter;  ///< attributes; "" where absent

  [[nodiscard]] const std::string& name() const { return info.name; }
  [[nodiscard]] std::uint64_t size() const;
};

/// Reads numbers from a result, a block at a time, so that memory stays bounded.
///
///     ResultReader result("fi.nc");
///     result.for_each_block(*result.find("spike_count"), [&](std::span<const double> counts) { ...
///     });
class ResultReader {
 public:
  /// Throws IoError when the file cannot be read.
  explicit ResultReader(const std::string& path);

  [[nodiscard]] const std::vector<ResultVariable>& variables() const { return variables_; }
  /// The variable of that name, or nullptr.
  [[nodiscard]] const ResultVariable* find(const std::string& name) const;
  /// Values first .. first + count - 1 in row-major order, numbers of every type as double.
  [[nodiscard]] std::vector<double> values(const ResultVariable& variable, std::uint64_t first,
                                           std::uint64_t count) const;
  /// Hands out all values in row-major order.
  void for_each_block(const ResultVariable& variable,
                      const std::function<void(std::span<const double>)>& visit) const;

 private:
  NcFile file_;
  std::vector<ResultVariable> variables_;
};

}  // namespace hhsweep::io
