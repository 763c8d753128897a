// SPDX-License-Identifier: MIT
// Any bytes as the state of a chunk: they are refused, or its pieces can be taken apart.
#include <algorithm>
#include <span>

#include "fuzz.hpp"
#include "results_parts.hpp"
#include "run_state.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  // Two numbers of 16 bits say how long the head is and the first segment.
  if (size < 4) return 0;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size)).subspan(4);
  const std::size_t head_size = std::min<std::size_t>(data[0] + 256 * data[1], bytes.size());
  const std::span<const std::byte> rest = bytes.subspan(head_size);
  const std::size_t first_size = std::min<std::size_t>(data[2] + 256 * data[3], rest.size());
  const auto piece = [](std::span<const std::byte> part) {
    return std::vector<std::byte>(part.begin(), part.end());
  };
  hhsweep::ChunkState kept{piece(bytes.first(head_size)),
                           {piece(rest.first(first_size)), piece(rest.subspan(first_size))}};
  const auto saved = hhsweep::decode(kept);
  if (!saved) return 0;
  const hhsweep::RunState& state = saved->under_way;
  if (state.count > 1) {
    hhsweep::RunState first = slice(state, state.first, 1);
    append(first, slice(state, state.first + 1, state.count - 1));
    hhsweep::fuzz::require(first.count == state.count && at_one_place(first, state),
                           "a state that cannot be put together again");
  }
  return 0;
}
