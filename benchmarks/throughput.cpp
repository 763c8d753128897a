// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "hhsweep/error.hpp"
#include "hhsweep/version.hpp"
#include "measurement.hpp"

namespace hhsweep::benchmarks {
namespace {

constexpr const char* usage =
    "throughput [BACKEND [NEURONS]] [OPTION...]: RK4 steps of neurons per second, as CSV.\n"
    "BACKEND is cpu (default), cuda or auto; NEURONS is 16384 by default. A few neurons of each\n"
    "load are first compared with plain scalar code, bit for bit (\"fast\": spike for spike), and "
    "one\n"
    "run is discarded.\n"
    "Rates of whole runs count all the time the backend was computing; time_loop is the median\n"
    "rate of the time loop alone. `hhsweep bench` measures the first load with more options; this\n"
    "program needs nothing but the library.\n\n"
    "  --load NAME            one of those below, or all that the backend offers; may be\n"
    "                         repeated (default: S)\n"
    "  --precision NAME       float32, float64 or both (default)\n"
    "  --duration MS          simulated time (default: 100)\n"
    "  --runs N               measured runs (default: 5)\n"
    "  --json                 one JSON object instead of CSV\n"
    "  --verify               only compare\n"
    "  --displacement         only how far fast math displaces the spikes of S, as JSON\n"
    "  --counts FILE          only write the spike counts of S in float64, int32 in the order of\n"
    "                         the neurons, for other programs to be compared with\n\n";

struct Arguments {
  std::string backend = "cpu";
  Extent extent{16384, 100, 5};
  std::vector<const Load*> loads;
  std::vector<Precision> precisions = {Precision::float32, Precision::float64};
  bool json = false, verify_only = false, displacement = false;
  std::string counts;
};

struct Row {
  const Load* load;
  Precision precision;
  Measurement rates;
};

const char* name_of(Precision precision) { return to_string(precision).data(); }

double positive(const std::string& text, const char* what) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (!(value > 0) || *end != 0) {
    throw std::invalid_argument(std::string(what) + " must be a number above 0, not " + text);
  }
  return value;
}

std::vector<const Load*> loads_named(const std::string& name) {
  std::vector<const Load*> found;
  for (const Load& load : loads()) {
    if (name == "all" || name == load.name) found.push_back(&load);
  }
  if (found.empty()) throw std::invalid_argument("no load " + name);
  return found;
}

std::vector<Precision> precisions_named(const std::string& name) {
  if (name == "both") return {Precision::float32, Precision::float64};
  if (name == "float32") return {Precision::float32};
  if (name == "float64") return {Precision::float64};
  throw std::invalid_argument("no precision " + name);
}

Arguments parse(const std::vector<std::string>& words) {
  Arguments arguments;
  std::size_t i = 0;
  if (i < words.size() && words[i][0] != '-') arguments.backend = words[i++];
  if (i < words.size() && words[i][0] != '-') {
    arguments.extent.neurons = static_cast<std::uint64_t>(positive(words[i++], "NEURONS"));
  }
  while (i < words.size()) {
    const std::string option = words[i++];
    const auto value = [&] {
      if (i == words.size()) throw std::invalid_argument(option + " needs a value");
      return words[i++];
    };
    if (option == "--load") {
      const auto found = loads_named(value());
      arguments.loads.insert(arguments.loads.end(), found.begin(), found.end());
    } else if (option == "--precision") {
      arguments.precisions = precisions_named(value());
    } else if (option == "--duration") {
      arguments.extent.duration_ms = positive(value(), "--duration");
    } else if (option == "--runs") {
      arguments.extent.runs = static_cast<int>(positive(value(), "--runs"));
    } else if (option == "--counts") {
      arguments.counts = value();
    } else if (option == "--displacement") {
      arguments.displacement = true;
    } else if (option == "--json") {
      arguments.json = true;
    } else if (option == "--verify") {
      arguments.verify_only = true;
    } else {
      throw std::invalid_argument("no option " + option);
    }
  }
  if (arguments.loads.empty()) arguments.loads = {&loads().front()};
  return arguments;
}

/// Where the numbers come from, as text fields of CSV and JSON.
std::vector<std::pair<std::string, std::string>> provenance(const Engine& engine) {
  return {{"version", std::string(version)},
          {"commit", std::string(build_commit())},
          {"compiler", std::string(build_compiler())},
          {"backend", engine.backend()},
          {"device", engine.device()}};
}

void print_csv_head() {
  std::printf(
      "version,commit,compiler,backend,device,load,precision,neurons,min,median,max,"
      "time_loop\n");
}

void print_csv(const Engine& engine, const Row& row, const Extent& extent) {
  for (const auto& field : provenance(engine)) std::printf("\"%s\",", field.second.c_str());
  std::printf("%s,%s,%llu,%.4g,%.4g,%.4g,%.4g\n", row.load->name.data(), name_of(row.precision),
              static_cast<unsigned long long>(extent.neurons), row.rates.min, row.rates.median,
              row.rates.max, row.rates.time_loop);
  std::fflush(stdout);
}

void print_json(const Engine& engine, const std::vector<Row>& rows, const Extent& extent) {
  std::printf("{");
  for (const auto& [name, text] : provenance(engine)) {
    std::printf("\"%s\": \"%s\", ", name.c_str(), text.c_str());
  }
  std::printf("\"neurons\": %llu, \"duration_ms\": %g, \"runs\": %d, \"verified\": true,\n",
              static_cast<unsigned long long>(extent.neurons), extent.duration_ms, extent.runs);
  std::printf(" \"rates\": [");
  const char* separator = "\n";
  for (const Row& row : rows) {
    std::printf(
        "%s  {\"load\": \"%s\", \"precision\": \"%s\", \"neuron_steps_per_s\": %.6g, "
        "\"min\": %.6g, \"max\": %.6g, \"time_loop\": %.6g}",
        separator, row.load->name.data(), name_of(row.precision), row.rates.median, row.rates.min,
        row.rates.max, row.rates.time_loop);
    separator = ",\n";
  }
  std::printf("]}\n");
}

void write_counts(Engine& engine, const Arguments& arguments) {
  const Job job = job_of(loads().front(), Precision::float64, arguments.extent.neurons,
                         arguments.extent.duration_ms);
  std::vector<std::int32_t> counts(arguments.extent.neurons);
  engine.run(job, [&](std::uint64_t, const Results& results) {
    std::copy(results.spike_count.begin(), results.spike_count.end(),
              counts.begin() + static_cast<std::ptrdiff_t>(results.first));
  });
  std::ofstream file(arguments.counts, std::ios::binary);
  file.write(reinterpret_cast<const char*>(counts.data()),
             static_cast<std::streamsize>(counts.size() * sizeof(counts[0])));
  if (!file.flush()) throw std::runtime_error("cannot write " + arguments.counts);
}

void print_displacement(Engine& engine, const Extent& extent) {
  const Displacement found = fast_displacement(engine, extent);
  std::printf(
      "{\"neurons\": %llu, \"duration_ms\": %g, \"spikes\": %llu, \"largest_ms\": %.3g, "
      "\"other_counts\": %llu}\n",
      static_cast<unsigned long long>(extent.neurons), extent.duration_ms,
      static_cast<unsigned long long>(found.spikes), found.largest_ms,
      static_cast<unsigned long long>(found.other_counts));
}

/// Whether a load named among others is left out, since the backend does not offer it.
bool is_passed_over(const Engine& engine, const Arguments& arguments, const Load& load,
                    Precision precision) {
  if (arguments.loads.size() * arguments.precisions.size() == 1) return false;
  try {
    engine.expect_offered(job_of(load, precision, 1, 1));
  } catch (const DeviceError&) {
    return true;
  }
  return false;
}

void run(const Arguments& arguments) {
  RunOptions options;
  options.backend = arguments.backend;
  Engine engine(options);
  if (!arguments.counts.empty()) return write_counts(engine, arguments);
  if (arguments.displacement) return print_displacement(engine, arguments.extent);
  if (!arguments.json && !arguments.verify_only) print_csv_head();
  std::vector<Row> rows;
  for (const Load* load : arguments.loads) {
    for (const Precision precision : arguments.precisions) {
      if (is_passed_over(engine, arguments, *load, precision)) continue;
      verify(engine, *load, precision);
      if (arguments.verify_only) {
        std::printf("%s, %s: the %s of scalar code\n", load->name.data(), name_of(precision),
                    load->name == "fast" ? "spikes" : "bits");
        continue;
      }
      rows.push_back({load, precision, measure(engine, *load, precision, arguments.extent)});
      if (!arguments.json) print_csv(engine, rows.back(), arguments.extent);
    }
  }
  if (arguments.json) print_json(engine, rows, arguments.extent);
}

void print_usage(std::FILE* out) {
  std::fputs(usage, out);
  for (const Load& load : loads()) {
    std::fprintf(out, "  %-14s %s\n", load.name.data(), load.what.data());
  }
}

}  // namespace
}  // namespace hhsweep::benchmarks

int main(int argc, char** argv) {
  using namespace hhsweep::benchmarks;
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words[0] == "--help") {
    print_usage(stdout);
    return 0;
  }
  try {
    run(parse(words));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "throughput: %s\n\n", error.what());
    print_usage(stderr);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "throughput: %s\n", error.what());
    return 1;
  }
  return 0;
}
