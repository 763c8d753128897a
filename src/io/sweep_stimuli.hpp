// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hhsweep/stimulus_spec.hpp"

namespace hhsweep::io {

/// A key of a stimulus table that holds a number, and the slot it fills; keys that share a slot
/// exclude each other.
struct StimulusKey {
  std::string_view name;
  int slot;
  bool required;
};

/// The keys of a kind of stimulus that hold numbers.
std::span<const StimulusKey> stimulus_keys(StimulusKind kind);

/// The kinds that can be run, as written in a sweep file and in the order of StimulusKind.
std::vector<std::string> stimulus_kind_names();

}  // namespace hhsweep::io
