// SPDX-License-Identifier: MIT
#include "io/sweep_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "hhsweep/error.hpp"

namespace hhsweep {
namespace {

using io::read_sweep_file;
namespace fs = std::filesystem;

const fs::path source_dir = HHSWEEP_SOURCE_DIR;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// A sweep file in a folder of its own, removed at the end.
class TemporarySweep {
 public:
  explicit TemporarySweep(const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "hhsweep-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    std::ofstream(path(), std::ios::binary) << text;
  }
  ~TemporarySweep() { fs::remove_all(folder_); }
  TemporarySweep(const TemporarySweep&) = delete;
  TemporarySweep& operator=(const TemporarySweep&) = delete;
  [[nodiscard]] std::string path() const { return (folder_ / "sweep.toml").string(); }
  /// Writes another file beside the sweep file.
  void add(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

 private:
  fs::path folder_;
};

Sweep read(const std::string& text, const std::vector<std::string>& settings = {}) {
  const TemporarySweep file(text);
  return read_sweep_file(file.path(), settings);
}

/// The message of the SweepError that reading `text` throws; "" when it throws none.
std::string error_of(const std::string& text, const std::vector<std::string>& settings = {}) {
  try {
    read(text, settings);
  } catch (const SweepError& error) {
    EXPECT_EQ(error.code(), ExitCode::sweep_file);
    return error.what();
  }
  return "";
}

const std::string basic = R"(
[run]
duration = 100
[stimulus.step]
kind = "step"
start = 5
amplitude = 10
)";

std::string axis(const std::string& name, const std::string& parameter, const std::string& form) {
  return "[[axis]]\nname = \"" + name + "\"\nparameter = \"" + parameter + "\"\n" + form + "\n";
}

std::vector<double> values_along(const Sweep& sweep, std::size_t axis, std::size_t entry = 0) {
  std::vector<double> values;
  for (std::uint64_t i = 0; i < sweep.axes.at(axis).length; ++i) {
    values.push_back(axis_value(sweep, sweep.axes[axis].entries.at(entry), i));
  }
  return values;
}

double base_of(const Sweep& sweep, int index) {
  return sweep.job.population.base.at(static_cast<std::size_t>(index));
}

double stimulus_base(const Sweep& sweep, std::size_t stimulus, int slot) {
  return base_of(sweep, sweep.job.population.stimuli.at(stimulus).first_parameter + slot);
}

class GoldenErrors : public testing::TestWithParam<std::string> {};

// HHSWEEP_REGENERATE_GOLDEN=1 in the environment writes the expected messages anew; read them then.
TEST_P(GoldenErrors, AreWordForWordAsRecorded) {
  const fs::path golden = source_dir / "tests" / "golden";
  const fs::path settings = golden / (GetParam() + ".set");
  const fs::path expected = golden / (GetParam() + ".txt");
  const fs::path before = fs::current_path();
  fs::current_path(golden);
  std::string message;
  try {
    read_sweep_file(GetParam() + ".toml", lines_of(settings));
  } catch (const SweepError& error) {
    message = std::string(error.what()) + "\n";
  }
  fs::current_path(before);
  ASSERT_NE(message, "") << "no error at all";
  if (std::getenv("HHSWEEP_REGENERATE_GOLDEN") != nullptr) {
    std::ofstream(expected, std::ios::binary) << message;
  }
  EXPECT_EQ(message, text_of(expected));
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(source_dir / "tests" / "golden")) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(SweepFile, GoldenErrors, testing::ValuesIn(golden_names()),
                         [](const auto& golden) { return golden.param; });

TEST(SweepFile, EveryExampleIsSoundAndWithoutWarnings) {
  int examples = 0;
  for (const auto& entry : fs::directory_iterator(source_dir / "examples")) {
    if (entry.path().extension() != ".toml") continue;
    ++examples;
    const Sweep sweep = read_sweep_file(entry.path().string());
    EXPECT_EQ(io::warnings(sweep), std::vector<std::string>{}) << entry.path();
    EXPECT_FALSE(sweep.title.empty()) << entry.path();
    EXPECT_EQ(text_of(entry.path()).front(), '#') << entry.path();
    EXPECT_EQ(sweep.text, text_of(entry.path()));
  }
  EXPECT_GE(examples, 7);
}

TEST(SweepFile, WithoutAxesIsOneNeuronWithDefaults) {
  const Sweep sweep = read(basic);
  EXPECT_EQ(sweep.job.population.size(), 1U);
  EXPECT_TRUE(sweep.axes.empty());
  EXPECT_EQ(sweep.seed, 0);
  EXPECT_EQ(sweep.job.duration_ms, 100);
  EXPECT_EQ(sweep.job.dt_ms, 0.01);
  EXPECT_EQ(sweep.job.precision, Precision::float32);
  EXPECT_EQ(sweep.job.record.window_start_ms, 0);
  EXPECT_EQ(sweep.job.record.window_stop_ms, 100);
  EXPECT_FALSE(sweep.job.record.spike_times);
  EXPECT_FALSE(sweep.job.record.trace.has_value());
  EXPECT_FALSE(sweep.job.search.has_value());
  EXPECT_EQ(sweep.statistics.size(), statistics().size());
  EXPECT_EQ(sweep.job.population.start, Start::rest);
  EXPECT_TRUE(std::isinf(stimulus_base(sweep, 0, slot::stop)));
  EXPECT_EQ(stimulus_base(sweep, 0, slot::amplitude), 10);
}

TEST(SweepFile, TakesWholeFloatsForIntegersAndIntegersForFloats) {
  const Sweep sweep = read("seed = 3.0\n" + basic +
                           axis("I", "stimulus.step.amplitude", "linspace = [0, 10, 11.0]"));
  EXPECT_EQ(sweep.seed, 3);
  EXPECT_EQ(sweep.axes.at(0).length, 11U);
}

TEST(Axes, NumberTheNeuronsWithTheLastAxisFastest) {
  const Sweep sweep = read(basic + axis("a", "model.g_Na", "values = [100, 120]") +
                           axis("b", "model.g_K", "linspace = [30, 40, 3]") +
                           axis("c", "model.g_L", "geomspace = [0.1, 10, 5]"));
  const auto& sources = sweep.job.population.sources;
  EXPECT_EQ(sweep.job.population.axis_lengths, (std::vector<std::uint64_t>{2, 3, 5}));
  EXPECT_EQ(sweep.job.population.size(), 30U);
  ASSERT_EQ(sources.size(), 3U);
  EXPECT_EQ(sources[0].stride, 15U);
  EXPECT_EQ(sources[1].stride, 5U);
  EXPECT_EQ(sources[2].stride, 1U);
  const auto parameters = parameters_of(sweep.job.population, 15 + 5 * 2 + 4);
  EXPECT_EQ(parameters[parameter::g_Na], 120);
  EXPECT_EQ(parameters[parameter::g_K], 40);
  EXPECT_EQ(parameters[parameter::g_L], 10);
}

TEST(Axes, RangeIncludesItsEndOnlyWhenItFallsOnTheGrid) {
  const auto range = [&](const std::string& form) {
    return values_along(read(basic + axis("a", "model.E_L", "range = " + form)), 0);
  };
  EXPECT_EQ(range("[0, 1, 0.1]").size(), 11U);
  EXPECT_EQ(range("[0, 1, 0.3]").size(), 4U);
  EXPECT_EQ(range("[0, -6, -2]"), (std::vector<double>{0, -2, -4, -6}));
  EXPECT_EQ(range("[5, 5, 1]"), (std::vector<double>{5}));
  EXPECT_EQ(range("[2.0, 20.0, 1.0]").back(), 20);
}

TEST(Axes, ASpacedAxisOfOneValueIsItsFirst) {
  EXPECT_EQ(values_along(read(basic + axis("a", "model.E_L", "linspace = [3, 9, 1]")), 0),
            (std::vector<double>{3}));
  EXPECT_EQ(values_along(read(basic + axis("a", "model.g_L", "geomspace = [3, 9, 1]")), 0),
            (std::vector<double>{3}));
}

TEST(Axes, GeometricOnesAreRefusedWhereTheRatioOfTheirEndsLeavesFloat64) {
  const auto geomspace = [](const std::string& form) {
    return basic + axis("a", "model.E_L", "geomspace = " + form);
  };
  for (const char* form : {"[1e-307, 1e300, 3]", "[1e300, 1e-307, 3]", "[1e-320, 1, 3]",
                           "[1, 1e-320, 3]", "[-1e200, -1e-200, 5]", "[1, 1.7e308, 10000]"}) {
    EXPECT_NE(error_of(geomspace(form)).find("geomspace is too wide for float64"),
              std::string::npos)
        << form;
  }
  // 10^-146.5, by Python's decimal
  EXPECT_NEAR(values_along(read(geomspace("[1e-300, 1e7, 3]")), 0)[1] / 3.1622776601683793320e-147,
              1, 1e-13);
  EXPECT_NEAR(values_along(read(geomspace("[1e7, 1e-300, 3]")), 0)[1] / 3.1622776601683793320e-147,
              1, 1e-13);
}

TEST(Draws, LoguniformOnesAreRefusedWhereHalfTheirWidthLeavesFloat64) {
  const auto draws_between = [](const std::string& low, const std::string& high) {
    return basic + "[[axis]]\nname = \"cell\"\nsize = 1000\ndraw = [{ parameter = \"model.E_L\", " +
           "dist = \"loguniform\", low = " + low + ", high = " + high + " }]\n";
  };
  EXPECT_NE(error_of(draws_between("2.3e-308", "1.79e308")).find("too far apart for float64"),
            std::string::npos);
  // A tenth of the values lies in each tenth of the decades.
  const std::vector<double> values = values_along(read(draws_between("1e-307", "1e303")), 0);
  for (int part = 0; part < 10; ++part) {
    const auto inside = std::count_if(values.begin(), values.end(), [&](double value) {
      const double place = (std::log10(value) + 307) / 61;
      return place >= part && place < part + 1;
    });
    EXPECT_NEAR(static_cast<double>(inside), 100, 40) << part;  // 4 standard deviations
  }
}

TEST(Axes, ZipGoesThroughItsParametersInStep) {
  const Sweep sweep = read(basic + R"(
[[axis]]
name = "cell"
zip = [
  { parameter = "model.g_Na", values = [100, 120, 140] },
  { parameter = "stimulus.step.start", name = "onset", linspace = [1, 3, 3] },
]
)");
  const Axis& zip = sweep.axes.at(0);
  EXPECT_TRUE(zip.indexed);
  EXPECT_EQ(zip.length, 3U);
  ASSERT_EQ(zip.entries.size(), 2U);
  EXPECT_EQ(zip.entries[0].name, "g_Na");
  EXPECT_EQ(zip.entries[0].units, "mS/cm^2");
  EXPECT_EQ(zip.entries[1].name, "onset");
  EXPECT_EQ(values_along(sweep, 0, 1), (std::vector<double>{1, 2, 3}));
}

TEST(Axes, ZipNamesItsCoordinatesAfterTheirPaths) {
  const Sweep sweep = read(basic + R"(
[[axis]]
name = "cell"
zip = [{ parameter = "stimulus.step.width", values = [1, 2] },
       { parameter = "initial.V", values = [-65, -60] },
       { parameter = "model.alpha_m.rate", values = [1, 2] }]
)");
  EXPECT_EQ(sweep.axes.at(0).entries.at(0).name, "step_width");
  EXPECT_EQ(sweep.axes.at(0).entries.at(1).name, "initial_V");
  EXPECT_EQ(sweep.axes.at(0).entries.at(2).name, "alpha_m_rate");
}

TEST(Axes, RepeatHasNoParameter) {
  const Sweep sweep = read(basic + "[[axis]]\nname = \"trial\"\nrepeat = 5\n");
  EXPECT_EQ(sweep.job.population.size(), 5U);
  EXPECT_TRUE(sweep.axes.at(0).indexed);
  EXPECT_TRUE(sweep.axes.at(0).entries.empty());
  EXPECT_TRUE(sweep.job.population.sources.empty());
}

TEST(Axes, ReachTwoToTheFortyNeuronsButNotOneMore) {
  const std::string sized = "[[axis]]\nname = \"a\"\nrepeat = 1_048_576\n" +
                            axis("b", "model.g_K", "linspace = [30, 40, 1_048_576]");
  EXPECT_EQ(read(basic + sized).job.population.size(), std::uint64_t{1} << 40);
  EXPECT_NE(error_of(basic + sized + "[[axis]]\nname = \"c\"\nrepeat = 2\n")
                .find("more than 2^40 neurons"),
            std::string::npos);
  EXPECT_NE(error_of(basic + "[[axis]]\nname = \"c\"\nrepeat = 10_000_000_000_000\n")
                .find("more than 2^40 neurons"),
            std::string::npos);
}

TEST(Axes, LongOnesAreCheckedWhereTheyPassZero) {
  EXPECT_NE(error_of(basic + axis("s", "model.beta_m.scale", "linspace = [-1e6, 1e6, 2_000_001]"))
                .find("must be nonzero"),
            std::string::npos);
  EXPECT_EQ(error_of(basic + axis("s", "model.E_K", "linspace = [-1e6, 1e6, 2_000_001]")), "");
}

TEST(Axes, MaySetAKeyThatItsTableLeavesOut) {
  const Sweep sweep = read("[run]\nduration = 10\n[stimulus.p]\nkind = \"train\"\nwidth = 1\n" +
                           axis("f", "stimulus.p.frequency", "values = [10, 20]") +
                           axis("pulses", "stimulus.p.count", "values = [1, 2, 3]") +
                           axis("I", "stimulus.p.amplitude", "values = [5]"));
  const StimulusSpec& spec = sweep.job.population.stimuli.at(0);
  EXPECT_TRUE(spec.period_is_frequency);
  EXPECT_EQ(spec.stop_meaning, StopMeaning::count);
  EXPECT_EQ(sweep.axes.at(0).entries.at(0).units, "Hz");
}

TEST(Stimuli, StandInTheParameterVectorOneAfterTheOther) {
  const Sweep sweep = read(R"(
[run]
duration = 100
[stimulus.b]
kind = "sine"
amplitude = 3
frequency = 50
[stimulus.a]
kind = "chirp"
amplitude = 4
frequency_start = 1
frequency_end = 9
)");
  EXPECT_EQ(sweep.stimulus_names, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(sweep.job.population.stimuli[0].first_parameter, parameter::stimulus_parameters);
  EXPECT_EQ(sweep.job.population.stimuli[1].first_parameter,
            parameter::stimulus_parameters + slot::count);
  EXPECT_EQ(stimulus_base(sweep, 0, slot::sine_frequency), 50);
  EXPECT_EQ(stimulus_base(sweep, 0, slot::sine_phase), 0);
  EXPECT_EQ(stimulus_base(sweep, 1, slot::chirp_frequency_end), 9);
}

TEST(Stimuli, StandBehindTheOneTheyFollow) {
  const Sweep sweep = read(R"(
[run]
duration = 100
[stimulus.third]
kind = "step"
after = "second"
amplitude = 1
[stimulus.second]
kind = "step"
after = "first"
width = 1
amplitude = 1
[stimulus.first]
kind = "step"
width = 1
amplitude = 1
)");
  EXPECT_EQ(sweep.stimulus_names, (std::vector<std::string>{"first", "second", "third"}));
  EXPECT_EQ(sweep.job.population.stimuli[0].after, -1);
  EXPECT_EQ(sweep.job.population.stimuli[1].after, 0);
  EXPECT_EQ(sweep.job.population.stimuli[2].after, 1);
}

TEST(Stimuli, MergePulsesThatOverlapAndDropEmptyOnes) {
  const Sweep sweep = read(R"(
[run]
duration = 100
[stimulus.other]
kind = "pulses"
intervals = [[1, 2]]
amplitude = 1
[stimulus.p]
kind = "pulses"
intervals = [[20, 30], [5, 8], [7, 10], [10, 11], [15, 15]]
amplitude = 1
)");
  const StimulusSpec& spec = sweep.job.population.stimuli.at(1);
  EXPECT_EQ(spec.first_interval, 1);
  EXPECT_EQ(spec.interval_count, 2);
  EXPECT_EQ(sweep.job.population.intervals, (std::vector<double>{1, 2, 5, 11, 20, 30}));
}

TEST(Stimuli, StopBeforeStartIsFoundWhereverAxesLead) {
  const std::string on = axis("on", "stimulus.step.start", "linspace = [0, 50, 11]");
  EXPECT_EQ(error_of(basic + on + axis("off", "stimulus.step.stop", "values = [50, 60]")), "");
  EXPECT_NE(error_of(basic + on + axis("off", "stimulus.step.stop", "values = [60, 49]"))
                .find("stimulus.step.stop = 49 ms comes before stimulus.step.start = 50 ms"),
            std::string::npos);
  EXPECT_EQ(error_of(basic + R"(
[[axis]]
name = "both"
zip = [{ parameter = "stimulus.step.start", values = [10, 20] },
       { parameter = "stimulus.step.stop", values = [15, 25] }]
)"),
            "");
}

TEST(Start, FollowsThePresetUnlessItIsGiven) {
  EXPECT_EQ(read("[model]\npreset = \"slides\"\n" + basic).job.population.start, Start::state);
  EXPECT_EQ(base_of(read("[model]\npreset = \"blog\"\n" + basic), parameter::initial_h),
            0.999807847);
  EXPECT_EQ(
      read("[model]\npreset = \"blog\"\n[initial]\nat = \"rest\"\n" + basic).job.population.start,
      Start::rest);
  EXPECT_EQ(read("[initial]\nV = -60\n" + basic).job.population.start, Start::steady);
  EXPECT_EQ(read("[initial]\nV = -60\nm = 0\nh = 1\nn = 0.5\n" + basic).job.population.start,
            Start::state);
  EXPECT_EQ(read("[model]\npreset = \"slides\"\n" + basic +
                 axis("V0", "initial.V", "values = [-70, -60]"))
                .job.population.start,
            Start::steady);
  EXPECT_EQ(read("[initial]\nV = -60\nm = 0\nh = 1\n" + basic +
                 axis("n0", "initial.n", "values = [0.1, 0.5]"))
                .job.population.start,
            Start::state);
  EXPECT_NE(error_of("[initial]\nm = 0.5\n" + basic), "");
}

std::string draws(const std::string& entries, const std::string& rest = "size = 100") {
  return "[[axis]]\nname = \"cell\"\ndraw = [" + entries + "]\n" + rest + "\n";
}

const std::string drawn_g_Na =
    R"({ parameter = "model.g_Na", dist = "normal", mean = 120, sd = 12 })";
const std::string drawn_g_K =
    R"({ parameter = "model.g_K", name = "gK", dist = "uniform", low = 30, high = 40 })";

TEST(DrawAxis, GivesEachParameterItsOwnValues) {
  const Sweep sweep = read("seed = 7\n" + basic + draws(drawn_g_Na + ", " + drawn_g_K));
  ASSERT_EQ(sweep.axes.size(), 1U);
  EXPECT_EQ(sweep.axes[0].length, 100U);
  EXPECT_TRUE(sweep.axes[0].indexed);
  EXPECT_EQ(sweep.axes[0].entries.at(0).name, "g_Na");
  EXPECT_EQ(sweep.axes[0].entries.at(1).name, "gK");
  Draw draw = draw_of(Distribution::normal, 120, 12);
  draw.key = stream_key(7, "axis", "cell\nmodel.g_Na");
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(values_along(sweep, 0, 0).at(i), drawn_value(draw, i, 100));
    EXPECT_GE(values_along(sweep, 0, 1).at(i), 30);
    EXPECT_LE(values_along(sweep, 0, 1).at(i), 40);
  }
}

TEST(DrawAxis, DependsOnSeedAxisAndParameterAlone) {
  const std::string text = "seed = 7\n" + basic + draws(drawn_g_Na);
  const auto values = values_along(read(text), 0);
  EXPECT_EQ(values, values_along(read(text, {"run.dt=0.02"}), 0));
  EXPECT_EQ(values,
            values_along(read("seed = 7\n" + basic + draws(drawn_g_K + "," + drawn_g_Na)), 0, 1));
  EXPECT_NE(values, values_along(read(text, {"seed=8"}), 0));
  EXPECT_NE(values, values_along(read(text, {"axis.cell.name=other"}), 0));
  auto longer = values_along(read(text, {"axis.cell.size=1000"}), 0);
  ASSERT_EQ(longer.size(), 1000U);
  longer.resize(100);
  EXPECT_EQ(values, longer) << "a larger size keeps the first values";
}

TEST(DrawAxis, MayBeALatinHypercube) {
  const Sweep sweep = read(basic + draws(drawn_g_K, "size = 50\nsampling = \"latin\""));
  std::vector<double> values = values_along(sweep, 0);
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(std::floor((values[i] - 30) * 5), static_cast<double>(i));
  }
}

TEST(DrawAxis, MayBeWrittenAsTablesOfItsOwn) {
  const Sweep sweep = read(basic +
                           "[[axis]]\nname = \"cell\"\nsize = 3\n[[axis.draw]]\n"
                           "parameter = \"model.g_Na\"\ndist = \"lognormal\"\nmedian = 100\n"
                           "sigma = 0.1\nmax = 120\n");
  EXPECT_EQ(sweep.axes.at(0).length, 3U);
  for (const double value : values_along(sweep, 0)) EXPECT_LT(value, 120);
}

TEST(DrawAxis, IsCheckedByItsBoundsWhenItIsLong) {
  EXPECT_EQ(error_of(basic + draws(drawn_g_Na + "," + drawn_g_K, "size = 1e12")), "");
}

TEST(DrawAxis, WarnsOfWhatMostOfItsNeuronsDo) {
  const auto warned = [](const std::string& sd) {
    const std::string drawn =
        "{ parameter = \"model.g_Na\", dist = \"normal\", mean = 120, min = 0, sd = " + sd + " }";
    return !io::warnings(read(basic + draws(drawn), {"run.dt=0.05"})).empty();
  };
  EXPECT_FALSE(warned("10"));
  EXPECT_TRUE(warned("300"));
}

TEST(DrawAxis, MayHaveASearchBesideIt) {
  const Sweep sweep = read(basic + draws(drawn_g_Na) +
                           "[search]\nparameter = \"stimulus.step.amplitude\"\n"
                           "bracket = [0, 200]\n");
  EXPECT_EQ(sweep.job.population.sources.at(0).form, SourceForm::draw);
  EXPECT_EQ(sweep.job.population.sources.at(1).form, SourceForm::neuron);
}

const std::string tabled = basic + R"(
[[axis]]
name = "cell"
table = "cells.csv"
columns = [
  { parameter = "model.g_Na", column = "sodium" },
  { parameter = "model.g_K", name = "gK", column = 1 },
]
)";

