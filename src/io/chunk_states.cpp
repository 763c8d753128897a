// SPDX-License-Identifier: MIT
#include "chunk_states.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "disk.hpp"
#include "hhsweep/error.hpp"
#include "sealed_file.hpp"

namespace hhsweep::io {
namespace {

constexpr std::string_view head_kind = "state";
constexpr std::string_view segment_kind = "segment";
constexpr std::string_view infix = ".state";
constexpr std::size_t digest_length = 64;

/// "NUMBER DIGEST\n", as the head lists its segments.
constexpr std::size_t entry_length = 20 + 1 + digest_length + 1;

std::string entry(std::uint64_t number, const std::string& digest) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%020" PRIu64 " ", number);
  return text.data() + digest + '\n';
}

}  // namespace

std::string state_name(std::uint64_t chunk) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "chunk-%010" PRIu64 "%s", chunk, infix.data());
  return text.data();
}

bool is_state(std::string_view name) {
  const std::size_t start = state_name(0).size();
  if (!name.starts_with("chunk-") || name.size() < start) return false;
  const std::string_view rest = name.substr(start);
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return name.substr(start - infix.size(), infix.size()) == infix &&
         is_number(name.substr(6, start - infix.size() - 6)) &&
         (rest.empty() || (rest[0] == '-' && is_number(rest.substr(1))));
}

bool is_state_head(std::string_view name) { return is_state(name) && name.ends_with(infix); }

std::uint64_t chunk_of_state(std::string_view name) {
  std::uint64_t chunk = 0;
  std::sscanf(std::string(name).c_str(), "chunk-%10" SCNu64, &chunk);
  return chunk;
}

std::optional<std::string> fingerprint_of_state(const std::string& path) {
  const std::optional<Seal> seal = verify_seal(path, head_kind);
  if (!seal) return std::nullopt;
  return seal->fingerprint;
}

ChunkStates::ChunkStates(std::string folder, std::string fingerprint, std::function<void()> begin)
    : folder_(std::move(folder)), fingerprint_(std::move(fingerprint)), begin_(std::move(begin)) {}

std::string ChunkStates::segment_path(std::uint64_t chunk, std::uint64_t number) const {
  return folder_ + '/' + state_name(chunk) + '-' + std::to_string(number);
}

std::optional<ChunkState> ChunkStates::load(std::uint64_t chunk) {
  const std::scoped_lock lock(mutex_);
  Files files;
  std::optional<ChunkState> state = read(chunk, files);
  files_[chunk] = state ? std::move(files) : Files();
  return state;
}

std::optional<ChunkState> ChunkStates::read(std::uint64_t chunk, Files& files) const {
  const std::string path = folder_ + '/' + state_name(chunk);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const std::optional<SealedContent> head = read_sealed(path, head_kind);
  if (!head || head->seal.fingerprint != fingerprint_ || head->seal.numbers[0] != chunk) {
    return std::nullopt;
  }
  const std::uint64_t count = head->seal.numbers[1];
  if (count > head->content.size() / entry_length) return std::nullopt;
  ChunkState state;
  for (std::uint64_t k = 0; k < count; ++k) {
    const std::string line(reinterpret_cast<const char*>(head->content.data()) + k * entry_length,
                           entry_length);
    std::uint64_t number = 0;
    if (std::sscanf(line.c_str(), "%20" SCNu64, &number) != 1) return std::nullopt;
    files.next_number = std::max(files.next_number, number + 1);
    files.segments.push_back({number, line.substr(21, digest_length)});
    if (!std::filesystem::exists(segment_path(chunk, number))) return std::nullopt;
    std::optional<SealedContent> segment = read_sealed(segment_path(chunk, number), segment_kind);
    if (!segment || segment->digest != files.segments.back().digest) return std::nullopt;
    state.segments.push_back(std::move(segment->content));
  }
  const auto rest = head->content.begin() + static_cast<std::ptrdiff_t>(count * entry_length);
  state.head.assign(rest, head->content.end());
  return state;
}

void ChunkStates::save(std::uint64_t chunk, std::span<const std::span<const std::byte>> head,
                       std::uint64_t index, std::span<const std::byte> segment) {
  const std::scoped_lock lock(mutex_);
  begin_();
  Files& files = files_[chunk];
  std::vector<Segment> segments(files.segments.begin(),
                                files.segments.begin() + static_cast<std::ptrdiff_t>(index));
  const std::uint64_t number = files.next_number++;
  const std::string digest =
      write_sealed(segment_path(chunk, number), segment_kind, {{chunk, number, 0}, fingerprint_},
                   std::span(&segment, 1));
  segments.push_back({number, digest});

  std::string list;
  for (const Segment& each : segments) list += entry(each.number, each.digest);
  std::vector<std::span<const std::byte>> content{std::as_bytes(std::span(list))};
  content.insert(content.end(), head.begin(), head.end());
  write_sealed(folder_ + '/' + state_name(chunk), head_kind,
               {{chunk, segments.size(), 0}, fingerprint_}, content);
  for (std::size_t k = index; k < files.segments.size(); ++k) {
    discard_file(segment_path(chunk, files.segments[k].number));
  }
  files.segments = std::move(segments);
}

void ChunkStates::discard(std::uint64_t chunk) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto found = files_.find(chunk);
  if (found == files_.end()) return;
  if (!found->second.segments.empty()) {
    discard_file(folder_ + '/' + state_name(chunk));
    for (const Segment& segment : found->second.segments) {
      discard_file(segment_path(chunk, segment.number));
    }
  }
  files_.erase(found);
}

}  // namespace hhsweep::io
