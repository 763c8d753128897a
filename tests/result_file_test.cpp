// SPDX-License-Identifier: MIT
#include "io/result_file.hpp"

#include <gtest/gtest.h>
#include <netcdf.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "hhsweep/error.hpp"
#include "hhsweep/version.hpp"
#include "io/attribute_text.hpp"
#include "io/fault.hpp"
#include "io/hyperslab.hpp"
#include "io/result_layout.hpp"
#include "made_up_results.hpp"

namespace hhsweep::io {
namespace {

// Reading a result by netCDF itself

class Reader {
 public:
  explicit Reader(const std::string& path) { check(nc_open(path.c_str(), NC_NOWRITE, &id_)); }
  ~Reader() { nc_close(id_); }

  [[nodiscard]] std::vector<double> numbers(const std::string& name) const {
    std::vector<double> values(size(name));
    check(nc_get_var_double(id_, variable(name), values.data()));
    return values;
  }
  [[nodiscard]] int type(const std::string& name) const {
    int type = 0;
    check(nc_inq_vartype(id_, variable(name), &type));
    return type;
  }
  [[nodiscard]] std::string attribute(const std::string& name, const std::string& key) const {
    const int id = name.empty() ? NC_GLOBAL : variable(name);
    std::size_t length = 0;
    if (nc_inq_attlen(id_, id, key.c_str(), &length) != NC_NOERR) return "(none)";
    std::string text(length, '\0');
    check(nc_get_att_text(id_, id, key.c_str(), text.data()));
    return text;
  }
  [[nodiscard]] Names dimensions(const std::string& name) const {
    int rank = 0;
    std::array<int, NC_MAX_VAR_DIMS> ids{};
    check(nc_inq_var(id_, variable(name), nullptr, nullptr, &rank, ids.data(), nullptr));
    Names names;
    for (int d = 0; d < rank; ++d) {
      std::array<char, NC_MAX_NAME + 1> text{};
      check(nc_inq_dimname(id_, ids[static_cast<std::size_t>(d)], text.data()));
      names.emplace_back(text.data());
    }
    return names;
  }
  [[nodiscard]] bool has(const std::string& name) const {
    int id = 0;
    return nc_inq_varid(id_, name.c_str(), &id) == NC_NOERR;
  }

 private:
  static void check(int code) { ASSERT_EQ(code, NC_NOERR) << nc_strerror(code); }
  [[nodiscard]] int variable(const std::string& name) const {
    int id = 0;
    EXPECT_EQ(nc_inq_varid(id_, name.c_str(), &id), NC_NOERR) << name;
    return id;
  }
  [[nodiscard]] std::size_t size(const std::string& name) const {
    std::size_t size = 1;
    for (const std::string& dimension : dimensions(name)) {
      int id = 0;
      std::size_t length = 0;
      check(nc_inq_dimid(id_, dimension.c_str(), &id));
      check(nc_inq_dimlen(id_, id, &length));
      size *= length;
    }
    return size;
  }

  int id_ = -1;
};

/// NaN equals NaN here.
void expect_same(const std::vector<double>& actual, const std::vector<double>& expected,
                 const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_TRUE(actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i])))
        << what << "[" << i << "] is " << actual[i] << ", not " << expected[i];
  }
}

// Hyperslabs

TEST(Hyperslab, CoverEveryFlatRangeInOrderWithFewPieces) {
  const std::vector<std::vector<std::uint64_t>> shapes = {{}, {7}, {2, 3}, {3, 1, 4}, {2, 3, 2, 3}};
  for (const auto& shape : shapes) {
    const std::uint64_t total = element_count(shape);
    for (std::uint64_t first = 0; first < total; ++first) {
      for (std::uint64_t count = 1; first + count <= total; ++count) {
        std::uint64_t next = first;
        std::size_t pieces = 0;
        for_each_hyperslab(shape, first, count, [&](auto start, auto lengths, auto elements) {
          std::uint64_t flat = 0;
          std::uint64_t product = 1;
          for (std::size_t d = 0; d < shape.size(); ++d) {
            ASSERT_LE(start[d] + lengths[d], shape[d]);
            ASSERT_GE(lengths[d], 1);
            flat = flat * shape[d] + start[d];
            product *= lengths[d];
            // Only the first dimension longer than 1 may be cut, or the values are not consecutive.
            const auto before = lengths.first(d);
            const bool cut_above =
                std::any_of(before.begin(), before.end(), [](std::size_t l) { return l > 1; });
            ASSERT_TRUE(!cut_above || lengths[d] == shape[d]);
          }
          ASSERT_EQ(flat, next);
          ASSERT_EQ(product, elements);
          next += elements;
          ++pieces;
        });
        ASSERT_EQ(next, first + count);
        ASSERT_LE(pieces, shape.empty() ? 1 : 2 * shape.size() - 1);
      }
    }
  }
}

TEST(Hyperslab, CountInSixtyFourBits) {
  const std::vector<std::uint64_t> shape = {1U << 20, 1U << 20};
  const std::uint64_t first = (std::uint64_t{1} << 40) - 3;
  for_each_hyperslab(shape, first, 3, [&](auto start, auto lengths, auto elements) {
    EXPECT_EQ(start[0], (1U << 20) - 1);
    EXPECT_EQ(start[1], (1U << 20) - 3);
    EXPECT_EQ(lengths[1], 3);
    EXPECT_EQ(elements, 3);
  });
}

