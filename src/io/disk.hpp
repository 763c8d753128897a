// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace hhsweep::io {

/// "12.3 MiB".
std::string format_bytes(std::uint64_t bytes);

/// "; No space left on device; about 12.3 MiB wanted, 4.0 KiB free": the cause in `error_number`
/// where it is one of storage, and what is wanted (left out when 0) and free on the file system of
/// `path`.
std::string disk_remark(const std::string& path, std::uint64_t wanted, int error_number);

/// The folder that `path` lies in; "." for a plain name.
std::string folder_of(const std::string& path);

/// Writes a new file with the given pieces; throws IoError and leaves no file when it cannot.
void write_file(const std::string& path, std::span<const std::span<const std::byte>> pieces);

/// Brings the file at `path` to the disk, renames it to `target`, and brings that to the disk too,
/// so that whoever sees `target` sees all of it, also after a power failure. Throws IoError.
void publish_file(const std::string& path, const std::string& target);

/// Throws IoError, with the reason, unless `path` is an ordinary file that can be read.
void require_readable(const std::string& path);

}  // namespace hhsweep::io
