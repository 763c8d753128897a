// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hhsweep::io {

/// The types of a result's variables.
enum class Type : int { int8, int32, int64, float32, float64, text };
std::string_view to_string(Type type);
std::size_t size_of(Type type);  ///< bytes of a value; 0 for text
/// What a compressed variable holds in memory while it is written, from its first value to its
/// last: one chunk.
std::size_t write_cache_bytes(Type type);

using AttributeValue = std::variant<std::string, std::int64_t, std::int32_t, double,
                                    std::vector<std::int8_t>, std::vector<double>>;

struct Attribute {
  std::string name;
  AttributeValue value;
};

/// How the values of a variable lie in the file.
enum class Storage {
  contiguous,  ///< as they are
  compressed   ///< chunks of consecutive values: shuffle, deflate 1, fletcher32
};

/// What a file says of one of its variables.
struct VariableInfo {
  int id = -1;
  std::string name;
  std::optional<Type> type;  ///< nothing for a type no result has
  std::vector<std::string> dimensions;
  std::vector<std::uint64_t> shape;
};

/// The bytes of a file that was made in memory.
struct FileImage {
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory;
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(memory.get()), size};
  }
};

/// A netCDF-4 file. Every failure is an IoError that names the file and what was being done.
/// The library underneath is not thread-safe: one thread at a time, over all files.
class NcFile {
 public:
  /// Creates or empties the file at `path`; `expected_bytes`, its size in the end, is for the
  /// message when the disk is full.
  static NcFile create(const std::string& path, std::uint64_t expected_bytes);
  /// Creates a file in memory, which close_into_memory() hands out; `path` is for messages only.
  static NcFile create_in_memory(const std::string& path);
  static NcFile open(const std::string& path);
  /// Closes without looking at the outcome: a file written to must be closed by close().
  ~NcFile();
  NcFile(NcFile&& other) noexcept
      : path_(std::move(other.path_)),
        id_(std::exchange(other.id_, -1)),
        writable_(other.writable_),
        in_memory_(other.in_memory_),
        expected_bytes_(other.expected_bytes_) {}
  NcFile& operator=(NcFile&&) = delete;  // nobody needs it

  [[nodiscard]] const std::string& path() const { return path_; }
  /// What create() was told of the size in the end, once more is known.
  void expect_bytes(std::uint64_t bytes) { expected_bytes_ = bytes; }

  void define_dimension(const std::string& name, std::uint64_t length);
  /// Its length is that of the longest variable over it.
  void define_unlimited_dimension(const std::string& name);
  /// Defines a variable over dimensions that are defined already, and returns its number.
  int define_variable(const std::string& name, Type type, std::span<const std::string> dimensions,
                      Storage storage);
  void set_attribute(int variable, const Attribute& attribute);
  void set_global_attribute(const Attribute& attribute);
  void end_definitions();

  /// Writes `count` values of a variable from the row-major position `first` on.
  void write(const VariableInfo& variable, std::uint64_t first, std::uint64_t count,
             const void* values);
  void write_text(const VariableInfo& variable, const std::string& text);

  [[nodiscard]] std::vector<VariableInfo> variables() const;
  [[nodiscard]] std::optional<VariableInfo> find_variable(const std::string& name) const;
  /// Names of the global attributes.
  [[nodiscard]] std::vector<std::string> global_attributes() const;
  /// A global attribute as text, numbers in full precision separated by blanks; nothing when
  /// absent.
  [[nodiscard]] std::optional<std::string> global_attribute(const std::string& name) const;
  /// Type of a global attribute that is one number; nothing when it is absent or anything else.
  [[nodiscard]] std::optional<Type> global_number_type(const std::string& name) const;
  /// A variable's attribute as text.
  [[nodiscard]] std::optional<std::string> attribute(const VariableInfo& variable,
                                                     const std::string& name) const;
  void read(const VariableInfo& variable, std::uint64_t first, std::uint64_t count,
            void* values) const;
  [[nodiscard]] std::string read_text(const VariableInfo& variable) const;

  /// Flushes and closes. After it nothing is left that could still fail.
  void close();
  /// Closes a file created in memory and returns what it holds.
  FileImage close_into_memory();

 private:
  NcFile(std::string path, int id, bool writable, std::uint64_t expected_bytes)
      : path_(std::move(path)), id_(id), writable_(writable), expected_bytes_(expected_bytes) {}
  void check(int code, const std::string& operation) const;
  /// Counts what is about to be done to a file on the disk (fault.hpp).
  void begin(const std::string& operation) const;
  [[nodiscard]] VariableInfo variable_info(int id) const;
  [[nodiscard]] std::optional<std::string> attribute_text(int variable,
                                                          const std::string& name) const;

  std::string path_;
  int id_ = -1;
  bool writable_ = false;
  bool in_memory_ = false;
  std::uint64_t expected_bytes_ = 0;
};

}  // namespace hhsweep::io