TEST(AttributeText, IsAlwaysShortValidUtf8) {
  EXPECT_EQ(attribute_text("F-I \xc2\xb5 \xe2\x82\xac \xf0\x9f\xa7\xa0"),
            "F-I \xc2\xb5 \xe2\x82\xac \xf0\x9f\xa7\xa0");
  EXPECT_EQ(attribute_text("a\xff\xc2z\xed\xa0\x80\xc0\x80"), "a??z?????");
  EXPECT_EQ(attribute_text(std::string_view("a\0b\xe2\x82", 5)), "a?b??");
  EXPECT_LT(attribute_text(std::string(1'000'000, 'x')).size(), 20'000);
}

// What a result holds

TEST_F(ResultFile, OfOneNeuronHoldsScalars) {
  const Sweep sweep = scalar_sweep();
  write(sweep, path(), 4);
  const Reader result(path());
  EXPECT_EQ(result.dimensions("spike_count"), Names());
  expect_same(result.numbers("V_min"), {-70}, "V_min");
  EXPECT_EQ(result.attribute("", "hhsweep_axes"), "");
  EXPECT_TRUE(unsoundness(path()).empty()) << joined(unsoundness(path()));
}

TEST_F(ResultFile, LabelsItsAxes) {
  write(full_sweep(Precision::float32), path(), 8);
  const Reader result(path());
  expect_same(result.numbers("I"), {0, 0.25, 0.5, 0.75, 1.0}, "I");
  EXPECT_EQ(result.type("I"), NC_DOUBLE);
  EXPECT_EQ(result.attribute("I", "units"), "uA/cm^2");
  EXPECT_EQ(result.attribute("I", "hhsweep_parameter"), "stimulus.step.amplitude");
  expect_same(result.numbers("pair"), {0, 1, 2}, "pair");
  EXPECT_EQ(result.type("pair"), NC_INT);
  expect_same(result.numbers("g_K"), {30, 36, 42}, "g_K");
  EXPECT_EQ(result.dimensions("g_K"), Names{"pair"});
  expect_same(result.numbers("again"), {0, 1, 2, 3, 4, 5, 6}, "again");
  EXPECT_EQ(result.attribute("again", "hhsweep_parameter"), "(none)");
  EXPECT_EQ(result.attribute("", "hhsweep_axes"), "pair I again");
  EXPECT_EQ(result.attribute("spike_count", "coordinates"), "g_Na g_K");
  EXPECT_EQ(result.attribute("spike_count", "units"), "1");
  EXPECT_EQ(result.attribute("status", "flag_meanings"), "ok diverged not_run");
}

TEST_F(ResultFile, HoldsWhatTheChunksHeld) {
  const Sweep sweep = full_sweep(Precision::float64);
  const Results all = results_of(sweep, 0, 105);
  write(sweep, path(), 8);
  const Reader result(path());
  const Names axes = {"pair", "I", "again"};
  EXPECT_EQ(result.dimensions("spike_count"), axes);
  EXPECT_EQ(result.type("spike_count"), NC_INT);
  EXPECT_EQ(result.type("status"), NC_BYTE);
  expect_same(result.numbers("spike_count"), {all.spike_count.begin(), all.spike_count.end()},
              "spike_count");
  expect_same(result.numbers("V_min"), all.V_min, "V_min");
  expect_same(result.numbers("diverged_time"), all.diverged_time, "diverged_time");
  expect_same(result.numbers("threshold_lower"), all.threshold_lower, "threshold_lower");
  EXPECT_EQ(result.attribute("threshold", "units"), "ms");
  expect_same(result.numbers("row_size"), {all.row_size.begin(), all.row_size.end()}, "row_size");
  EXPECT_EQ(result.attribute("row_size", "sample_dimension"), "spike");
  expect_same(result.numbers("spike_time"), all.spike_time, "spike_time");
}

template <class Real>
void expect_traces(const Reader& result, const Results& all, int type) {
  EXPECT_EQ(result.dimensions("V"), (Names{"trace", "time"}));
  EXPECT_EQ(result.type("V"), type);
  expect_same(result.numbers("time"), {0, 5, 10, 15, 20}, "time");
  EXPECT_EQ(result.attribute("time", "units"), "ms");
  expect_same(result.numbers("trace_neuron"), {all.trace_neuron.begin(), all.trace_neuron.end()},
              "trace_neuron");
  for (std::size_t v = 0; v < 2; ++v) {
    std::vector<Real> samples(all.traces[v].size() / sizeof(Real));
    std::memcpy(samples.data(), all.traces[v].data(), all.traces[v].size());
    expect_same(result.numbers(v == 0 ? "V" : "I_stim"), {samples.begin(), samples.end()}, "V");
  }
}

TEST_F(ResultFile, HoldsTracesInThePrecisionOfTheRun) {
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    const Sweep sweep = full_sweep(precision);
    const Results all = results_of(sweep, 0, 105);
    write(sweep, path(), 9, true);
    const Reader result(path());
    if (precision == Precision::float32) {
      expect_traces<float>(result, all, NC_FLOAT);
    } else {
      expect_traces<double>(result, all, NC_DOUBLE);
    }
    std::vector<double> currents;
    std::vector<double> conductances;
    std::vector<double> again;
    for (const std::uint64_t neuron : all.trace_neuron) {
      currents.push_back(0.25 * static_cast<double>(neuron / 7 % 5));
      conductances.push_back(100 + 20 * static_cast<double>(neuron / 35));
      again.push_back(static_cast<double>(neuron % 7));
    }
    expect_same(result.numbers("trace_I"), currents, "trace_I");
    expect_same(result.numbers("trace_g_Na"), conductances, "trace_g_Na");
    expect_same(result.numbers("trace_again"), again, "trace_again");
    EXPECT_EQ(result.attribute("V", "coordinates"),
              "trace_neuron trace_pair trace_g_Na trace_g_K trace_I trace_again");
  }
}

