// SPDX-License-Identifier: MIT
#include "run_rule.hpp"

#include <algorithm>

namespace hhsweep {

namespace {

/// Lowest and highest value that each parameter takes over the population.
struct ParameterRange {
  std::vector<double> low, high;
};

ParameterRange parameter_range(const Job& job) {
  const Population& population = job.population;
  ParameterRange range{population.base, population.base};
  for (const ParameterSource& source : population.sources) {
    auto& low = range.low[static_cast<std::size_t>(source.parameter)];
    auto& high = range.high[static_cast<std::size_t>(source.parameter)];
    if (source.form == SourceForm::neuron) {
      low = job.search->low;
      high = job.search->high;
      continue;
    }
    const ValueRange values = value_range(source, population.table);
    low = values.low;
    high = values.high;
  }
  return range;
}

bool any_swept(const std::vector<std::int32_t>& source_of, int first, int last) {
  return std::any_of(source_of.begin() + first, source_of.begin() + last,
                     [](std::int32_t source) { return source >= 0; });
}

RunConstants run_constants(const Job& job) {
  RunConstants c;
  c.dt_ms = job.dt_ms;
  c.duration_ms = job.duration_ms;
  c.end = position_of(job.duration_ms, job.dt_ms);
  c.window_start_ms = job.record.window_start_ms;
  c.window_stop_ms = job.record.window_stop_ms;
  c.window_start = position_of(c.window_start_ms, job.dt_ms);
  c.window_stop = lesser(position_of(c.window_stop_ms, job.dt_ms), c.end);
  c.sample_every = job.record.trace ? job.record.trace->every_steps : 0;
  return c;
}

bool varies(const StimulusSpec& stimulus) {
  return stimulus.kind == StimulusKind::ramp || oscillates(stimulus);
}

/// Folds the parameters as Membrane<precision of the job> does.
template <template <class> class Membrane>
std::vector<double> folded(const Job& job, const std::vector<double>& parameters) {
  std::vector<double> coefficients(Membrane<double>::count);
  if (job.precision == Precision::float32) {
    Membrane<float>::fold(parameters.data(), coefficients.data());
  } else {
    Membrane<double>::fold(parameters.data(), coefficients.data());
  }
  return coefficients;
}

}  // namespace

bool has_fast_rates(const Job& job) {
  const ParameterRange range = parameter_range(job);
  return ClassicMembrane<double>::fits(range.low.data(), range.high.data(),
                                       job.population.forms.data());
}

RunRule make_run_rule(const Job& job) {
  const Population& population = job.population;
  RunRule rule;
  rule.constants = run_constants(job);
  rule.source_of.assign(population.base.size(), -1);
  for (std::size_t i = 0; i < population.sources.size(); ++i) {
    rule.source_of[static_cast<std::size_t>(population.sources[i].parameter)] =
        static_cast<std::int32_t>(i);
  }
  rule.stimulus_varies = std::any_of(population.stimuli.begin(), population.stimuli.end(), varies);
  rule.drive = std::any_of(population.stimuli.begin(), population.stimuli.end(), is_sampled)
                   ? DriveKind::sampled
               : rule.stimulus_varies ? DriveKind::varying
                                      : DriveKind::constant;

  const bool classic = has_fast_rates(job);
  rule.membrane = !classic                 ? MembraneKind::general
                  : job.math == Math::fast ? MembraneKind::fast
                                           : MembraneKind::classic;

  const bool model_swept = any_swept(rule.source_of, 0, parameter::model_count);
  const bool spike_swept =
      any_swept(rule.source_of, parameter::spike_threshold, parameter::spike_rearm + 1);
  const bool start_swept =
      any_swept(rule.source_of, parameter::initial_V, parameter::initial_n + 1) ||
      (population.start != Start::state && model_swept);
  const std::vector<double> parameters = parameters_of(population, 0);
  const std::vector<double> coefficients =
      classic ? folded<ClassicMembrane>(job, parameters) : folded<GeneralMembrane>(job, parameters);
  rule.membrane_coefficients = static_cast<int>(coefficients.size());
  if (!model_swept && !spike_swept) rule.shared_membrane = coefficients;
  if (!start_swept) {
    rule.shared_start = initial_state(parameters.data(), population.forms.data(), population.start);
  }
  return rule;
}

PopulationView population_view(const Job& job, const RunRule& rule,
                               const PopulationArrays& arrays) {
  const Population& population = job.population;
  PopulationView view{};
  view.base = arrays.base;
  view.sources = arrays.sources;
  view.table = arrays.table;
  view.source_of = arrays.source_of;
  view.stimuli = arrays.stimuli;
  view.intervals = arrays.intervals;
  view.redraw = arrays.redraw;
  view.selection = population.selection.empty() ? nullptr : arrays.selection;
  view.parameter_count = static_cast<std::int32_t>(population.base.size());
  view.source_count = static_cast<std::int32_t>(population.sources.size());
  view.stimulus_count = static_cast<std::int32_t>(population.stimuli.size());
  std::copy(population.forms.begin(), population.forms.end(), view.forms);
  view.start = population.start;
  view.rearm_follows_threshold = population.rearm_follows_threshold;
  view.stimulus_varies = rule.stimulus_varies;
  view.has_waveforms = !population.waveforms.empty();
  return view;
}

}  // namespace hhsweep
