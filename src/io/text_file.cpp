// SPDX-License-Identifier: MIT
#include "text_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "hhsweep/error.hpp"

namespace hhsweep::io {

std::optional<std::string> read_text_file(const std::string& path, std::uintmax_t most_bytes) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (std::filesystem::is_directory(status)) throw IoError(path + ": is a directory");
  const auto size = std::filesystem::is_regular_file(status)
                        ? std::filesystem::file_size(path, failure)
                        : std::uintmax_t{0};
  if (!failure && size > most_bytes) return std::nullopt;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError(path + ": cannot be read (" + std::strerror(errno) + ")");
  std::string text;
  if (!failure) text.reserve(size);
  std::string block(std::size_t{1} << 16, '\0');
  while (file && text.size() <= most_bytes) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block, 0, static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) throw IoError(path + ": cannot be read (" + std::strerror(errno) + ")");
  if (text.size() > most_bytes) return std::nullopt;
  return text;
}

std::string path_beside(const std::string& sweep_path, const std::string& file) {
  return (std::filesystem::path(sweep_path).parent_path() / file).string();
}

}  // namespace hhsweep::io