TEST_F(ResultFile, HoldsOnlyTheStatisticsAskedFor) {
  Sweep sweep = line_sweep(4);
  sweep.statistics = {"V_max"};
  write(sweep, path(), 4);
  const Reader result(path());
  EXPECT_TRUE(result.has("V_max"));
  EXPECT_TRUE(result.has("spike_count"));
  EXPECT_TRUE(result.has("status"));
  for (const char* name : {"V_min", "mean_isi", "row_size", "spike_time", "threshold", "time"}) {
    EXPECT_FALSE(result.has(name)) << name;
  }
}

TEST_F(ResultFile, OfSilentNeuronsHasNoSpikes) {
  Sweep sweep = line_sweep(1);
  sweep.job.record.spike_times = true;
  write(sweep, path(), 4);
  const Reader result(path());
  EXPECT_TRUE(result.numbers("spike_time").empty());
  expect_same(result.numbers("row_size"), {0}, "row_size");
  EXPECT_TRUE(unsoundness(path()).empty()) << joined(unsoundness(path()));
}

TEST_F(ResultFile, StoresEveryNanWithTheSameBits) {
  const Sweep sweep = full_sweep(Precision::float32);
  write(sweep, path(), 8);
  int id = 0;
  int variable = 0;
  std::vector<double> cv(105);
  std::vector<float> samples(35 * 5);
  ASSERT_EQ(nc_open(path().c_str(), NC_NOWRITE, &id), NC_NOERR);
  ASSERT_EQ(nc_inq_varid(id, "cv_isi", &variable), NC_NOERR);
  ASSERT_EQ(nc_get_var_double(id, variable, cv.data()), NC_NOERR);
  ASSERT_EQ(nc_inq_varid(id, "V", &variable), NC_NOERR);
  ASSERT_EQ(nc_get_var_float(id, variable, samples.data()), NC_NOERR);
  nc_close(id);
  int nans = 0;
  for (const double value : cv) {
    if (!std::isnan(value)) continue;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(value), 0x7ff8000000000000);
  }
  for (const float value : samples) {
    if (!std::isnan(value)) continue;
    ++nans;
    EXPECT_EQ(std::bit_cast<std::uint32_t>(value), 0x7fc00000);
  }
  EXPECT_GT(nans, 0);
}

TEST_F(ResultFile, TakesTextsOfManyMegabytes) {
  Sweep sweep = line_sweep(2);
  sweep.text.assign(20'000'000, 'x');
  write(sweep, path(), 4);
  EXPECT_EQ(summarize(path()).sweep_file, sweep.text);
}

TEST_F(ResultFile, RefusesTwoThingsOfOneName) {
  Sweep sweep = full_sweep(Precision::float32);
  sweep.axes[1].name = "time";
  EXPECT_TRUE(holds(message_of([&] { ResultWriter(sweep, path(), false); }), "'time'"));
  sweep = full_sweep(Precision::float32);
  sweep.axes[0].entries[1].name = "V";
  EXPECT_TRUE(holds(message_of([&] { ResultWriter(sweep, path(), false); }), "3: test.toml"));
  sweep.axes[0].entries[1].name = "spike";
  EXPECT_TRUE(holds(message_of([&] { ResultWriter(sweep, path(), false); }), "'spike'"));
  EXPECT_TRUE(files().empty());
}

// The hash

TEST_F(ResultFile, HasOneHashHoweverItIsCutIntoChunks) {
  const Sweep sweep = full_sweep(Precision::float32);
  const std::string hash = write(sweep, path(), 1000);
  EXPECT_EQ(hash.size(), 64);
  for (const std::uint64_t size : {1, 2, 7, 11, 64, 104, 105}) {
    EXPECT_EQ(write(sweep, path(), size, true), hash) << "chunks of " << size;
  }
  EXPECT_EQ(summarize(path()).content_hash, hash);
}

TEST_F(ResultFile, HashCoversCoordinatesButNotTexts) {
  Sweep sweep = line_sweep(4);
  const std::string hash = write(sweep, path(), 4);
  sweep.text += "# more";
  sweep.resolved += " ";
  EXPECT_EQ(write(sweep, path(), 4, true), hash);
  sweep.job.population.sources[0].last = 191;
  EXPECT_NE(write(sweep, path(), 4, true), hash);
}

// Files on the way

TEST_F(ResultFile, LeavesNothingWhenNoChunkIsWritten) {
  { const ResultWriter writer(line_sweep(4), path(), false); }
  EXPECT_TRUE(files().empty());
}

TEST_F(ResultFile, LeavesNothingButTheResult) {
  write(line_sweep(10), path(), 3);
  EXPECT_EQ(files(), Names{"out.nc"});
}

TEST_F(ResultFile, GoesOnWithThePartsOfAnInterruptedRun) {
  const Sweep sweep = full_sweep(Precision::float32);
  const ChunkPlan plan = chunks_of(sweep, 8);
  {
    ResultWriter writer(sweep, path(), false, plan);
    write_chunks(writer, sweep, plan, {13, 2, 5});
  }
  EXPECT_FALSE(fs::exists(path()));
  std::ofstream(path("out.nc.parts/chunk-0000000004.nc.tmp")) << "half";
  ResultWriter writer(sweep, path(), false, plan);
  EXPECT_EQ(writer.missing_chunks(),
            (std::vector<std::uint64_t>{0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12}));
  EXPECT_TRUE(holds(message_of([&] { writer.finish(provenance()); }), "75: "));
  write_chunks(writer, sweep, plan, writer.missing_chunks());
  const std::string hash = writer.finish(provenance());
  EXPECT_EQ(hash, write(sweep, path("other.nc"), 105));
  EXPECT_EQ(files(), (Names{"other.nc", "out.nc", "out.nc.lock"}));
}

