// SPDX-License-Identifier: MIT
#include "sweep_file.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <utility>

#include "hhsweep/error.hpp"
#include "sweep_draft.hpp"
#include "sweep_names.hpp"
#include "sweep_table.hpp"
#include "text_file.hpp"

namespace hhsweep::io {
namespace {

constexpr std::uintmax_t largest_file = std::uintmax_t{64} << 20;

std::string read_text(const std::string& path) {
  auto text = read_text_file(path, largest_file);
  if (text) return *std::move(text);
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  throw SweepError(path + ":1:1: error: the file has " +
                   (unknown ? "more than 64" : std::to_string(size >> 20)) +
                   " MiB (a sweep file is a short text, of 64 MiB at most); is this the right "
                   "file?");
}

/// Refuses what is no text at all, for which the TOML parser's words would be of no help.
void check_is_text(const std::string& text, Diagnostics& diagnostics) {
  const auto zero = text.find('\0');
  if (zero != std::string::npos) {
    Position at;
    at.line = 1 + static_cast<int>(std::count(
                      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n'));
    diagnostics.error(at, "this is not a text file (byte " + std::to_string(zero) +
                              " is zero); is this the right file?");
  } else if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    diagnostics.error({},
                      "the sweep file is empty (it needs at least [run] with a duration); "
                      "'hhsweep example' prints one to start from");
  }
  diagnostics.throw_if_any();
}

/// Tables that the readers take for granted.
void check_top_level(Draft& draft) {
  const TableReader top(draft.root, "", draft.diagnostics);
  top.expect_keys(keys_of(""));
  for (const std::string key : {"model", "initial", "run", "spike", "record", "search", "audit"}) {
    if (draft.is_misused(key)) static_cast<void>(top.table(key));
  }
  draft.sweep.title = top.text("title").value_or("");
  draft.sweep.seed = top.whole("seed", 0).value_or(0);
}

}  // namespace

bool Draft::sets(const std::string& path) const {
  const std::vector<std::string> paths = setter_paths();
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

std::optional<Position> Draft::setter_at(std::string_view prefix) const {
  for (const AxisDraft& axis : axes) {
    for (const EntryDraft& entry : axis.entries) {
      if (entry.path.starts_with(prefix)) return entry.path_at;
    }
  }
  if (search && search->path.starts_with(prefix)) return search->path_at;
  return std::nullopt;
}

std::vector<std::string> Draft::setter_paths() const {
  std::vector<std::string> paths;
  for (const AxisDraft& axis : axes) {
    for (const EntryDraft& entry : axis.entries) paths.push_back(entry.path);
  }
  if (search) paths.push_back(search->path);
  return paths;
}

const Node& Draft::table(const std::string& name) const {
  static const Node absent{};
  const Member* member = root.find(name);
  const bool usable = member != nullptr && member->value.type == Node::Type::table;
  return usable ? member->value : absent;
}

bool Draft::is_misused(const std::string& name) const {
  const Member* member = root.find(name);
  return member != nullptr && member->value.type != Node::Type::table;
}

Sweep read_sweep_file(const std::string& path, const std::vector<std::string>& settings) {
  return read_sweep_text(read_text(path), path, settings);
}

Sweep read_sweep_text(const std::string& text, const std::string& path,
                      const std::vector<std::string>& settings) {
  Diagnostics diagnostics(path, text, settings);
  check_is_text(text, diagnostics);
  Node root = parse_document(text, diagnostics);
  apply_settings(root, settings, diagnostics);

  Draft draft(root, diagnostics);
  draft.sweep.path = path;
  check_top_level(draft);
  read_axes(draft);
  read_search(draft);
  read_model(draft);
  read_initial(draft);
  read_spike(draft);
  read_run(draft);
  read_stimuli(draft);
  read_record(draft);
  read_audit(draft);
  connect_axes(draft);
  connect_redraw(draft);
  check_values(draft);
  read_trace_neurons(draft);
  diagnostics.throw_if_any();

  draft.sweep.text = text;
  draft.sweep.settings = settings;
  draft.sweep.resolved = resolved_json(draft);
  return std::move(draft.sweep);
}

}  // namespace hhsweep::io
