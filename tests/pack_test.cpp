// SPDX-License-Identifier: MIT
// Every function of every pack type against the scalar one, bit by bit. Compiled once for each
// instruction set, which HHSWEEP_ISA names.
#include "cpu/pack.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "hhsweep/integrate.hpp"
#include "hhsweep/random.hpp"

namespace hhsweep {
namespace {

template <class Real>
class PackOf : public ::testing::Test {
 protected:
  using S = ScalarOf<Real>;
  using Word = BitsOf<S>;
  static constexpr int lanes = RealTraits<Real>::lanes;

  /// Numbers at which instructions like to differ.
  static const std::vector<S>& specials() {
    using L = std::numeric_limits<S>;
    static const std::vector<S> list{0,
                                     -S(0),
                                     1,
                                     -1,
                                     S(0.5),
                                     S(3.25),
                                     S(-7.5),
                                     L::min(),
                                     -L::min(),
                                     L::denorm_min(),
                                     -L::denorm_min(),
                                     L::max(),
                                     L::lowest(),
                                     L::infinity(),
                                     -L::infinity(),
                                     L::quiet_NaN(),
                                     -L::quiet_NaN(),
                                     L::epsilon(),
                                     1 + L::epsilon(),
                                     S(1e-30),
                                     S(-65),
                                     S(1e30)};
    return list;
  }
  S any_number() {
    if (random_() % 3 == 0) return specials()[random_() % specials().size()];
    return std::ldexp(static_cast<S>(between(-1, 1)), static_cast<int>(random_() % 60) - 30);
  }
  double between(double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random_);
  }

  Real pack_of(const std::vector<S>& values) {
    Real x;
    load_lanes(x, values.data());
    return x;
  }
  template <class Draw>
  std::vector<S> drawn(Draw draw) {
    std::vector<S> values(lanes);
    for (S& value : values) value = draw();
    return values;
  }
  std::vector<S> drawn_numbers() {
    return drawn([this] { return any_number(); });
  }
  static std::set<int> lanes_in(const MaskOf<Real>& mask) {
    std::set<int> set;
    int last = -1;
    for_each_lane(mask, [&](int lane) {
      EXPECT_GT(lane, last) << "lanes come in ascending order";
      last = lane;
      set.insert(lane);
    });
    EXPECT_EQ(any(mask), !set.empty());
    return set;
  }
  /// Whether two numbers have the same bits; those of a NaN that arithmetic made are free.
  static bool same(S a, S b) { return to_bits(a) == to_bits(b) || (a != a && b != b); }

  std::mt19937_64 random_{123};
};

using Isa = cpu::HHSWEEP_ISA;
using Packs = ::testing::Types<cpu::Pack<Isa, float, 1>, cpu::Pack<Isa, float, 2>,
                               cpu::Pack<Isa, float, 3>, cpu::Pack<Isa, double, 1>,
                               cpu::Pack<Isa, double, 2>, cpu::Pack<Isa, double, 3>>;
TYPED_TEST_SUITE(PackOf, Packs);

constexpr int rounds = 2000;

TYPED_TEST(PackOf, HasALaneForEachElementOfItsRegisters) {
  constexpr int lanes = RealTraits<TypeParam>::lanes;
  EXPECT_EQ(sizeof(TypeParam), static_cast<std::size_t>(lanes) * sizeof(ScalarOf<TypeParam>));
}

TYPED_TEST(PackOf, LoadsSetsAndReadsLanesInTheirOrder) {
  using S = ScalarOf<TypeParam>;
  std::vector<S> memory(static_cast<std::size_t>(this->lanes) + 1);
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<S>(i) + S(0.5);
  TypeParam x;
  load_lanes(x, memory.data() + 1);  // not aligned
  for (int lane = 0; lane < this->lanes; ++lane) ASSERT_EQ(lane_of(x, lane), S(lane) + S(1.5));
  for (int changed = 0; changed < this->lanes; ++changed) {
    TypeParam y = x;
    set_lane(y, changed, S(-3));
    for (int lane = 0; lane < this->lanes; ++lane) {
      ASSERT_EQ(lane_of(y, lane), lane == changed ? S(-3) : S(lane) + S(1.5));
    }
  }
  const TypeParam all(S(2.5));
  for (int lane = 0; lane < this->lanes; ++lane) ASSERT_EQ(lane_of(all, lane), S(2.5));
}

TYPED_TEST(PackOf, CalculatesAsTheScalarDoes) {
  for (int i = 0; i < rounds; ++i) {
    const auto a = this->drawn_numbers(), b = this->drawn_numbers(), c = this->drawn_numbers();
    const TypeParam x = this->pack_of(a), y = this->pack_of(b), z = this->pack_of(c);
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      ASSERT_TRUE(this->same(lane_of(x + y, lane), a[k] + b[k])) << a[k] << " " << b[k];
      ASSERT_TRUE(this->same(lane_of(x - y, lane), a[k] - b[k])) << a[k] << " " << b[k];
      ASSERT_TRUE(this->same(lane_of(x * y, lane), a[k] * b[k])) << a[k] << " " << b[k];
      ASSERT_TRUE(this->same(lane_of(fma(x, y, z), lane), fma(a[k], b[k], c[k])))
          << a[k] << " " << b[k] << " " << c[k];
    }
  }
}

