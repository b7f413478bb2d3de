// See falco_config.h.
#include "falco_config.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace falco_model {
namespace {

namespace json = boost::json;

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Whether quoted or not, a scalar becomes the first of these that it can be: a whole number that fits 32 bits
// (decimal, 0x… or 0…), a number, a boolean, a text.
json::value as_json(const std::string& scalar) {
  char* end = nullptr;
  if (!scalar.empty() && scalar.front() != ' ') {
    const long long whole = std::strtoll(scalar.c_str(), &end, 0);
    if (*end == '\0' && whole >= INT32_MIN && whole <= INT32_MAX) return whole;
    const double number = std::strtod(scalar.c_str(), &end);
    if (*end == '\0' && std::isfinite(number)) return number;
  }
  static const std::set<std::string> kTrue{"y", "yes", "true", "on"};
  static const std::set<std::string> kFalse{"n", "no", "false", "off"};
  std::string lower = scalar;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return std::tolower(c); });
  if (kTrue.contains(lower)) return true;
  if (kFalse.contains(lower)) return false;
  return json::string(scalar);
}

struct Line {
  size_t indent;
  std::string text;
};

// Lines with something on them, without comments.
std::vector<Line> lines_of(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\'' || line[i] == '"') quoted = !quoted;
      if (line[i] == '#' && !quoted && (i == 0 || line[i - 1] == ' ')) line.resize(i);
    }
    const std::string_view content = trim(line);
    if (content.empty()) continue;
    lines.push_back({line.find(content.front()), std::string(content)});
  }
  return lines;
}

class Reader {
 public:
  explicit Reader(const std::string& text) : lines_(lines_of(text)) {}

  json::value document() {
    json::value value = lines_.empty() ? json::value(nullptr) : block(lines_[0].indent);
    if (at_ != lines_.size()) fail("does not belong there");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("'" + (at_ < lines_.size() ? lines_[at_].text : flow_) + "' " + what);
  }

  // "key: rest" of a map's line, nullopt for other lines.
  static std::optional<std::pair<std::string, std::string>> pair_of(const std::string& line) {
    size_t colon = line.find(": ");
    if (colon == std::string::npos && line.ends_with(':')) colon = line.size() - 1;
    if (colon == std::string::npos || std::string_view("'\"[{").find(line[0]) != std::string_view::npos) {
      return std::nullopt;
    }
    return std::pair{line.substr(0, colon), std::string(trim(std::string_view(line).substr(colon + 1)))};
  }

  json::value block(size_t indent) {
    if (lines_[at_].text.starts_with("- ")) return list(indent);
    if (!pair_of(lines_[at_].text)) return flow(lines_[at_++].text);
    json::object map;
    while (at_ < lines_.size() && lines_[at_].indent == indent && !lines_[at_].text.starts_with("- ")) {
      const auto pair = pair_of(lines_[at_].text);
      if (!pair) fail("is no 'key: value'");
      ++at_;
      map[pair->first] = pair->second.empty() ? below(indent) : flow(pair->second);
    }
    return map;
  }

  // The value of a key that has none on its line.
  json::value below(size_t indent) {
    if (at_ == lines_.size()) return nullptr;
    const Line& next = lines_[at_];
    const bool list_at_the_key = next.indent == indent && next.text.starts_with("- ");
    return next.indent > indent || list_at_the_key ? block(next.indent) : json::value(nullptr);
  }

  json::value list(size_t indent) {
    json::array items;
    while (at_ < lines_.size() && lines_[at_].indent == indent && lines_[at_].text.starts_with("- ")) {
      // The item begins where its text does.
      Line& line = lines_[at_];
      const std::string_view rest = trim(std::string_view(line.text).substr(2));
      line = {indent + line.text.find(rest), std::string(rest)};
      items.push_back(block(line.indent));
    }
    return items;
  }

  json::value flow(const std::string& text) {
    flow_ = text;
    flow_at_ = 0;
    json::value value = flow_value("");
    if (!trim(std::string_view(flow_).substr(flow_at_)).empty()) fail("goes on after its end");
    return value;
  }