TEST_F(ResultFile, IsGivenUpWhileItIsMergedWhenTheRunIsToStop) {
  const Sweep sweep = full_sweep(Precision::float32);
  const ChunkPlan plan = chunks_of(sweep, 8);
  int asked = 0;
  int patience = 0;
  const Stop stop = [&] { return ++asked > patience; };
  {
    ResultWriter writer(sweep, path(), false, plan);
    write_chunks(writer, sweep, plan, writer.missing_chunks());
  }
  const Names before = [&] {
    const ResultWriter writer(sweep, path(), false, plan);
    return files();
  }();
  for (patience = 0; patience < 200; patience += 17) {
    asked = 0;
    const std::string message = message_of(
        [&] { ResultWriter(sweep, path(), false, plan, {}, stop).finish(provenance()); });
    EXPECT_TRUE(holds(message, "75: stopped")) << patience;
    EXPECT_FALSE(fs::exists(path()));
    const ResultWriter writer(sweep, path(), false, plan);
    EXPECT_TRUE(writer.missing_chunks().empty());
    EXPECT_EQ(files(), before) << "the parts stay, and nothing else";
  }
  EXPECT_EQ(ResultWriter(sweep, path(), false, plan).finish(provenance()),
            write(sweep, path("other.nc"), 105));
}

TEST_F(ResultFile, IsJoinedWhileChunksAreWritten) {
  const Sweep sweep = full_sweep(Precision::float32);
  const ChunkPlan plan = chunks_of(sweep, 8);
  const auto write_parts = [&](ResultWriter& writer) {
    write_chunks(writer, sweep, plan, writer.missing_chunks());
  };
  const auto operations_of_finishing = [&](ResultWriter& writer) {
    set_fault({});
    writer.finish(provenance());
    return operation_count();
  };
  {
    ResultWriter writer(sweep, path(), false, plan);
    write_parts(writer);
  }
  const std::uint64_t after_all = [&] {
    ResultWriter writer(sweep, path(), false, plan);
    return operations_of_finishing(writer);
  }();
  fs::remove(path());
  ResultWriter writer(sweep, path(), false, plan);
  write_parts(writer);
  EXPECT_FALSE(fs::exists(path()));
  // Each part is removed either way.
  EXPECT_LT(operations_of_finishing(writer), after_all / 2);
}

TEST_F(ResultFile, IsJoinedFromPartsThatWereThereAndOthersInAnyOrder) {
  const Sweep sweep = full_sweep(Precision::float32);
  const ChunkPlan plan = chunks_of(sweep, 8);
  const std::string hash = write(sweep, path("other.nc"), 105);
  {
    ResultWriter writer(sweep, path(), false, plan);
    write_chunks(writer, sweep, plan, {1, 2, 3, 5, 8});
  }
  ResultWriter writer(sweep, path(), false, plan);
  write_chunks(writer, sweep, plan, {4, 0, 13, 12, 6, 7, 11, 9, 10});
  EXPECT_EQ(writer.finish(provenance()), hash);
  EXPECT_EQ(joined(unsoundness(path())), "");
}

TEST_F(ResultFile, IsJoinedAnewAfterAPartialOne) {
  const Sweep sweep = full_sweep(Precision::float32);
  const ChunkPlan plan = chunks_of(sweep, 40);
  const std::string hash = write(sweep, path("other.nc"), 105);
  ResultWriter writer(sweep, path(), false, plan);
  write_chunks(writer, sweep, plan, {0, 2});
  EXPECT_NE(writer.finish_partially(provenance()), hash);
  EXPECT_EQ(joined(unsoundness(path())), "");
  write_chunks(writer, sweep, plan, {1});
  EXPECT_EQ(writer.finish(provenance()), hash);
}

TEST_F(ResultFile, OfAnotherLayoutIsNotMeasuredByThisOne) {
  const Sweep sweep = line_sweep(10);
  write(sweep, path(), 3);
  int file = 0;
  ASSERT_EQ(nc_open(path().c_str(), NC_WRITE, &file), NC_NOERR);
  const int other = layout_version - 1;
  ASSERT_EQ(nc_put_att_int(file, NC_GLOBAL, "hhsweep_layout", NC_INT, 1, &other), NC_NOERR);
  ASSERT_EQ(nc_put_att_text(file, NC_GLOBAL, "hhsweep_fingerprint", 1, "x"), NC_NOERR);
  ASSERT_EQ(nc_close(file), NC_NOERR);
  const std::string numbers =
      std::to_string(other) + " there, " + std::to_string(layout_version) + " now";
  EXPECT_TRUE(holds(joined(unsoundness(path())), "layout " + std::to_string(other)));
  EXPECT_TRUE(holds(message_of([&] { ResultWriter(sweep, path(), false); }), numbers));
}

TEST_F(ResultFile, RemovesWhatAnyMachineHasLeftOfIt) {
  const Sweep sweep = line_sweep(10);
  const Names others = {"out.nc.notes.tmp", "out.nc.x.node-1.tmp", "out.nc.node-1x.tmp",
                        "out.ncnode-1.tmp", "out.nc.node-.tmp"};
  for (const std::string& name : others) std::ofstream(path(name)) << "mine";
  std::ofstream(path("out.nc.node17-4242.tmp")) << "half a result";
  write(sweep, path(), 3);
  for (const std::string& name : others) EXPECT_TRUE(fs::exists(path(name))) << name;
  EXPECT_FALSE(fs::exists(path("out.nc.node17-4242.tmp")));
}

