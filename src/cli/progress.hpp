// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include "hhsweep/engine.hpp"

namespace hhsweep::cli {

/// How progress is shown.
enum class ProgressStyle {
  none,
  line,  ///< one line that is rewritten, on a terminal
  log    ///< a time-stamped line after 10 s, then with gaps that grow to 10 min
};

/// `none` when quiet, `line` where standard error is a terminal that can rewrite, else `log`.
ProgressStyle progress_style(bool quiet);

/// Shows how far a run is.
class ProgressDisplay {
 public:
  /// `what` goes on, before the figures.
  ProgressDisplay(ProgressStyle style, std::FILE* stream, std::string what = "")
      : style_(style), stream_(stream), what_(std::move(what)) {}
  ~ProgressDisplay() { clear(); }
  ProgressDisplay(const ProgressDisplay&) = delete;  // the line on the terminal has one owner
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// May be called as often as one likes; writes when it is time to.
  void update(const Progress& progress);
  /// Removes the rewritten line, before other output.
  void clear();

 private:
  ProgressStyle style_;
  std::FILE* stream_;
  std::string what_;
  double next_s_ = -1;  ///< elapsed time of the next output
  bool on_line_ = false;
};

/// "42 %, 171 million neuron-steps/s, about 12 s left".
std::string progress_text(const Progress& progress);

}  // namespace hhsweep::cli
