// SPDX-License-Identifier: MIT
#include "stop_request.hpp"

#include <array>
#include <atomic>
#include <csignal>

namespace hhsweep::cli {

namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

constexpr std::array watched = {SIGINT, SIGTERM, SIGUSR1};

void remember(int signal) { received.store(signal); }

void install(void (*handler)(int)) {
  for (const int signal : watched) {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    if (signal == SIGINT) action.sa_flags |= static_cast<int>(SA_RESETHAND);
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace

StopRequest::StopRequest(Clock::time_point started, double max_time_s)
    : started_(started), max_time_s_(max_time_s) {
  received.store(0);
  install(remember);
}

StopRequest::~StopRequest() { install(SIG_DFL); }

bool StopRequest::requested() const {
  if (received.load() != 0) return true;
  const std::chrono::duration<double> elapsed = Clock::now() - started_;
  return max_time_s_ >= 0 && elapsed.count() >= max_time_s_;
}

std::string StopRequest::reason() const {
  switch (received.load()) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGUSR1:
      return "SIGUSR1";
    default:
      return "--max-time";
  }
}

}  // namespace hhsweep::cli
