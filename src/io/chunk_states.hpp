// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hhsweep/engine.hpp"

namespace hhsweep::io {

/// The states of chunks under way, in the folder of parts: "chunk-0000000012.state" is the head,
/// which names the segments "chunk-0000000012.state-3" that belong to it, with their SHA-256. What
/// a crash leaves beside them is never read.
class ChunkStates final : public StateKeeper {
 public:
  /// States of the run with this fingerprint of sweep, version and division into chunks. `begin` is
  /// called before something is written to `folder`.
  ChunkStates(std::string folder, std::string fingerprint, std::function<void()> begin);

  std::optional<ChunkState> load(std::uint64_t chunk) override;
  void save(std::uint64_t chunk, std::span<const std::span<const std::byte>> head,
            std::uint64_t index, std::span<const std::byte> segment) override;
  /// Removes what this object has loaded or saved of a chunk.
  void discard(std::uint64_t chunk) noexcept;

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::string digest;
  };
  struct Files {
    std::vector<Segment> segments;
    std::uint64_t next_number = 0;
  };

  std::optional<ChunkState> read(std::uint64_t chunk, Files& files) const;
  [[nodiscard]] std::string segment_path(std::uint64_t chunk, std::uint64_t number) const;

  std::string folder_;
  std::string fingerprint_;
  std::function<void()> begin_;
  std::mutex mutex_;  ///< saving and discarding may come from several threads
  std::map<std::uint64_t, Files> files_;
};

/// "chunk-0000000012.state".
std::string state_name(std::uint64_t chunk);
/// The head of a chunk's state.
bool is_state_head(std::string_view name);
std::uint64_t chunk_of_state(std::string_view name);
/// A head or a segment.
bool is_state(std::string_view name);
/// The fingerprint in the head at `path`; nothing when it is damaged.
std::optional<std::string> fingerprint_of_state(const std::string& path);

}  // namespace hhsweep::io