TYPED_TEST(PackOf, MovesBitsAsTheScalarDoesNaNAndSignsIncluded) {
  for (int i = 0; i < rounds; ++i) {
    const auto a = this->drawn_numbers(), b = this->drawn_numbers();
    const TypeParam x = this->pack_of(a), y = this->pack_of(b);
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      const auto bits = [&](const TypeParam& p) { return to_bits(lane_of(p, lane)); };
      ASSERT_EQ(bits(-x), to_bits(-a[k])) << a[k];
      ASSERT_EQ(bits(magnitude(x)), to_bits(magnitude(a[k]))) << a[k];
      ASSERT_EQ(bits(lesser(x, y)), to_bits(lesser(a[k], b[k]))) << a[k] << " " << b[k];
      ASSERT_EQ(bits(greater(x, y)), to_bits(greater(a[k], b[k]))) << a[k] << " " << b[k];
      ASSERT_EQ(bits(select(x < y, x, y)), to_bits(select(a[k] < b[k], a[k], b[k])));
      ASSERT_EQ(bits(from_bits(to_bits(x))), to_bits(a[k]));
    }
  }
}

TYPED_TEST(PackOf, ComparesAsTheScalarDoes) {
  for (int i = 0; i < rounds; ++i) {
    auto a = this->drawn_numbers(), b = this->drawn_numbers();
    for (std::size_t k = 0; k < a.size(); k += 3) b[k] = a[k];
    const TypeParam x = this->pack_of(a), y = this->pack_of(b);
    std::set<int> less, less_equal, above, above_equal, equal;
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      if (a[k] < b[k]) less.insert(lane);
      if (a[k] <= b[k]) less_equal.insert(lane);
      if (a[k] > b[k]) above.insert(lane);
      if (a[k] >= b[k]) above_equal.insert(lane);
      if (to_bits(a[k]) == to_bits(b[k])) equal.insert(lane);
    }
    ASSERT_EQ(this->lanes_in(x < y), less);
    ASSERT_EQ(this->lanes_in(x <= y), less_equal);
    ASSERT_EQ(this->lanes_in(x > y), above);
    ASSERT_EQ(this->lanes_in(x >= y), above_equal);
    ASSERT_EQ(this->lanes_in(equal_bits(to_bits(x), to_bits(y))), equal);
  }
}

