// SPDX-License-Identifier: MIT
#include "io/chunk_states.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "io/fault.hpp"
#include "made_up_results.hpp"

namespace hhsweep::io {
namespace {

std::vector<std::byte> bytes(const std::string& text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

/// Saves texts as bytes.
void save(ChunkStates& states, const std::string& head, std::uint64_t index,
          const std::string& segment) {
  const std::size_t half = head.size() / 2;
  const std::vector<std::byte> pieces[] = {bytes(head.substr(0, half)), bytes(head.substr(half))};
  const std::span<const std::byte> spans[] = {pieces[0], pieces[1]};
  states.save(3, spans, index, bytes(segment));
}

class States : public ResultFile {
 protected:
  [[nodiscard]] ChunkStates states(char fingerprint = 'a') {
    return {folder(), std::string(64, fingerprint), [this] { fs::create_directories(folder()); }};
  }
  [[nodiscard]] std::string folder() { return path("states"); }

  /// Two segments of chunk 3.
  void save_some() {
    ChunkStates writer = states();
    save(writer, "head one", 0, "first");
    save(writer, "head two", 1, "second");
  }
};

TEST_F(States, AreReadAsTheyWereSavedLast) {
  save_some();
  const auto state = states().load(3);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->head, bytes("head two"));
  EXPECT_EQ(state->segments, (std::vector{bytes("first"), bytes("second")}));
  EXPECT_FALSE(states().load(2).has_value());
  EXPECT_FALSE(states('b').load(3).has_value());
}

TEST_F(States, GoOnFromAnEarlierSegment) {
  save_some();
  ChunkStates writer = states();
  writer.load(3);
  save(writer, "head three", 1, "other second");
  const auto state = states().load(3);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->segments, (std::vector{bytes("first"), bytes("other second")}));
}

TEST_F(States, AreRemovedWithWhatTheyWereMadeOf) {
  save_some();
  ChunkStates writer = states();
  writer.load(3);
  save(writer, "head three", 2, "third");
  writer.discard(3);
  EXPECT_TRUE(fs::is_empty(folder()));
}

TEST_F(States, AreNotThereWhenAnyByteOfAnyFileIsAnother) {
  save_some();
  for (const auto& entry : fs::directory_iterator(folder())) {
    const std::string file = entry.path().string();
    for (std::uintmax_t place = 0; place < fs::file_size(file); ++place) {
      std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
      stream.seekg(static_cast<std::streamoff>(place));
      const auto byte = static_cast<char>(stream.get());
      for (const char other : {static_cast<char>(byte ^ 1), byte}) {
        stream.seekp(static_cast<std::streamoff>(place));
        stream.put(other).flush();
        EXPECT_EQ(states().load(3).has_value(), other == byte) << file << " " << place;
      }
    }
  }
}

TEST_F(States, AreNotThereWhenAFileIsCutOrMissing) {
  for (const char* name :
       {"chunk-0000000003.state", "chunk-0000000003.state-0", "chunk-0000000003.state-1"}) {
    save_some();
    const std::string file = folder() + '/' + name;
    fs::resize_file(file, fs::file_size(file) - 1);
    EXPECT_FALSE(states().load(3).has_value()) << name;
    fs::remove(file);
    EXPECT_FALSE(states().load(3).has_value()) << name;
  }
}

TEST_F(States, AreOldOrNewAfterAFailureOfAnyOperation) {
  for (std::uint64_t operation = 1;; ++operation) {
    set_fault({});
    save_some();
    ChunkStates writer = states();
    writer.load(3);
    set_fault({Fault::Kind::error, operation, EIO, true});
    // From segment 1 on, as after a device that ran out of memory.
    const std::string message = message_of([&] { save(writer, "head three", 1, "other"); });
    const bool reached = operation_count() >= operation;
    set_fault({});
    const auto state = states().load(3);
    ASSERT_TRUE(state.has_value()) << operation;
    const bool is_new = state->head == bytes("head three");
    EXPECT_EQ(state->segments[1], bytes(is_new ? "other" : "second")) << operation;
    fs::remove_all(folder());
    if (!reached) {
      EXPECT_TRUE(is_new);
      EXPECT_GT(operation, 10u);
      break;
    }
  }
}

TEST(StateName, IsToldFromOthers) {
  EXPECT_EQ(state_name(12), "chunk-0000000012.state");
  for (const char* name :
       {"chunk-0000000012.state", "chunk-0000000012.state-0", "chunk-0000000012.state-17"}) {
    EXPECT_TRUE(is_state(name)) << name;
    EXPECT_EQ(chunk_of_state(name), 12u);
  }
  EXPECT_TRUE(is_state_head("chunk-0000000012.state"));
  for (const char* name : {"chunk-0000000012.nc", "chunk-0000000012.state-", "chunk-12.state",
                           "chunk-00000000x2.state", "chunk-0000000012.state-1.tmp", "",
                           "chunk-0000000012.state-1.host-7.tmp", "chunk-0000000012.stale"}) {
    EXPECT_FALSE(is_state(name)) << name;
  }
  EXPECT_FALSE(is_state_head("chunk-0000000012.state-0"));
}

}  // namespace
}  // namespace hhsweep::io
