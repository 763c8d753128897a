// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "hhsweep/engine.hpp"
#include "run_state.hpp"

namespace hhsweep {

/// Bisection of every neuron's threshold, all in lock-step: ask values(), run the population there,
/// and tell whether each neuron's event happened, until done().
///
/// First come the ends of the bracket, or `scan` equally spaced values; then rounds that halve the
/// interval in which the event switches. Values are NaN where nothing is left to be asked.
class ThresholdSearch {
 public:
  enum class Answer : std::uint8_t { no, yes, diverged };

  ThresholdSearch(const SearchSettings& settings, std::size_t neurons);

  [[nodiscard]] bool done() const { return asked_ == first_values_ + rounds_; }
  [[nodiscard]] const std::vector<double>& values() const { return values_; }
  void tell(const std::vector<Answer>& answers);

  /// Populations asked about so far, and what is known of each neuron: what restore() goes on from.
  [[nodiscard]] std::int64_t asked() const { return asked_; }
  [[nodiscard]] std::vector<StateColumn> columns() const;
  /// Puts a new search where another one was; false, and nothing changes, when `columns` does not
  /// fit.
  bool restore(std::int64_t asked, const std::vector<StateColumn>& columns);

  /// Fills threshold, its bounds and its status, and returns for each neuron the value of the
  /// recorded run: the bound where the event holds; the bracket's upper end when it never does or
  /// diverges, its lower end when it always does.
  std::vector<double> finish(Results& results) const;

 private:
  void note_first(std::size_t neuron, Answer answer);
  [[nodiscard]] double first_value(std::int64_t i) const;
  void ask();
  template <class Self, class Visit>
  static void visit(Self& self, Visit visit);

  SearchSettings settings_;
  std::int64_t first_values_;
  std::int64_t rounds_;
  std::int64_t asked_ = 0;
  std::vector<double> values_;
  std::vector<double> low_, high_;
  std::vector<Answer> last_;           ///< answer at the value before, while first values are asked
  std::vector<std::uint8_t> rising_;   ///< the event holds at the upper bound
  std::vector<std::int32_t> changes_;  ///< switches of the event seen among the first values
  std::vector<std::uint8_t> diverged_;
};

}  // namespace hhsweep
