// SPDX-License-Identifier: MIT
#include "result_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "apart.hpp"
#include "disk.hpp"
#include "hhsweep/error.hpp"
#include "hyperslab.hpp"
#include "lock.hpp"
#include "merge.hpp"
#include "netcdf.hpp"
#include "parts_folder.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {
namespace {

namespace fs = std::filesystem;

/// The file that is really written: a rename over a symbolic link would replace the link.
std::string link_target(std::string path) {
  std::error_code error;
  for (int depth = 0; depth < 40 && fs::is_symlink(path, error); ++depth) {
    const fs::path target = fs::read_symlink(path, error);
    if (error) break;
    path = (fs::path(path).parent_path() / target).string();
  }
  return path;
}

void require_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) {
    throw IoError("cannot write " + path + ": the folder " + folder + ": " + std::strerror(errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    throw IoError("cannot write " + path + ": " + folder + " is not a folder");
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw IoError("cannot write " + path + ": the folder " + folder + ": " + std::strerror(errno));
  }
}

void require_free_name(const std::string& path, bool overwrite) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) {
    throw OutputError(path + " is a folder; give the name of a file with -o");
  }
  if (!S_ISREG(status.st_mode)) throw OutputError(path + " exists and is not an ordinary file");
  if (!overwrite) {
    throw OutputError(
        path +
        " exists and is not the result of this sweep; choose another file with -o, or "
        "replace it with --overwrite");
  }
}

std::string checked_output(std::string path, bool overwrite) {
  if (path.empty() || path.ends_with('/')) {
    throw IoError("cannot write '" + path + "': it is not the name of a file");
  }
  path = link_target(std::move(path));
  require_folder(path);
  require_free_name(path, overwrite);
  return path;
}

}  // namespace

struct ResultWriter::State {
  State(const Sweep& the_sweep, std::string the_path, bool overwrite, const ChunkPlan& plan)
      : sweep(the_sweep),
        layout(result_layout(sweep, {})),
        path(checked_output(std::move(the_path), overwrite)),
        lock(path + ".lock", path),
        parts(path + ".parts", fingerprint(sweep), plan, overwrite) {
    // The process that held the lock until now may have finished the very file.
    require_free_name(path, overwrite);
  }

  const Sweep sweep;
  const Layout layout;
  const std::string path;
  const OutputLock lock;
  PartsFolder parts;
};

ResultWriter::ResultWriter(const Sweep& sweep, std::string path, bool overwrite)
    : ResultWriter(sweep, std::move(path), overwrite, plan_chunks(sweep.job)) {}

ResultWriter::ResultWriter(const Sweep& sweep, std::string path, bool overwrite,
                           const ChunkPlan& plan)
    : state_(std::make_unique<State>(sweep, std::move(path), overwrite, plan)) {}

ResultWriter::~ResultWriter() { state_->parts.remove_if_empty(); }

std::vector<std::uint64_t> ResultWriter::missing_chunks() const { return state_->parts.missing(); }

void ResultWriter::write_chunk(std::uint64_t chunk, const Results& results) {
  state_->parts.write(chunk, state_->layout, results);
}

std::string ResultWriter::finish(const Provenance& provenance) {
  State& state = *state_;
  const std::size_t missing = state.parts.missing().size();
  if (missing > 0) {
    throw Error(ExitCode::incomplete, state.path + ": " + std::to_string(missing) + " of " +
                                          std::to_string(state.parts.plan().chunk_count) +
                                          " parts are missing; the same command goes on");
  }
  std::string digest = merge_parts(state.sweep, state.parts, state.path, provenance);
  state.parts.remove_parts();
  state.parts.remove_if_empty();
  return digest;
}

bool is_result_of(const std::string& path, const Sweep& sweep) {
  try {
    require_readable(path);
    require_opens(path);
    const NcFile file = NcFile::open(path);
    return file.global_attribute("hhsweep_fingerprint") == fingerprint(sweep) &&
           file.global_attribute("content_hash").has_value();
  } catch (const IoError&) {
    return false;
  }
}

}  // namespace hhsweep::io
