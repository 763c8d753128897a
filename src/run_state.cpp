// SPDX-License-Identifier: MIT
#include "run_state.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "results_parts.hpp"

namespace hhsweep {

namespace {

/// Bytes that do not hold what they should.
struct Malformed : std::runtime_error {
  Malformed() : std::runtime_error("malformed state") {}
};

/// Writes numbers and vectors one after the other, in this machine's order of bytes.
class Writer {
 public:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void operator()(const T& number) { put(std::as_bytes(std::span(&number, 1))); }
  template <class T>
  void operator()(const std::vector<T>& numbers) {
    (*this)(static_cast<std::uint64_t>(numbers.size()));
    if constexpr (std::is_trivially_copyable_v<T>) {
      put(std::as_bytes(std::span(numbers)));
    } else {
      for (const T& element : numbers) (*this)(element);
    }
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void put(std::span<const std::byte> more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
  }

  std::vector<std::byte> bytes_;
};

/// Reads what a Writer wrote; throws Malformed instead of leaving the bytes.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  requires std::is_trivially_copyable_v<T>
  void operator()(T& number) { std::memcpy(&number, take(1, sizeof(T)).data(), sizeof(T)); }
  template <class T>
  void operator()(std::vector<T>& numbers) {
    std::uint64_t size = 0;
    (*this)(size);
    if constexpr (std::is_trivially_copyable_v<T>) {
      const std::span<const std::byte> from = take(size, sizeof(T));
      numbers.resize(size);
      if (size > 0) std::memcpy(numbers.data(), from.data(), from.size());
    } else {
      if (size > bytes_.size()) throw Malformed();
      numbers.resize(size);
      for (T& element : numbers) (*this)(element);
    }
  }
  std::vector<std::byte> bytes(std::uint64_t count) {
    const std::span<const std::byte> from = take(count, 1);
    return {from.begin(), from.end()};
  }

  void expect_end() const {
    if (!bytes_.empty()) throw Malformed();
  }

