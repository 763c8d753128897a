// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace hhsweep {

/// The exit codes of the program, which every error carries (docs/cli.md).
enum class ExitCode : int {
  ok = 0,
  internal = 1,
  usage = 2,
  sweep_file = 3,
  io = 4,      ///< input, output or memory
  output = 5,  ///< output exists, is locked or unsound
  device = 6,
  diverged = 7,  ///< only with --strict
  incomplete = 75
};

/// Base of every error that hhsweep throws on purpose; what() is one complete message for the user.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// An option or argument that cannot be met (exit 2).
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitCode::usage, message) {}
};

/// A sweep that cannot be run as written (exit 3).
class SweepError : public Error {
 public:
  explicit SweepError(const std::string& message) : Error(ExitCode::sweep_file, message) {}
};

/// A file that cannot be read or written, or memory that cannot be had (exit 4).
class IoError : public Error {
 public:
  explicit IoError(const std::string& message) : Error(ExitCode::io, message) {}
};

/// An output that exists, is locked, or is not a sound result (exit 5).
class OutputError : public Error {
 public:
  explicit OutputError(const std::string& message) : Error(ExitCode::output, message) {}
};

/// A backend, instruction set or device that is absent or fails (exit 6).
class DeviceError : public Error {
 public:
  explicit DeviceError(const std::string& message) : Error(ExitCode::device, message) {}
};

/// Device memory that cannot be had; the engine answers with a smaller batch.
class DeviceMemoryError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

}  // namespace hhsweep
