// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "csv.hpp"
#include "diagnostics.hpp"
#include "hhsweep/sweep.hpp"
#include "sweep_document.hpp"
#include "sweep_table.hpp"

namespace hhsweep::io {

/// The values along an axis of one parameter, as written.
struct EntryDraft {
  std::string path;  ///< of the parameter
  Position path_at;
  std::string name;                 ///< of the coordinate
  std::string form;                 ///< values, linspace, geomspace, range, draw or table
  const Node* form_node = nullptr;  ///< its value: of draw that of dist, of table that of column
  ParameterSource source;           ///< but its parameter, stride and offset
  std::vector<double> values;       ///< of the forms values and table
  std::size_t column = 0;           ///< of the form table, from 0
  std::vector<std::pair<std::string, double>> numbers;  ///< of the form draw, as written
};

/// One [[axis]] table.
struct AxisDraft {
  std::string name;
  Position at;
  std::string form;  ///< zip, repeat, draw, table, or that of its one entry
  std::uint64_t length = 0;
  std::vector<EntryDraft> entries;
  std::string sampling;         ///< of the form draw
  std::string file;             ///< of the form table, as written
  std::optional<CsvTable> csv;  ///< what the file holds
  bool sound = false;           ///< its form and length were understood

  /// Its coordinate counts from 0, and those of the entries stand beside it.
  [[nodiscard]] bool is_indexed() const {
    return form == "zip" || form == "repeat" || form == "draw" || form == "table";
  }
};

/// One [stimulus.NAME] table.
struct StimulusDraft {
  std::string name;
  Position at;
  std::string kind;
  StimulusSpec spec;
  std::array<double, slot::count> values{};
  std::array<std::optional<Position>, slot::count> values_at{};
  std::vector<double> intervals;
  std::string file;  ///< waveform: as written
  std::string file_sha256;
  std::vector<std::vector<double>> waveform;  ///< its columns
  std::optional<std::size_t> column;          ///< from 1, where it was given by name
  std::optional<std::vector<std::string>>
      redraw;                       ///< ou: names of axes; connect_redraw gives the default
  std::vector<Position> redraw_at;  ///< one for each name
  std::string after;
  Position after_at;
  bool sound = false;  ///< its kind is one that can be run
};

/// The [search] table.
struct SearchDraft {
  std::string path;
  Position path_at;
  Position bracket_at;
  SearchSettings settings;
};

/// A sweep while it is read. The readers fill it in this order: axes and search (which say what the
/// other tables may leave out), then model, stimuli, run, record; connect_axes at the end.
struct Draft {
  const Node& root;
  Diagnostics& diagnostics;
  Sweep sweep;
  const Preset* preset = nullptr;
  std::vector<AxisDraft> axes;
  std::optional<SearchDraft> search;
  std::vector<StimulusDraft> stimuli;             ///< every one after the one it follows
  std::vector<std::optional<Position>> given_at;  ///< where each parameter was written, if it was
  bool population_sound = true;                   ///< sizes and sources are complete

  Draft(const Node& document, Diagnostics& mistakes) : root(document), diagnostics(mistakes) {}

  /// Some axis or the search sets the parameter at `path`.
  [[nodiscard]] bool sets(const std::string& path) const;
  /// Where the first axis, or the search, names a parameter whose path begins with `prefix`.
  [[nodiscard]] std::optional<Position> setter_at(std::string_view prefix) const;
  /// Paths of all parameters that axes and the search set, as written.
  [[nodiscard]] std::vector<std::string> setter_paths() const;
  /// The table of that name at the top level; an empty one when it is absent.
  [[nodiscard]] const Node& table(const std::string& name) const;
  /// The name stands at the top level but is no table, which check_top_level notes.
  [[nodiscard]] bool is_misused(const std::string& name) const;
  Population& population() { return sweep.job.population; }
  [[nodiscard]] const Population& population() const { return sweep.job.population; }
};

/// What sets a parameter, found by its place in the parameter vector.
struct ParameterPath {
  std::string path;
  ParameterInfo info;
};
/// Sweep-file path and facts of any parameter of the draft.
ParameterPath parameter_path(const Draft& draft, int index);

/// Place of the parameter at `path`, if there is one.
std::optional<int> parameter_at(const Draft& draft, const std::string& path);

/// The same; a mistake is noted at `at` when there is none.
std::optional<int> find_parameter(Draft& draft, const std::string& path, const Position& at);

void read_axes(Draft& draft);
void read_search(Draft& draft);
void read_model(Draft& draft);
void read_initial(Draft& draft);
void read_spike(Draft& draft);
void read_stimuli(Draft& draft);
void read_run(Draft& draft);
void read_record(Draft& draft);
void read_audit(Draft& draft);
/// Turns axes and search into sources of the population and axes of the sweep.
void connect_axes(Draft& draft);
/// Reads the file of a waveform, and its column where that is a name.
void read_waveform(Draft& draft, StimulusDraft& stimulus, const TableReader& table);
/// Reads the axes along which an ou is drawn anew.
void read_redraw(Draft& draft, StimulusDraft& stimulus, const TableReader& table);
/// Turns the axes along which noises are drawn anew, by default those of the forms repeat, draw and
/// table, into those of the population.
void connect_redraw(Draft& draft);
/// Reads [record.trace]'s neurons, once the axes are connected.
void read_trace_neurons(Draft& draft);
/// Notes every parameter value that is impossible, wherever the axes and the search lead.
void check_values(Draft& draft);
/// JSON of every setting.
std::string resolved_json(const Draft& draft);

}  // namespace hhsweep::io
