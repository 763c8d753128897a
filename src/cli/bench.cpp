// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "commands.hpp"
#include "hhsweep/version.hpp"
#include "messages.hpp"
#include "run_options.hpp"
#include "standard_load.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr const char* example =
    "Examples:\n"
    "  hhsweep bench --threads 1 --precision both\n"
    "The load: squid from rest, constant currents 0 to 50 uA/cm^2 from 5 ms, dt 0.01 ms, counts "
    "and\n"
    "statistics on. Spike counts are verified first, then one run is discarded.";

constexpr std::uint64_t cpu_neurons_per_thread = 8192;
constexpr long long most_neurons = 1LL << 32;
constexpr std::uint64_t gpu_neurons = std::uint64_t{1} << 20;

struct BenchArguments {
  BackendArguments where;
  std::string precision = "both";
  std::uint64_t neurons = 0;  ///< 0: chosen from the backend
  double duration_ms = 100;
  int repeat = 5;
  bool json = false;
  bool csv = false;
};

/// Rates in million neuron-steps/s, in total.
struct Throughput {
  Precision precision = Precision::float32;
  double min = 0, median = 0, max = 0;
};

/// What was measured, and on what.
struct Bench {
  std::string backend, device;
  int threads = 0;  ///< 0: not on the CPU
  std::uint64_t neurons = 0;
  std::vector<Throughput> rows;
};

/// The CPU names itself "2 threads, avx512".
int threads_of(const Engine& engine) {
  int threads = 0;
  const std::string& device = engine.device();
  if (engine.backend() == "cpu") {
    std::from_chars(device.data(), device.data() + device.size(), threads);
  }
  return threads;
}

Throughput measure(Engine& engine, Precision precision, std::uint64_t neurons,
                   const BenchArguments& arguments) {
  verify_standard_load(engine, precision);
  const Job load = standard_load(precision, neurons, arguments.duration_ms);
  measure_rate(engine, load);
  std::vector<double> rates;
  rates.reserve(static_cast<std::size_t>(arguments.repeat));
  for (int i = 0; i < arguments.repeat; ++i) rates.push_back(measure_rate(engine, load) / 1e6);
  std::sort(rates.begin(), rates.end());
  const std::size_t middle = rates.size() / 2;
  const double median =
      rates.size() % 2 == 1 ? rates[middle] : 0.5 * (rates[middle - 1] + rates[middle]);
  return {precision, rates.front(), median, rates.back()};
}

Bench run_bench(const BenchArguments& arguments) {
  if (arguments.csv && arguments.json) throw UsageError("--csv and --json exclude each other");
  Engine engine(engine_options(arguments.where));
  if (!engine.notice().empty()) note(engine.notice());
  Bench bench{engine.backend(), engine.device(), threads_of(engine), arguments.neurons, {}};
  if (bench.neurons == 0) {
    bench.neurons =
        engine.backend() == "cpu"
            ? cpu_neurons_per_thread * static_cast<std::uint64_t>(std::max(1, bench.threads))
            : gpu_neurons;
  }
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    if (arguments.precision != "both" && arguments.precision != precision_name(precision)) continue;
    bench.rows.push_back(measure(engine, precision, bench.neurons, arguments));
  }
  return bench;
}

std::string bench_text(const Bench& bench, const BenchArguments& arguments) {
  std::string text = format(
      "hhsweep %s on %s (%s)\n%s of the standard load, %s ms at dt 0.01 ms, %d runs; spike counts "
      "verified\n"
      "million neuron-steps/s\n",
      std::string(version).c_str(), bench.backend.c_str(), bench.device.c_str(),
      plural(bench.neurons, "neuron").c_str(), number(arguments.duration_ms).c_str(),
      arguments.repeat);
  Table table(true);
  std::vector<std::string> head = {"precision", "min", "median", "max"};
  if (bench.threads > 0) head.emplace_back("median per core");
  table.add(head);
  for (const Throughput& row : bench.rows) {
    std::vector<std::string> cells = {precision_name(row.precision), format("%.1f", row.min),
                                      format("%.1f", row.median), format("%.1f", row.max)};
    if (bench.threads > 0) cells.push_back(format("%.1f", row.median / bench.threads));
    table.add(cells);
  }
  return text + table.text("  ");
}

std::string csv_field(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string bench_csv(const Bench& bench, const BenchArguments& arguments) {
  std::string text =
      "version,commit,compiler,backend,device,threads,precision,neurons,duration_ms,dt_ms,runs,"
      "min_million_neuron_steps_per_s,median_million_neuron_steps_per_s,"
      "max_million_neuron_steps_per_s\n";
  for (const Throughput& row : bench.rows) {
    text += format(
        "%s,%s,%s,%s,%s,%d,%s,%llu,%s,0.01,%d,%.6g,%.6g,%.6g\n", std::string(version).c_str(),
        std::string(build_commit()).c_str(), csv_field(std::string(build_compiler())).c_str(),
        bench.backend.c_str(), csv_field(bench.device).c_str(), bench.threads,
        precision_name(row.precision), static_cast<unsigned long long>(bench.neurons),
        number(arguments.duration_ms).c_str(), arguments.repeat, row.min, row.median, row.max);
  }
  return text;
}

void fill_report(const Bench& bench, const BenchArguments& arguments,
                 nlohmann::ordered_json& report) {
  report["version"] = version;
  report["commit"] = build_commit();
  report["compiler"] = build_compiler();
  report["backend"] = bench.backend;
  report["device"] = bench.device;
  report["threads"] = bench.threads > 0 ? nlohmann::ordered_json(bench.threads) : nullptr;
  report["neurons"] = bench.neurons;
  report["duration_ms"] = arguments.duration_ms;
  report["dt_ms"] = 0.01;
  report["runs"] = arguments.repeat;
  report["verified"] = true;
  report["results"] = nlohmann::ordered_json::array();
  for (const Throughput& row : bench.rows) {
    report["results"].push_back({{"precision", precision_name(row.precision)},
                                 {"min_million_neuron_steps_per_s", row.min},
                                 {"median_million_neuron_steps_per_s", row.median},
                                 {"max_million_neuron_steps_per_s", row.max}});
  }
}

}  // namespace

Command add_bench(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("bench", "throughput here, verified before it is printed");
  command->footer(example);
  const auto arguments = std::make_shared<BenchArguments>();
  add_backend_options(*command, arguments->where);
  command->add_option("--precision", arguments->precision, "float32, float64 or both (default)")
      ->type_name("NAME")
      ->check(one_of({"float32", "float64", "both"}));
  command
      ->add_option("--neurons", arguments->neurons, "neurons (default: enough to fill the backend)")
      ->type_name("N")
      ->check(integer_from(2, most_neurons));
  command->add_option("--duration", arguments->duration_ms, "simulated time, default 100")
      ->type_name("MS")
      ->check(number_from(0.01, 1e6));
  command->add_option("--repeat", arguments->repeat, "measured runs, default 5")
      ->type_name("R")
      ->check(integer_from(1, 1000));
  command->add_flag("--json", arguments->json, "print one JSON object")->disable_flag_override();
  command->add_flag("--csv", arguments->csv, "print CSV, a line for each precision")
      ->disable_flag_override();
  return {command, [arguments](Context& context) {
            const Bench bench = run_bench(*arguments);
            fill_report(bench, *arguments, context.report);
            if (context.json) return ExitCode::ok;
            print(arguments->csv ? bench_csv(bench, *arguments) : bench_text(bench, *arguments));
            return ExitCode::ok;
          }};
}

}  // namespace hhsweep::cli
