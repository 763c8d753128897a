// SPDX-License-Identifier: MIT
#include "shard_option.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "hhsweep/error.hpp"

namespace hhsweep::cli {

namespace {

constexpr std::uint64_t most_shards = 1'000'000;

std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

io::Shard shard_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto number = whole_number(text.substr(0, slash));
  const auto count =
      slash == std::string::npos ? std::nullopt : whole_number(text.substr(slash + 1));
  if (!number || !count) {
    throw UsageError("--shard: '" + text + "' is neither i/n (as 1/4, the first of four) nor auto");
  }
  if (*count < 1 || *count > most_shards) {
    throw UsageError("--shard: '" + text + "': there can be 1 to " + std::to_string(most_shards) +
                     " shards");
  }
  if (*number < 1 || *number > *count) {
    throw UsageError("--shard: '" + text + "': shards are numbered from 1 to " +
                     std::to_string(*count));
  }
  return {*number - 1, *count};
}

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::optional<std::uint64_t> variable(const std::string& name) {
  if (!is_set(name.c_str())) return std::nullopt;
  const std::string text = std::getenv(name.c_str());
  const auto number = whole_number(text);
  if (!number || *number > INT64_MAX) {
    throw UsageError("--shard auto: " + name + " is '" + text + "', which is no whole number");
  }
  return number;
}

std::uint64_t required(const std::string& name, const std::string& because_of) {
  const auto number = variable(name);
  if (number) return *number;
  throw UsageError("--shard auto: " + because_of + " is set, but " + name + " is not");
}

/// The place of this task of a Slurm job array among all of them.
std::optional<io::Shard> slurm_array() {
  const auto id = variable("SLURM_ARRAY_TASK_ID");
  if (!id) return std::nullopt;
  const std::uint64_t first = required("SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_ID");
  const std::uint64_t count = required("SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_ID");
  const std::uint64_t step = variable("SLURM_ARRAY_TASK_STEP").value_or(1);
  const std::uint64_t last =
      variable("SLURM_ARRAY_TASK_MAX").value_or(first + step * (count == 0 ? 0 : count - 1));
  const bool even = step > 0 && count > 0 && *id >= first && *id <= last &&
                    (*id - first) % step == 0 && (last - first) / step + 1 == count;
  if (even) return io::Shard{(*id - first) / step, count};
  throw UsageError("--shard auto: the tasks of this array are not numbered evenly (" +
                   std::to_string(count) + " from " + std::to_string(first) + " to " +
                   std::to_string(last) + " in steps of " + std::to_string(step) +
                   ", this one is " + std::to_string(*id) + "); give --shard i/n");
}

/// The rank of this process in what launched it side by side with others.
std::optional<io::Shard> launched_rank() {
  struct Pair {
    const char* rank;
    const char* size;
  };
  // A launcher of MPI within a Slurm job leaves Slurm's own variables to its ranks as they were.
  constexpr Pair pairs[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                            {"PMI_RANK", "PMI_SIZE"},
                            {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
                            {"SLURM_PROCID", "SLURM_NTASKS"}};
  // A batch script itself has SLURM_PROCID 0, whatever number of tasks it may start by srun.
  const bool batch_script = is_set("SLURM_JOB_ID") && !is_set("SLURM_STEP_ID");
  for (const Pair& pair : pairs) {
    const bool slurm = std::string(pair.rank) == "SLURM_PROCID";
    if (!is_set(pair.rank) || (slurm && (batch_script || !is_set(pair.size)))) continue;
    const std::uint64_t rank = *variable(pair.rank);
    const std::uint64_t size = required(pair.size, pair.rank);
    if (rank < size) return io::Shard{rank, size};
    throw UsageError(std::string("--shard auto: ") + pair.rank + " is " + std::to_string(rank) +
                     ", but " + pair.size + " is " + std::to_string(size));
  }
  return std::nullopt;
}

io::Shard shard_of_environment() {
  const std::optional<io::Shard> array = slurm_array();
  const std::optional<io::Shard> rank = launched_rank();
  if (!array && !rank) {
    throw UsageError(
        "--shard auto: this is no task of a Slurm job array (SLURM_ARRAY_TASK_ID), nor started by "
        "srun (SLURM_PROCID), Open MPI (OMPI_COMM_WORLD_RANK) or another MPI (PMI_RANK); "
        "give --shard i/n");
  }
  const io::Shard outer = array.value_or(io::Shard{});
  const io::Shard inner = rank.value_or(io::Shard{});
  if (inner.count > most_shards || outer.count > most_shards / inner.count) {
    throw UsageError("--shard auto: more than " + std::to_string(most_shards) + " shards");
  }
  return {outer.index * inner.count + inner.index, outer.count * inner.count};
}

}  // namespace

io::Shard parse_shard(const std::string& text) {
  if (text.empty()) return {};
  return text == "auto" ? shard_of_environment() : shard_of(text);
}

}  // namespace hhsweep::cli
