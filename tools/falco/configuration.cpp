// See configuration.h.
#include "tools/falco/configuration.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "tools/falco/yaml.h"

namespace falco {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kConfigFiles = "config_files";
constexpr size_t kMaxText = 4UL << 20U;

std::string text_of(const json::value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

// A list, or the one thing that stands in its place, or nothing.
json::array list_of(const json::value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_array() ? value->as_array() : json::array{*value};
}

// The list `plugins` when `file` is included: which file each of its entries is from.
void include_sources(std::vector<std::string>& sources, const json::object& file, Strategy strategy,
                     const std::string& name) {
  const json::value* plugins = file.if_contains("plugins");
  if (plugins == nullptr || (strategy == Strategy::kAddOnly && !sources.empty())) return;
  if (strategy != Strategy::kAppend || !plugins->is_array()) sources.clear();
  sources.insert(sources.end(), list_of(plugins).size(), name);
}

std::vector<Plugin> entries_of(const json::object& config, const std::vector<std::string>& sources) {
  std::vector<Plugin> entries;
  for (const json::value& entry : list_of(config.if_contains("plugins"))) {
    if (!entry.is_object()) continue;
    const json::object& fields = entry.as_object();
    const size_t index = entries.size();
    entries.push_back({text_of(fields.if_contains("name")), text_of(fields.if_contains("library_path")),
                       text_of(fields.if_contains("init_config")),
                       index < sources.size() ? sources[index] : std::string()});
  }
  return entries;
}

base::Result<json::object> read_file(const std::string& host_root, const std::string& file) {
  auto text = read_text(host_root + file);
  if (!text) return base::Error{text.error()};
  auto value = read_yaml(*text);
  if (!value) return base::Error{fmt::format("{}: {}", file, value.error())};
  if (value->is_null()) return json::object();
  if (!value->is_object()) return base::Error{file + ": is no map of keys"};
  return std::move(value->as_object());
}

struct Included {
  std::string path;
  Strategy strategy = Strategy::kAppend;
};

base::Result<std::vector<Included>> included_files(const json::object& config) {
  static const std::map<std::string, Strategy> kStrategies{
      {"append", Strategy::kAppend}, {"override", Strategy::kOverride}, {"add-only", Strategy::kAddOnly}};
  std::vector<Included> out;
  for (const json::value& item : list_of(config.if_contains(kConfigFiles))) {
    if (!item.is_object()) {
      out.push_back({text_of(&item)});
      continue;
    }
    const std::string path = text_of(item.as_object().if_contains("path"));
    const std::string strategy = text_of(item.as_object().if_contains("strategy"));
    const auto known = kStrategies.find(strategy);
    if (!strategy.empty() && known == kStrategies.end()) {
      return base::Error{fmt::format("config_files: '{}' has the unknown strategy '{}'", path, strategy)};
    }
    out.push_back({path, strategy.empty() ? Strategy::kAppend : known->second});
  }
  return out;
}

// falco_configuration::merge_config_files: a path that does not exist is passed over; of a directory the
// regular files in it, sorted.
std::vector<std::string> files_at(const std::string& host_root, const std::string& path) {
  std::error_code error;
  if (fs::is_regular_file(host_root + path, error)) return {path};
  std::vector<std::string> out;
  for (fs::directory_iterator entry(host_root + path, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) {
      out.push_back((fs::path(path) / entry->path().filename()).string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

base::Result<std::string> read_text(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return base::Error{fmt::format("{}: {}", path, std::strerror(errno))};
  if (!S_ISREG(status.st_mode)) return base::Error{path + ": is no regular file"};
  if (static_cast<size_t>(status.st_size) > kMaxText) return base::Error{path + ": is too long"};
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream.bad() || !stream.is_open()) return base::Error{path + ": cannot be read"};
  return text;
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

base::Result<Configuration> load_configuration(const std::string& host_root, const std::string& file) {
  auto main = read_file(host_root, file);
  if (!main) return base::Error{main.error()};
  const auto includes = included_files(*main);
  if (!includes) return base::Error{fmt::format("{}: {}", file, includes.error())};
  Configuration out;
  out.files.push_back(file);
  std::vector<std::string> sources;
  include_sources(sources, *main, Strategy::kOverride, file);
  out.merged = std::move(*main);
  for (const Included& wanted : *includes) {
    for (const std::string& name : files_at(host_root, wanted.path)) {
      const auto more = read_file(host_root, name);
      if (!more) return base::Error{more.error()};
      if (more->contains(kConfigFiles)) {
        return base::Error{
            fmt::format("{}: has '{}', which Falco allows in its main file alone", name, kConfigFiles)};
      }
      include_sources(sources, *more, wanted.strategy, name);
      out.merged = include(std::move(out.merged), *more, wanted.strategy);
      out.files.push_back(name);
    }
  }
  out.entries = entries_of(out.merged, sources);
  return out;
}

std::vector<std::string> texts_of(const json::object& config, const char* key) {
  std::vector<std::string> out;
  for (const json::value& item : list_of(config.if_contains(key))) out.push_back(text_of(&item));
  return out;
}

// falco_configuration::load_yaml: load_plugins names what is loaded, of several entries with one name the
// first counts; without load_plugins every entry is loaded. sinsp_plugin_manager::add refuses a second one of
// a name.
base::Result<std::vector<Plugin>> plugins_of(const Configuration& configuration) {
  const std::vector<Plugin>& known = configuration.entries;
  std::vector<Plugin> loaded;
  if (!configuration.merged.contains("load_plugins")) loaded = known;
  for (const std::string& name : texts_of(configuration.merged, "load_plugins")) {
    const auto entry =
        std::find_if(known.begin(), known.end(), [&](const Plugin& one) { return one.name == name; });
    if (entry == known.end()) {
      return base::Error{"Cannot load plugin '" + name + "': plugin config not found for given name"};
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

base::Result<std::vector<Plugin>> plugins_of(const json::object& config) {
  return plugins_of(Configuration{config, {}, entries_of(config, {})});
}

}  // namespace falco
