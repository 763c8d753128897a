// SPDX-License-Identifier: MIT
#include "cpu/parallel.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <thread>
#include <vector>

namespace hhsweep::cpu {

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void set_default_floating_point() { std::fesetenv(FE_DFL_ENV); }

void parallel_for(int threads, std::int64_t count,
                  const std::function<void(int, std::int64_t)>& work) {
  std::atomic<std::int64_t> next{0};
  const auto run = [&](int worker) {
    set_default_floating_point();
    for (std::int64_t i = next++; i < count; i = next++) work(worker, i);
  };
  const int used = static_cast<int>(std::min<std::int64_t>(threads, count));
  std::vector<std::jthread> helpers;
  for (int worker = 1; worker < used; ++worker) helpers.emplace_back(run, worker);
  run(0);
}

}  // namespace hhsweep::cpu
