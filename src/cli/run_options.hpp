// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"
#include "hhsweep/sweep.hpp"

namespace CLI {
class App;
}

namespace hhsweep::cli {

/// Where to compute, as typed.
struct BackendArguments {
  std::string backend = "auto";
  std::string devices;  ///< "0" or "0,1"
  int threads = 0;      ///< 0: not given
  std::string isa;
};

/// Arguments of `run`, which `plan` takes too.
struct RunArguments {
  std::string file;
  std::string output;
  BackendArguments where;
  std::vector<std::string> settings;
  std::string shard;
  double max_time_s = -1;  ///< below 0: not given
  double save_every_s = RunOptions().save_every_s;
  bool overwrite = false;
  bool strict = false;
  bool json = false;
  bool quiet = false;
};

/// For CLI::Option::check: what is wrong with a value as typed, "" when nothing is.
using Check = std::function<std::string(const std::string&)>;

/// A number from `low` to `high`, not NaN.
Check number_from(double low, double high);

/// A whole number from `low` to `high`.
Check integer_from(long long low, long long high);

/// One of these words.
Check one_of(std::vector<std::string> words);

void add_backend_options(CLI::App& command, BackendArguments& where);
void add_settings_option(CLI::App& command, std::vector<std::string>& settings);
void add_run_options(CLI::App& command, RunArguments& arguments);

/// Options for the engine; throws UsageError when they contradict each other. `auto` with an
/// instruction set means the CPU, with device numbers CUDA.
RunOptions engine_options(const BackendArguments& where);
/// The same for a run, with how it saves what is under way.
RunOptions engine_options(const RunArguments& arguments);

/// Reads the sweep file after checking what can be said without it (UsageError).
Sweep read_sweep(const RunArguments& arguments);

/// -o, or the sweep file's name with .nc in the current directory. Throws UsageError when that is
/// the sweep file itself, or a CSV file that it reads.
std::string output_path(const RunArguments& arguments, const Sweep& sweep);

/// "float32" or "float64".
const char* precision_name(Precision precision);

/// "float32", or "float32, fast math".
std::string arithmetic_text(const Job& job);

}  // namespace hhsweep::cli
