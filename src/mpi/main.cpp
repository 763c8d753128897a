// SPDX-License-Identifier: MIT
// hhsweep-mpi: `hhsweep run` by the ranks of an MPI job, which take chunks as they get through
// them.
#include <mpi.h>
#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/audit.hpp"
#include "cli/messages.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "cli/stop_request.hpp"
#include "cli/text.hpp"
#include "hhsweep/engine.hpp"
#include "hhsweep/error.hpp"
#include "io/result_file.hpp"
#include "io/shard.hpp"
#include "io/sweep_file.hpp"

namespace hhsweep::mpi {

namespace {

using Clock = cli::StopRequest::Clock;

struct Place {
  int rank = 0;
  int ranks = 1;
  int local_rank = 0;  ///< among the ranks on this machine
  int local_ranks = 1;
};

Place place_of_this_rank() {
  Place place;
  MPI_Comm_rank(MPI_COMM_WORLD, &place.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &place.ranks);
  MPI_Comm machine = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Comm_rank(machine, &place.local_rank);
  MPI_Comm_size(machine, &place.local_ranks);
  MPI_Comm_free(&machine);
  return place;
}

/// Whether this thread may call MPI, given that no other does at the moment: with a GPU or
/// several threads the engine tells of its progress on a thread of its own.
bool may_call_here() {
  int provided = 0;
  int main_thread = 0;
  MPI_Query_thread(&provided);
  MPI_Is_thread_main(&main_thread);
  return provided >= MPI_THREAD_SERIALIZED || main_thread != 0;
}

/// A number on rank 0 that every rank can take the next values of.
class SharedCounter {
 public:
  SharedCounter() {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const MPI_Aint size = rank == 0 ? sizeof(std::int64_t) : 0;
    MPI_Win_allocate(size, sizeof(std::int64_t), MPI_INFO_NULL, MPI_COMM_WORLD, &value_, &window_);
    if (rank == 0) *value_ = 0;
    MPI_Win_lock_all(0, window_);
    MPI_Win_sync(window_);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~SharedCounter() {
    MPI_Win_unlock_all(window_);
    MPI_Win_free(&window_);
  }
  SharedCounter(const SharedCounter&) = delete;  // owns the window
  SharedCounter& operator=(const SharedCounter&) = delete;

  /// Adds `count` and returns what the number was before.
  std::int64_t take(std::int64_t count) {
    std::int64_t before = 0;
    MPI_Fetch_and_op(&count, &before, MPI_INT64_T, 0, 0, MPI_SUM, window_);
    MPI_Win_flush(0, window_);
    return before;
  }

 private:
  std::int64_t* value_ = nullptr;
  MPI_Win window_ = MPI_WIN_NULL;
};

/// The worst exit code of all ranks.
ExitCode worst(ExitCode code) {
  int mine = static_cast<int>(code);
  int all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  return static_cast<ExitCode>(all);
}

double sum_over_ranks(double value) {
  double sum = 0;
  MPI_Allreduce(&value, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sum;
}

std::vector<std::uint64_t> from_rank_0(std::vector<std::uint64_t> values) {
  std::uint64_t count = values.size();
  MPI_Bcast(&count, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  values.resize(count);
  MPI_Bcast(values.data(), static_cast<int>(count), MPI_UINT64_T, 0, MPI_COMM_WORLD);
  return values;
}

/// Each rank on its own GPU, as far as there are any, and on its share of the CPUs.
RunOptions options_of(const cli::RunArguments& arguments, const Place& place) {
  RunOptions options = cli::engine_options(arguments);
  int devices = 0;
  for (const DeviceInfo& device : list_devices()) {
    devices += device.backend == "cuda" && device.available ? 1 : 0;
  }
  if (options.devices.empty() && devices > 0) {
    options.devices = {place.local_rank % devices};
  } else if (!options.devices.empty()) {
    const auto turn = static_cast<std::size_t>(place.local_rank) % options.devices.size();
    options.devices = {options.devices[turn]};
  }
  if (options.backend == "cpu") options.devices.clear();
  cpu_set_t usable;
  const long all = ::sysconf(_SC_NPROCESSORS_ONLN);
  const bool known = ::sched_getaffinity(0, sizeof usable, &usable) == 0;
  const bool bound = known && CPU_COUNT(&usable) < all;
  if (options.threads == 0 && known && !bound) {
    options.threads = std::max(1, CPU_COUNT(&usable) / place.local_ranks);
  }
  return options;
}

class Run {
 public:
  Run(const cli::RunArguments& arguments, std::string command_line, const Place& place)
      : arguments_(arguments), command_line_(std::move(command_line)), place_(place) {}

  ExitCode operator()() {
    ExitCode code = worst(guarded([&] { read(); }));
    if (code != ExitCode::ok) return code;
    if (place_.rank == 0) code = guarded([&] { prepare_output(); });
    code = worst(code);
    if (code != ExitCode::ok || is_complete()) return code;
    chunks_ = from_rank_0(std::move(chunks_));
    {
      SharedCounter counter;
      code = worst(guarded([&] { compute(counter); }));
    }
    const double neuron_steps = sum_over_ranks(neuron_steps_);
    const double compute_s = sum_over_ranks(compute_s_) / place_.ranks;
    if (code == ExitCode::ok && place_.rank == 0) {
      code = guarded([&] { join(neuron_steps, compute_s); });
    }
    return worst(code);
  }

 private:
  /// Runs `work`; what it throws becomes a message and an exit code.
  ExitCode guarded(const std::function<void()>& work) const {
    try {
      work();
      return code_;
    } catch (const SweepError& error) {
      if (place_.rank == 0) cli::complain_verbatim(error.what());
      return error.code();
    } catch (const Error& error) {
      const bool same_everywhere = error.code() == ExitCode::usage;
      if (place_.rank == 0 || !same_everywhere) cli::complain(name() + error.what());
      return error.code();
    } catch (const std::bad_alloc&) {
      cli::complain(name() + "not enough memory");
      return ExitCode::io;
    } catch (const std::exception& error) {
      cli::complain(name() + "internal: " + error.what());
      return ExitCode::internal;
    }
  }

  [[nodiscard]] std::string name() const {
    return place_.rank == 0 ? "" : "rank " + std::to_string(place_.rank) + ": ";
  }

  void read() {
    if (!arguments_.shard.empty()) {
      throw UsageError("--shard: the ranks share the chunks by themselves");
    }
    sweep_ = cli::read_sweep(arguments_);
    path_ = cli::output_path(arguments_, sweep_);
    stop_.emplace(started_, arguments_.max_time_s);
    if (sweep_.job.math != Math::exact && !io::is_result_of(path_, sweep_)) {
      Engine(options_of(arguments_, place_)).expect_offered(sweep_.job);
    }
  }

  /// On rank 0, which has the lock.
  void prepare_output() {
    for (const std::string& remark : io::warnings(sweep_)) cli::warn(remark);
    if (!arguments_.overwrite && io::is_result_of(path_, sweep_)) {
      io::remove_leftover_parts(path_, sweep_, plan_chunks(sweep_.job));
      cli::print(path_ + " is already the complete result of this sweep; nothing was computed\n");
      complete_ = 1;
      return;
    }
    writer_.emplace(sweep_, path_, arguments_.overwrite, io::Shard{},
                    [this] { return stop_->requested(); });
    chunks_ = writer_->missing_chunks();
    writer_->begin();
  }

  /// What rank 0 has found.
  bool is_complete() {
    MPI_Bcast(&complete_, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return complete_ != 0;
  }

  void compute(SharedCounter& counter) {
    RunOptions options = options_of(arguments_, place_);
    io::PartWriter parts(sweep_, path_);
    const auto left = static_cast<std::int64_t>(chunks_.size());
    const auto most_at_once =
        static_cast<std::int64_t>(io::neighbours_at_once(plan_chunks(sweep_.job)));
    const std::int64_t at_once =
        std::clamp<std::int64_t>(left / (8 * place_.ranks), 1, most_at_once);
    cli::ProgressDisplay display(cli::progress_style(arguments_.quiet || place_.rank != 0), stderr);
    for (std::int64_t first = 0; (first = counter.take(at_once)) < left;) {
      const auto begin = chunks_.begin() + first;
      options.chunks.assign(begin, begin + std::min(at_once, left - first));
      Engine engine(options);
      if (!engine.notice().empty()) cli::note(name() + engine.notice());
      parts.computing_on(engine.backend(), engine.device());
      const RunSummary done = engine.run(
          sweep_.job,
          [&](std::uint64_t c, const Results& results) { parts.write_chunk(c, results); },
          [&](const Progress&) { show_progress(display, first, left); },
          [&] { return stop_->requested(); }, &parts.states());
      neuron_steps_ += done.neuron_steps;
      compute_s_ += done.compute_s;
      if (done.complete) continue;
      code_ = ExitCode::incomplete;
      cli::note(name() + "stopped by " + stop_->reason() + "; the same command goes on");
      return;
    }
  }

  /// Of all ranks together, as far as chunks were handed out. Rank 0 serves the counter meanwhile.
  void show_progress(cli::ProgressDisplay& display, std::int64_t first, std::int64_t left) const {
    if (may_call_here()) {
      int flag = 0;
      MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
    }
    const double steps = static_cast<double>(sweep_.job.population.size()) *
                         static_cast<double>(step_count(sweep_.job)) *
                         static_cast<double>(population_runs(sweep_.job));
    const std::chrono::duration<double> elapsed = Clock::now() - started_;
    display.update({.done = steps * static_cast<double>(first) / static_cast<double>(left),
                    .total = steps,
                    .elapsed_s = elapsed.count()});
  }

  void join(double neuron_steps, double compute_s) {
    const auto figures =
        cli::audited(sweep_, options_of(arguments_, place_), cli::progress_style(arguments_.quiet),
                     [this] { return stop_->requested(); });
    const std::chrono::duration<double> wall = Clock::now() - started_;
    const std::string hash = writer_->finish({.command_line = command_line_,
                                              .started = start_time_,
                                              .finished = cli::utc_now(),
                                              .wall_s = wall.count(),
                                              .compute_s = compute_s,
                                              .neuron_steps = neuron_steps,
                                              .audit = figures});
    const io::ResultSummary summary = io::summarize(path_);
    cli::Table table;
    table.add({"neurons", cli::grouped(summary.neurons)});
    table.add({"spikes", cli::grouped(summary.spikes)});
    table.add({"diverged", summary.diverged == 0 ? "none" : cli::grouped(summary.diverged)});
    const std::string audit = cli::audit_text(summary, sweep_.search_units);
    if (!audit.empty()) table.add({"audit", audit});
    table.add({"ranks", std::to_string(place_.ranks)});
    table.add({"time", cli::duration_text(wall.count()) + "; " +
                           cli::rate_text(neuron_steps / std::max(compute_s, 1e-9)) +
                           " neuron-steps/s of all ranks while they compute"});
    table.add({"result", path_});
    table.add({"content_hash", hash});
    cli::print(table.text());
    if (arguments_.strict && summary.diverged > 0) code_ = ExitCode::diverged;
  }

  Clock::time_point started_ = Clock::now();
  std::string start_time_ = cli::utc_now();
  const cli::RunArguments& arguments_;
  std::string command_line_;
  Place place_;
  Sweep sweep_;
  std::string path_;
  int complete_ = 0;
  ExitCode code_ = ExitCode::ok;
  std::optional<cli::StopRequest> stop_;
  std::optional<io::ResultWriter> writer_;
  std::vector<std::uint64_t> chunks_;
  double neuron_steps_ = 0;
  double compute_s_ = 0;
};

int run_program(int argc, char** argv) {
  const Place place = place_of_this_rank();
  CLI::App app("hhsweep-mpi: runs a sweep file by all ranks of an MPI job", "hhsweep-mpi");
  app.footer(
      "Example:\n"
      "  mpirun hhsweep-mpi fi.toml -o fi.nc\n"
      "The options are those of 'hhsweep run' but --shard and --json. Each rank takes chunks as "
      "it\n"
      "gets through them, on the GPU of its number on its machine.");
  cli::RunArguments arguments;
  cli::add_run_options(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (place.rank == 0 && error.get_exit_code() == 0) cli::print(app.help());
    if (place.rank == 0 && error.get_exit_code() != 0) cli::complain(error.what());
    return error.get_exit_code() == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  std::string command_line = "hhsweep-mpi";
  for (int i = 1; i < argc; ++i) command_line += " " + cli::shell_quoted(argv[i]);
  const ExitCode code = Run(arguments, command_line, place)();
  if (place.rank == 0) cli::flush_output();
  return static_cast<int>(code);
}

}  // namespace

}  // namespace hhsweep::mpi

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
  const int code = hhsweep::mpi::run_program(argc, argv);
  MPI_Finalize();
  return code;
}
