// SPDX-License-Identifier: MIT
#pragma once

namespace hhsweep {

/// Which evaluation of the rates a sweep uses, chosen once for all its neurons. `fast` is `classic`
/// with approximations that only a GPU has.
enum class MembraneKind { classic, general, fast };

}  // namespace hhsweep