TYPED_TEST(PackOf, CombinesMasksAsTheScalarDoes) {
  using S = ScalarOf<TypeParam>;
  const TypeParam zero(S(0));
  for (int i = 0; i < rounds; ++i) {
    const auto a = this->drawn([this] { return static_cast<S>(this->random_() % 2); });
    const auto b = this->drawn([this] { return static_cast<S>(this->random_() % 2); });
    const auto m = this->pack_of(a) > zero, n = this->pack_of(b) > zero;
    std::set<int> both, either, one, none;
    for (int lane = 0; lane < this->lanes; ++lane) {
      const bool p = a[static_cast<std::size_t>(lane)] > 0,
                 q = b[static_cast<std::size_t>(lane)] > 0;
      if (p && q) both.insert(lane);
      if (p || q) either.insert(lane);
      if (p != q) one.insert(lane);
      if (!p) none.insert(lane);
    }
    ASSERT_EQ(all(m | n), either.size() == a.size());
    ASSERT_TRUE(all(m | !m));
    ASSERT_EQ(this->lanes_in(m & n), both);
    ASSERT_EQ(this->lanes_in(m | n), either);
    ASSERT_EQ(this->lanes_in(m ^ n), one);
    ASSERT_EQ(this->lanes_in(!m), none);
  }
}

TYPED_TEST(PackOf, ReckonsWithBitPatternsAsTheScalarDoes) {
  using S = ScalarOf<TypeParam>;
  using Word = BitsOf<S>;
  using Bits = BitsOf<TypeParam>;
  const auto word_of = [](const Bits& bits, int lane) {
    return to_bits(lane_of(from_bits(bits), lane));
  };
  for (int i = 0; i < rounds; ++i) {
    std::vector<Word> a(static_cast<std::size_t>(this->lanes)), b(a.size());
    Bits x(Word(0)), y(Word(0));
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      a[k] = static_cast<Word>(this->random_());
      b[k] = this->random_() % 4 == 0 ? a[k] : static_cast<Word>(this->random_());
      set_lane(x, lane, a[k]);
      set_lane(y, lane, b[k]);
    }
    const int n = static_cast<int>(this->random_() % (8 * sizeof(Word)));
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      ASSERT_EQ(word_of(x, lane), a[k]);
      ASSERT_EQ(word_of(x + y, lane), static_cast<Word>(a[k] + b[k]));
      ASSERT_EQ(word_of(x - y, lane), static_cast<Word>(a[k] - b[k]));
      ASSERT_EQ(word_of(x | y, lane), a[k] | b[k]);
      ASSERT_EQ(word_of(x << n, lane), static_cast<Word>(a[k] << n)) << n;
      ASSERT_EQ(word_of(x >> n, lane), static_cast<Word>(a[k] >> n)) << n;
      ASSERT_EQ(word_of(Bits(a[0]), lane), a[0]);
      if constexpr (sizeof(Word) == 4) {
        ASSERT_EQ(word_of(carry(x, y), lane), a[k] < b[k] ? 1u : 0u) << a[k] << " " << b[k];
      }
    }
  }
}

TYPED_TEST(PackOf, HasTheScalarsElementaryFunctions) {
  using S = ScalarOf<TypeParam>;
  using F = Format<S>;
  for (int i = 0; i < rounds; ++i) {
    const auto t = this->drawn([this] {
      return static_cast<S>(this->between(double{F::exp2_low}, double{F::exp2_high}));
    });
    const auto d = this->drawn_numbers();  // 0, infinity and NaN too: arbitrary, yet the same
    const auto x = this->drawn([this] { return static_cast<S>(this->between(-0.5, 0.5)); });
    const TypeParam exp2 = exp2_in_range(this->pack_of(t));
    const TypeParam inverse = reciprocal(this->pack_of(d));
    const TypeParam linoid = linoid_near_zero(this->pack_of(x));
    const TypeParam sine = sin_turns(this->pack_of(x));
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      ASSERT_EQ(to_bits(lane_of(exp2, lane)), to_bits(exp2_in_range(t[k]))) << t[k];
      ASSERT_TRUE(this->same(lane_of(inverse, lane), reciprocal(d[k]))) << d[k];
      ASSERT_EQ(to_bits(lane_of(linoid, lane)), to_bits(linoid_near_zero(x[k]))) << x[k];
      ASSERT_EQ(to_bits(lane_of(sine, lane)), to_bits(sin_turns(x[k]))) << x[k];
    }
  }
}

