// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "commands.hpp"
#include "hhsweep/engine.hpp"
#include "hhsweep/error.hpp"
#include "hhsweep/version.hpp"
#include "messages.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr const char* description =
    "hhsweep: large populations of Hodgkin-Huxley neurons, one text file an experiment.";

constexpr const char* footer =
    "Start here:\n"
    "  hhsweep example fi > fi.toml && hhsweep run fi.toml && hhsweep show fi.nc\n"
    "Exit codes: 0 ok, 1 internal, 2 usage, 3 sweep file, 4 I/O or memory, 5 output exists or\n"
    "unsound, 6 device, 7 diverged (--strict), 75 stopped early, the same command goes on.\n"
    "'hhsweep COMMAND --help' says more.";

std::string version_text() {
  std::string text = "hhsweep " + std::string(version) + "\ncommit    " +
                     std::string(build_commit()) + "\ncompiler  " + std::string(build_compiler()) +
                     "\n";
  for (const DeviceInfo& device : list_devices()) {
    const std::string state = device.available ? "" : "not available: " + device.reason;
    const std::string gap = device.name.empty() || state.empty() ? "" : ", ";
    text += format("%-8s  %s%s%s\n", device.backend.c_str(), device.name.c_str(), gap.c_str(),
                   state.c_str());
  }
  return text;
}

std::string command_line(const std::vector<std::string>& arguments) {
  std::string text = "hhsweep";
  for (const std::string& argument : arguments) text += " " + shell_quoted(argument);
  return text;
}

/// The first argument that is not an option: the command meant, "" without one.
std::string command_name(const std::vector<std::string>& arguments) {
  const auto word = [](const std::string& a) { return !a.empty() && a.front() != '-'; };
  const auto found = std::find_if(arguments.begin(), arguments.end(), word);
  return found == arguments.end() ? "" : *found;
}

bool asks_for_json(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::any_of(arguments.begin(), end, [](const std::string& argument) {
    return argument == "--json" || argument.starts_with("--json=");
  });
}

/// `help` and `help COMMAND` as people type them.
std::vector<std::string> with_help_command(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

class Program {
 public:
  Program() : app_(description, "hhsweep") {
    app_.set_version_flag("--version", version_text, "version, commit, compiler and backends");
    app_.footer(footer);
    app_.require_subcommand(1);
    for (const auto& add : {add_run, add_plan, add_show, add_check, add_merge, add_model,
                            add_stimulus, add_example, add_devices, add_bench}) {
      commands_.push_back(add(app_));
    }
  }

  ExitCode run(std::vector<std::string> arguments, Context& context) {
    if (arguments.empty()) {
      complain_verbatim(app_.help());
      return ExitCode::usage;
    }
    require_known_command(command_name(arguments));
    try {
      std::reverse(arguments.begin(), arguments.end());
      app_.parse(arguments);
    } catch (const CLI::CallForHelp&) {
      print(app_.help());
      context.json = false;
      return ExitCode::ok;
    } catch (const CLI::CallForVersion& version_asked) {
      print(version_asked.what());
      context.json = false;
      return ExitCode::ok;
    } catch (const CLI::ParseError& error) {
      throw UsageError(explanation(error));
    }
    return chosen().action(context);
  }

 private:
  void require_known_command(const std::string& name) const {
    if (name.empty()) return;
    std::vector<std::string> names;
    for (const Command& command : commands_) names.push_back(command.arguments->get_name());
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    const bool is_sweep = name.ends_with(".toml");
    const bool is_result = name.ends_with(".nc");
    const std::string meant = is_sweep    ? "; did you mean 'hhsweep run " + name + "'?"
                              : is_result ? "; did you mean 'hhsweep show " + name + "'?"
                                          : suggestion(name, names);
    throw UsageError("there is no command '" + name + "'" + meant +
                     "\n'hhsweep --help' lists the commands");
  }

  [[nodiscard]] const Command& chosen() const {
    const auto parsed = [](const Command& command) { return command.arguments->parsed(); };
    return *std::find_if(commands_.begin(), commands_.end(), parsed);
  }

  [[nodiscard]] std::string explanation(const CLI::ParseError& error) const {
    const auto chosen_commands = app_.get_subcommands();
    const CLI::App& command = chosen_commands.empty() ? app_ : *chosen_commands.front();
    std::string text = error.what();
    const std::vector<std::string> extras = app_.remaining(true);
    if (!extras.empty()) {
      const std::string name = extras.front().substr(0, extras.front().find('='));
      text = "unexpected argument '" + extras.front() + "'";
      if (name.starts_with("-")) text += remark_on_option(name, command);
    } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
      text = mismatch(text);
    }
    const std::string in = &command == &app_ ? "" : " " + command.get_name();
    return text + "\n'hhsweep" + in + " --help' says what it takes";
  }

  /// CLI11's "--threads: 1 required N missing" and its kin, in words.
  static std::string mismatch(const std::string& text) {
    const std::size_t flag = text.find(" was given a disallowed flag override");
    if (flag != std::string::npos) return "--" + text.substr(0, flag) + " takes no value";
    const bool repeated = text.find("received") != std::string::npos;
    return text.substr(0, text.find(':')) +
           (repeated ? " is given more than once" : " needs a value");
  }

  static std::string remark_on_option(const std::string& name, const CLI::App& command) {
    const std::vector<std::string> names = option_names(command);
    const bool misplaced = std::find(names.begin(), names.end(), name) != names.end();
    return misplaced ? "; it goes after '" + command.get_name() + "'" : suggestion(name, names);
  }

  CLI::App app_;
  std::vector<Command> commands_;
};