TEST_F(ResultFile, SaysWhereItWasComputed) {
  const Sweep sweep = line_sweep(10);
  const ChunkPlan plan = chunks_of(sweep, 3);
  ResultWriter writer(sweep, path(), false, plan);
  writer.computing_on("cpu", "2 threads, avx2");
  write_chunks(writer, sweep, plan, {0, 2});
  writer.computing_on("cuda", "NVIDIA H200");
  write_chunks(writer, sweep, plan, {1, 3});
  writer.finish(provenance());
  EXPECT_EQ(summarize(path()).attributes.at("backend"), "cpu; cuda");
  EXPECT_EQ(summarize(path()).attributes.at("device"), "2 threads, avx2; NVIDIA H200");
}

TEST_F(ResultFile, TakesNoPartsOfAnotherSweep) {
  Sweep sweep = line_sweep(10);
  const ChunkPlan plan = chunks_of(sweep, 4);
  {
    ResultWriter writer(sweep, path(), false, plan);
    write_chunks(writer, sweep, plan, {0, 1});
  }
  sweep.resolved = "{}";
  EXPECT_TRUE(holds(message_of([&] { ResultWriter(sweep, path(), false, plan); }),
                    "holds 2 parts of another sweep"));
  EXPECT_TRUE(fs::exists(path("out.nc.parts/chunk-0000000000.nc")));
  const ResultWriter writer(sweep, path(), true, plan);
  EXPECT_EQ(writer.missing_chunks().size(), 3);
  EXPECT_FALSE(fs::exists(path("out.nc.parts/chunk-0000000000.nc")));
}

void flip_byte(const std::string& path, std::uint64_t place) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(place));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(place));
  file.put(static_cast<char>(byte ^ 0x10));
}

TEST_F(ResultFile, ComputesDamagedPartsAnew) {
  const Sweep sweep = line_sweep(10);
  const ChunkPlan plan = chunks_of(sweep, 4);
  const std::string part = path("out.nc.parts/chunk-0000000001.nc");
  {
    ResultWriter writer(sweep, path(), false, plan);
    write_chunks(writer, sweep, plan, {0, 1, 2});
  }
  fs::copy_file(part, path("sound"));
  const std::uint64_t size = fs::file_size(part);
  const auto missing = [&] { return ResultWriter(sweep, path(), false, plan).missing_chunks(); };
  EXPECT_TRUE(missing().empty());
  for (std::uint64_t place = 0; place < size; place += place + 300 < size ? 997 : 1) {
    flip_byte(part, place);
    EXPECT_EQ(missing(), std::vector<std::uint64_t>{1}) << "byte " << place;
    flip_byte(part, place);
  }
  for (const std::uint64_t kept : {std::uint64_t{0}, std::uint64_t{10}, size / 2, size - 1}) {
    fs::copy_file(path("sound"), part, fs::copy_options::overwrite_existing);
    fs::resize_file(part, kept);
    EXPECT_EQ(missing(), std::vector<std::uint64_t>{1}) << kept << " bytes kept";
  }
  fs::copy_file(path("out.nc.parts/chunk-0000000000.nc"), part,
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(missing(), std::vector<std::uint64_t>{1}) << "a part under another's name";
}

// Outputs that cannot be

TEST_F(ResultFile, RefusesAnExistingFileUnlessToldToOverwrite) {
  std::ofstream(path()) << "precious";
  const Sweep sweep = line_sweep(4);
  EXPECT_TRUE(holds(message_of([&] { ResultWriter(sweep, path(), false); }), "--overwrite"));
  { const ResultWriter writer(sweep, path(), true); }
  EXPECT_EQ(fs::file_size(path()), 8) << "kept until there is something better";
  write(sweep, path(), 4, true);
  EXPECT_TRUE(is_result_of(path(), sweep));
}

TEST_F(ResultFile, RefusesPathsThatCanBeNoFile) {
  const Sweep sweep = line_sweep(4);
  const auto message = [&](const std::string& name) {
    return message_of([&] { ResultWriter(sweep, name, true); });
  };
  EXPECT_TRUE(holds(message(path("missing/out.nc")), "4: cannot write " + path("missing/out.nc")));
  EXPECT_TRUE(holds(message(path("missing/out.nc")), path("missing") + ": No such file"));
  EXPECT_TRUE(holds(message(path("")), "not the name of a file"));
  EXPECT_TRUE(holds(message(""), "not the name of a file"));
  fs::create_directory(path("folder"));
  EXPECT_TRUE(holds(message(path("folder")), "is a folder"));
  EXPECT_TRUE(holds(message("/dev/null"), "not an ordinary file"));
  std::ofstream(path("file")) << "x";
  EXPECT_TRUE(holds(message(path("file/out.nc")), "Not a directory") ||
              holds(message(path("file/out.nc")), "not a folder"));
  EXPECT_TRUE(holds(message(path(std::string(300, 'x'))), "File name too long"));
}

TEST_F(ResultFile, FollowsASymbolicLink) {
  const Sweep sweep = line_sweep(4);
  fs::create_directory(path("there"));
  fs::create_symlink("there/real.nc", path());
  write(sweep, path(), 4);
  EXPECT_TRUE(fs::is_symlink(path()));
  EXPECT_TRUE(is_result_of(path("there/real.nc"), sweep));
}

TEST_F(ResultFile, IsWrittenByOneProcessAtATime) {
  const Sweep sweep = line_sweep(4);
  {
    const ResultWriter writer(sweep, path(), false);
    const std::string message = message_of([&] { ResultWriter(sweep, path(), true); });
    EXPECT_TRUE(holds(message, "5: "));
    EXPECT_TRUE(holds(message, "process " + std::to_string(::getpid())));
  }
  EXPECT_EQ(message_of([&] { ResultWriter(sweep, path(), false); }), "no error");
}

TEST_F(ResultFile, TakesOverTheLockOfAProcessThatWasKilled) {
  const Sweep sweep = line_sweep(4);
  const pid_t child = ::fork();
  if (child == 0) {
    const ResultWriter writer(sweep, path(), false);
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(files(), Names{"out.nc.lock"});
  write(sweep, path(), 4);
  EXPECT_EQ(files(), Names{"out.nc"});
}

/// Runs `action` in another process that may write no file longer than `bytes`, and returns what it
/// threw and how it ended.
std::string outcome_with_little_room(rlim_t bytes, const std::function<void()>& action) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = message_of(action);
    if (::write(ends[1], message.data(), message.size()) < 0) std::_Exit(1);
    std::exit(7);
  }
  ::close(ends[1]);
  std::string message;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    message.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) return "the process crashed; " + message;
  return message;
}