TYPED_TEST(PackOf, MakesRandomNumbersAsTheScalarDoes) {
  using S = ScalarOf<TypeParam>;
  using Bits = BitsOf<TypeParam>;
  const auto word_of = [](const Bits& bits, int lane) {
    return to_bits(lane_of(from_bits(bits), lane));
  };
  for (int i = 0; i < rounds; ++i) {
    // Words as they come, and those near both ends of their range.
    std::vector<std::uint32_t> words[4];
    RandomWords<Bits> counter;
    for (int part = 0; part < 4; ++part) {
      counter.w[part] = Bits(0);
      for (int lane = 0; lane < this->lanes; ++lane) {
        auto word = static_cast<std::uint32_t>(this->random_());
        if (i % 3 == 0) word >>= this->random_() % 32;
        if (i % 3 == 1) word |= ~0u << this->random_() % 32;
        words[part].push_back(word);
        set_lane(counter.w[part], lane, word);
      }
    }
    const StreamKey key{static_cast<std::uint32_t>(this->random_()), 7u};
    const RandomWords<Bits> mixed = philox(counter, key);
    const NormalPair<TypeParam> pair = normal_pair<TypeParam>(counter.w[0], counter.w[1]);
    const TypeParam real = from_signed_word(counter.w[2]);
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      const auto scalar =
          philox(RandomWords<BitsOf<S>>{{words[0][k], words[1][k], words[2][k], words[3][k]}}, key);
      for (int part = 0; part < 4; ++part) {
        ASSERT_EQ(word_of(mixed.w[part], lane), scalar.w[part]);
      }
      const NormalPair<S> one = normal_pair<S>(words[0][k], words[1][k]);
      ASSERT_EQ(to_bits(lane_of(pair.first, lane)), to_bits(one.first));
      ASSERT_EQ(to_bits(lane_of(pair.second, lane)), to_bits(one.second));
      ASSERT_EQ(lane_of(real, lane), static_cast<S>(static_cast<std::int32_t>(words[2][k])));
    }
  }
}

TYPED_TEST(PackOf, MovesPhasesAsTheScalarDoes) {
  using S = ScalarOf<TypeParam>;
  for (int i = 0; i < rounds; ++i) {
    PhaseOf<TypeParam> phase, velocity;
    std::vector<PhaseOf<S>> phases(static_cast<std::size_t>(this->lanes)), velocities(phases);
    std::vector<std::uint64_t> sums;
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      const std::uint64_t p = this->random_(), v = this->random_();
      phase.set(lane, p);
      velocity.set(lane, v);
      phases[k].set(0, p);
      velocities[k].set(0, v);
      sums.push_back(p + v);
    }
    phase.add(velocity);
    const TypeParam turns = phase.turns();
    for (int lane = 0; lane < this->lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      phases[k].add(velocities[k]);
      ASSERT_EQ(to_bits(lane_of(turns, lane)), to_bits(phases[k].turns()));
      const double want = static_cast<double>(static_cast<std::int64_t>(sums[k])) * 0x1p-64;
      const double grain = sizeof(S) == 4 ? 0x1p-23 : 0x1p-52;
      ASSERT_NEAR(static_cast<double>(lane_of(turns, lane)), want, grain);
    }
  }
}

template <class Membrane>
Membrane membrane_of(const Preset& preset) {
  using Real = decltype(Membrane{}.threshold());
  double c[Membrane::count];
  Membrane::fold(preset.values.data(), c);
  Membrane membrane;
  for (int i = 0; i < Membrane::count; ++i) {
    membrane.c[i] = Real(static_cast<ScalarOf<Real>>(c[i]));
  }
  if constexpr (requires { membrane.forms; }) {
    for (int i = 0; i < rate_count; ++i)
      membrane.forms[i] = preset.forms[static_cast<std::size_t>(i)];
  }
  return membrane;
}

