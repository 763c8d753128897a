// SPDX-License-Identifier: MIT
#include "advance.cuh"

namespace hhsweep::cuda {
template struct Kernels<double>;
}
