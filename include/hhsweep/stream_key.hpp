// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace hhsweep {

/// What tells one stream of random numbers from another. Plain data that host and device share.
struct StreamKey {
  std::uint32_t k0 = 0, k1 = 0;
  bool operator==(const StreamKey&) const = default;
};

/// Key of the stream `name` for one `purpose` ("stimulus", "axis", ...): the first 64 bits of
/// SHA-256 over all three, so that streams of different seeds, purposes or names have nothing in
/// common.
StreamKey stream_key(std::int64_t seed, std::string_view purpose, std::string_view name);

}  // namespace hhsweep
