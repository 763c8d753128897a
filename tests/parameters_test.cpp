// SPDX-License-Identifier: MIT
#include "hhsweep/parameters.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace hhsweep {
namespace {

double value_of(const Preset& preset, const std::string& path) {
  return preset.values.at(static_cast<std::size_t>(find_membrane_parameter(path).value()));
}

TEST(Presets, SquidComesFirstAndIsTheModelInMillivolts) {
  const Preset& squid = presets().front();
  EXPECT_EQ(squid.name, "squid");
  EXPECT_EQ(squid.start, Start::rest);
  EXPECT_EQ(value_of(squid, "model.C_m"), 1);
  EXPECT_EQ(value_of(squid, "model.g_Na"), 120);
  EXPECT_EQ(value_of(squid, "model.g_K"), 36);
  EXPECT_EQ(value_of(squid, "model.g_L"), 0.3);
  EXPECT_EQ(value_of(squid, "model.E_Na"), 50);
  EXPECT_EQ(value_of(squid, "model.E_K"), -77);
  EXPECT_EQ(value_of(squid, "model.E_L"), -54.387);
  EXPECT_EQ(value_of(squid, "model.temperature"), 6.3);
  EXPECT_EQ(value_of(squid, "model.q10"), 3);
  EXPECT_EQ(value_of(squid, "model.alpha_m.midpoint"), -40);
  EXPECT_EQ(value_of(squid, "model.beta_m.scale"), 18);
  EXPECT_EQ(value_of(squid, "model.alpha_h.rate"), 0.07);
  EXPECT_EQ(value_of(squid, "model.beta_h.midpoint"), -35);
  EXPECT_EQ(value_of(squid, "model.alpha_n.midpoint"), -55);
  EXPECT_EQ(value_of(squid, "model.beta_n.rate"), 0.125);
  EXPECT_EQ(value_of(squid, "model.beta_n.midpoint"), -65);
  EXPECT_EQ(value_of(squid, "spike.threshold"), 0);
  EXPECT_EQ(squid.forms[alpha_m], RateForm::linoid);
  EXPECT_EQ(squid.forms[beta_h], RateForm::sigmoid);
  EXPECT_EQ(squid.forms[beta_n], RateForm::exponential);
}

TEST(Presets, SlidesDiffersFromSquidInOneScaleAndTheStart) {
  const Preset& slides = *find_preset("slides");
  const Preset& squid = *find_preset("squid");
  EXPECT_EQ(slides.start, Start::state);
  EXPECT_EQ(value_of(slides, "initial.V"), -65);
  EXPECT_EQ(value_of(slides, "initial.n"), 0.317);
  for (int i = 0; i < parameter::model_count; ++i) {
    const auto place = static_cast<std::size_t>(i);
    if (i == parameter::rate(beta_h, 2)) {
      EXPECT_EQ(slides.values[place], 1);
    } else {
      EXPECT_EQ(slides.values[place], squid.values[place]) << membrane_parameter(i).path;
    }
  }
}

TEST(Presets, BlogHasTheRatesOf1952AndItsOwnStart) {
  const Preset& blog = *find_preset("blog");
  EXPECT_EQ(value_of(blog, "model.E_Na"), 120);
  EXPECT_EQ(value_of(blog, "model.E_K"), -77);
  EXPECT_EQ(value_of(blog, "model.alpha_m.midpoint"), 25);
  EXPECT_EQ(value_of(blog, "model.beta_h.midpoint"), 30);
  EXPECT_EQ(value_of(blog, "initial.V"), -54.387000012713244);
  EXPECT_EQ(value_of(blog, "initial.m"), 3.26471634e-05);
  EXPECT_EQ(value_of(blog, "spike.threshold"), 50);
  EXPECT_EQ(value_of(blog, "spike.rearm"), 50);
  EXPECT_EQ(blog.start, Start::state);
}

TEST(Presets, Hh1952CountsVoltageFromRest) {
  const Preset& hh1952 = *find_preset("hh1952");
  EXPECT_EQ(value_of(hh1952, "model.E_Na"), 115);
  EXPECT_EQ(value_of(hh1952, "model.E_K"), -12);
  EXPECT_EQ(value_of(hh1952, "model.E_L"), 10.613);
  EXPECT_EQ(value_of(hh1952, "spike.threshold"), 50);
  EXPECT_EQ(hh1952.start, Start::rest);
  EXPECT_EQ(find_preset("hh"), nullptr);
}

TEST(Presets, HoldOnlyPossibleValues) {
  for (const Preset& preset : presets()) {
    for (int i = 0; i < parameter::stimulus_parameters; ++i) {
      EXPECT_EQ(violation(i, preset.values[static_cast<std::size_t>(i)]), "")
          << preset.name << " " << membrane_parameter(i).path;
    }
  }
}

TEST(ParameterCatalogue, ListsThePathsInTheOrderOfTheVector) {
  EXPECT_EQ(find_membrane_parameter("model.C_m"), parameter::C_m);
  EXPECT_EQ(find_membrane_parameter("model.q10"), parameter::q10);
  EXPECT_EQ(find_membrane_parameter("model.beta_h.scale"), parameter::rate(beta_h, 2));
  EXPECT_EQ(find_membrane_parameter("initial.h"), parameter::initial_h);
  EXPECT_EQ(find_membrane_parameter("spike.rearm"), parameter::spike_rearm);
  EXPECT_EQ(find_membrane_parameter("model.gbar"), std::nullopt);
  std::set<std::string> paths;
  for (int i = 0; i < parameter::stimulus_parameters; ++i) {
    paths.insert(membrane_parameter(i).path);
    EXPECT_EQ(find_membrane_parameter(membrane_parameter(i).path), i);
  }
  EXPECT_EQ(paths.size(), static_cast<std::size_t>(parameter::stimulus_parameters));
}

TEST(Violations, NameWhatIsPossible) {
  EXPECT_EQ(violation(parameter::C_m, 0), "must be above 0");
  EXPECT_EQ(violation(parameter::g_K, -1), "must be at least 0");
  EXPECT_EQ(violation(parameter::g_K, 0), "");
  EXPECT_EQ(violation(parameter::E_K, -1e6), "");
  EXPECT_EQ(violation(parameter::E_K, std::nan("")), "must be a finite number");
  EXPECT_EQ(violation(parameter::rate(beta_m, 2), 0), "must be nonzero");
  EXPECT_EQ(violation(parameter::rate(beta_m, 2), -18), "");
  EXPECT_EQ(violation(parameter::initial_m, 1.01), "must lie in [0, 1]");
  EXPECT_EQ(violation(parameter::temperature, -274), "must be above -273.15");
}

TEST(StimulusParameters, FollowTheMeaningOfTheirSlots) {
  StimulusSpec spec;
  EXPECT_EQ(stimulus_parameter(spec, slot::stop).path, "stop");
  spec.stop_meaning = StopMeaning::width;
  EXPECT_EQ(stimulus_parameter(spec, slot::stop).path, "width");
  spec.kind = StimulusKind::train;
  spec.stop_meaning = StopMeaning::count;
  EXPECT_EQ(stimulus_parameter(spec, slot::stop).path, "count");
  EXPECT_EQ(stimulus_parameter(spec, slot::stop).units, "");
  EXPECT_EQ(stimulus_parameter(spec, slot::train_period).units, "ms");
  spec.period_is_frequency = true;
  EXPECT_EQ(stimulus_parameter(spec, slot::train_period).path, "frequency");
  EXPECT_EQ(stimulus_parameter(spec, slot::train_period).units, "Hz");
  spec.kind = StimulusKind::pulses;
  EXPECT_EQ(stimulus_parameter(spec, slot::start).path, "");
  EXPECT_EQ(stimulus_parameter(spec, slot::amplitude).units, "uA/cm^2");
  spec.kind = StimulusKind::sine;
  EXPECT_EQ(stimulus_parameter(spec, slot::sine_phase).units, "degree");
}

TEST(StimulusViolations, LeaveAnAbsentStopAlone) {
  StimulusSpec spec;
  EXPECT_EQ(stimulus_violation(spec, slot::stop, std::numeric_limits<double>::infinity()), "");
  EXPECT_NE(stimulus_violation(spec, slot::stop, -1), "");
  EXPECT_NE(stimulus_violation(spec, slot::start, -1), "");
  EXPECT_EQ(stimulus_violation(spec, slot::amplitude, -1), "");
  spec.kind = StimulusKind::train;
  spec.stop_meaning = StopMeaning::count;
  EXPECT_NE(stimulus_violation(spec, slot::stop, 1.5), "");
  EXPECT_EQ(stimulus_violation(spec, slot::stop, 0), "");
}

TEST(RateForms, ReadBackFromTheirNames) {
  for (const RateForm form : {RateForm::linoid, RateForm::exponential, RateForm::sigmoid}) {
    EXPECT_EQ(parse_rate_form(to_string(form)), form);
  }
  EXPECT_EQ(parse_rate_form("linear"), std::nullopt);
  EXPECT_EQ(rate_name(beta_n), "beta_n");
}

}  // namespace
}  // namespace hhsweep
