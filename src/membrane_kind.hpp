// SPDX-License-Identifier: MIT
#pragma once

namespace hhsweep {

/// Which evaluation of the rates a sweep uses, chosen once for all its neurons.
enum class MembraneKind { classic, general };

}  // namespace hhsweep
