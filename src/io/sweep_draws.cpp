// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "sweep_axis.hpp"
#include "sweep_names.hpp"

namespace hhsweep::io {
namespace {

constexpr const char* example = "{ parameter = ..., dist = \"normal\", mean = ..., sd = ... }";

/// A distribution as it is written: its name and its two numbers.
struct WrittenDistribution {
  const char* name;
  Distribution distribution;
  const char* first;
  const char* second;
};
constexpr WrittenDistribution written_distributions[] = {
    {"uniform", Distribution::uniform, "low", "high"},
    {"loguniform", Distribution::loguniform, "low", "high"},
    {"normal", Distribution::normal, "mean", "sd"},
    {"lognormal", Distribution::lognormal, "median", "sigma"},
};

/// The numbers of one distribution.
struct Numbers {
  double first = 0, second = 0;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

/// Reads one entry of draw.
class DrawReader {
 public:
  DrawReader(const AxisTable& axis, const TableReader& source, EntryDraft& entry)
      : axis_(axis), source_(source), entry_(entry) {}

  bool read() {
    entry_.form = "draw";
    const WrittenDistribution* written = read_distribution();
    if (written == nullptr) {
      source_.expect_keys(keys_of("axis.draw"));
      return false;
    }
    source_.expect_keys(known_keys(*written));
    const auto numbers = read_numbers(*written);
    if (!numbers || !is_possible(*written, *numbers)) return false;
    entry_.source.form = SourceForm::draw;
    entry_.source.draw =
        draw_of(written->distribution, numbers->first, numbers->second, numbers->min, numbers->max);
    return has_mass(*written, *numbers);
  }

 private:
  const WrittenDistribution* read_distribution() {
    std::vector<std::string> names;
    for (const WrittenDistribution& written : written_distributions) {
      names.emplace_back(written.name);
    }
    entry_.form_node = source_.value("dist");
    if (entry_.form_node == nullptr) {
      if (!source_.has_misspelt("dist", keys_of("axis.draw"))) {
        axis_.error(source_.at(""), "no dist (the distribution: " + list_of(names) + ")");
      }
      return nullptr;
    }
    const auto name = source_.choice("dist", names);
    if (!name) return nullptr;
    return std::find_if(std::begin(written_distributions), std::end(written_distributions),
                        [&](const WrittenDistribution& written) { return written.name == *name; });
  }

  static std::vector<std::string> known_keys(const WrittenDistribution& written) {
    return {"name", "parameter", "dist", written.first, written.second, "min", "max"};
  }

  std::optional<Numbers> read_numbers(const WrittenDistribution& written) {
    std::vector<std::string> missing;
    for (const std::string key : {written.first, written.second}) {
      const bool named = source_.has(key) || source_.has_misspelt(key, known_keys(written));
      if (!named) missing.push_back(key);
    }
    if (!missing.empty()) {
      const bool cut = source_.has("min") || source_.has("max");
      axis_.error(source_.at("dist"), std::string(written.name) + " has no " +
                                          list_of(missing, "and") +
                                          (cut ? " (min and max only cut it off)" : ""));
    }
    const auto first = read_number(written.first);
    const auto second = read_number(written.second);
    const auto min = read_number("min");
    const auto max = read_number("max");
    const bool sound =
        first && second && (min || !source_.has("min")) && (max || !source_.has("max"));
    if (!sound) return std::nullopt;
    Numbers numbers{*first, *second};
    if (min) numbers.min = *min;
    if (max) numbers.max = *max;
    return numbers;
  }

  std::optional<double> read_number(const std::string& key) {
    const auto number = source_.number(key);
    if (number) entry_.numbers.emplace_back(key, *number);
    return number;
  }

  bool require(bool holds, const std::string& key, const std::string& message) {
    if (!holds) axis_.error(source_.at(key), message);
    return holds;
  }

