// SPDX-License-Identifier: MIT
#include "sweep_difference.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace hhsweep::io {
namespace {

using Json = nlohmann::ordered_json;

/// The settings of a sweep, each with its dotted key, in their order.
class Settings {
 public:
  explicit Settings(const std::string& resolved) {
    const Json json = Json::parse(resolved, nullptr, false);
    if (json.is_object()) add("", json);
  }

  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }
  [[nodiscard]] std::string value(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? "absent" : found->second;
  }

 private:
  void add(const std::string& key, const Json& json) {
    if (json.is_object()) {
      for (const auto& [name, value] : json.items()) add(joined(key, name), value);
    } else if (has_names(json)) {
      for (const Json& item : json) add(joined(key, item["name"].get<std::string>()), item);
    } else if (values_.emplace(key, shortened(json)).second) {
      keys_.push_back(key);
    }
  }

  static std::string joined(const std::string& key, const std::string& name) {
    return key.empty() ? name : key + '.' + name;
  }

  static bool has_names(const Json& json) {
    const auto named = [](const Json& item) {
      return item.is_object() && item.contains("name") && item["name"].is_string();
    };
    return json.is_array() && !json.empty() && std::all_of(json.begin(), json.end(), named);
  }

  /// A long list shows where it begins and how long it is, and where it ends.
  static std::string shortened(const Json& json) {
    constexpr std::size_t longest = 60;
    std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() <= longest) return text;
    const std::string size = " (" + std::to_string(json.size()) + " values) ...";
    return text.substr(0, longest / 2) + "..." + (json.is_array() ? size : "") +
           text.substr(text.size() - longest / 3);
  }

  std::vector<std::string> keys_;
  std::map<std::string, std::string> values_;
};

}  // namespace

std::vector<std::string> sweep_differences(const std::string& there, const std::string& now) {
  const Settings before(there);
  const Settings after(now);
  std::vector<std::string> keys = before.keys();
  for (const std::string& key : after.keys()) {
    if (before.value(key) == "absent") keys.push_back(key);
  }
  std::vector<std::string> lines;
  for (const std::string& key : keys) {
    const std::string old_value = before.value(key);
    const std::string new_value = after.value(key);
    if (old_value != new_value) {
      lines.push_back(key + ": " + old_value + " there, " + new_value + " now");
    }
  }
  return lines;
}

}  // namespace hhsweep::io