/// The squid axon, without the library: this test is built for one instruction set as a whole.
Preset squid() {
  Preset preset{"squid", {}, {}, Start::rest};
  const double head[] = {1, 120, 36, 0.3, 50, -77, -54.387, 6.3, 3};
  const double rates[rate_count][3] = {{1, -40, 10}, {4, -65, 18},   {0.07, -65, 20},
                                       {1, -35, 10}, {0.1, -55, 10}, {0.125, -65, 80}};
  std::copy(std::begin(head), std::end(head), preset.values.begin());
  for (int i = 0; i < rate_count; ++i) {
    std::copy(rates[i], rates[i] + 3, preset.values.begin() + parameter::rate(i, 0));
  }
  preset.forms = {RateForm::linoid,  RateForm::exponential, RateForm::exponential,
                  RateForm::sigmoid, RateForm::linoid,      RateForm::exponential};
  return preset;
}

template <template <class> class Membrane, class Real, class Between>
void expect_same_steps(Between between) {
  using S = ScalarOf<Real>;
  constexpr int lanes = RealTraits<Real>::lanes;
  const auto packed = membrane_of<Membrane<Real>>(squid());
  const auto single = membrane_of<Membrane<S>>(squid());
  for (int i = 0; i < 300; ++i) {
    State<Real> y, lost{};
    std::vector<State<S>> each(lanes), each_lost(lanes);
    StepSize<Real> h;
    StepDrive<Real> drive;
    std::vector<StepSize<S>> sizes(lanes);
    std::vector<StepDrive<S>> drives(lanes);
    for (int lane = 0; lane < lanes; ++lane) {
      const auto k = static_cast<std::size_t>(lane);
      const double V = i % 5 == 0 ? -40 : i % 5 == 1 ? -55 : between(-400, 1500);
      each[k] = {static_cast<S>(V), static_cast<S>(between(0, 1)), static_cast<S>(between(0, 1)),
                 static_cast<S>(between(0, 1))};
      const auto full = static_cast<S>(between(0, 0.02));
      sizes[k] = {full, full * S(0.5), full * static_cast<S>(1.0 / 6)};
      drives[k] = {static_cast<S>(between(-9, 9)), static_cast<S>(between(-9, 9)),
                   static_cast<S>(between(-9, 9))};
      set_lane(y.V, lane, each[k].V), set_lane(y.m, lane, each[k].m);
      set_lane(y.h, lane, each[k].h), set_lane(y.n, lane, each[k].n);
      set_lane(h.full, lane, sizes[k].full), set_lane(h.half, lane, sizes[k].half);
      set_lane(h.sixth, lane, sizes[k].sixth), set_lane(drive.start, lane, drives[k].start);
      set_lane(drive.middle, lane, drives[k].middle), set_lane(drive.end, lane, drives[k].end);
    }
    lost = {Real(S(0)), Real(S(0)), Real(S(0)), Real(S(0))};
    for (int step = 0; step < 5; ++step) {
      rk4_step(packed, h, drive, packed.voltage_slope(y, Real(S(0))), y, lost);
      for (int lane = 0; lane < lanes; ++lane) {
        const auto k = static_cast<std::size_t>(lane);
        rk4_step(single, sizes[k], drives[k], single.voltage_slope(each[k], S(0)), each[k],
                 each_lost[k]);
        const S got[] = {lane_of(y.V, lane), lane_of(y.m, lane), lane_of(y.h, lane),
                         lane_of(y.n, lane), lane_of(lost.V, lane)};
        const S want[] = {each[k].V, each[k].m, each[k].h, each[k].n, each_lost[k].V};
        for (int c = 0; c < 5; ++c) {
          const bool nan = got[c] != got[c] && want[c] != want[c];
          ASSERT_TRUE(nan || to_bits(got[c]) == to_bits(want[c]))
              << "component " << c << " of lane " << lane << " after step " << step;
        }
      }
    }
  }
}

TYPED_TEST(PackOf, StepsTheClassicMembraneAsTheScalarDoes) {
  expect_same_steps<ClassicMembrane, TypeParam>(
      [this](double a, double b) { return this->between(a, b); });
}

TYPED_TEST(PackOf, StepsTheGeneralMembraneAsTheScalarDoes) {
  expect_same_steps<GeneralMembrane, TypeParam>(
      [this](double a, double b) { return this->between(a, b); });
}

}  // namespace
}  // namespace hhsweep
