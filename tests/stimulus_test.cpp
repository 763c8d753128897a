// SPDX-License-Identifier: MIT
#include "hhsweep/stimulus.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <initializer_list>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

namespace hhsweep {
namespace {

using Wide = long double;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Wide two_pi = 2 * std::numbers::pi_v<Wide>;

/// Currents of a few uA/cm^2 in double, each the result of a handful of roundings.
constexpr double current_tolerance = 1e-12;
/// What a sine's phase may be off after 10^7 steps, besides the rounding of frequency times time.
constexpr double phase_tolerance = 4e-13;

/// One neuron's stimuli with their numbers.
class Stimuli {
 public:
  explicit Stimuli(double dt_ms = 0.01, double duration_ms = 500)
      : dt_ms_(dt_ms), duration_ms_(duration_ms) {}

  int add(StimulusSpec spec, std::initializer_list<double> slots) {
    spec.first_parameter = static_cast<int>(values_.size());
    values_.insert(values_.end(), slots);
    values_.resize(static_cast<std::size_t>(spec.first_parameter + slot::count), 0.0);
    specs_.push_back(spec);
    return static_cast<int>(specs_.size()) - 1;
  }
  int add_pulses(double amplitude, const std::vector<double>& intervals, int after = -1) {
    StimulusSpec spec{.kind = StimulusKind::pulses, .after = after};
    spec.first_interval = static_cast<int>(intervals_.size() / 2);
    spec.interval_count = static_cast<int>(intervals.size() / 2);
    intervals_.insert(intervals_.end(), intervals.begin(), intervals.end());
    return add(spec, {0, 0, amplitude});
  }

  [[nodiscard]] auto context() const {
    const auto values = [this](int i) { return values_[static_cast<std::size_t>(i)]; };
    return StimulusContext<decltype(values)>{specs_.data(), intervals_.data(), dt_ms_, duration_ms_,
                                             values};
  }
  [[nodiscard]] Piece piece(double x, int stimulus = 0) const {
    return piece_at(context(), specs_[static_cast<std::size_t>(stimulus)], x);
  }
  [[nodiscard]] Oscillation oscillation(double x, int stimulus = 0) const {
    return oscillation_at(context(), specs_[static_cast<std::size_t>(stimulus)], x);
  }
  /// Sum of all at a position that is no further than 2^51 from 0.
  [[nodiscard]] double current(double x) const {
    const double step = std::floor(x);
    return current_at(context(), static_cast<int>(specs_.size()), static_cast<std::int64_t>(step),
                      x - step);
  }
  /// Edges of one stimulus from 0 on, at most `most` of them.
  [[nodiscard]] std::vector<double> edges(int stimulus = 0, std::size_t most = 1000) const {
    std::vector<double> list;
    double x = 0;
    while (list.size() < most) {
      const double next = piece(x, stimulus).next_edge;
      if (!(next < infinity)) break;
      EXPECT_GT(next, x);
      if (!(next > x)) break;
      list.push_back(next);
      x = next;
    }
    return list;
  }
  [[nodiscard]] double end_ms(int stimulus = 0) const {
    const StimulusSpec& spec = specs_[static_cast<std::size_t>(stimulus)];
    return detail::end_of(context(), spec, detail::base_of(context(), spec));
  }