  bool require_above_zero(const std::string& key, double value) {
    return require(value >= std::numeric_limits<double>::min(), key,
                   key + " must be above 0, not " + format_number(value));
  }

  bool require_below(const std::string& low_key, double low, const std::string& high_key,
                     double high) {
    return require(low < high, high_key,
                   low_key + " = " + format_number(low) + " must be below " + high_key + " = " +
                       format_number(high));
  }

  /// Whether the values between low < high can be computed: those of loguniform, from the nearer
  /// end, by exponentials of at most half the logarithm of high/low.
  static bool fits_float64(Distribution distribution, const Numbers& numbers) {
    if (!std::isfinite(numbers.second - numbers.first)) return false;
    if (distribution != Distribution::loguniform || !(numbers.first > 0)) return true;
    return std::log(numbers.second) - std::log(numbers.first) <= 2 * 707;
  }

  bool is_possible(const WrittenDistribution& written, const Numbers& numbers) {
    bool possible = true;
    const auto also = [&](bool holds) { possible = possible && holds; };
    switch (written.distribution) {
      case Distribution::loguniform:
        also(require_above_zero("low", numbers.first));
        [[fallthrough]];
      case Distribution::uniform:
        also(require_below("low", numbers.first, "high", numbers.second));
        also(require(fits_float64(written.distribution, numbers), "high",
                     "low and high are too far apart for float64"));
        break;
      case Distribution::lognormal:
        also(require_above_zero("median", numbers.first));
        [[fallthrough]];
      case Distribution::normal:
        also(require_above_zero(written.second, numbers.second));
        break;
    }
    if (source_.has("min") && source_.has("max")) {
      also(require_below("min", numbers.min, "max", numbers.max));
    }
    return possible;
  }

  bool has_mass(const WrittenDistribution& written, const Numbers& numbers) {
    if (entry_.source.draw.mass > 0) return true;
    std::string limits;
    for (const auto& [key, value] : {std::pair{"min", numbers.min}, {"max", numbers.max}}) {
      if (!source_.has(key)) continue;
      limits += (limits.empty() ? "" : " and ") + std::string(key) + " = " + format_number(value);
    }
    axis_.error(source_.at(source_.has("min") ? "min" : "max"),
                std::string(written.name) + " with " + written.first + " = " +
                    format_number(numbers.first) + " and " + written.second + " = " +
                    format_number(numbers.second) + " has no values for " + limits);
    return false;
  }

  const AxisTable& axis_;
  const TableReader& source_;
  EntryDraft& entry_;
};

std::optional<std::uint64_t> read_size(const AxisTable& axis) {
  const Node* size = axis.table.value("size");
  if (size == nullptr) {
    std::vector<std::string> known = keys_of("axis");
    std::erase(known, "repeat");
    if (!axis.table.has_misspelt("size", known)) {
      axis.error(axis.table.key_at("draw"), "draw has no size (how many values; write size = ...)");
    }
    return std::nullopt;
  }
  const auto count = whole_number(*size, axis.label() + ": size", 1, axis.draft.diagnostics);
  if (!count) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

}  // namespace

void read_draws(const AxisTable& table, AxisDraft& axis) {
  const std::vector<std::string> samplings{"random", "latin"};
  const auto size = read_size(table);
  axis.sampling = table.table.choice("sampling", samplings).value_or("random");
  table.read_entries("draw", example, axis, [&](const TableReader& source, EntryDraft& entry) {
    return DrawReader(table, source, entry).read();
  });
  axis.sound = axis.sound && size;
  if (!axis.sound) return;
  axis.length = *size;
  for (EntryDraft& entry : axis.entries) {
    Draw& draw = entry.source.draw;
    entry.source.count = *size;
    draw.sampling = axis.sampling == "latin" ? Sampling::latin : Sampling::random;
    draw.key = stream_key(table.draft.sweep.seed, "axis", axis.name + "\n" + entry.path);
  }
}

}  // namespace hhsweep::io