 private:
  std::span<const std::byte> take(std::uint64_t count, std::size_t size) {
    if (count > bytes_.size() / size) throw Malformed();
    const std::span<const std::byte> taken = bytes_.first(count * size);
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

  std::span<const std::byte> bytes_;
};

/// Bytes of a number in each column.
std::vector<std::uint8_t> number_sizes(const std::vector<StateColumn>& columns) {
  std::vector<std::uint8_t> sizes;
  for (const StateColumn& column : columns) {
    sizes.push_back(static_cast<std::uint8_t>(column.number_bytes));
  }
  return sizes;
}

std::vector<StateColumn> read_columns(Reader& reader, const std::vector<std::uint8_t>& sizes,
                                      std::uint64_t count) {
  std::vector<StateColumn> columns;
  for (const std::uint8_t size : sizes) {
    if (size == 0 || count > std::numeric_limits<std::uint64_t>::max() / size) throw Malformed();
    columns.push_back({size, reader.bytes(count * size)});
  }
  return columns;
}

RunState read_head(std::span<const std::byte> head) {
  Reader reader(head);
  RunState state;
  std::vector<std::uint8_t> search_sizes;
  std::vector<std::uint8_t> batch_sizes;
  reader(state.first);
  reader(state.count);
  reader(state.runs);
  reader(state.step);
  reader(search_sizes);
  reader(batch_sizes);
  state.search = read_columns(reader, search_sizes, state.count);
  state.batch = read_columns(reader, batch_sizes, state.count);
  reader.expect_end();
  return state;
}

template <class Visitor, class SomeResults>
void visit_results(Visitor& visit, SomeResults& results) {
  visit(results.first);
  visit(results.count);
  std::apply([&](auto&... column) { (visit(column), ...); }, columns_of(results));
  visit(results.spike_time);
  visit(results.trace_neuron);
  visit(results.samples);
  visit(results.traces);
}

/// Throws Malformed unless all sizes agree, so that results can be taken apart.
void require_consistent(const Results& results) {
  const auto fits = [&](const auto& column) {
    return column.empty() || column.size() == results.count;
  };
  const bool columns_fit =
      std::apply([&](const auto&... column) { return (fits(column) && ...); }, columns_of(results));
  std::uint64_t spikes = 0;
  bool good = columns_fit;
  for (const std::int32_t size : results.row_size) {
    good = good && size >= 0;
    spikes += static_cast<std::uint64_t>(size);
  }
  good = good && spikes == results.spike_time.size();
  const std::size_t rows = results.trace_neuron.size();
  for (const auto& trace : results.traces) {
    good = good && (rows == 0 ? trace.empty() : trace.size() % rows == 0);
  }
  good = good && std::is_sorted(results.trace_neuron.begin(), results.trace_neuron.end());
  if (!good) throw Malformed();
}

Results read_results(Reader& reader) {
  Results results;
  visit_results(reader, results);
  require_consistent(results);
  return results;
}

/// The neurons of `state` are among those of `results`. Sums of what is read could overflow.
bool covers(const Results& results, const RunState& state) {
  if (state.count == 0 || state.first < results.first) return false;
  const std::uint64_t before = state.first - results.first;
  return before <= results.count && state.count <= results.count - before;
}

/// Appends what the neurons of `state` had later, among the records of these and others.
void append_records(RunState& state, const Results& all) {
  Results later = slice(all, state.first, state.count);
  const Results& earlier = state.records;
  const bool alike = earlier.count == 0 || (earlier.row_size.size() == later.row_size.size() &&
                                            earlier.trace_neuron == later.trace_neuron &&
                                            earlier.traces.size() == later.traces.size());
  if (!alike) throw Malformed();
  append_later(state.records, std::move(later));
}

std::vector<StateColumn> slice(const std::vector<StateColumn>& columns, std::size_t first,
                               std::size_t count) {
  std::vector<StateColumn> out;
  for (const StateColumn& column : columns) {
    const auto bytes =
        std::span(column.bytes).subspan(first * column.number_bytes, count * column.number_bytes);
    out.push_back({column.number_bytes, {bytes.begin(), bytes.end()}});
  }
  return out;
}

void append(std::vector<StateColumn>& to, const std::vector<StateColumn>& from) {
  for (std::size_t k = 0; k < to.size(); ++k) {
    to[k].bytes.insert(to[k].bytes.end(), from[k].bytes.begin(), from[k].bytes.end());
  }
}

SavedChunk decode_or_throw(const ChunkState& kept) {
  SavedChunk chunk{{}, read_head(kept.head)};
  RunState& state = chunk.under_way;
  for (const auto& bytes : kept.segments) {
    Reader segment(bytes);
    Results finished = read_results(segment);
    Results records = read_results(segment);
    segment.expect_end();
    if (finished.count > 0) append(chunk.finished, std::move(finished));
    // Those of neurons that have come to their end since lie in what is finished.
    if (covers(records, state)) append_records(state, records);
  }
  return chunk;
}

}  // namespace

bool at_one_place(const RunState& a, const RunState& b) {
  const auto same_columns = [](const auto& x, const auto& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& p, const auto& q) {
      return p.number_bytes == q.number_bytes;
    });
  };
  return a.runs == b.runs && a.step == b.step && same_columns(a.search, b.search) &&
         same_columns(a.batch, b.batch);
}

RunState slice(const RunState& all, std::uint64_t first, std::uint64_t count) {
  RunState out;
  out.first = first;
  out.count = count;
  out.runs = all.runs;
  out.step = all.step;
  out.search = slice(all.search, first - all.first, count);
  out.batch = slice(all.batch, first - all.first, count);
  if (all.records.count > 0) out.records = slice(all.records, first, count);
  return out;
}

void append(RunState& to, RunState&& from) {
  if (to.count == 0) {
    to = std::move(from);
    return;
  }
  to.count += from.count;
  append(to.search, from.search);
  append(to.batch, from.batch);
  append(to.records, std::move(from.records));
}

std::vector<std::byte> encode_start_of_head(const RunState& state) {
  Writer writer;
  writer(state.first);
  writer(state.count);
  writer(state.runs);
  writer(state.step);
  writer(number_sizes(state.search));
  writer(number_sizes(state.batch));
  return writer.take();
}

std::vector<std::byte> encode_segment(const Results& finished, const Results& records) {
  Writer writer;
  visit_results(writer, finished);
  visit_results(writer, records);
  return writer.take();
}

std::optional<SavedChunk> decode(const ChunkState& kept) {
  try {
    return decode_or_throw(kept);
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace hhsweep