Sweep read_beside(const std::string& csv, const std::vector<std::string>& settings = {}) {
  const TemporarySweep file(tabled);
  file.add("cells.csv", csv);
  file.add("others.csv", "a,sodium\n1,2\n");
  return read_sweep_file(file.path(), settings);
}

TEST(TableAxis, IsOneNeuronARow) {
  const Sweep sweep = read_beside("potassium,unused,sodium\n36,0,120\n30,0,110\n40,0,100\n");
  EXPECT_EQ(sweep.axes.at(0).length, 3U);
  EXPECT_TRUE(sweep.axes[0].indexed);
  EXPECT_EQ(sweep.axes[0].entries.at(0).name, "g_Na");
  EXPECT_EQ(sweep.axes[0].entries.at(1).name, "gK");
  EXPECT_EQ(values_along(sweep, 0, 0), (std::vector<double>{120, 110, 100}));
  EXPECT_EQ(values_along(sweep, 0, 1), (std::vector<double>{36, 30, 40}));
  EXPECT_EQ(sweep.job.population.table.size(), 6U);
}

TEST(TableAxis, IsResolvedToItsFileAndItsHash) {
  const std::string csv = "potassium,sodium\n36,120\n";
  const auto json = nlohmann::json::parse(read_beside(csv).resolved);
  EXPECT_EQ(json["axis"][0]["table"], "cells.csv");
  EXPECT_EQ(json["axis"][0]["table_sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(json["axis"][0]["columns"][0]["column"], 2);
  EXPECT_EQ(json["axis"][0]["columns"][1]["name"], "gK");
  EXPECT_EQ(json["model"]["g_Na"]["axis"], "cell");
  EXPECT_EQ(read_beside(csv).resolved, read_beside(csv).resolved);
  EXPECT_NE(read_beside(csv).resolved, read_beside("potassium,sodium\n36,121\n").resolved);
}

TEST(TableAxis, MayBeGivenAnotherFile) {
  const Sweep sweep = read_beside("a,sodium\n36,120\n", {"axis.cell.table=others.csv"});
  EXPECT_EQ(values_along(sweep, 0, 0), (std::vector<double>{2}));
}

TEST(SpikeRule, RearmFollowsTheThresholdUnlessItIsGiven) {
  const Sweep lifted = read("[spike]\nthreshold = -20\n" + basic);
  EXPECT_TRUE(lifted.job.population.rearm_follows_threshold);
  EXPECT_EQ(base_of(lifted, parameter::spike_rearm), -20);
  EXPECT_EQ(base_of(read("[model]\npreset = \"blog\"\n" + basic), parameter::spike_threshold), 50);
  EXPECT_TRUE(read(basic + axis("level", "spike.threshold", "values = [-20, 0]"))
                  .job.population.rearm_follows_threshold);
  EXPECT_FALSE(read("[spike]\nrearm = -30\n" + basic).job.population.rearm_follows_threshold);
  EXPECT_FALSE(read(basic + axis("level", "spike.rearm", "values = [-20, 0]"))
                   .job.population.rearm_follows_threshold);
}

TEST(Traces, PickTheNearestValuesOfEachAxis) {
  const auto chosen = [&](const std::string& neurons) {
    return read(basic + axis("I", "stimulus.step.amplitude", "linspace = [0, 190, 20]") +
                axis("g", "model.g_K", "values = [36, 30, 40]") +
                "[[axis]]\nname = \"trial\"\nrepeat = 4\n[record.trace]\nneurons = " + neurons)
        .job.record.trace->selection;
  };
  const TraceSelection some = chosen("{ I = [54, 10.0, 56, 1e9], g = [39] }");
  EXPECT_EQ(some.per_axis.at(0), (std::vector<std::uint64_t>{1, 5, 6, 19}));
  EXPECT_EQ(some.per_axis.at(1), (std::vector<std::uint64_t>{2}));
  EXPECT_TRUE(some.per_axis.at(2).empty());
  EXPECT_EQ(chosen("{ trial = 3 }").per_axis.at(2), (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(chosen("[7, 3, 7]").neurons, (std::vector<std::uint64_t>{3, 7}));
  EXPECT_TRUE(chosen("\"all\"").all);
}

TEST(Traces, AreSampledAtAMultipleOfTheStep) {
  const auto steps = [&](const std::string& dt, const std::string& every) {
    return read("[run]\nduration = 100\ndt = " + dt + "\n[record.trace]\nevery = " + every)
        .job.record.trace->every_steps;
  };
  EXPECT_EQ(steps("0.01", "0.1"), 10);
  EXPECT_EQ(steps("0.001", "0.3"), 300);
  EXPECT_EQ(steps("0.1", "0.3"), 3);
  EXPECT_NE(error_of("[run]\nduration = 100\n[record.trace]\nevery = 0.005"), "");
}

TEST(Search, IsASourceOfOneValueANeuron) {
  const Sweep sweep = read(basic +
                           "[search]\nparameter = \"stimulus.step.amplitude\"\n"
                           "bracket = [0, 200]\n");
  ASSERT_EQ(sweep.job.population.sources.size(), 1U);
  EXPECT_EQ(sweep.job.population.sources[0].form, SourceForm::neuron);
  EXPECT_EQ(sweep.job.search->tolerance, 1e-6 * 200);
  EXPECT_EQ(sweep.job.search->spikes, 1);
  EXPECT_EQ(sweep.search_path, "stimulus.step.amplitude");
  EXPECT_EQ(sweep.search_units, "uA/cm^2");
}

TEST(AuditTable, IsPartOfTheSweepAndOfNoJob) {
  EXPECT_EQ(read(basic).audit_neurons, 0U);
  EXPECT_EQ(read(basic).resolved.find("audit"), std::string::npos);
  const Sweep sweep = read(basic + "[audit]\nneurons = 64.0\n");
  EXPECT_EQ(sweep.audit_neurons, 64U);
  EXPECT_NE(sweep.resolved.find(R"("audit":{"neurons":64})"), std::string::npos);
  EXPECT_EQ(read(basic, {"audit.neurons=64"}).resolved, sweep.resolved);
}

TEST(Statistics, AreWrittenInOneOrderAlwaysWithCountAndStatus) {
  EXPECT_EQ(read("[record]\nstatistics = [\"V_max\", \"mean_isi\"]\n" + basic).statistics,
            (std::vector<std::string>{"spike_count", "mean_isi", "V_max", "status"}));
  EXPECT_EQ(read("[record]\nstatistics = []\n" + basic).statistics,
            (std::vector<std::string>{"spike_count", "status"}));
}

TEST(Settings, ReplaceAndAddValues) {
  const Sweep sweep =
      read(basic + axis("I", "stimulus.step.amplitude", "values = [1, 2]"),
           {"model.g_K=40", "run.duration = 50", "axis.I.linspace=[0,20,11]", "model.preset=blog",
            "model.alpha_m.scale=9", "title=two words", "model.g_K=41", "record.trace.every=0.5"});
  EXPECT_EQ(base_of(sweep, parameter::g_K), 41);
  EXPECT_EQ(base_of(sweep, parameter::rate(alpha_m, 2)), 9);
  EXPECT_EQ(base_of(sweep, parameter::E_Na), 120);
  EXPECT_EQ(sweep.job.duration_ms, 50);
  EXPECT_EQ(sweep.axes.at(0).length, 11U);
  EXPECT_EQ(sweep.title, "two words");
  EXPECT_EQ(sweep.job.record.trace->every_steps, 50);
}

TEST(Settings, GiveAnAxisAnotherParameterOrForm) {
  const std::string text = basic + axis("I", "stimulus.step.amplitude", "values = [1, 2]");
  const Sweep moved = read(text, {"axis.I.parameter=model.g_Na"});
  EXPECT_EQ(moved.axes.at(0).entries.at(0).path, "model.g_Na");
  const Sweep repeated = read(text, {"axis.I.repeat=3"});
  EXPECT_TRUE(repeated.axes.at(0).entries.empty());
  const Sweep zipped = read(text, {"axis.I.zip=[{parameter=\"model.g_K\",values=[1,2,3]}]"});
  EXPECT_EQ(zipped.axes.at(0).length, 3U);
}

TEST(Settings, MayBeWholeStimuliAndAxes) {
  const std::string text = basic + axis("I", "stimulus.step.amplitude", "values = [1, 2]");
  const std::vector<std::string> whole = {
      "stimulus.late={kind=\"step\", start=50}",
      "axis=[{name=\"J\", parameter=\"stimulus.late.amplitude\", values=[1, 2]}]",
      "axis.J.values=[1, 2, 3]"};
  const Sweep sweep = read(text, whole);
  EXPECT_EQ(sweep.stimulus_names, (std::vector<std::string>{"step", "late"}));
  ASSERT_EQ(sweep.axes.size(), 1U);
  EXPECT_EQ(values_along(sweep, 0), (std::vector<double>{1, 2, 3}));
  EXPECT_NE(error_of(text, {"stimulus.late.amplitude=3"}).find("no stimulus \"late\""),
            std::string::npos);
  EXPECT_NE(error_of(text, {"axis.J.repeat=3"}).find("no axis \"J\""), std::string::npos);
}

TEST(Settings, TurnAnAxisIntoDrawsAndBack) {
  const std::string text = basic + axis("cell", "model.g_Na", "values = [100, 110]");
  const Sweep drawn = read(text, {"axis.cell.draw=[" + drawn_g_K + "]", "axis.cell.size=7"});
  EXPECT_EQ(drawn.axes.at(0).length, 7U);
  EXPECT_EQ(drawn.axes[0].entries.at(0).path, "model.g_K");
  const Sweep written = read(basic + draws(drawn_g_K, "size = 7\nsampling = \"latin\""),
                             {"axis.cell.range=[1, 3, 1]", "axis.cell.parameter=model.g_Na"});
  EXPECT_EQ(values_along(written, 0), (std::vector<double>{1, 2, 3}));
}

TEST(Settings, OfTheWrongShapeAreAMistakeOfUsage) {
  for (const std::string setting : {"model.g_K", "=3", "model..g_K=3", ""}) {
    EXPECT_THROW(read(basic, {setting}), UsageError) << setting;
  }
}

TEST(SweepFile, TakesFastMathInFloat32Alone) {
  const Sweep sweep = read(basic, {"run.math=\"fast\""});
  EXPECT_EQ(sweep.job.math, Math::fast);
  EXPECT_EQ(nlohmann::json::parse(sweep.resolved)["run"]["math"], "fast");
  EXPECT_TRUE(io::warnings(sweep).empty());
  EXPECT_EQ(read(basic).job.math, Math::exact);
  EXPECT_EQ(nlohmann::json::parse(read(basic).resolved)["run"]["math"], "exact");
  try {
    read(basic, {"run.math=\"fast\"", "run.precision=\"float64\""});
    FAIL() << "no error";
  } catch (const SweepError& error) {
    EXPECT_NE(std::string(error.what()).find("float32 alone"), std::string::npos) << error.what();
  }
}

TEST(SweepFile, WarnsWhereFastMathChangesNothing) {
  const std::vector<std::string> found =
      io::warnings(read(basic, {"run.math=\"fast\"", "model.preset=\"slides\""}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("math"), std::string::npos);
}

TEST(Resolved, HoldsEverySettingAndIsTheSameEachTime) {
  const std::string text = basic + axis("I", "stimulus.step.amplitude", "linspace = [0, 10, 3]") +
                           "[stimulus.p]\nkind = \"pulses\"\nintervals = [[1, 2]]\namplitude = 1\n";
  const Sweep sweep = read(text, {"model.g_K=0.1"});
  EXPECT_EQ(sweep.resolved, read(text, {"model.g_K=0.1"}).resolved);
  const auto json = nlohmann::json::parse(sweep.resolved);
  EXPECT_EQ(json["model"]["g_K"], 0.1);
  EXPECT_EQ(json["model"]["preset"], "squid");
  EXPECT_EQ(json["model"]["beta_n"]["form"], "exponential");
  EXPECT_EQ(json["model"]["beta_n"]["scale"], 80.0);
  EXPECT_EQ(json["model"].size(), 10U + rate_count);
  EXPECT_EQ(json["initial"]["at"], "rest");
  EXPECT_EQ(json["run"]["dt"], 0.01);
  EXPECT_EQ(json["run"]["precision"], "float32");
  EXPECT_EQ(json["stimulus"]["step"]["amplitude"]["axis"], "I");
  EXPECT_EQ(json["stimulus"]["step"]["stop"], "end");
  EXPECT_EQ(json["stimulus"]["p"]["intervals"][0][1], 2.0);
  EXPECT_EQ(json["axis"][0]["linspace"], nlohmann::json({0, 10, 3}));
  EXPECT_EQ(json["spike"]["rearm"], 0.0);
  EXPECT_EQ(json["record"]["window"][1], 100.0);
  EXPECT_EQ(json["seed"], 0);
}

TEST(Resolved, HoldsDistributions) {
  const auto json =
      nlohmann::json::parse(read(basic + draws(drawn_g_Na + "," + drawn_g_K)).resolved);
  const auto& axis = json["axis"][0];
  EXPECT_EQ(axis["size"], 100);
  EXPECT_EQ(axis["sampling"], "random");
  EXPECT_EQ(axis["draw"][0]["dist"], "normal");
  EXPECT_EQ(axis["draw"][0]["sd"], 12.0);
  EXPECT_EQ(axis["draw"][1]["name"], "gK");
  EXPECT_EQ(axis["draw"][1]["high"], 40.0);
}

TEST(Resolved, TellsSweepsApart) {
  EXPECT_NE(read(basic).resolved, read(basic, {"run.dt=0.02"}).resolved);
  EXPECT_NE(read(basic).resolved, read(basic, {"seed=1"}).resolved);
  EXPECT_EQ(read(basic).resolved, read(basic, {"run.dt=0.01"}).resolved);
}

TEST(SweepFile, ReportsEveryMistakeInOrderOfPosition) {
  const std::string report =
      error_of("[run]\nduration = 0\ndt = 0\n[model]\ng_K = -1\n", {"model.g_Na=-1"});
  const auto duration = report.find(":2:12: error: run.duration");
  const auto dt = report.find(":3:6: error: run.dt");
  const auto g_K = report.find(":5:7: error: model.g_K");
  const auto setting = report.find("--set model.g_Na=-1: error: model.g_Na");
  EXPECT_LT(duration, dt);
  EXPECT_LT(dt, g_K);
  EXPECT_LT(g_K, setting);
  EXPECT_NE(setting, std::string::npos);
}

TEST(SweepFile, ThatIsTooLargeIsRefusedUnread) {
  const TemporarySweep file("");
  fs::resize_file(file.path(), std::uintmax_t{100} << 20);
  try {
    read_sweep_file(file.path());
    FAIL() << "no error";
  } catch (const SweepError& error) {
    EXPECT_NE(std::string(error.what()).find("100 MiB"), std::string::npos) << error.what();
  }
}

TEST(SweepFile, ThatIsMissingOrAFolderCannotBeRead) {
  EXPECT_THROW(read_sweep_file("/nonexistent/sweep.toml"), IoError);
  EXPECT_THROW(read_sweep_file("/"), IoError);
}

TEST(SweepFile, CutAnywhereIsNeverACrash) {
  const std::string whole = text_of(source_dir / "examples" / "paired-pulse.toml");
  int sound = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (error_of(whole.substr(0, size)).empty()) ++sound;
  }
  EXPECT_LT(sound, 60);
}

const std::string noisy = R"(
seed = 9
[run]
duration = 10
dt = 0.02
[stimulus.noise]
kind = "ou"
sigma = 2
tau = 5
[stimulus.frozen]
kind = "ou"
mean = 1
sigma = 3
tau = 1
sample_dt = 0.5
redraw = []
[[axis]]
name = "I"
parameter = "stimulus.noise.mean"
values = [0, 1, 2]
[[axis]]
name = "trial"
repeat = 4
[[axis]]
name = "cell"
size = 5
draw = [{ parameter = "model.g_K", dist = "uniform", low = 30, high = 40 }]
)";

/// Number of the stimulus of that name.
std::size_t place_of(const Sweep& sweep, const std::string& name) {
  const auto& names = sweep.stimulus_names;
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

TEST(Noise, IsKeyedByItsNameAndDrawnAnewAlongRepeatAndDrawAxesByDefault) {
  const Sweep sweep = read(noisy);
  const Population& p = sweep.job.population;
  const StimulusSpec& noise = p.stimuli[place_of(sweep, "noise")];
  const auto base = static_cast<std::size_t>(noise.first_parameter);
  EXPECT_EQ(noise.kind, StimulusKind::ou);
  EXPECT_EQ(noise.key, stream_key(9, "stimulus", "noise"));
  EXPECT_EQ(p.base[base + slot::amplitude], 2);
  EXPECT_EQ(p.base[base + slot::ou_tau], 5);
  EXPECT_EQ(p.base[base + slot::sample_dt], 0.02) << "dt";
  ASSERT_EQ(noise.redraw_count, 2);
  const RedrawAxis& trial = p.redraw[static_cast<std::size_t>(noise.first_redraw)];
  const RedrawAxis& cell = p.redraw[static_cast<std::size_t>(noise.first_redraw) + 1];
  EXPECT_EQ(trial.stride, 5u);
  EXPECT_EQ(trial.count, 4u);
  EXPECT_EQ(trial.key, stream_key(9, "redraw", "trial"));
  EXPECT_EQ(cell.stride, 1u);
  EXPECT_EQ(cell.count, 5u);
  const StimulusSpec& frozen = p.stimuli[place_of(sweep, "frozen")];
  EXPECT_EQ(frozen.redraw_count, 0);
  EXPECT_EQ(p.base[static_cast<std::size_t>(frozen.first_parameter) + slot::sample_dt], 0.5);
  const Sweep chosen = read(noisy, {"stimulus.noise.redraw=[\"I\"]"});
  const StimulusSpec& other = chosen.job.population.stimuli[place_of(chosen, "noise")];
  ASSERT_EQ(other.redraw_count, 1);
  EXPECT_EQ(chosen.job.population.redraw[static_cast<std::size_t>(other.first_redraw)].stride, 20u);
  EXPECT_NE(chosen.resolved, sweep.resolved);
  EXPECT_NE(sweep.resolved.find(R"("redraw":["trial","cell"])"), std::string::npos);
}

TEST(Waveform, HoldsTheColumnsOfItsFileAndTheOneThatIsNamed) {
  const TemporarySweep file(R"(
[run]
duration = 10
[stimulus.wave]
kind = "waveform"
file = "wave.csv"
column = "b"
sample_dt = 0.5
)");
  file.add("wave.csv", "a,b\n1,2\n3,4\n5,6\n");
  const Sweep sweep = read_sweep_file(file.path(), {});
  const Population& p = sweep.job.population;
  const StimulusSpec& spec = p.stimuli.at(0);
  const auto base = static_cast<std::size_t>(spec.first_parameter);
  EXPECT_EQ(p.waveforms, (std::vector<double>{1, 3, 5, 2, 4, 6}));
  EXPECT_EQ(spec.sample_count, 3);
  EXPECT_EQ(spec.column_count, 2);
  EXPECT_EQ(p.base[base + slot::waveform_column], 2);
  EXPECT_EQ(p.base[base + slot::amplitude], 1) << "gain";
  file.add("wave.csv", "a,b\n1,2\n3,4\n5,7\n");
  EXPECT_NE(read_sweep_file(file.path(), {}).resolved, sweep.resolved)
      << "another file is another sweep";
}

/// Whether a warning of the sweep holds `words`.
bool warned(const std::string& text, const std::vector<std::string>& settings,
            const std::string& words) {
  const std::vector<std::string> list = io::warnings(read(text, settings));
  return std::any_of(list.begin(), list.end(), [&](const std::string& warning) {
    return warning.find(words) != std::string::npos;
  });
}

TEST(Warnings, NameWhatWillProbablyNotBeAsMeant) {
  EXPECT_TRUE(warned(basic, {"run.dt=0.1"}, "RK4"));
  EXPECT_TRUE(warned(basic, {"run.dt=0.06"}, "coarse"));
  EXPECT_FALSE(warned(basic, {"run.dt=0.05"}, "run.dt"));
  EXPECT_TRUE(warned(basic, {"model.preset=blog", "run.dt=0.016"}, "RK4"));
  EXPECT_FALSE(warned(basic, {"model.preset=blog"}, "RK4"));
  EXPECT_TRUE(warned(basic, {"stimulus.step.start=100"}, "never begins"));
  for (const std::string none : {"[]", "[[5, 5]]"}) {
    const std::string pulses = "stimulus.p={kind=\"pulses\", amplitude=1, intervals=" + none + "}";
    EXPECT_TRUE(warned(basic, {pulses}, "stimulus.p never begins (none of its intervals")) << none;
    EXPECT_FALSE(warned(basic, {pulses}, "inf")) << none;
  }
  EXPECT_TRUE(warned(basic, {"spike.threshold=60"}, "no spike reaches"));
  EXPECT_TRUE(warned("[run]\nduration = 10\n", {}, "no stimulus"));
  EXPECT_TRUE(io::warnings(read(basic)).empty());
  EXPECT_TRUE(io::warnings(read(noisy)).empty());
  EXPECT_TRUE(warned(noisy, {"stimulus.noise.sample_dt=0.03"}, "multiples of dt"));
  EXPECT_TRUE(warned(noisy, {"stimulus.noise.start=0.01"}, "multiples of dt"));
}

TEST(Warnings, NameTheSettingsThatAnAxisOrTheSearchReplaces) {
  const std::string text = basic + axis("g", "model.g_K", "values = [30, 40]") +
                           "[search]\nparameter = \"stimulus.step.width\"\nbracket = [0, 20]\n";
  EXPECT_TRUE(io::warnings(read(text)).empty());
  EXPECT_TRUE(io::warnings(read(text, {"model.g_Na=110", "axis.g.values=[1, 2]"})).empty());
  EXPECT_EQ(
      io::warnings(read(text, {" model.g_K =40", "stimulus.step.width=2"})),
      (std::vector<std::string>{
          "--set  model.g_K =40 changes nothing: axis \"g\" sets model.g_K",
          "--set stimulus.step.width=2 changes nothing: the search sets stimulus.step.width"}));
  EXPECT_TRUE(io::warnings(read(text, {"model.g_K=40", "axis.g.parameter=model.g_Na"})).empty());
}

TEST(Warnings, NameRestStatesThatAreUndefined) {
  const std::string no_conductance = "where all conductances are 0";
  const std::vector<std::string> two_zero{"model.g_Na=0", "model.g_L=0"};
  EXPECT_FALSE(warned(basic, two_zero, no_conductance));
  std::vector<std::string> all_zero = two_zero;
  all_zero.emplace_back("model.g_K=0");
  EXPECT_TRUE(warned(basic, all_zero, no_conductance));
  EXPECT_TRUE(warned(basic + axis("g", "model.g_K", "values = [36, 0]"), two_zero, no_conductance));
  all_zero.emplace_back("initial.V=-65");
  EXPECT_FALSE(warned(basic, all_zero, no_conductance));

  const std::string no_rates = "both alpha_h and beta_h are 0";
  EXPECT_FALSE(warned(basic, {"model.alpha_h.rate=0"}, no_rates));
  std::vector<std::string> still{"model.alpha_h.rate=0", "model.beta_h.rate=0"};
  EXPECT_TRUE(warned(basic, still, no_rates));
  still.emplace_back("initial.V=-65");
  EXPECT_TRUE(warned(basic, still, no_rates));
  for (const char* gate : {"initial.m=0.05", "initial.h=0.6", "initial.n=0.3"}) {
    still.emplace_back(gate);
  }
  EXPECT_FALSE(warned(basic, still, no_rates)) << "the gate is held where it is given";
}

TEST(Warnings, NameFrequenciesThatTheStepDoesNotFollow) {
  const auto wave = [](const std::string& keys) {
    return "[run]\nduration = 100\ndt = 0.01\n[stimulus.wave]\namplitude = 200\n" + keys;
  };
  // The sampling theorem: two samples a period, so 1/(2 0.01 ms) = 50 kHz.
  const std::string words =
      "stimulus.wave goes up to 99900 Hz, but run.dt = 0.01 ms follows no more "
      "than 1/(2 dt) = 50000 Hz";
  const std::string sine = wave("kind = \"sine\"\n");
  EXPECT_TRUE(warned(sine + "frequency = 99900\n", {}, words));
  EXPECT_FALSE(warned(sine + "frequency = 99900\n", {"run.dt=0.001"}, "follows"));
  EXPECT_FALSE(warned(sine + "frequency = 50000\n", {}, "follows"));
  EXPECT_TRUE(warned(sine + "frequency = 50001\n", {}, "follows"));
  EXPECT_TRUE(
      warned(sine + axis("f", "stimulus.wave.frequency", "values = [10, 99900, 20]"), {}, words));
  EXPECT_TRUE(warned(sine + "[search]\nparameter = \"stimulus.wave.frequency\"\n" +
                         "bracket = [1, 99900]\ntolerance = 1\n",
                     {}, words));

  const std::string chirp = wave("kind = \"chirp\"\n");
  EXPECT_TRUE(warned(chirp + "frequency_start = 1\nfrequency_end = 99900\n", {}, words));
  EXPECT_TRUE(warned(chirp + "frequency_start = 99900\nfrequency_end = 1\n", {}, words));
  const std::string cut = chirp + "frequency_start = 0\nfrequency_end = 99900\nstart = 50\n";
  EXPECT_FALSE(warned(cut + "stop = 200\n", {}, "follows")) << "a third of it, up to 33.3 kHz";
  EXPECT_TRUE(warned(cut + "stop = 125\n", {}, "goes up to 66600 Hz"));
}

TEST(Warnings, NameARearmLevelBelowWhereNeuronsStart) {
  // Squid rests at -64.996 mV (tests/reference/reference.json).
  EXPECT_TRUE(warned(basic, {"spike.rearm=-80"},
                     "spike.rearm = -80 mV lies below the V at which neurons start (-64.996 mV)"));
  EXPECT_FALSE(warned(basic, {"spike.rearm=-60"}, "spike.rearm"));
  EXPECT_TRUE(warned(basic + axis("r", "spike.rearm", "values = [0, -66]"), {}, "spike.rearm"));
  EXPECT_FALSE(warned(basic, {"spike.threshold=-70"}, "spike.rearm")) << "no rearm is given";
  EXPECT_FALSE(warned(basic, {"spike.rearm=-80", "initial.V=-81"}, "spike.rearm"));
  EXPECT_TRUE(warned(basic, {"spike.rearm=-66", "initial.V=-65"}, "(-65 mV)"));
}

}  // namespace
}  // namespace hhsweep
