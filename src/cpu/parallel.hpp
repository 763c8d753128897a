// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

namespace hhsweep::cpu {

/// CPUs that this process may run on.
int usable_cpus();

/// Calls work(worker, i) for every i in [0, count), on `threads` threads that take the next i each
/// time; each thread has the default floating-point environment. `worker` is in [0, threads).
void parallel_for(int threads, std::int64_t count,
                  const std::function<void(int, std::int64_t)>& work);

/// Sets rounding to nearest and gradual underflow for this thread: a library built with -Ofast may
/// have set flush-to-zero for the whole process.
void set_default_floating_point();

}  // namespace hhsweep::cpu