  bool take(char c) {
    while (flow_at_ < flow_.size() && flow_[flow_at_] == ' ') ++flow_at_;
    if (flow_at_ == flow_.size() || flow_[flow_at_] != c) return false;
    ++flow_at_;
    return true;
  }

  std::string scalar(std::string_view ends) {
    for (const char quote : {'\'', '"'}) {
      if (!take(quote)) continue;
      const size_t begin = flow_at_;
      flow_at_ = flow_.find(quote, begin);
      if (flow_at_ == std::string::npos) fail("has no closing quote");
      return flow_.substr(begin, flow_at_++ - begin);
    }
    const size_t begin = flow_at_;
    flow_at_ = std::min(flow_.find_first_of(ends, begin), flow_.size());
    return std::string(trim(std::string_view(flow_).substr(begin, flow_at_ - begin)));
  }

  // ends: the characters that end a plain scalar here. An empty map or list becomes null, as no value does.
  json::value flow_value(std::string_view ends) {
    if (take('[')) {
      json::array items;
      while (!take(']')) {
        items.push_back(flow_value(",]"));
        if (!take(',') && flow_.find(']', flow_at_) == std::string::npos) fail("has no ]");
      }
      return items.empty() ? json::value(nullptr) : json::value(std::move(items));
    }
    if (take('{')) {
      json::object map;
      while (!take('}')) {
        const std::string key = scalar(":}");
        if (!take(':')) fail("has no : after a key");
        map[key] = flow_value(",}");
        if (!take(',') && flow_.find('}', flow_at_) == std::string::npos) fail("has no }");
      }
      return map.empty() ? json::value(nullptr) : json::value(std::move(map));
    }
    const bool quoted = flow_at_ < flow_.size() && (flow_[flow_at_] == '\'' || flow_[flow_at_] == '"');
    const std::string text = scalar(ends);
    if (!quoted && (text.empty() || text == "~" || text == "null")) return nullptr;
    return as_json(text);
  }

  std::vector<Line> lines_;
  size_t at_ = 0;
  std::string flow_;
  size_t flow_at_ = 0;
};

std::string text_of(const json::value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

// A list, or the one thing that stands in its place, or nothing.
json::array list_of(const json::value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_array() ? value->as_array() : json::array{*value};
}

}  // namespace

json::value read_yaml(const std::string& text) {
  return Reader(text).document();
}

// yaml_helper::include_config_file. Only top-level keys are merged, never what is below them.
json::object include(json::object main, const json::object& file, Strategy strategy) {
  for (const auto& [key, value] : file) {
    const bool known = main.contains(key);
    if (strategy == Strategy::kAddOnly && known) continue;
    if (strategy == Strategy::kAppend && value.is_array()) {
      json::array items = list_of(main.if_contains(key));
      items.insert(items.end(), value.as_array().begin(), value.as_array().end());
      main[key] = std::move(items);
    } else {
      main[key] = value;
    }
  }
  return main;
}

// falco_configuration::load_yaml: load_plugins names what is loaded, of several entries with one name the
// first counts; without load_plugins every entry is loaded. sinsp_plugin_manager::add refuses a second one of
// a name.
base::Result<std::vector<Plugin>> plugins_of(const json::object& config) {
  std::vector<Plugin> known;
  for (const json::value& entry : list_of(config.if_contains("plugins"))) {
    const json::object& fields = entry.as_object();
    known.push_back({text_of(fields.if_contains("name")), text_of(fields.if_contains("library_path")),
                     text_of(fields.if_contains("init_config"))});
  }
  std::vector<Plugin> loaded;
  if (!config.contains("load_plugins")) loaded = known;
  for (const json::value& name : list_of(config.if_contains("load_plugins"))) {
    const auto entry = std::find_if(known.begin(), known.end(),
                                    [&](const Plugin& one) { return one.name == text_of(&name); });
    if (entry == known.end()) {
      return base::Error{"Cannot load plugin '" + text_of(&name) +
                         "': plugin config not found for given name"};
    }
    loaded.push_back(*entry);
  }
  std::set<std::string> names;
  for (const Plugin& plugin : loaded) {
    if (!names.insert(plugin.name).second) {
      return base::Error{"found another plugin with name " + plugin.name};
    }
  }
  return loaded;
}

}  // namespace falco_model
