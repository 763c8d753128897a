// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace hhsweep::cli {

/// Watches for reasons to end a run early: SIGINT, SIGTERM, SIGUSR1 (what batch systems send before
/// the end) and a time limit. A second SIGINT ends the program at once. One object at a time.
class StopRequest {
 public:
  using Clock = std::chrono::steady_clock;
  /// `max_time_s` counts from `started`; below 0 there is no limit.
  StopRequest(Clock::time_point started, double max_time_s);
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;  // owns the signal handlers
  StopRequest& operator=(const StopRequest&) = delete;

  [[nodiscard]] bool requested() const;
  /// "SIGTERM", "--max-time"; meaningful once requested.
  [[nodiscard]] std::string reason() const;

 private:
  Clock::time_point started_;
  double max_time_s_;
};

}  // namespace hhsweep::cli
