// SPDX-License-Identifier: MIT
// What is particular to the stimuli made of samples: the files of waveforms, the axes along which
// noise is drawn anew.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "csv.hpp"
#include "sweep_draft.hpp"
#include "text_file.hpp"

namespace hhsweep::io {
namespace {

std::string what_of(const StimulusDraft& stimulus) { return "stimulus." + stimulus.name; }

bool redraws_by_default(const AxisDraft& axis) {
  return axis.form == "repeat" || axis.form == "draw" || axis.form == "table";
}

/// Place of the axis of that name among the draft's.
std::optional<std::size_t> find_axis(const Draft& draft, const std::string& name) {
  for (std::size_t a = 0; a < draft.axes.size(); ++a) {
    if (draft.axes[a].name == name) return a;
  }
  return std::nullopt;
}

/// The redraw axes of an ou as places among the draft's axes; names without an axis are noted.
std::vector<std::size_t> redraw_axes(Draft& draft, const StimulusDraft& stimulus) {
  std::vector<std::size_t> places;
  if (!stimulus.redraw) {
    for (std::size_t a = 0; a < draft.axes.size(); ++a) {
      if (redraws_by_default(draft.axes[a])) places.push_back(a);
    }
    return places;
  }
  std::vector<std::string> names;
  for (const AxisDraft& axis : draft.axes) names.push_back(axis.name);
  for (std::size_t i = 0; i < stimulus.redraw->size(); ++i) {
    const std::string& name = (*stimulus.redraw)[i];
    const auto place = find_axis(draft, name);
    if (place) {
      places.push_back(*place);
      continue;
    }
    std::string message = what_of(stimulus) + ".redraw names the axis " + quoted(name) +
                          ", but there is no such axis";
    const std::string meant = nearest_name(name, names);
    if (!meant.empty()) {
      message += "; did you mean " + quoted(meant) + "?";
    } else if (!names.empty()) {
      message += "; there is " + list_of(names, "and");
    }
    draft.diagnostics.error(stimulus.redraw_at[i], message);
  }
  return places;
}

}  // namespace

void read_waveform(Draft& draft, StimulusDraft& stimulus, const TableReader& table) {
  const Node* column = table.value("column");
  const bool by_name = column != nullptr && column->type == Node::Type::text;
  if (by_name) stimulus.column = 1;  // until the file says more
  if (!table.has("file")) {
    draft.diagnostics.error(stimulus.at, what_of(stimulus) +
                                             " has no file (kind \"waveform\" needs the CSV file "
                                             "with its samples)");
    stimulus.sound = false;
    return;
  }
  const auto file = table.file_name("file");
  const std::string path = file ? path_beside(draft.sweep.path, *file) : "";
  const auto csv = file ? read_csv(path, table.at("file"), draft.diagnostics) : std::nullopt;
  if (!csv) {
    stimulus.sound = false;
    return;
  }
  draft.sweep.csv_files.push_back(path);
  stimulus.file = *file;
  stimulus.file_sha256 = csv->sha256;
  stimulus.waveform = csv->columns;
  stimulus.spec.sample_count = static_cast<std::int64_t>(csv->rows());
  stimulus.spec.column_count = static_cast<int>(csv->columns.size());
  if (csv->rows() < 2) {
    draft.diagnostics.error(table.at("file"),
                            quoted(*file) +
                                " has one sample only (the current is the line from "
                                "each sample to the next)");
    stimulus.sound = false;
  }
  if (by_name) {
    const auto place = find_column(*csv, *column, table.path_of("column"), draft.diagnostics);
    if (place) stimulus.column = *place + 1;
  } else if (column == nullptr && csv->columns.size() > 1 && !draft.sets(table.path_of("column"))) {
    draft.diagnostics.error(table.at("file"),
                            what_of(stimulus) + " has no column (" + quoted(*file) + " has " +
                                std::to_string(csv->columns.size()) +
                                "; give a name or a number from 1, or an axis over the numbers)");
  }
}

void read_redraw(Draft& draft, StimulusDraft& stimulus, const TableReader& table) {
  const Node* list = table.value("redraw");
  if (list == nullptr) return;
  stimulus.redraw.emplace();
  if (list->type != Node::Type::array) {
    draft.diagnostics.error(list->at, table.path_of("redraw") +
                                          " must be a list of axis names, not " + describe(*list));
    return;
  }
  for (const Node& item : list->items) {
    if (item.type != Node::Type::text) {
      draft.diagnostics.error(
          item.at, table.path_of("redraw") + " must name axes, but holds " + describe(item));
    } else if (std::find(stimulus.redraw->begin(), stimulus.redraw->end(), item.text) !=
               stimulus.redraw->end()) {
      draft.diagnostics.error(item.at,
                              table.path_of("redraw") + " names " + quoted(item.text) + " twice");
    } else {
      stimulus.redraw->push_back(item.text);
      stimulus.redraw_at.push_back(item.at);
    }
  }
}

void connect_redraw(Draft& draft) {
  Population& population = draft.population();
  for (std::size_t s = 0; s < population.stimuli.size(); ++s) {
    StimulusSpec& spec = population.stimuli[s];
    if (spec.kind != StimulusKind::ou) continue;
    const std::vector<std::size_t> places = redraw_axes(draft, draft.stimuli[s]);
    draft.stimuli[s].redraw.emplace();
    for (const std::size_t place : places) {
      draft.stimuli[s].redraw->push_back(draft.axes[place].name);
    }
    if (!draft.population_sound) continue;
    spec.first_redraw = static_cast<int>(population.redraw.size());
    spec.redraw_count = static_cast<int>(places.size());
    for (const std::size_t place : places) {
      std::uint64_t stride = 1;
      for (std::size_t a = place + 1; a < draft.axes.size(); ++a) stride *= draft.axes[a].length;
      population.redraw.push_back({stride, draft.axes[place].length,
                                   stream_key(draft.sweep.seed, "redraw", draft.axes[place].name)});
    }
  }
}

}  // namespace hhsweep::io
