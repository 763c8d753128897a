// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hhsweep::io {

/// Number of elements of an array; 1 for a scalar.
inline std::uint64_t element_count(std::span<const std::uint64_t> shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t length : shape) count *= length;
  return count;
}

/// Cuts the elements first .. first + count - 1 of a row-major array into hyperslabs and calls
/// `use(start, lengths, elements)` for each in order, `start` and `lengths` having a number for
/// each dimension. At most 2 shape.size() - 1 hyperslabs; a scalar is one with no dimension.
template <class Use>
void for_each_hyperslab(std::span<const std::uint64_t> shape, std::uint64_t first,
                        std::uint64_t count, Use&& use) {
  const std::size_t rank = shape.size();
  std::vector<std::size_t> start(rank);
  std::vector<std::size_t> lengths(rank);
  while (count > 0) {
    std::uint64_t rest = first;
    for (std::size_t d = rank; d-- > 0; rest /= shape[d]) start[d] = rest % shape[d];

    lengths.assign(rank, 1);
    std::uint64_t elements = 1;
    for (std::size_t d = rank; d-- > 0;) {
      const std::uint64_t inner = elements;
      const std::uint64_t room = shape[d] - start[d];
      lengths[d] = count / inner < room ? count / inner : room;
      elements = inner * lengths[d];
      if (lengths[d] != shape[d]) break;
    }
    use(std::span<const std::size_t>(start), std::span<const std::size_t>(lengths), elements);
    first += elements;
    count -= elements;
  }
}

}  // namespace hhsweep::io
