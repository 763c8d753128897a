// SPDX-License-Identifier: MIT
#include "part_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "attribute_text.hpp"
#include "disk.hpp"
#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"
#include "hyperslab.hpp"

namespace hhsweep::io {
namespace {

constexpr std::size_t digest_length = 64;
constexpr std::string_view line_start = "\nhhsweep part ";
constexpr std::size_t number_length = 20;
constexpr std::size_t digest_place =
    line_start.size() + 3 * (number_length + 1) + digest_length + 1;
constexpr std::size_t line_length = digest_place + digest_length + 1;

std::string padded(std::uint64_t number) {
  std::array<char, number_length + 1> text{};
  std::snprintf(text.data(), text.size(), "%020" PRIu64, number);
  return text.data();
}

std::string line_without_digest(const PartInfo& info) {
  return std::string(line_start) + padded(info.chunk) + ' ' + padded(info.spikes) + ' ' +
         padded(info.traces) + ' ' + info.fingerprint + ' ';
}

std::optional<std::uint64_t> number_at(std::string_view text, std::size_t place) {
  std::uint64_t number = 0;
  for (const char c : text.substr(place, number_length)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

/// Reads a line as line_without_digest writes it; nothing when it is another text.
std::optional<PartInfo> parse_line(std::string_view line) {
  const auto chunk = number_at(line, line_start.size());
  const auto spikes = number_at(line, line_start.size() + number_length + 1);
  const auto traces = number_at(line, line_start.size() + 2 * (number_length + 1));
  if (!chunk || !spikes || !traces) return std::nullopt;
  const std::size_t fingerprint_place = line_start.size() + 3 * (number_length + 1);
  PartInfo info{*chunk, *spikes, *traces,
                std::string(line.substr(fingerprint_place, digest_length))};
  if (line.substr(0, digest_place) != line_without_digest(info)) return std::nullopt;
  return info;
}

/// The dimensions of a variable in a part.
std::vector<std::string> part_dimensions(const Variable& variable) {
  switch (variable.content) {
    case Content::spikes:
      return {std::string(names::spike)};
    case Content::trace_neuron:
      return {std::string(names::trace)};
    case Content::samples:
      return {std::string(names::trace), std::string(names::time)};
    default:
      return {std::string(names::neuron)};
  }
}

FileImage part_image(const std::string& path, const Layout& layout, const Results& results,
                     const PartOrigin& origin) {
  NcFile file = NcFile::create_in_memory(path);
  file.set_global_attribute({"backend", attribute_text(origin.backend)});
  file.set_global_attribute({"device", attribute_text(origin.device)});
  const Dimension dimensions[] = {
      {std::string(names::neuron), results.count},
      {std::string(names::spike), results.spike_time.size()},
      {std::string(names::trace), results.trace_neuron.size()},
      {std::string(names::time), static_cast<std::uint64_t>(results.samples)}};
  // A dimension of length 0 would be an unlimited one; what is empty is left out.
  for (const Dimension& dimension : dimensions) {
    if (dimension.length > 0) file.define_dimension(dimension.name, dimension.length);
  }
  std::vector<const Variable*> held;
  for (const Variable& variable : layout.variables) {
    if (!is_in_part(variable) || values_of(variable, results).empty()) continue;
    file.define_variable(variable.name, variable.type, part_dimensions(variable),
                         Storage::contiguous);
    held.push_back(&variable);
  }
  file.end_definitions();
  for (const Variable* variable : held) {
    const auto info = file.find_variable(variable->name);
    file.write(*info, 0, element_count(info->shape), values_of(*variable, results).data());
  }
  return file.close_into_memory();
}

/// SHA-256 of the first `size` bytes of a stream.
std::string digest_of(std::istream& stream, std::uint64_t size) {
  Sha256 sha;
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  while (size > 0 && stream) {
    const auto wanted = static_cast<std::streamsize>(std::min<std::uint64_t>(size, buffer.size()));
    stream.read(reinterpret_cast<char*>(buffer.data()), wanted);
    sha.update(std::span(buffer).first(static_cast<std::size_t>(stream.gcount())));
    size -= static_cast<std::uint64_t>(stream.gcount());
  }
  return sha.hex_digest();
}

struct LastLine {
  PartInfo info;
  std::string digest;
  std::uint64_t before = 0;  ///< bytes before the line
};

/// The last line of a stream that stands at its end.
std::optional<LastLine> last_line(std::istream& stream) {
  const auto size = static_cast<std::int64_t>(stream.tellg());
  const auto tail = static_cast<std::int64_t>(line_length);
  if (!stream || size < tail) return std::nullopt;
  std::string line(line_length, '\0');
  stream.seekg(size - tail);
  stream.read(line.data(), tail);
  const std::optional<PartInfo> told = parse_line(line);
  if (!stream || !told || line.back() != '\n') return std::nullopt;
  return LastLine{*told, line.substr(digest_place, digest_length),
                  static_cast<std::uint64_t>(size - tail)};
}

}  // namespace

std::string part_name(std::uint64_t chunk) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "chunk-%010" PRIu64 ".nc", chunk);
  return text.data();
}

bool parse_part_name(const std::string& name, std::uint64_t& chunk) {
  std::uint64_t number = 0;
  if (std::sscanf(name.c_str(), "chunk-%10" SCNu64 ".nc", &number) != 1) return false;
  chunk = number;
  return name == part_name(number);
}

void write_part(const std::string& path, const PartInfo& info, const Layout& layout,
                const Results& results, const PartOrigin& origin) {
  const FileImage image = part_image(path, layout, results, origin);
  std::string line = line_without_digest(info);
  Sha256 sha;
  sha.update(image.bytes());
  sha.update(line);
  line += sha.hex_digest() + '\n';

  const std::span<const std::byte> pieces[] = {image.bytes(), std::as_bytes(std::span(line))};
  put_file(path, pieces);
}

PartState read_part_line(const std::string& path, PartInfo& info) {
  require_readable(path);
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  const std::optional<LastLine> last = last_line(stream);
  if (!last) return PartState::damaged;
  info = last->info;
  return PartState::sound;
}

PartState read_part_info(const std::string& path, PartInfo& info) {
  require_readable(path);
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  const std::optional<LastLine> last = last_line(stream);
  if (!last) return PartState::damaged;
  stream.seekg(0);
  if (digest_of(stream, last->before + digest_place) != last->digest) return PartState::damaged;
  info = last->info;
  return PartState::sound;
}

}  // namespace hhsweep::io
