// See rules.h.
#include "tools/falco/rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace falco {
namespace {

namespace fs = std::filesystem;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r'\"";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The version that a file's required_plugin_versions names for the plugin. Rules are a hundred times as long
// as this list, and use more of YAML: only its lines are looked at.
std::optional<std::string> required_in(const std::string& path, std::string_view plugin) {
  std::ifstream stream(path);
  bool inside = false;
  bool mine = false;
  for (std::string line; std::getline(stream, line);) {
    const std::string_view text = trim(std::string_view(line).substr(0, line.find(" #")));
    if (text.empty() || text.starts_with('#')) continue;
    if (line.starts_with("- ") || line.starts_with("-\t")) {
      inside = text.find("required_plugin_versions") != std::string_view::npos;
      mine = false;
      continue;
    }
    if (!inside) continue;
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view key = trim(text.substr(0, colon));
    if (key.starts_with('-')) key = trim(key.substr(1));
    const std::string_view value = trim(text.substr(colon + 1));
    if (key == "alternatives") mine = false;
    if (key == "name") mine = value == plugin;
    if (key == "version" && mine) return std::string(value);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  std::array<unsigned, 3> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (i + 1 == numbers.size()) break;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  return Version{numbers[0], numbers[1], numbers[2]};
}

std::vector<Requirement> requirements_of(const std::string& host_root,
                                         const std::vector<std::string>& rules_files,
                                         std::string_view plugin) {
  std::vector<std::string> files;
  for (const std::string& path : rules_files) {
    std::error_code error;
    if (!fs::is_directory(host_root + path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (fs::directory_iterator entry(host_root + path, error), end; !error && entry != end;
         entry.increment(error)) {
      inside.push_back((fs::path(path) / entry->path().filename()).string());
    }
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  std::vector<Requirement> out;
  for (const std::string& file : files) {
    if (auto version = required_in(host_root + file, plugin)) out.push_back({file, *std::move(version)});
  }
  return out;
}

}  // namespace falco