TEST_F(ResultFile, ReportsAFullDiskWhileWritingAPart) {
  const Sweep sweep = line_sweep(100'000);
  const std::string outcome =
      outcome_with_little_room(500'000, [&] { write(sweep, path(), 50'000); });
  EXPECT_TRUE(holds(outcome, "4: cannot write " + path("out.nc.parts/chunk-")));
  EXPECT_TRUE(holds(outcome, "File too large"));
  EXPECT_TRUE(holds(outcome, "MiB wanted"));
  EXPECT_TRUE(holds(outcome, "free on the disk"));
  EXPECT_TRUE(files().empty()) << joined(files());
}

TEST_F(ResultFile, ReportsAFullDiskWhileMerging) {
  const Sweep sweep = line_sweep(100'000);
  const ChunkPlan plan = chunks_of(sweep, 1000);
  {
    ResultWriter writer(sweep, path(), false, plan);
    write_chunks(writer, sweep, plan, writer.missing_chunks());
  }
  const std::size_t before = files().size();
  for (const rlim_t room : {100, 20'000, 200'000}) {
    const std::string outcome = outcome_with_little_room(
        room, [&] { ResultWriter(sweep, path(), false, plan).finish(provenance()); });
    EXPECT_TRUE(holds(outcome, "4: cannot write " + path("out.nc.")));
    EXPECT_TRUE(holds(outcome, "MiB wanted"));
    EXPECT_EQ(files().size(), before) << "the parts stay";
  }
  EXPECT_EQ(ResultWriter(sweep, path(), false, plan).finish(provenance()),
            write(sweep, path("other.nc"), 100'000));
}

// Looking at results

TEST_F(ResultFile, IsKnownAsTheResultOfItsSweepAlone) {
  Sweep sweep = line_sweep(4);
  EXPECT_FALSE(is_result_of(path(), sweep));
  write(sweep, path(), 4);
  EXPECT_TRUE(is_result_of(path(), sweep));
  sweep.text += "# only a comment";
  EXPECT_TRUE(is_result_of(path(), sweep));
  sweep.resolved = "{}";
  EXPECT_FALSE(is_result_of(path(), sweep));
  std::ofstream(path("text")) << "text";
  EXPECT_FALSE(is_result_of(path("text"), sweep));
  EXPECT_FALSE(is_result_of(fs::path(path()).parent_path().string(), sweep));
}

TEST_F(ResultFile, IsSummarized) {
  const Sweep sweep = full_sweep(Precision::float32);
  const std::string hash = write(sweep, path(), 10);
  const ResultSummary summary = summarize(path());
  const Results all = results_of(sweep, 0, 105);
  EXPECT_EQ(summary.neurons, 105);
  EXPECT_EQ(summary.spikes, all.spike_time.size());
  EXPECT_EQ(summary.diverged, 10);
  EXPECT_EQ(summary.content_hash, hash);
  EXPECT_EQ(summary.sweep_file, sweep.text);
  EXPECT_EQ(summary.sweep_resolved, sweep.resolved);
  EXPECT_EQ(summary.attributes.at("seed"), "-3");
  EXPECT_EQ(summary.attributes.at("wall_s"), "1.5");
  EXPECT_EQ(summary.attributes.at("title"), sweep.title);
  EXPECT_EQ(summary.attributes.at("hhsweep_version"), std::string(version));
  const auto& lines = summary.variables;
  EXPECT_NE(std::find(lines.begin(), lines.end(), "spike_count (pair: 3, I: 5, again: 7) int32"),
            lines.end());
}

TEST_F(ResultFile, IsNotTakenFromOtherFiles) {
  EXPECT_TRUE(holds(message_of([&] { summarize(path()); }), "4: cannot read"));
  EXPECT_TRUE(holds(message_of([&] { unsoundness(path()); }), "4: cannot read"));
  std::ofstream(path()) << "not netCDF";
  EXPECT_TRUE(holds(message_of([&] { summarize(path()); }), "5: "));
  EXPECT_EQ(unsoundness(path()).size(), 1);
  int id = 0;
  ASSERT_EQ(nc_create(path().c_str(), NC_NETCDF4 | NC_CLOBBER, &id), NC_NOERR);
  ASSERT_EQ(nc_close(id), NC_NOERR);
  EXPECT_TRUE(holds(message_of([&] { summarize(path()); }), "5: "));
  EXPECT_TRUE(holds(joined(unsoundness(path())), "not a result of hhsweep"));
}

// Unsound results

class UnsoundResult : public ResultFile {
 protected:
  UnsoundResult() { write(sweep_, path(), 20); }

  template <class T>
  void put(const char* name, std::size_t flat, T value) {
    int id = 0;
    int variable = 0;
    int rank = 0;
    ASSERT_EQ(nc_open(path().c_str(), NC_WRITE, &id), NC_NOERR);
    ASSERT_EQ(nc_inq_varid(id, name, &variable), NC_NOERR);
    ASSERT_EQ(nc_inq_varndims(id, variable, &rank), NC_NOERR);
    std::vector<std::size_t> place = {flat};
    if (rank == 3) place = {flat / 35, flat / 7 % 5, flat % 7};
    ASSERT_EQ(nc_put_var1(id, variable, place.data(), &value), NC_NOERR);
    ASSERT_EQ(nc_close(id), NC_NOERR);
  }

  [[nodiscard]] std::string findings() const { return joined(unsoundness(path())); }

  Sweep sweep_ = full_sweep(Precision::float32);
};

TEST_F(UnsoundResult, IsSoundBeforeItIsTouched) { EXPECT_EQ(findings(), ""); }

TEST_F(UnsoundResult, ShowsAVariableWithoutUnits) {
  int id = 0;
  int variable = 0;
  ASSERT_EQ(nc_open(path().c_str(), NC_WRITE, &id), NC_NOERR);
  ASSERT_EQ(nc_inq_varid(id, "V_min", &variable), NC_NOERR);
  ASSERT_EQ(nc_redef(id), NC_NOERR);
  ASSERT_EQ(nc_del_att(id, variable, "units"), NC_NOERR);
  ASSERT_EQ(nc_close(id), NC_NOERR);
  EXPECT_TRUE(holds(findings(), "the variable V_min has no units"));
}

TEST_F(UnsoundResult, ShowsAChangedNumberByTheHash) {
  put("V_min", 50, -70.125);
  EXPECT_TRUE(holds(findings(), "content_hash is "));
}

TEST_F(UnsoundResult, ShowsADivergedNeuronWithACount) {
  put("spike_count", 5, std::int32_t{0});
  EXPECT_TRUE(holds(findings(),
                    "spike_count is -1 where status is not 0: broken by 1 neuron, "
                    "number 5"));
}

TEST_F(UnsoundResult, ShowsADivergedNeuronWithAStatistic) {
  put("V_max", 16, 3.0);
  EXPECT_TRUE(holds(findings(), "V_max is NaN where status is not 0"));
  put("diverged_time", 16, nan);
  EXPECT_TRUE(holds(findings(), "diverged_time is a time exactly where status is 1"));
}

TEST_F(UnsoundResult, ShowsRowsThatDoNotFillTheSpikes) {
  put("row_size", 3, std::int32_t{4});
  EXPECT_TRUE(holds(findings(), "row_size adds up to"));
}

TEST_F(UnsoundResult, ShowsCountsThatAreNotThoseOfTheSpikeTimes) {
  put("spike_count", 3, std::int32_t{2});
  EXPECT_TRUE(holds(findings(), "spike_count is the number of spike times in the window"));
}

TEST_F(UnsoundResult, ShowsARateThatIsNotThatOfTheCount) {
  put("firing_rate", 3, 1e-3);
  EXPECT_TRUE(holds(findings(), "firing_rate is spike_count over the window"));
}

TEST_F(UnsoundResult, ShowsExtremaTheWrongWayRound) {
  put("V_min", 3, 1e3);
  EXPECT_TRUE(holds(findings(), "V_min is not above V_max"));
}

TEST_F(UnsoundResult, ShowsSpikesOutOfOrderAndOutOfRange) {
  put("spike_time", 1, 19.0);
  EXPECT_TRUE(holds(findings(), "spike_time ascends within a neuron"));
  put("spike_time", 2, 21.0);
  EXPECT_TRUE(holds(findings(), "spike_time lies between 0 and the duration"));
}

TEST_F(UnsoundResult, ShowsAThresholdOutsideItsBounds) {
  put("threshold", 0, 9.0);
  EXPECT_TRUE(holds(findings(), "threshold lies between"));
  put("threshold", 1, 9.0);
  EXPECT_TRUE(holds(findings(), "threshold is NaN where none was found"));
}

/// A result of 105 neurons with a search, of which 0, 26, 52, 78 and 104 were audited.
class UnsoundAudit : public UnsoundResult {
 protected:
  UnsoundAudit() {
    sweep_.resolved = R"({"audit": {"neurons": 5}})";
    AuditFigures figures;
    figures.neurons = 5;
    figures.dt_ms = 0.005;
    figures.spikes = 7;
    figures.spike_time.take(0.01, 26);
    figures.V_max.take(0.5, 104);
    figures.count_mismatches = 2;
    figures.status_mismatches = 1;
    Provenance audited = provenance();
    audited.audit = figures;
    write(sweep_, path(), 20, true, audited);
  }

  /// Changes the attributes as `change(netCDF's number of the file)` says and checks the result.
  [[nodiscard]] std::string findings_after(const std::function<int(int)>& change) const {
    const std::string sound = path("sound");
    fs::copy_file(path(), sound, fs::copy_options::overwrite_existing);
    int id = 0;
    EXPECT_EQ(nc_open(path().c_str(), NC_WRITE, &id), NC_NOERR);
    EXPECT_EQ(change(id), NC_NOERR);
    EXPECT_EQ(nc_close(id), NC_NOERR);
    std::string found = findings();
    fs::rename(sound, path());
    return found;
  }
  [[nodiscard]] std::string with_count(const char* name, long long value) const {
    return findings_after(
        [&](int id) { return nc_put_att_longlong(id, NC_GLOBAL, name, NC_INT64, 1, &value); });
  }
  [[nodiscard]] std::string with_real(const char* name, double value) const {
    return findings_after(
        [&](int id) { return nc_put_att_double(id, NC_GLOBAL, name, NC_DOUBLE, 1, &value); });
  }
  [[nodiscard]] std::string without(const char* name) const {
    return findings_after([&](int id) { return nc_del_att(id, NC_GLOBAL, name); });
  }
};

TEST_F(UnsoundAudit, IsSoundBeforeItIsTouched) { EXPECT_EQ(findings(), ""); }

TEST_F(UnsoundAudit, ShowsWhatIsMissing) {
  for (const char* name :
       {"audit_neurons", "audit_dt", "audit_spikes", "audit_spike_time_shift",
        "audit_spike_time_shift_neuron", "audit_V_max_shift", "audit_V_max_shift_neuron",
        "audit_count_mismatches", "audit_status_mismatches", "audit_threshold_shift",
        "audit_threshold_mismatches"}) {
    EXPECT_EQ(without(name), std::string("the attribute ") + name + " is missing\n");
  }
}

TEST_F(UnsoundAudit, ShowsThatThereIsNoneOrNoneIsWanted) {
  write(sweep_, path(), 20, true);
  EXPECT_EQ(findings(), "the audit that the sweep asks for is missing\n");
  // As merge --partial leaves it.
  EXPECT_EQ(with_count("neurons_not_run", 20), "");
}

TEST_F(UnsoundAudit, ShowsOneOfAnIncompleteResultAndOneOfAnotherSweep) {
  EXPECT_EQ(with_count("neurons_not_run", 20),
            "there is an audit of a result that is not complete\n");
  EXPECT_EQ(with_real("audit_of_something", 1),
            "the attribute audit_of_something is none of the result's audit\n");
}

TEST_F(UnsoundAudit, ShowsTypes) {
  EXPECT_EQ(with_real("audit_spikes", 7),
            "the attribute audit_spikes is not one number of type int64\n");
  EXPECT_EQ(with_count("audit_V_max_shift", 1),
            "the attribute audit_V_max_shift is not one number of type float64\n");
  EXPECT_EQ(findings_after([](int id) {
              const double shifts[] = {0.1, 0.2};
              return nc_put_att_double(id, NC_GLOBAL, "audit_V_max_shift", NC_DOUBLE, 2, shifts);
            }),
            "the attribute audit_V_max_shift is not one number of type float64\n");
}

TEST_F(UnsoundAudit, ShowsFiguresThatCannotBe) {
  const auto two_kinds =
      "audit_count_mismatches and audit_status_mismatches are more than audit_neurons\n";
  for (const long long neurons : {0, -1, 106}) {
    EXPECT_EQ(with_count("audit_neurons", neurons),
              "audit_neurons is not from 1 to the number of neurons\n");
  }
  EXPECT_TRUE(
      holds(with_count("audit_neurons", 9), "audit_neurons is not what the sweep asks for"));
  EXPECT_EQ(with_real("audit_dt", 0.01), "audit_dt is not half of dt\n");
  EXPECT_EQ(with_count("audit_spikes", -1), "audit_spikes is negative\n");
  EXPECT_EQ(with_count("audit_count_mismatches", -1),
            "audit_count_mismatches is not from 0 to audit_neurons\n");
  EXPECT_EQ(with_count("audit_count_mismatches", 4), "");
  EXPECT_EQ(with_count("audit_count_mismatches", 5), two_kinds);
  EXPECT_EQ(with_count("audit_threshold_mismatches", 6),
            "audit_threshold_mismatches is not from 0 to audit_neurons\n");
}

TEST_F(UnsoundAudit, ShowsShiftsThatCannotBe) {
  for (const double shift : {-0.1, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(with_real("audit_V_max_shift", shift), "audit_V_max_shift is negative or infinite\n");
  }
  EXPECT_EQ(with_real("audit_V_max_shift", nan),
            "audit_V_max_shift_neuron is there without a shift\n");
  EXPECT_EQ(with_count("audit_spikes", 0),
            "audit_spike_time_shift is NaN and audit_spikes not 0, or the other way round\n");
  for (const long long neuron : {0, 26, 52, 78, 104}) {
    EXPECT_EQ(with_count("audit_V_max_shift_neuron", neuron), "");
  }
  for (const long long neuron : {-1, 1, 25, 27, 103, 105, 130}) {
    EXPECT_EQ(with_count("audit_V_max_shift_neuron", neuron),
              "audit_V_max_shift_neuron is none of the neurons audited\n");
  }
}

TEST_F(UnsoundResult, IsNeverTakenForSoundWhenItIsDamaged) {
  const std::string sound = path("sound");
  fs::copy_file(path(), sound);
  const std::uint64_t size = fs::file_size(sound);
  for (const std::uint64_t kept : {std::uint64_t{0}, std::uint64_t{100}, size / 2, size - 1}) {
    fs::copy_file(sound, path(), fs::copy_options::overwrite_existing);
    fs::resize_file(path(), kept);
    EXPECT_NE(findings(), "") << kept << " bytes kept";
    EXPECT_TRUE(holds(message_of([&] { summarize(path()); }), "5: ")) << kept << " bytes kept";
  }
}

/// Leaves results for tests/python where the variable names a folder for them.
TEST_F(ResultFile, OfEveryShapeIsSound) {
  const char* folder = std::getenv("HHSWEEP_RESULT_DIR");
  const auto place = [&](const std::string& name) {
    return folder == nullptr ? path(name) : std::string(folder) + '/' + name;
  };
  Sweep silent = line_sweep(1);
  silent.job.record.spike_times = true;
  const std::pair<std::string, Sweep> results[] = {{"scalar.nc", scalar_sweep()},
                                                   {"line.nc", line_sweep(20)},
                                                   {"silent.nc", silent},
                                                   {"full.nc", full_sweep(Precision::float32)},
                                                   {"full64.nc", full_sweep(Precision::float64)}};
  for (const auto& [name, sweep] : results) {
    write(sweep, place(name), 8, true);
    EXPECT_EQ(joined(unsoundness(place(name))), "") << name;
  }
}

}  // namespace
}  // namespace hhsweep::io
