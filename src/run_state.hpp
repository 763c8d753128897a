// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "hhsweep/engine.hpp"

namespace hhsweep {

/// One number of each neuron, in the order of the neurons, as raw bytes.
struct StateColumn {
  std::size_t number_bytes = 0;
  std::vector<std::byte> bytes;
};

/// A column of the first `count` numbers from `values` on.
template <class T>
StateColumn column_of(const T* values, std::size_t count) {
  const auto bytes = std::as_bytes(std::span(values, count));
  return {sizeof(T), {bytes.begin(), bytes.end()}};
}

/// Calls copy(to, from) for each array that for_each_array(visit) visits, of `count` numbers, and
/// its column as a span; or returns false and does nothing when the columns are of another shape.
template <class ForEachArray, class Copy>
bool copy_columns(const std::vector<StateColumn>& columns, std::size_t count,
                  ForEachArray for_each_array, Copy copy) {
  std::size_t k = 0;
  bool fits = true;
  for_each_array([&](auto* numbers) {
    fits = fits && k < columns.size() && columns[k].number_bytes == sizeof(*numbers) &&
           columns[k].bytes.size() == count * sizeof(*numbers);
    ++k;
  });
  if (!fits || k != columns.size()) return false;
  k = 0;
  for_each_array([&](auto* numbers) {
    using Number = std::remove_reference_t<decltype(*numbers)>;
    copy(numbers, std::span(reinterpret_cast<const Number*>(columns[k].bytes.data()), count));
    ++k;
  });
  return true;
}

/// Consecutive neurons under way, all brought to one step. Whatever backend goes on from there, in
/// whatever batches, ends with the bits of a run that was never interrupted.
struct RunState {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::int64_t runs = 0;  ///< runs of these neurons that are over: those of a search
  std::int64_t step = 0;  ///< step of the present run
  std::vector<StateColumn> search;
  std::vector<StateColumn> batch;
  Results records;  ///< spikes and samples of the present run, all or since the state before
};

/// Whether neurons of both can be in one batch.
bool at_one_place(const RunState& a, const RunState& b);
/// The part of neurons first .. first + count - 1.
RunState slice(const RunState& all, std::uint64_t first, std::uint64_t count);
/// Appends the neurons that follow, at the same place.
void append(RunState& to, RunState&& from);

/// A state that is not one of the job at hand.
class StateMisfit : public std::runtime_error {
 public:
  StateMisfit() : std::runtime_error("the state is one of another job") {}
};

/// What is kept of a chunk under way.
struct SavedChunk {
  Results finished;    ///< of its first neurons; count 0 when it is one batch
  RunState under_way;  ///< of the neurons after them; count 0 when there are none
};

/// The parts that a saved chunk is kept as: the head replaces the one before, and a segment is
/// added each time with the results that have come since. The head is its start followed by the
/// bytes of all columns, those of the search first.
std::vector<std::byte> encode_start_of_head(const RunState& state);
std::vector<std::byte> encode_segment(const Results& finished, const Results& records);

/// The chunk of these parts; nothing when they do not fit together.
std::optional<SavedChunk> decode(const ChunkState& kept);

}  // namespace hhsweep
