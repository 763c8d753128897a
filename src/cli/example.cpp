// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "examples.hpp"
#include "messages.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr std::string_view sweep_suffix = ".toml";

/// What `hhsweep example` takes: sweep files without their suffix, CSV files whole.
std::string short_name(const Example& example) {
  const std::string_view name = example.name;
  return std::string(
      name.ends_with(sweep_suffix) ? name.substr(0, name.size() - sweep_suffix.size()) : name);
}

/// What stands in quotes after `title =`, else nothing.
std::string title_of(std::string_view text) {
  const std::size_t key = text.starts_with("title") ? 0 : text.find("\ntitle");
  const std::size_t open = key == std::string_view::npos ? key : text.find('"', key);
  const std::size_t close = open == std::string_view::npos ? open : text.find('"', open + 1);
  if (close == std::string_view::npos) return "";
  return std::string(text.substr(open + 1, close - open - 1));
}

std::string list() {
  Table table;
  for (const Example& example : examples()) {
    const bool is_sweep = example.name.ends_with(sweep_suffix);
    table.add({short_name(example), is_sweep ? title_of(example.text) : "a file of samples"});
  }
  return table.text();
}

const Example& find_example(const std::string& name) {
  std::vector<std::string> names;
  for (const Example& example : examples()) {
    if (example.name == name || short_name(example) == name) return example;
    names.push_back(short_name(example));
  }
  throw UsageError("there is no example '" + name + "'" + suggestion(name, names) +
                   "\n'hhsweep example' lists them");
}

}  // namespace

Command add_example(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "example", "print a ready sweep file or a CSV file that one names; without NAME list them");
  command->footer("Example:\n  hhsweep example fi > fi.toml");
  const auto name = std::make_shared<std::string>();
  command->add_option("NAME", *name, "which one")->type_name("");
  return {command, [name](Context&) {
            print(name->empty() ? list() : std::string(find_example(*name).text));
            return ExitCode::ok;
          }};
}

}  // namespace hhsweep::cli
