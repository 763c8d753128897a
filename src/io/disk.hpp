// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hhsweep::io {

/// "12.3 MiB".
std::string format_bytes(std::uint64_t bytes);

/// "; No space left on device; about 12.3 MiB wanted, 4.0 KiB free": the cause in `error_number`
/// where it is one of storage, and what is wanted (left out when 0) and free on the file system of
/// `path`.
std::string disk_remark(const std::string& path, std::uint64_t wanted, int error_number);

/// The folder that `path` lies in; "." for a plain name.
std::string folder_of(const std::string& path);

/// Name of this machine, as it can stand in the name of a file.
std::string this_host();

/// "PATH.HOST-PROCESS.tmp", without a dot in HOST: a name that no other process takes.
std::string temporary_name(const std::string& path);
/// A name of that form for `path`, by whichever machine and process.
bool is_temporary_name(std::string_view name, std::string_view path);

/// Writes a new file with the given pieces; throws IoError and leaves no file when it cannot.
void write_file(const std::string& path, std::span<const std::span<const std::byte>> pieces);

/// Brings the file at `path` to the disk, renames it to `target`, and brings that to the disk too,
/// so that whoever sees `target` sees all of it, also after a power failure. Throws IoError.
void publish_file(const std::string& path, const std::string& target);

/// Makes the file at `path`, or replaces it: all of it is on the disk under that name, or nothing
/// changes. Throws IoError.
void put_file(const std::string& path, std::span<const std::span<const std::byte>> pieces);

/// Makes a folder unless it is there. Throws IoError.
void make_folder(const std::string& path);

/// Removes a file if it is there. Throws IoError.
void remove_file(const std::string& path);

/// Takes the content of a file away, also where a process has it open; does not mind when that
/// fails.
void empty_file(const std::string& path) noexcept;

/// Remove a file, or a folder that is empty, and do not mind when that fails.
void discard_file(const std::string& path) noexcept;
void discard_folder(const std::string& path) noexcept;

/// Throws IoError, with the reason, unless `path` is an ordinary file that can be read.
void require_readable(const std::string& path);

}  // namespace hhsweep::io
