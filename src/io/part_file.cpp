// SPDX-License-Identifier: MIT
#include "part_file.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include "attribute_text.hpp"
#include "disk.hpp"
#include "hhsweep/error.hpp"
#include "hyperslab.hpp"
#include "sealed_file.hpp"

namespace hhsweep::io {
namespace {

constexpr std::string_view kind = "part";

/// A part whose seal is `seal`; damaged without one.
PartState info_of(const std::optional<Seal>& seal, PartInfo& info) {
  if (!seal) return PartState::damaged;
  const auto [chunk, spikes, traces] = seal->numbers;
  info = {chunk, spikes, traces, seal->fingerprint};
  return PartState::sound;
}

/// The dimensions of a variable in a part.
std::vector<std::string> part_dimensions(const Variable& variable) {
  switch (variable.content) {
    case Content::spikes:
      return {std::string(names::spike)};
    case Content::trace_neuron:
      return {std::string(names::trace)};
    case Content::samples:
      return {std::string(names::trace), std::string(names::time)};
    default:
      return {std::string(names::neuron)};
  }
}

FileImage part_image(const std::string& path, const Layout& layout, const Results& results,
                     const PartOrigin& origin) {
  NcFile file = NcFile::create_in_memory(path);
  file.set_global_attribute({"backend", attribute_text(origin.backend)});
  file.set_global_attribute({"device", attribute_text(origin.device)});
  const Dimension dimensions[] = {
      {std::string(names::neuron), results.count},
      {std::string(names::spike), results.spike_time.size()},
      {std::string(names::trace), results.trace_neuron.size()},
      {std::string(names::time), static_cast<std::uint64_t>(results.samples)}};
  // A dimension of length 0 would be an unlimited one; what is empty is left out.
  for (const Dimension& dimension : dimensions) {
    if (dimension.length > 0) file.define_dimension(dimension.name, dimension.length);
  }
  std::vector<const Variable*> held;
  for (const Variable& variable : layout.variables) {
    if (!is_in_part(variable) || values_of(variable, results).empty()) continue;
    file.define_variable(variable.name, variable.type, part_dimensions(variable),
                         Storage::contiguous);
    held.push_back(&variable);
  }
  file.end_definitions();
  for (const Variable* variable : held) {
    const auto info = file.find_variable(variable->name);
    file.write(*info, 0, element_count(info->shape), values_of(*variable, results).data());
  }
  return file.close_into_memory();
}

}  // namespace

std::string part_name(std::uint64_t chunk) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "chunk-%010" PRIu64 ".nc", chunk);
  return text.data();
}

bool parse_part_name(const std::string& name, std::uint64_t& chunk) {
  std::uint64_t number = 0;
  if (std::sscanf(name.c_str(), "chunk-%10" SCNu64 ".nc", &number) != 1) return false;
  chunk = number;
  return name == part_name(number);
}

void write_part(const std::string& path, const PartInfo& info, const Layout& layout,
                const Results& results, const PartOrigin& origin) {
  const FileImage image = part_image(path, layout, results, origin);
  const Seal seal{{info.chunk, info.spikes, info.traces}, info.fingerprint};
  const std::span<const std::byte> pieces[] = {image.bytes()};
  write_sealed(path, kind, seal, pieces);
}

PartState read_part_line(const std::string& path, PartInfo& info) {
  return info_of(read_seal(path, kind), info);
}

PartState read_part_info(const std::string& path, PartInfo& info) {
  return info_of(verify_seal(path, kind), info);
}

}  // namespace hhsweep::io
