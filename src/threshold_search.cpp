// SPDX-License-Identifier: MIT
#include "threshold_search.hpp"

#include <algorithm>

#include "hhsweep/math.hpp"

namespace hhsweep {

ThresholdSearch::ThresholdSearch(const SearchSettings& settings, std::size_t neurons)
    : settings_(settings),
      first_values_(std::max(settings.scan, 2)),
      rounds_(search_rounds(settings)),
      values_(neurons),
      low_(neurons, settings.low),
      high_(neurons, settings.high),
      last_(neurons, Answer::no),
      rising_(neurons, 0),
      changes_(neurons, 0),
      diverged_(neurons, 0) {
  ask();
}

double ThresholdSearch::first_value(std::int64_t i) const {
  if (i == 0) return settings_.low;
  if (i + 1 == first_values_) return settings_.high;
  const double part = static_cast<double>(i) / static_cast<double>(first_values_ - 1);
  return fma(part, settings_.high - settings_.low, settings_.low);
}

void ThresholdSearch::ask() {
  const bool first = asked_ < first_values_;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (diverged_[i] || (!first && changes_[i] == 0)) {
      values_[i] = canonical_nan();
    } else {
      values_[i] = first ? first_value(asked_) : 0.5 * (low_[i] + high_[i]);
    }
  }
}

void ThresholdSearch::note_first(std::size_t i, Answer answer) {
  if (asked_ > 0 && answer != last_[i]) {
    if (changes_[i] == 0) {
      low_[i] = first_value(asked_ - 1);
      high_[i] = first_value(asked_);
      rising_[i] = answer == Answer::yes;
    }
    ++changes_[i];
  }
  last_[i] = answer;
}

void ThresholdSearch::tell(const std::vector<Answer>& answers) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (values_[i] != values_[i]) continue;
    if (answers[i] == Answer::diverged) {
      diverged_[i] = 1;
    } else if (asked_ < first_values_) {
      note_first(i, answers[i]);
    } else if ((answers[i] == Answer::yes) == (rising_[i] != 0)) {
      high_[i] = values_[i];
    } else {
      low_[i] = values_[i];
    }
  }
  ++asked_;
  if (!done()) ask();
}

template <class Self, class Visit>
void ThresholdSearch::visit(Self& self, Visit visit) {
  visit(self.values_);
  visit(self.low_);
  visit(self.high_);
  visit(self.last_);
  visit(self.rising_);
  visit(self.changes_);
  visit(self.diverged_);
}

std::vector<StateColumn> ThresholdSearch::columns() const {
  std::vector<StateColumn> columns;
  visit(*this,
        [&](const auto& numbers) { columns.push_back(column_of(numbers.data(), numbers.size())); });
  return columns;
}

bool ThresholdSearch::restore(std::int64_t asked, const std::vector<StateColumn>& columns) {
  const auto for_each_array = [&](auto take) {
    visit(*this, [&](auto& numbers) { take(numbers.data()); });
  };
  const auto copy = [](auto* to, auto from) { std::copy(from.begin(), from.end(), to); };
  if (asked < 0 || asked > first_values_ + rounds_) return false;
  if (!copy_columns(columns, values_.size(), for_each_array, copy)) return false;
  asked_ = asked;
  return true;
}

std::vector<double> ThresholdSearch::finish(Results& results) const {
  std::vector<double> final_values(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    ThresholdStatus status = changes_[i] > 1 ? ThresholdStatus::several : ThresholdStatus::found;
    final_values[i] = rising_[i] ? high_[i] : low_[i];
    if (diverged_[i]) {
      status = ThresholdStatus::diverged;
      final_values[i] = settings_.high;
    } else if (changes_[i] == 0) {
      const bool always = last_[i] == Answer::yes;
      status = always ? ThresholdStatus::always : ThresholdStatus::never;
      final_values[i] = always ? settings_.low : settings_.high;
    }
    const bool located = status == ThresholdStatus::found || status == ThresholdStatus::several;
    results.threshold_lower.push_back(located ? low_[i] : canonical_nan());
    results.threshold_upper.push_back(located ? high_[i] : canonical_nan());
    results.threshold.push_back(located ? 0.5 * (low_[i] + high_[i]) : canonical_nan());
    results.threshold_status.push_back(status);
  }
  return final_values;
}

}  // namespace hhsweep
