// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "hhsweep/engine.hpp"
#include "netcdf.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {

/// What a part says of itself.
struct PartInfo {
  std::uint64_t chunk = 0;
  std::uint64_t spikes = 0;
  std::uint64_t traces = 0;
  std::string fingerprint;  ///< of the sweep, the version and the division into chunks
};

enum class PartState {
  sound,
  damaged  ///< incomplete, altered, or no part at all
};

/// "chunk-0000000012.nc".
std::string part_name(std::uint64_t chunk);

/// The chunk of a file of that name; false when it is not the name of a part.
bool parse_part_name(const std::string& name, std::uint64_t& chunk);

/// Where the results of a part were computed.
struct PartOrigin {
  std::string backend, device;
};

/// Writes the results of one chunk as the file `path`: complete on the disk or not there at all.
/// A netCDF file over the dimensions neuron, spike, trace and time, followed by a line of text with
/// PartInfo and the SHA-256 of everything before it. `layout` is that of the result. Throws
/// IoError.
void write_part(const std::string& path, const PartInfo& info, const Layout& layout,
                const Results& results, const PartOrigin& origin);

/// Reads the last line of a part without verifying anything but its form.
PartState read_part_line(const std::string& path, PartInfo& info);

/// Reads the last line of a part and verifies its SHA-256 over the whole file, without trusting any
/// of it before. Throws IoError when the file cannot be read.
PartState read_part_info(const std::string& path, PartInfo& info);

}  // namespace hhsweep::io
