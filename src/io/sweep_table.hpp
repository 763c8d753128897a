// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics.hpp"
#include "sweep_document.hpp"

namespace hhsweep::io {

/// A finite number, from a float or an integer; anything else is noted as a mistake of `path`.
std::optional<double> finite_number(const Node& node, const std::string& path,
                                    Diagnostics& diagnostics);

/// A whole number of at least `lowest`, from an integer or a whole float.
std::optional<std::int64_t> whole_number(const Node& node, const std::string& path,
                                         std::int64_t lowest, Diagnostics& diagnostics);

/// A list of finite numbers, of exactly `size` of them unless that is 0.
std::optional<std::vector<double>> finite_numbers(const Node& node, const std::string& path,
                                                  std::size_t size, Diagnostics& diagnostics);

/// Typed access to one table of the sweep file. A key that is absent gives nothing; one of the
/// wrong type or value gives nothing and is noted as a mistake.
class TableReader {
 public:
  /// `path` names the table in messages, "" for the top level.
  TableReader(const Node& table, std::string path, Diagnostics& diagnostics)
      : table_(table), path_(std::move(path)), diagnostics_(diagnostics) {}

  /// Notes every key that is not among `known`.
  void expect_keys(std::span<const std::string> known) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::vector<Member>& members() const { return table_.members; }
  [[nodiscard]] bool has(std::string_view key) const { return table_.find(key) != nullptr; }
  /// The member whose key is not among `known` and was probably meant to be `key`, or nullptr: the
  /// mistake is noted by expect_keys, and that `key` is missing is no second one.
  [[nodiscard]] const Member* misspelt(std::string_view key,
                                       std::span<const std::string> known) const;
  [[nodiscard]] bool has_misspelt(std::string_view key, std::span<const std::string> known) const {
    return misspelt(key, known) != nullptr;
  }
  /// Where the value of `key` stands, or the table when it is absent.
  [[nodiscard]] Position at(std::string_view key) const;
  [[nodiscard]] Position key_at(std::string_view key) const;
  [[nodiscard]] std::string path_of(std::string_view key) const;

  [[nodiscard]] std::optional<double> number(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, std::int64_t lowest) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view key) const;
  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  /// A text that is not empty.
  [[nodiscard]] std::optional<std::string> file_name(std::string_view key) const;
  /// A text that must be one of `names`.
  [[nodiscard]] std::optional<std::string> choice(std::string_view key,
                                                  std::span<const std::string> names) const;
  /// A list of texts that must be among `names`, none twice.
  [[nodiscard]] std::optional<std::vector<std::string>> choices(
      std::string_view key, std::span<const std::string> names) const;
  [[nodiscard]] std::optional<std::vector<double>> numbers(std::string_view key,
                                                           std::size_t size) const;
  /// The table under `key`, or nullptr.
  [[nodiscard]] const Node* table(std::string_view key) const;
  [[nodiscard]] const Node* value(std::string_view key) const;

 private:
  std::optional<std::string> checked_name(const Node& node, const std::string& path,
                                          std::span<const std::string> names) const;

  const Node& table_;
  std::string path_;
  Diagnostics& diagnostics_;
};

}  // namespace hhsweep::io
