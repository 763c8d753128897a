// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

#include "jobs.hpp"

/// Runs that are interrupted and go on from what was kept.
namespace hhsweep::test {

/// Keeps states in memory. A sink may forget them while others are saved.
class MemoryKeeper : public StateKeeper {
 public:
  std::optional<ChunkState> load(std::uint64_t chunk) override {
    const std::scoped_lock lock(mutex_);
    const auto found = states.find(chunk);
    if (found == states.end()) return std::nullopt;
    return found->second;
  }
  void save(std::uint64_t chunk, std::span<const std::span<const std::byte>> head,
            std::uint64_t index, std::span<const std::byte> segment) override {
    const std::scoped_lock lock(mutex_);
    ChunkState& state = states[chunk];
    if (index > state.segments.size()) throw std::logic_error("a segment is missing");
    state.head.clear();
    for (const auto piece : head) state.head.insert(state.head.end(), piece.begin(), piece.end());
    state.segments.resize(index);
    state.segments.emplace_back(segment.begin(), segment.end());
    ++saves;
  }
  void forget(std::uint64_t chunk) {
    const std::scoped_lock lock(mutex_);
    states.erase(chunk);
  }

  std::map<std::uint64_t, ChunkState> states;
  int saves = 0;

 private:
  std::mutex mutex_;
};

/// Runs `job` to its end by one process after the other: each with the next of `options`, and
/// stopped after a random number of launches below `most_launches`, by a stop that saves the state
/// or by a death that does not.
inline Delivery deliver_with_interruptions(const Job& job, const std::vector<RunOptions>& options,
                                           int most_launches, unsigned seed, MemoryKeeper& keeper) {
  struct Death {};
  Delivery delivery;
  std::mt19937 random(seed);
  std::vector<std::uint64_t> left;
  for (std::uint64_t c = 0; c < plan_chunks(job).chunk_count; ++c) left.push_back(c);
  for (std::size_t process = 0; !left.empty(); ++process) {
    RunOptions own = options[process % options.size()];
    own.chunks = left;
    own.save_every_s = random() % 4 == 0 ? 1e9 : 0;
    const bool dies = random() % 2 == 0 && own.save_every_s == 0;
    int launches = static_cast<int>(random() % static_cast<unsigned>(most_launches));
    Engine engine(own);
    try {
      engine.run(
          job,
          [&](std::uint64_t chunk, Results results) {
            delivery.summary.neurons += results.count;
            delivery.summary.diverged += static_cast<std::uint64_t>(
                std::count(results.status.begin(), results.status.end(), NeuronStatus::diverged));
            delivery.chunks[chunk] = std::move(results);
            std::erase(left, chunk);
            keeper.forget(chunk);
          },
          {},
          [&] {
            if (launches-- > 0) return false;
            if (dies) throw Death();
            return true;
          },
          &keeper);
    } catch (const Death&) {
    }
  }
  return delivery;
}

}  // namespace hhsweep::test
