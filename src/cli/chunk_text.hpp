// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"

namespace hhsweep::cli {

/// "3 of 12 chunks (numbers 4, 7 to 8; 196 608 neurons)", the ranges cut short when they are many.
std::string chunks_text(const std::vector<std::uint64_t>& chunks, const ChunkPlan& plan);

}  // namespace hhsweep::cli
