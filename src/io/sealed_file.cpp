// SPDX-License-Identifier: MIT
#include "sealed_file.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>

#include "disk.hpp"
#include "hhsweep/content_hash.hpp"

namespace hhsweep::io {
namespace {

constexpr std::size_t digest_length = 64;
constexpr std::size_t number_length = 20;

std::string padded(std::uint64_t number) {
  std::array<char, number_length + 1> text{};
  std::snprintf(text.data(), text.size(), "%020" PRIu64, number);
  return text.data();
}

std::string line_start(std::string_view kind) { return "\nhhsweep " + std::string(kind) + ' '; }

std::string line_without_digest(std::string_view kind, const Seal& seal) {
  std::string line = line_start(kind);
  for (const std::uint64_t number : seal.numbers) line += padded(number) + ' ';
  return line + seal.fingerprint + ' ';
}

std::size_t fingerprint_place(std::string_view kind) {
  return line_start(kind).size() + 3 * (number_length + 1);
}
std::size_t digest_place(std::string_view kind) {
  return fingerprint_place(kind) + digest_length + 1;
}
std::size_t line_length(std::string_view kind) { return digest_place(kind) + digest_length + 1; }

std::optional<std::uint64_t> number_at(std::string_view text, std::size_t place) {
  std::uint64_t number = 0;
  for (const char c : text.substr(place, number_length)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

/// Reads a line as line_without_digest writes it; nothing when it is another text.
std::optional<Seal> parse_line(std::string_view kind, std::string_view line) {
  Seal seal;
  for (std::size_t k = 0; k < seal.numbers.size(); ++k) {
    const auto number = number_at(line, line_start(kind).size() + k * (number_length + 1));
    if (!number) return std::nullopt;
    seal.numbers[k] = *number;
  }
  seal.fingerprint = line.substr(fingerprint_place(kind), digest_length);
  if (line.substr(0, digest_place(kind)) != line_without_digest(kind, seal)) return std::nullopt;
  return seal;
}

struct LastLine {
  Seal seal;
  std::string digest;
  std::uint64_t before = 0;  ///< bytes before the line
};

/// A file opened at its end, and its last line.
class SealedStream {
 public:
  SealedStream(const std::string& path, std::string_view kind) : kind_(kind) {
    require_readable(path);
    stream_.open(path, std::ios::binary | std::ios::ate);
  }

  std::optional<LastLine> last_line() {
    const auto size = static_cast<std::int64_t>(stream_.tellg());
    const auto tail = static_cast<std::int64_t>(line_length(kind_));
    if (!stream_ || size < tail) return std::nullopt;
    std::string line(line_length(kind_), '\0');
    stream_.seekg(size - tail);
    stream_.read(line.data(), tail);
    const std::optional<Seal> seal = parse_line(kind_, line);
    if (!stream_ || !seal || line.back() != '\n') return std::nullopt;
    return LastLine{*seal, line.substr(digest_place(kind_), digest_length),
                    static_cast<std::uint64_t>(size - tail)};
  }

  /// Calls f(bytes) for pieces of what is before the line, and returns whether its digest holds.
  template <class F>
  bool holds(const LastLine& last, F f) {
    Sha256 sha;
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    stream_.seekg(0);
    for (std::uint64_t left = last.before; left > 0 && stream_;) {
      const auto wanted =
          static_cast<std::streamsize>(std::min<std::uint64_t>(left, buffer.size()));
      stream_.read(reinterpret_cast<char*>(buffer.data()), wanted);
      const auto read = std::span(buffer).first(static_cast<std::size_t>(stream_.gcount()));
      sha.update(read);
      f(read);
      left -= read.size();
    }
    sha.update(line_without_digest(kind_, last.seal));
    return static_cast<bool>(stream_) && sha.hex_digest() == last.digest;
  }

 private:
  std::string_view kind_;
  std::ifstream stream_;
};

}  // namespace

std::string write_sealed(const std::string& path, std::string_view kind, const Seal& seal,
                         std::span<const std::span<const std::byte>> content) {
  std::string line = line_without_digest(kind, seal);
  Sha256 sha;
  for (const auto piece : content) sha.update(piece);
  sha.update(line);
  std::string digest = sha.hex_digest();
  line += digest + '\n';
  std::vector<std::span<const std::byte>> pieces(content.begin(), content.end());
  pieces.push_back(std::as_bytes(std::span(line)));
  put_file(path, pieces);
  return digest;
}

std::optional<Seal> read_seal(const std::string& path, std::string_view kind) {
  const std::optional<LastLine> last = SealedStream(path, kind).last_line();
  if (!last) return std::nullopt;
  return last->seal;
}

std::optional<Seal> verify_seal(const std::string& path, std::string_view kind) {
  SealedStream stream(path, kind);
  const std::optional<LastLine> last = stream.last_line();
  if (!last || !stream.holds(*last, [](std::span<const std::byte>) {})) return std::nullopt;
  return last->seal;
}

std::optional<SealedContent> read_sealed(const std::string& path, std::string_view kind) {
  SealedStream stream(path, kind);
  const std::optional<LastLine> last = stream.last_line();
  if (!last) return std::nullopt;
  SealedContent sealed{last->seal, last->digest, {}};
  const bool holds = stream.holds(*last, [&](std::span<const std::byte> bytes) {
    sealed.content.insert(sealed.content.end(), bytes.begin(), bytes.end());
  });
  if (!holds) return std::nullopt;
  return sealed;
}

}  // namespace hhsweep::io
