// SPDX-License-Identifier: MIT
#include <cstdio>
#include <hhsweep/engine.hpp>
#include <hhsweep/version.hpp>

// One squid axon under 10 uA/cm^2 for 50 ms, which fires.
int main() {
  hhsweep::Job job;
  const hhsweep::Preset& squid = hhsweep::presets().front();
  job.population.base.assign(squid.values.begin(), squid.values.end());
  job.population.forms = squid.forms;
  job.population.start = squid.start;
  job.population.stimuli = {{.first_parameter = hhsweep::parameter::stimulus_parameters}};
  job.population.base.insert(job.population.base.end(), {5.0, 45.0, 10.0, 0.0, 0.0, 0.0});
  job.duration_ms = 50.0;
  job.record.window_stop_ms = 50.0;

  int spikes = 0;
  hhsweep::Engine engine(hhsweep::RunOptions{});
  engine.run(job, [&](auto, const hhsweep::Results& results) { spikes = results.spike_count[0]; });
  std::printf("hhsweep %s on %s: %d spikes\n", hhsweep::version.data(), engine.device().c_str(),
              spikes);
  return spikes == 3 ? 0 : 1;
}
