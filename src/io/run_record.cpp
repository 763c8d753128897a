// SPDX-License-Identifier: MIT
#include "run_record.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "disk.hpp"
#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"
#include "hhsweep/version.hpp"
#include "result_layout.hpp"
#include "sweep_difference.hpp"
#include "sweep_file.hpp"

namespace hhsweep::io {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

std::string digest_of(const std::string& text) {
  Sha256 sha;
  sha.update(text);
  return sha.hex_digest();
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const std::string full = std::filesystem::absolute(path, error).string();
  return error ? path : full;
}

RunRecord parse(const Json& json) {
  return {json.at("hhsweep_version"), json.at("hhsweep_layout"), json.at("hhsweep_fingerprint"),
          json.at("sweep_path"),      json.at("sweep_file"),     json.at("settings"),
          json.at("sweep_resolved")};
}

}  // namespace

RunRecord record_of(const Sweep& sweep) {
  return {std::string(version), layout_version, fingerprint(sweep), absolute(sweep.path),
          sweep.text,           sweep.settings, sweep.resolved};
}

void write_record(const std::string& path, const RunRecord& record) {
  Json json{{"hhsweep_version", record.version},
            {"hhsweep_layout", record.layout},
            {"hhsweep_fingerprint", record.fingerprint},
            {"sweep_path", record.path},
            {"settings", record.settings},
            {"sweep_file", record.text},
            {"sweep_resolved", record.resolved}};
  json["sha256"] = digest_of(dumped(json));
  const std::string text = dumped(json) + '\n';
  const std::span<const std::byte> pieces[] = {std::as_bytes(std::span(text))};
  put_file(path, pieces);
}

std::optional<RunRecord> read_record(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return std::nullopt;
  try {
    Json json = Json::parse(text.str());
    const std::string digest = json.at("sha256");
    json.erase("sha256");
    if (digest_of(dumped(json)) != digest) return std::nullopt;
    return parse(json);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

Sweep sweep_of(const RunRecord& record) {
  Sweep sweep = read_sweep_text(record.text, record.path, record.settings);
  if (fingerprint(sweep) != record.fingerprint) {
    throw OutputError("the parts were computed from another sweep than " + record.path +
                      " gives now:" + difference_text(record, sweep));
  }
  return sweep;
}

std::string difference_text(const RunRecord& record, const Sweep& sweep) {
  constexpr std::size_t most_lines = 10;
  std::vector<std::string> lines = sweep_differences(record.resolved, sweep.resolved);
  if (record.version != version) {
    lines.insert(lines.begin(), "version of hhsweep: " + record.version + " there, " +
                                    std::string(version) + " now");
  }
  if (record.layout != layout_version) {
    lines.push_back("layout of the file: " + std::to_string(record.layout) + " there, " +
                    std::to_string(layout_version) + " now");
  }
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < most_lines; ++i) text += "\n  " + lines[i];
  if (lines.size() > most_lines) {
    text += "\n  and " + std::to_string(lines.size() - most_lines) + " more";
  }
  return text;
}

}  // namespace hhsweep::io