/// Runs `work`, and turns what it throws into one message and an exit code.
template <class Work>
ExitCode guarded(Context& context, Work work) {
  const auto failed = [&](ExitCode code, const std::string& message) {
    context.report["error"] = message;
    return code;
  };
  try {
    return work();
  } catch (const SweepError& error) {
    complain_verbatim(error.what());
    return failed(error.code(), error.what());
  } catch (const Error& error) {
    complain(error.what());
    return failed(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    complain("not enough memory");
    return failed(ExitCode::io, "not enough memory");
  } catch (const std::system_error& error) {
    const bool threads = error.code() == std::errc::resource_unavailable_try_again;
    const std::string message = threads
                                    ? "the system allows no further thread; use fewer (--threads)"
                                    : std::string(error.what());
    complain(message);
    return failed(ExitCode::io, message);
  } catch (const std::exception& error) {
    complain(
        std::string("internal: ") + error.what() +
        "\nThis is a fault of hhsweep itself. Please report it with the command, the sweep file "
        "and the output of 'hhsweep --version'.");
    return failed(ExitCode::internal, std::string("internal: ") + error.what());
  }
}

int run_program(const std::vector<std::string>& typed) {
  const std::vector<std::string> arguments = with_help_command(typed);
  Context context;
  context.command_line = command_line(typed);
  context.json = asks_for_json(arguments);
  if (command_name(arguments) == "run") context.report = unknown_run_report();

  ExitCode code = guarded(context, [&] { return Program().run(arguments, context); });
  const ExitCode printed = guarded(context, [&] {
    if (context.json) {
      context.report["exit_code"] = static_cast<int>(code);
      const auto replace = nlohmann::ordered_json::error_handler_t::replace;
      print(context.report.dump(-1, ' ', false, replace) + "\n");
    }
    flush_output();
    return ExitCode::ok;
  });
  return static_cast<int>(code == ExitCode::ok ? printed : code);
}

}  // namespace

}  // namespace hhsweep::cli

int main(int argc, char** argv) {
  // A closed pipe must not end a run that still has a result to write.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return hhsweep::cli::run_program({argv + 1, argv + argc});
  } catch (...) {  // only for want of the memory to report something else
    std::fputs("hhsweep: error: not enough memory\n", stderr);
    return static_cast<int>(hhsweep::ExitCode::io);
  }
}
