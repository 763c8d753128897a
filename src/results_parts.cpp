// SPDX-License-Identifier: MIT
#include "results_parts.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace hhsweep {

namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// Calls f(column of a, the same column of b) for each column with one number a neuron.
template <class A, class B, class F>
void for_each_column(A& a, B& b, F f) {
  const auto all_a = columns_of(a);
  const auto all_b = columns_of(b);
  [&]<std::size_t... k>(std::index_sequence<k...>) {
    (f(std::get<k>(all_a), std::get<k>(all_b)), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(all_a)>>());
}

/// Elements [first, first + count) of a column, which may be empty.
template <class T>
std::vector<T> part(const std::vector<T>& column, std::size_t first, std::size_t count) {
  if (column.empty()) return {};
  const auto begin = column.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

/// Rows of one length joined end to end: row k of `a`, row k of `b`, and so on.
template <class T>
std::vector<T> join_rows(const std::vector<T>& a, const std::vector<T>& b, std::size_t rows) {
  std::vector<T> joined;
  joined.reserve(a.size() + b.size());
  for (std::size_t row = 0; row < rows; ++row) {
    append(joined, part(a, a.size() / rows * row, a.size() / rows));
    append(joined, part(b, b.size() / rows * row, b.size() / rows));
  }
  return joined;
}

void append_later_spikes(Results& to, const Results& later) {
  std::vector<double> times;
  times.reserve(to.spike_time.size() + later.spike_time.size());
  const double* earlier_from = to.spike_time.data();
  const double* later_from = later.spike_time.data();
  for (std::size_t i = 0; i < to.row_size.size(); ++i) {
    times.insert(times.end(), earlier_from, earlier_from + to.row_size[i]);
    times.insert(times.end(), later_from, later_from + later.row_size[i]);
    earlier_from += to.row_size[i];
    later_from += later.row_size[i];
    to.row_size[i] += later.row_size[i];
  }
  to.spike_time = std::move(times);
}

}  // namespace

void append(Results& to, Results&& from) {
  if (to.count == 0) {
    to = std::move(from);
    return;
  }
  to.count += from.count;
  for_each_column(to, from, [](auto& column, const auto& more) { append(column, more); });
  append(to.spike_time, from.spike_time);
  append(to.trace_neuron, from.trace_neuron);
  for (std::size_t v = 0; v < to.traces.size(); ++v) append(to.traces[v], from.traces[v]);
}

void append_later(Results& to, Results&& later) {
  if (to.count == 0) {
    to = std::move(later);
    return;
  }
  append_later_spikes(to, later);
  to.samples += later.samples;
  for (std::size_t v = 0; v < to.traces.size(); ++v) {
    to.traces[v] = join_rows(to.traces[v], later.traces[v], to.trace_neuron.size());
  }
}

Results slice(const Results& all, std::uint64_t first, std::uint64_t count) {
  Results out;
  out.first = first;
  out.count = count;
  out.samples = all.samples;
  const std::size_t from = first - all.first;
  for_each_column(out, all,
                  [&](auto& column, const auto& whole) { column = part(whole, from, count); });
  if (!all.row_size.empty()) {
    const auto row = all.row_size.begin() + static_cast<std::ptrdiff_t>(from);
    const auto before = std::accumulate(all.row_size.begin(), row, std::size_t{0});
    const auto inside = std::accumulate(out.row_size.begin(), out.row_size.end(), std::size_t{0});
    out.spike_time = part(all.spike_time, before, inside);
  }
  const auto begin = std::lower_bound(all.trace_neuron.begin(), all.trace_neuron.end(), first);
  const auto end = std::lower_bound(begin, all.trace_neuron.end(), first + count);
  out.trace_neuron.assign(begin, end);
  for (const auto& trace : all.traces) {
    const std::size_t row = all.trace_neuron.empty() ? 0 : trace.size() / all.trace_neuron.size();
    out.traces.push_back(part(trace,
                              row * static_cast<std::size_t>(begin - all.trace_neuron.begin()),
                              row * out.trace_neuron.size()));
  }
  return out;
}

}  // namespace hhsweep
