// What Falco's rules files require of a plugin. Reads files; one thread. Of falcosecurity/falco 0.41 to 0.45:
// userspace/engine/rule_loader_reader.cpp (required_plugin_versions).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace falco {

struct Version {
  unsigned major = 0, minor = 0, patch = 0;
  auto operator<=>(const Version&) const = default;
};
// "0.44.1" or the beginning of "0.44.1-rc1"; nullopt for anything else.
std::optional<Version> parse_version(std::string_view text);

struct Requirement {
  std::string file;
  std::string version;
};
// Of each file in `rules_files`, and in the directories among them, that requires the plugin. Alternatives to
// it are not looked at.
std::vector<Requirement> requirements_of(const std::string& host_root,
                                         const std::vector<std::string>& rules_files,
                                         std::string_view plugin);

}  // namespace falco
