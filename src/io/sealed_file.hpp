// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Files that end with a line of text, the seal: what the file is, and SHA-256 of everything
/// before.
namespace hhsweep::io {

struct Seal {
  std::array<std::uint64_t, 3> numbers{};  ///< what they mean depends on the kind of file
  std::string fingerprint;                 ///< 64 hexadecimal digits
};

/// Writes the pieces of `content` and a seal as the file `path`: complete on the disk or not there
/// at all. Returns the SHA-256 in the seal. Throws IoError.
std::string write_sealed(const std::string& path, std::string_view kind, const Seal& seal,
                         std::span<const std::span<const std::byte>> content);

/// The seal of a file, without verifying more than its form; nothing when there is none. Throws
/// IoError when the file cannot be read.
std::optional<Seal> read_seal(const std::string& path, std::string_view kind);

/// The seal of a file whose SHA-256 holds over all of it; nothing when it does not. Nothing before
/// the seal is trusted before. Throws IoError when the file cannot be read.
std::optional<Seal> verify_seal(const std::string& path, std::string_view kind);

/// What a sealed file holds.
struct SealedContent {
  Seal seal;
  std::string digest;
  std::vector<std::byte> content;
};
/// Reads a whole file; nothing when its seal does not hold. Throws IoError when it cannot be read.
std::optional<SealedContent> read_sealed(const std::string& path, std::string_view kind);

}  // namespace hhsweep::io
