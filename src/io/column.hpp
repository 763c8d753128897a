// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "hyperslab.hpp"
#include "netcdf.hpp"

namespace hhsweep::io {

/// The values of a variable one after the other, read in pieces. T must fit the variable's type.
template <class T>
class Column {
 public:
  Column(const NcFile& file, VariableInfo variable)
      : file_(&file), variable_(std::move(variable)), rest_(element_count(variable_.shape)) {}

  [[nodiscard]] const std::string& name() const { return variable_.name; }
  /// Values not yet read.
  [[nodiscard]] std::uint64_t rest() const { return rest_; }

  /// The next value; there must be one.
  T next() {
    if (place_ == piece_.size()) read_piece();
    --rest_;
    return piece_[place_++];
  }

 private:
  void read_piece() {
    constexpr std::uint64_t most = std::uint64_t{1} << 17;
    piece_.resize(std::min(most, rest_));
    place_ = 0;
    const std::uint64_t first = element_count(variable_.shape) - rest_;
    file_->read(variable_, first, piece_.size(), piece_.data());
  }

  const NcFile* file_;
  VariableInfo variable_;
  std::uint64_t rest_;
  std::vector<T> piece_;
  std::size_t place_ = 0;
};

}  // namespace hhsweep::io
