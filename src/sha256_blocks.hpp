// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hhsweep {

using Sha256State = std::array<std::uint32_t, 8>;

/// Takes `count` blocks of 64 bytes into the state of a SHA-256 (FIPS 180-4, 6.2.2): by the
/// processor's instructions for it where there are any, at six times the speed.
void take_sha256_blocks(Sha256State& state, const std::byte* data, std::size_t count);

namespace detail {
/// The same on any processor.
void take_sha256_blocks_portably(Sha256State& state, const std::byte* data, std::size_t count);
/// The same by those instructions, which must be there.
void take_sha256_blocks_by_instructions(Sha256State& state, const std::byte* data,
                                        std::size_t count);
bool has_sha256_instructions();
}  // namespace detail

}  // namespace hhsweep
