// SPDX-License-Identifier: MIT
// Gives the files in the folders that are named to a fuzz target, once as they are and some times
// with a few bytes changed, in the place of a fuzzer where there is none.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "fuzz.hpp"

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<unsigned char>;

constexpr int changes_of_each = 40;

Bytes read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Some bytes overwritten, removed or repeated.
Bytes changed(Bytes bytes, std::mt19937& random) {
  for (std::uint32_t n = random() % 4 + 1; n > 0 && !bytes.empty(); --n) {
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(random() % bytes.size());
    const auto rest = static_cast<std::ptrdiff_t>(
        std::min<std::size_t>(random() % 30, static_cast<std::size_t>(bytes.end() - place)));
    const Bytes piece(place, place + rest);
    switch (random() % 4) {
      case 0:
        *place = static_cast<unsigned char>(random());
        break;
      case 1:
        *place = static_cast<unsigned char>("0.-[]{}\"=\n#e9"[random() % 13]);
        break;
      case 2:
        bytes.erase(place, place + rest);
        break;
      default:
        bytes.insert(place, piece.begin(), piece.end());
        break;
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : fs::directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::mt19937 random(1);
  for (const fs::path& path : files) {
    const Bytes bytes = read(path);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    for (int i = 0; i < changes_of_each; ++i) {
      const Bytes other = changed(bytes, random);
      LLVMFuzzerTestOneInput(other.data(), other.size());
    }
  }
  std::printf("%zu files\n", files.size());
  return files.empty() ? 1 : 0;
}