 private:
  std::vector<StimulusSpec> specs_;
  std::vector<double> values_;
  std::vector<double> intervals_;
  double dt_ms_, duration_ms_;
};

double before(double x) { return std::nextafter(x, -infinity); }

constexpr StimulusSpec step{};
constexpr StimulusSpec step_of_width{.stop_meaning = StopMeaning::width};
constexpr StimulusSpec counted_train{.kind = StimulusKind::train,
                                     .stop_meaning = StopMeaning::count};
constexpr StimulusSpec stopped_train{.kind = StimulusKind::train};
constexpr StimulusSpec ramp{.kind = StimulusKind::ramp};
constexpr StimulusSpec rising_ramp{.kind = StimulusKind::ramp, .end_is_rise = true};
constexpr StimulusSpec sine{.kind = StimulusKind::sine};
constexpr StimulusSpec chirp{.kind = StimulusKind::chirp};

TEST(Positions, AreOnTheGridWhenTheyAreWithinRoundingOfIt) {
  EXPECT_NE(0.7 / 0.1, 7.0);
  EXPECT_EQ(position_of(0.7, 0.1), 7);
  EXPECT_EQ(position_of(0.07, 0.01), 7);
  EXPECT_EQ(position_of(0, 0.01), 0);
  for (int k = 0; k < 100000; ++k) ASSERT_EQ(position_of(k * 0.01, 0.01), k);
  for (int k = 0; k < 100000; ++k) ASSERT_EQ(position_of(k * 0.0125, 0.0125), k);
}

TEST(Positions, KeepTheFractionOfATimeThatIsReallyOffTheGrid) {
  EXPECT_EQ(position_of(5.00371, 0.01), 5.00371 / 0.01);
  EXPECT_NE(position_of(100.0 + 2e-9, 1.0), 100);
  EXPECT_EQ(position_of(100.0 + 5e-10, 1.0), 100);
}

TEST(Positions, SnapMoreWidelyFarFromZeroAndLeaveTheEndlessAlone) {
  const double far = 0x1p30;
  EXPECT_EQ(position_of(far + 0x1p-21, 1.0), far);
  EXPECT_NE(position_of(far + 0x1p-18, 1.0), far);
  EXPECT_EQ(position_of(infinity, 0.01), infinity);
  EXPECT_EQ(position_of(1e300, 0.01), 1e302);
}

TEST(Step, IsOnFromItsStartUpToItsStopAndOffThere) {
  Stimuli s;
  s.add(step, {5, 7, 3});
  EXPECT_EQ(s.current(0), 0);
  EXPECT_EQ(s.current(before(500)), 0);
  EXPECT_EQ(s.current(500), 3);
  EXPECT_EQ(s.current(before(700)), 3);
  EXPECT_EQ(s.current(700), 0);
  EXPECT_EQ(s.edges(), (std::vector<double>{500, 700}));
}

TEST(Step, FromZeroIsOnAtOnce) {
  Stimuli s;
  s.add(step, {0, 1, 3});
  EXPECT_EQ(s.current(0), 3);
  EXPECT_EQ(s.edges(), (std::vector<double>{100}));
}

TEST(Step, WithoutAStopNeverEnds) {
  Stimuli s;
  s.add(step, {5, infinity, 3});
  EXPECT_EQ(s.edges(), (std::vector<double>{500}));
  EXPECT_EQ(s.current(0x1p50), 3);
}

TEST(Step, OfNoLengthHasNoCurrentAndNoEdge) {
  for (const double stop : {5.0, 4.0, 0.0}) {
    Stimuli s;
    s.add(step, {5, stop, 3});
    EXPECT_TRUE(s.edges().empty()) << stop;
    for (double x = 0; x < 1000; x += 0.5) ASSERT_EQ(s.current(x), 0) << stop;
  }
  Stimuli zero;
  zero.add(step_of_width, {5, 0, 3});
  EXPECT_TRUE(zero.edges().empty());
}

TEST(Step, TakesAWidthInsteadOfAStop) {
  Stimuli s;
  s.add(step_of_width, {5, 2.5, 3});
  EXPECT_EQ(s.edges(), (std::vector<double>{500, 750}));
  EXPECT_EQ(s.end_ms(), 7.5);
}

TEST(Step, ShorterThanAStepKeepsBothItsEdgesOffTheGrid) {
  Stimuli s(0.1);
  s.add(step, {5.02, 5.05, 3});
  const auto edges = s.edges();
  ASSERT_EQ(edges.size(), 2u);
  EXPECT_NEAR(edges[0], 50.2, 1e-12);
  EXPECT_NEAR(edges[1], 50.5, 1e-12);
  EXPECT_EQ(s.current(50.3), 3);
  EXPECT_EQ(s.current(50.1), 0);
  EXPECT_EQ(s.current(50.6), 0);
}

TEST(Pulses, AreOnInTheirIntervalsAlone) {
  Stimuli s;
  s.add_pulses(2, {1, 2, 3.5, 4, 4, 6});
  EXPECT_EQ(s.current(0), 0);
  EXPECT_EQ(s.current(100), 2);
  EXPECT_EQ(s.current(200), 0);
  EXPECT_EQ(s.current(350), 2);
  EXPECT_EQ(s.current(400), 2);
  EXPECT_EQ(s.current(before(600)), 2);
  EXPECT_EQ(s.current(600), 0);
  EXPECT_EQ(s.end_ms(), 6);
}

TEST(Pulses, WithoutIntervalsAreNoCurrent) {
  Stimuli s;
  s.add_pulses(2, {});
  EXPECT_TRUE(s.edges().empty());
  EXPECT_EQ(s.current(3), 0);
}

TEST(Pulses, AfterOneThatRoundingMakesEmptyStillCome) {
  Stimuli s;
  s.add_pulses(2, {1, 1 + 1e-12, 3, 4});
  EXPECT_EQ(s.edges(), (std::vector<double>{300, 400}));
  EXPECT_EQ(s.current(350), 2);
}

TEST(Train, HasAsManyPulsesAsItsCount) {
  Stimuli s;
  s.add(counted_train, {5, 3, 4, 1, 10});
  EXPECT_EQ(s.edges(), (std::vector<double>{500, 600, 1500, 1600, 2500, 2600}));
  EXPECT_EQ(s.current(500), 4);
  EXPECT_EQ(s.current(600), 0);
  EXPECT_EQ(s.current(before(2600)), 4);
  EXPECT_EQ(s.current(3500), 0);
  EXPECT_EQ(s.end_ms(), 26);
}

TEST(Train, BeginsNoPulseAtOrAfterItsStopAndKeepsTheLastOneWhole) {
  Stimuli at_a_beginning;
  at_a_beginning.add(stopped_train, {5, 25, 4, 1, 10});
  EXPECT_EQ(at_a_beginning.edges(), (std::vector<double>{500, 600, 1500, 1600}));
  Stimuli within_a_pulse;
  within_a_pulse.add(stopped_train, {5, 15.5, 4, 1, 10});
  EXPECT_EQ(within_a_pulse.edges(), (std::vector<double>{500, 600, 1500, 1600}));
  Stimuli before_the_first;
  before_the_first.add(stopped_train, {5, 3, 4, 1, 10});
  EXPECT_TRUE(before_the_first.edges().empty());
}

TEST(Train, ThatStartsFarAfterItsStopIsFoundEmptyAtOnce) {
  for (const double start : {7.0, 1e6, 1e12, 1e300}) {
    Stimuli s;
    s.add(stopped_train, {start, 5, 4, 1e-7, 1e-6});
    EXPECT_TRUE(s.edges().empty()) << start;
    EXPECT_EQ(s.end_ms(), start);
  }
}

TEST(Train, CountsPulsesOnTheGridAndNotInRoundedMilliseconds) {
  // 5 + 3 * 0.1 is a little above 5.3 in double, 5 + 0.1 * 7 a little above 5.7.
  for (int pulses = 1; pulses < 40; ++pulses) {
    Stimuli s;
    s.add(stopped_train, {5, 5 + pulses * 0.1, 4, 0.05, 0.1});
    ASSERT_EQ(s.edges().size(), static_cast<std::size_t>(2 * pulses)) << pulses;
  }
}

TEST(Train, TakesAFrequencyInsteadOfAPeriod) {
  StimulusSpec spec = counted_train;
  spec.period_is_frequency = true;
  Stimuli s;
  s.add(spec, {5, 3, 4, 1, 40});
  EXPECT_EQ(s.edges(), (std::vector<double>{500, 600, 3000, 3100, 5500, 5600}));
}

TEST(Train, HasNoCurrentWithoutWidthOrCount) {
  for (const auto& [count, width] : {std::pair{0.0, 1.0}, std::pair{3.0, 0.0}}) {
    Stimuli s;
    s.add(counted_train, {5, count, 4, width, 10});
    EXPECT_TRUE(s.edges().empty());
    EXPECT_EQ(s.current(550), 0);
  }
}

TEST(Train, WhosePulsesMeetIsOneBlock) {
  for (const double width : {2.0, 2.5, 7.0}) {
    Stimuli s;
    s.add(counted_train, {5, 4, 3, width, 2});
    EXPECT_EQ(s.edges(), (std::vector<double>{500, position_of(5 + 6 + width, 0.01)})) << width;
    EXPECT_EQ(s.current(800), 3) << "overlapping pulses of one stimulus do not add";
  }
}

TEST(Train, OffTheGridHasItsEdgesAtMultiplesOfThePeriodWithoutDrift) {
  const double start = 5.0013, period = 13.37, width = 1.7;
  Stimuli s;
  s.add(stopped_train, {start, infinity, 20, width, period});
  for (const double j : {0.0, 1.0, 99.0, 1e5, 1e7}) {
    const double on = position_of(std::fma(j, period, start), 0.01);
    EXPECT_EQ(s.piece(before(on)).current, 0) << j;
    EXPECT_EQ(s.piece(before(on)).next_edge, on) << j;
    EXPECT_EQ(s.piece(on).current, 20) << j;
    EXPECT_EQ(s.piece(on).next_edge, position_of(std::fma(j, period, start) + width, 0.01)) << j;
  }
}

TEST(Train, FasterThanTheStepsHasAllItsEdges) {
  Stimuli s(0.1);
  s.add(counted_train, {1, 20, 4, 0.005, 0.01});
  const auto edges = s.edges();
  ASSERT_EQ(edges.size(), 40u);
  EXPECT_NEAR(edges[1] - edges[0], 0.05, 1e-9);
  EXPECT_NEAR(edges[39], 10 + 1.95, 1e-9);
}

TEST(Ramp, RisesHoldsAndFalls) {
  Stimuli s;
  s.add(ramp, {10, 40, 6, 30});
  EXPECT_EQ(s.edges(), (std::vector<double>{1000, 3000, 4000}));
  EXPECT_EQ(s.current(before(1000)), 0);
  EXPECT_EQ(s.current(1000), 0);
  EXPECT_NEAR(s.current(2000), 3, current_tolerance);
  EXPECT_NEAR(s.current(before(3000)), 6, current_tolerance);
  EXPECT_EQ(s.current(3000), 6);
  EXPECT_EQ(s.current(before(4000)), 6);
  EXPECT_EQ(s.current(4000), 0);
  EXPECT_NEAR(s.piece(1500).slope, 6.0 / 2000, current_tolerance);
  EXPECT_EQ(s.piece(3500).slope, 0);
}

TEST(Ramp, WithoutARiseIsAStep) {
  for (const StimulusSpec& spec : {ramp, rising_ramp}) {
    Stimuli s;
    s.add(spec, {10, 40, 6, spec.end_is_rise ? 0.0 : 10.0});
    EXPECT_EQ(s.edges(), (std::vector<double>{1000, 4000}));
    EXPECT_EQ(s.current(1000), 6);
    EXPECT_EQ(s.piece(1000).slope, 0);
  }
}

TEST(Ramp, IsCutByAStopThatComesBeforeItsEnd) {
  Stimuli s;
  s.add(rising_ramp, {10, 20, 6, 30});
  EXPECT_EQ(s.edges(), (std::vector<double>{1000, 2000}));
  EXPECT_NEAR(s.current(before(2000)), 2, current_tolerance);
  EXPECT_EQ(s.current(2000), 0);
}

TEST(Sine, IsOffsetPlusSineWhileOnAndNothingElsewhere) {
  Stimuli s;
  s.add(sine, {10, 210, 3, 25, 90, 1.5});
  EXPECT_EQ(s.current(before(1000)), 0);
  EXPECT_NEAR(s.current(1000), 4.5, current_tolerance);
  EXPECT_NEAR(s.current(2000), 1.5, current_tolerance);
  EXPECT_NEAR(s.current(3000), -1.5, current_tolerance);
  EXPECT_EQ(s.current(21000), 0);
  EXPECT_EQ(s.edges(), (std::vector<double>{1000, 21000}));
}

TEST(Sine, CountsItsPhaseFromAStartOffTheGrid) {
  const double start = 7.00371;
  Stimuli s;
  s.add(sine, {start, infinity, 3, 60, -30, 0});
  for (double x = 701; x < 5000; x += 13.25) {
    const Wide turns =
        60e-3L * (static_cast<Wide>(x) * 0.01L - static_cast<Wide>(start)) - 30.0L / 360;
    ASSERT_NEAR(s.current(x), static_cast<double>(3 * std::sin(two_pi * turns)), 1e-11) << x;
  }
}

TEST(Sine, KeepsItsPhaseFor100Seconds) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> log_frequency(-3, 7);
  for (int i = 0; i < 2000; ++i) {
    Stimuli s(0.01, 1e5);
    const double frequency = std::exp(log_frequency(random));
    s.add(sine, {0, infinity, 1, frequency});
    const Oscillation o = s.oscillation(0);
    const std::int64_t steps = 10000000;
    const std::uint64_t bits = phase_at(o, steps, 0.0);
    const Wide turns = static_cast<Wide>(o.a) * static_cast<Wide>(steps);
    const Wide want = turns - std::nearbyint(turns);
    Wide error = static_cast<Wide>(bits) * 0x1p-64L - want;
    error -= std::nearbyint(error);
    ASSERT_LE(std::abs(static_cast<double>(error)), phase_tolerance) << frequency << " Hz";
    // The increment itself is frequency times dt with three roundings.
    EXPECT_NEAR(o.a, frequency * 1e-5, 4e-16 * frequency * 1e-5);
  }
}

TEST(Sine, HasTheSamePhaseInWholeAndInPartialSteps) {
  Stimuli s;
  s.add(sine, {3.337, infinity, 1, 123.4, 77, 0});
  const Oscillation o = s.oscillation(400);
  for (std::int64_t k = 334; k < 100000; k += 997) {
    const auto difference =
        static_cast<std::int64_t>(phase_at(o, k, 1.0) - phase_at(o, k + 1, 0.0));
    ASSERT_LT(std::abs(static_cast<double>(difference)) * 0x1p-64, 1e-15) << k;
  }
}

TEST(Chirp, SweepsLinearlyFromItsFirstToItsLastFrequency) {
  const Wide f0 = 1, f1 = 100, T = 500;
  Stimuli s(0.01, 520);
  s.add(chirp, {5, 505, 8, 1, 100});
  for (double x = 500; x < 50500; x += 37.5) {
    const Wide t = static_cast<Wide>(x) * 0.01L - 5;
    const Wide turns = 1e-3L * (f0 * t + (f1 - f0) * t * t / (2 * T));
    ASSERT_NEAR(s.current(x), static_cast<double>(8 * std::sin(two_pi * turns)), 1e-12) << x;
  }
  EXPECT_EQ(s.current(499), 0);
  EXPECT_EQ(s.current(50500), 0);
}

TEST(Chirp, WithoutAStopReachesItsLastFrequencyAtTheEndOfTheRun) {
  Stimuli open(0.01, 400), closed(0.01, 400);
  open.add(chirp, {0, infinity, 8, 10, 50});
  closed.add(chirp, {0, 400, 8, 10, 50});
  for (double x = 0; x < 40000; x += 101) ASSERT_EQ(open.current(x), closed.current(x));
}

TEST(Chirp, OfOneFrequencyIsASine) {
  Stimuli s, same;
  s.add(chirp, {5, 305, 8, 20, 20});
  same.add(sine, {5, 305, 8, 20});
  for (double x = 0; x < 40000; x += 33.25) ASSERT_EQ(s.current(x), same.current(x)) << x;
}

TEST(Oscillations, EvaluateToZeroAtWholeAndHalfTurns) {
  const Oscillation o{.amplitude = 5};
  EXPECT_EQ(oscillation_value(o, 0), 0);
  EXPECT_NEAR(oscillation_value(o, 0x4000000000000000u), 5, 1e-15);
  EXPECT_NEAR(oscillation_value(o, 0x8000000000000000u), 0, 1e-15);
  EXPECT_NEAR(oscillation_value(o, 0xc000000000000000u), -5, 1e-15);
}

TEST(PhaseBits, AreTheFractionOfATurn) {
  EXPECT_EQ(phase_bits(0), 0u);
  EXPECT_EQ(phase_bits(0.25), 0x4000000000000000u);
  EXPECT_EQ(phase_bits(0.5), 0x8000000000000000u);
  EXPECT_EQ(phase_bits(-0.5), 0x8000000000000000u);
  EXPECT_EQ(phase_bits(-0.25), 0xc000000000000000u);
  EXPECT_EQ(phase_bits(1234567.75), 0xc000000000000000u);
  EXPECT_EQ(phase_bits(1e30), 0u);
}

TEST(After, CountsTimesFromTheEndOfTheOtherStimulus) {
  Stimuli s;
  const int first = s.add(step_of_width, {5, 2, 10});
  StimulusSpec second = step_of_width;
  second.after = first;
  const int then = s.add(second, {3.5, 2, 20});
  EXPECT_EQ(s.edges(then), (std::vector<double>{1050, 1250}));
  StimulusSpec third = counted_train;
  third.after = then;
  const int last = s.add(third, {1, 2, 30, 0.5, 2});
  EXPECT_EQ(s.edges(last), (std::vector<double>{1350, 1400, 1550, 1600}));
  EXPECT_EQ(s.current(600), 10);
  EXPECT_EQ(s.current(1100), 20);
  EXPECT_EQ(s.current(1560), 30);
}

TEST(After, FollowsEveryKind) {
  const auto following = [](StimulusSpec spec, std::initializer_list<double> slots) {
    Stimuli s(0.01, 1e4);
    const int first = s.add(spec, slots);
    StimulusSpec second = step_of_width;
    second.after = first;
    return s.edges(s.add(second, {1, 2, 1}));
  };
  const std::vector<double> at_10_to_12{1000, 1200};
  EXPECT_EQ(following(counted_train, {3, 2, 1, 1, 5}), at_10_to_12);
  EXPECT_EQ(following(stopped_train, {3, 8.5, 1, 1, 5}), at_10_to_12);
  EXPECT_EQ(following(ramp, {3, 9, 1, 5}), at_10_to_12);
  EXPECT_EQ(following(sine, {3, 9, 1, 5}), at_10_to_12);
  EXPECT_EQ(following(chirp, {3, 9, 1, 5, 6}), at_10_to_12);

  Stimuli s;
  const int pulses = s.add_pulses(1, {2, 3, 8, 9});
  StimulusSpec second = step_of_width;
  second.after = pulses;
  EXPECT_EQ(s.edges(s.add(second, {1, 2, 1})), at_10_to_12);
}

TEST(After, AStimulusThatNeverEndsComesNothing) {
  Stimuli s;
  StimulusSpec second = step_of_width;
  second.after = s.add(step, {5, infinity, 10});
  const int then = s.add(second, {3.5, 2, 20});
  EXPECT_TRUE(s.edges(then).empty());
  EXPECT_EQ(s.current(1e6), 10);
}

TEST(After, ChainsOfAnyLengthAddUp) {
  Stimuli s;
  int last = s.add(step_of_width, {1, 1, 1});
  for (int i = 0; i < 30; ++i) {
    StimulusSpec next = step_of_width;
    next.after = last;
    last = s.add(next, {1, 1, 1});
  }
  EXPECT_EQ(s.edges(last), (std::vector<double>{6100, 6200}));
}

TEST(Stimuli, AddUp) {
  Stimuli s;
  s.add(step, {5, 20, 3});
  s.add(step, {10, 30, 4});
  s.add(ramp, {0, 40, 8, 40});
  EXPECT_NEAR(s.current(1500), 3 + 4 + 3, current_tolerance);
}

/// A stimulus drawn at random with its current as the contract words it, in wide milliseconds.
struct Drawn {
  Stimuli stimuli;
  std::function<Wide(Wide)> current;
};

Drawn drawn(std::mt19937_64& random, double dt_ms) {
  const auto between = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  Drawn d{Stimuli(dt_ms, 100), {}};
  const double start = between(0, 30), stop = between(20, 90), amplitude = between(-20, 20);
  switch (random() % 4) {
    case 0:
      d.stimuli.add(step, {start, stop, amplitude});
      d.current = [=](Wide t) -> Wide { return t >= start && t < stop ? amplitude : 0; };
      break;
    case 1: {
      const double width = between(0, 8), period = between(0.05, 9);
      d.stimuli.add(stopped_train, {start, stop, amplitude, width, period});
      d.current = [=](Wide t) -> Wide {
        for (int j = 0; start + j * static_cast<Wide>(period) < stop; ++j) {
          const Wide on = start + j * static_cast<Wide>(period);
          if (t >= on && t < on + width) return amplitude;
        }
        return 0;
      };
      break;
    }
    case 2: {
      const double end = between(0, 60);
      d.stimuli.add(ramp, {start, stop, amplitude, end});
      d.current = [=](Wide t) -> Wide {
        if (t < start || t >= stop) return 0;
        return t >= end ? amplitude : amplitude * (t - start) / (end - static_cast<Wide>(start));
      };
      break;
    }
    default: {
      std::vector<double> pairs;
      double t = 0;
      for (int i = 0; i < 6; ++i) {
        pairs.push_back(t += between(0.001, 8));
        pairs.push_back(t += between(0.001, 8));
      }
      d.stimuli.add_pulses(amplitude, pairs);
      d.current = [=](Wide at) -> Wide {
        for (std::size_t i = 0; i < pairs.size(); i += 2) {
          if (at >= pairs[i] && at < pairs[i + 1]) return amplitude;
        }
        return 0;
      };
    }
  }
  return d;
}

TEST(Pieces, FollowTheContractsWordsBetweenAllEdges) {
  std::mt19937_64 random(99);
  for (int round = 0; round < 400; ++round) {
    const double dt = round % 2 == 0 ? 0.01 : 0.7;
    const Drawn d = drawn(random, dt);
    double x = 0;
    while (x < 100 / dt) {
      const Piece piece = d.stimuli.piece(x);
      const double end = std::min(piece.next_edge, 100 / dt);
      for (const double part : {0.001, 0.3, 0.7, 0.999}) {
        const double inside = x + part * (end - x);
        const Wide want = d.current(static_cast<Wide>(inside) * static_cast<Wide>(dt));
        ASSERT_NEAR(piece.current + piece.slope * (inside - x), static_cast<double>(want), 1e-9)
            << "round " << round << ", piece from " << x << " to " << end;
        ASSERT_NEAR(d.stimuli.current(inside), static_cast<double>(want), 1e-9);
      }
      ASSERT_GT(piece.next_edge, x);
      x = piece.next_edge;
    }
  }
}

}  // namespace
}  // namespace hhsweep
