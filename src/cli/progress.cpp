// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr double line_gap_s = 0.1;
constexpr double first_log_s = 10;
constexpr double longest_log_gap_s = 600;

std::string time_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local);
  return text.data();
}

}  // namespace

ProgressStyle progress_style(bool quiet) {
  if (quiet) return ProgressStyle::none;
  const char* terminal = std::getenv("TERM");
  const bool rewrites =
      isatty(STDERR_FILENO) != 0 && terminal && std::strcmp(terminal, "dumb") != 0;
  return rewrites ? ProgressStyle::line : ProgressStyle::log;
}

std::string progress_text(const Progress& progress) {
  const double part = progress.total > 0 ? std::clamp(progress.done / progress.total, 0.0, 1.0) : 0;
  std::string text = format("%.0f %%", 100 * part);
  const double made = progress.done - progress.taken_up;
  if (made <= 0 || progress.elapsed_s <= 0) return text;
  const double rate = made / progress.elapsed_s;
  text += ", " + rate_text(rate) + " neuron-steps/s";
  if (part < 1)
    text += ", about " + duration_text((progress.total - progress.done) / rate) + " left";
  return text;
}

void ProgressDisplay::update(const Progress& progress) {
  if (style_ == ProgressStyle::none) return;
  if (next_s_ < 0) next_s_ = style_ == ProgressStyle::line ? line_gap_s : first_log_s;
  if (progress.elapsed_s < next_s_) return;
  const std::string text = what_ + progress_text(progress);
  if (style_ == ProgressStyle::line) {
    std::fprintf(stream_, "\r\033[K%s", text.c_str());
    on_line_ = true;
    next_s_ = progress.elapsed_s + line_gap_s;
  } else {
    std::fprintf(stream_, "%s hhsweep: %s\n", time_stamp().c_str(), text.c_str());
    next_s_ = progress.elapsed_s + std::min(progress.elapsed_s, longest_log_gap_s);
  }
  std::fflush(stream_);
}

void ProgressDisplay::clear() {
  if (!on_line_) return;
  std::fputs("\r\033[K", stream_);
  std::fflush(stream_);
  on_line_ = false;
}

}  // namespace hhsweep::cli
