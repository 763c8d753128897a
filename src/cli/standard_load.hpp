// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "hhsweep/engine.hpp"

namespace hhsweep::cli {

/// The load that throughput is quoted for: squid from rest, constant currents from 0 to 50 uA/cm^2
/// (equally spaced over the neurons) from 5 ms to the end, dt 0.01 ms, counts and statistics on.
Job standard_load(Precision precision, std::uint64_t neurons, double duration_ms);

/// Runs six neurons of it for 500 ms and throws std::runtime_error unless their spike counts are
/// those that an independent solver gives.
void verify_standard_load(Engine& engine, Precision precision);

/// RK4 steps of neurons per second of computing in one run of `job`.
double measure_rate(Engine& engine, const Job& job);

}  // namespace hhsweep::cli
