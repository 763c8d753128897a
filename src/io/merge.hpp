// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hhsweep/sweep.hpp"
#include "parts_folder.hpp"
#include "result_file.hpp"

namespace hhsweep::io {

/// Joins the parts of a sweep into the result at `path`, through buffers of a few MiB. Chunks can
/// be taken up while others are still computed, so that little is left to do in the end. The result
/// appears under its name when it is complete on the disk; until then `path` is as it was.
class Merger {
 public:
  /// Begins the result under another name. `sweep` and `parts` have to outlive it. Throws, as all
  /// that follows, IoError, and an Error of exit code 75 when `stop` says so.
  Merger(const Sweep& sweep, const PartsFolder& parts, const std::string& path, const Stop& stop);
  ~Merger();
  Merger(const Merger&) = delete;  // owns the unfinished file
  Merger& operator=(const Merger&) = delete;

  /// Takes up the next chunks in order that have parts, `most` at once.
  void take_up_ahead(std::uint64_t most);
  /// Takes up what is left and returns content_hash; nothing can be called after it. Neurons of
  /// chunks without a part, which is asked for by PartsFolder::has(), get status 2 (not run).
  std::string finish(const Provenance& provenance);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hhsweep::io
