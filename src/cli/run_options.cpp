// SPDX-License-Identifier: MIT
#include "run_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "hhsweep/error.hpp"
#include "io/sweep_file.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr int most_threads = 4096;
constexpr double longest_time_s = 1e9;

std::string non_empty(const std::string& text) { return text.empty() ? "an empty name" : ""; }

/// The number that is the whole of `text`, or nothing.
template <class Value>
std::optional<Value> parse(const std::string& text) {
  Value value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

int device_number(const std::string& text) {
  const auto number = parse<int>(text);
  if (number && *number >= 0) return *number;
  throw UsageError("--device: '" + text + "' is no device number (0, or several as 0,1)");
}

std::vector<int> device_numbers(const std::string& list) {
  std::vector<int> numbers;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    const int number = device_number(list.substr(begin, comma - begin));
    if (std::find(numbers.begin(), numbers.end(), number) != numbers.end()) {
      throw UsageError("--device: " + std::to_string(number) + " is listed twice");
    }
    numbers.push_back(number);
    begin = comma + 1;
  }
  return numbers;
}

void check_settings(const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError("--set: '" + setting + "' is not KEY=VALUE (e.g. --set model.g_K=40)");
    }
  }
}

}  // namespace

Check number_from(double low, double high) {
  return [=](const std::string& text) -> std::string {
    const auto value = parse<double>(text);
    if (value && *value >= low && *value <= high) return "";
    return "'" + text + "' is no number from " + number(low) + " to " + number(high);
  };
}

Check integer_from(long long low, long long high) {
  return [=](const std::string& text) -> std::string {
    const auto value = parse<long long>(text);
    if (value && *value >= low && *value <= high) return "";
    return "'" + text + "' is no whole number from " + std::to_string(low) + " to " +
           std::to_string(high);
  };
}

Check one_of(std::vector<std::string> words) {
  return [words = std::move(words)](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return "";
    std::string list;
    for (std::size_t i = 0; i < words.size(); ++i) {
      list += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    }
    return "'" + text + "' is not " + list;
  };
}

void add_backend_options(CLI::App& command, BackendArguments& where) {
  command.add_option("--backend", where.backend, "auto (default), cpu or cuda")
      ->type_name("NAME")
      ->check(one_of({"auto", "cpu", "cuda"}));
  command.add_option("--device", where.devices, "CUDA devices, e.g. 0 or 0,1 (default: all)")
      ->type_name("N[,M]");
  command.add_option("--threads", where.threads, "CPU threads (default: all this process may use)")
      ->type_name("N")
      ->check(integer_from(1, most_threads));
  command.add_option("--isa", where.isa, "instruction set: scalar, avx2 or avx512 (default: best)")
      ->type_name("NAME");
}

void add_settings_option(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option("--set", settings, "set a key of the sweep file; repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_run_options(CLI::App& command, RunArguments& arguments) {
  command.add_option("FILE", arguments.file, "sweep file (TOML)")
      ->required()
      ->type_name("")
      ->check(non_empty);
  command
      .add_option("-o,--output", arguments.output, "result (default: name of FILE with .nc, here)")
      ->type_name("OUT.nc")
      ->check(non_empty);
  add_backend_options(command, arguments.where);
  add_settings_option(command, arguments.settings);
  command.add_flag("--overwrite", arguments.overwrite, "compute anew and replace what OUT.nc is")
      ->disable_flag_override();
  command
      .add_option("--shard", arguments.shard,
                  "compute the i-th of n parts; auto: from Slurm or MPI")
      ->type_name("i/n|auto");
  command
      .add_option("--max-time", arguments.max_time_s,
                  "stop after that long; the same command goes on")
      ->type_name("SECONDS")
      ->check(number_from(0, longest_time_s));
  command
      .add_option("--save-every", arguments.save_every_s,
                  "save the state of chunks under way that often (default: 15)")
      ->type_name("SECONDS")
      ->check(number_from(0, longest_time_s));
  command.add_flag("--strict", arguments.strict, "exit 7 when a neuron diverged")
      ->disable_flag_override();
  command.add_flag("--json", arguments.json, "print one JSON object at the end")
      ->disable_flag_override();
  command.add_flag("--quiet", arguments.quiet, "no progress and no remarks")
      ->disable_flag_override();
}

RunOptions engine_options(const BackendArguments& where) {
  if (where.backend == "cpu" && !where.devices.empty()) {
    throw UsageError("--device numbers GPUs, but --backend cpu was given");
  }
  if (!where.isa.empty() && (where.backend == "cuda" || !where.devices.empty())) {
    throw UsageError("--isa names an instruction set of the CPU, but a GPU was asked for");
  }
  RunOptions options;
  options.backend = where.backend;
  if (where.backend == "auto" && !where.isa.empty()) options.backend = "cpu";
  if (where.backend == "auto" && !where.devices.empty()) options.backend = "cuda";
  if (!where.devices.empty()) options.devices = device_numbers(where.devices);
  options.threads = where.threads;
  options.isa = where.isa;
  return options;
}

RunOptions engine_options(const RunArguments& arguments) {
  RunOptions options = engine_options(arguments.where);
  options.save_every_s = arguments.save_every_s;
  return options;
}

Sweep read_sweep(const RunArguments& arguments) {
  check_settings(arguments.settings);
  return io::read_sweep_file(arguments.file, arguments.settings);
}

std::string output_path(const RunArguments& arguments, const Sweep& sweep) {
  const std::filesystem::path file(arguments.file);
  std::string path = arguments.output.empty() ? file.stem().string() + ".nc" : arguments.output;
  const auto refuse_if = [&](const std::filesystem::path& read, const std::string& what) {
    std::error_code ignored;
    if (!std::filesystem::equivalent(read, path, ignored)) return;
    throw UsageError("the result would be written over " + what + ' ' + path +
                     "; give another name with -o");
  };
  refuse_if(file, "the sweep file");
  for (const std::string& csv : sweep.csv_files) refuse_if(csv, "a file that the sweep reads,");
  return path;
}

const char* precision_name(Precision precision) { return to_string(precision).data(); }

std::string arithmetic_text(const Job& job) {
  return std::string(precision_name(job.precision)) + (job.math == Math::fast ? ", fast math" : "");
}

}  // namespace hhsweep::cli
