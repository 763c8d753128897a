// SPDX-License-Identifier: MIT
#include "hhsweep/stimulus.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "messages.hpp"
#include "run_options.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr const char* example =
    "Prints t (ms) and I (uA/cm^2), the sum of all stimuli as the neuron's own run has it, from 0 "
    "to\n"
    "the end of the run; at an edge the current after it. With a [search], that of the run at the\n"
    "bound that the result describes.\n"
    "Example:\n"
    "  hhsweep stimulus noise.toml --neuron 17 --every 0.1 > current.csv";

struct Arguments {
  RunArguments run;
  std::uint64_t neuron = 0;
  std::optional<double> every_ms;  ///< every step when it is absent
};

std::int64_t steps_of_every(std::optional<double> every_ms, double dt_ms) {
  if (!every_ms) return 1;
  if (const auto steps = whole_steps(*every_ms, dt_ms)) return *steps;
  throw UsageError("--every: " + number(*every_ms) + " ms is no multiple of dt = " + number(dt_ms) +
                   " ms");
}

/// Shortest text that reads back as the same number of its precision.
template <class Scalar>
void append_number(std::string& text, const std::byte* raw) {
  Scalar value;
  std::memcpy(&value, raw, sizeof value);
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// Prints the trace of the current; returns the time from which it is unknown, or nothing.
std::optional<double> print_current(const Job& job, const Results& results) {
  const bool single = job.precision == Precision::float32;
  const std::byte* raw = results.traces.front().data();
  const double end =
      results.status.front() == NeuronStatus::diverged ? results.diverged_time.front() : no_edge();
  std::optional<double> unknown_from;
  std::string text = "t,I\n";
  for (std::int64_t k = 0; k < results.samples; ++k) {
    const double t = static_cast<double>(k * job.record.trace->every_steps) * job.dt_ms;
    if (t >= end) {
      unknown_from = end;
      break;
    }
    char digits[32];
    text.append(
        digits,
        std::to_chars(digits, digits + sizeof digits, t, std::chars_format::general, 12).ptr);
    text += ',';
    if (single) {
      append_number<float>(text, raw + k * 4);
    } else {
      append_number<double>(text, raw + k * 8);
    }
    text += '\n';
    if (text.size() > (std::size_t{1} << 16)) {
      print(text);
      text.clear();
    }
  }
  print(text);
  return unknown_from;
}

ExitCode show_stimulus(const Arguments& arguments) {
  const Sweep sweep = read_sweep(arguments.run);
  Job job = sweep.job;
  const std::uint64_t neurons = job.population.size();
  if (arguments.neuron >= neurons) {
    throw UsageError(
        "--neuron: there is no neuron " + std::to_string(arguments.neuron) + " (" +
        (neurons == 1 ? "the only one is 0" : "they are 0 to " + std::to_string(neurons - 1)) +
        ")");
  }
  TraceSettings trace;
  trace.variables = {TraceVariable::I_stim};
  trace.every_steps = steps_of_every(arguments.every_ms, job.dt_ms);
  trace.selection.neurons = {arguments.neuron};
  job.record.trace = trace;
  job.record.spike_times = false;
  job.math = Math::exact;  // of which the current knows nothing
  RunOptions options;
  options.backend = "cpu";
  options.threads = 1;
  const Results results = Engine(options).run_neuron(job, arguments.neuron);
  if (const auto end = print_current(job, results)) {
    warn("the neuron diverged at " + number(*end) + " ms and saw no current from then on");
  }
  return ExitCode::ok;
}

}  // namespace

Command add_stimulus(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("stimulus", "prints the current that one neuron sees, as CSV");
  command->footer(example);
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("FILE", arguments->run.file, "sweep file (TOML)")->required()->type_name("");
  command->add_option("--neuron", arguments->neuron, "its number, from 0")
      ->required()
      ->type_name("K")
      ->check(integer_from(0, (1LL << 40) - 1));
  command->add_option("--every", arguments->every_ms, "interval, a multiple of dt (default: dt)")
      ->type_name("MS")
      ->check(number_from(0, 1e12));
  add_settings_option(*command, arguments->run.settings);
  return {command, [arguments](Context&) { return show_stimulus(*arguments); }};
}

}  // namespace hhsweep::cli
