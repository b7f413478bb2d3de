// Falco beside us: its version, its configuration as it merges it, the library that it would load, what its
// rules require. Main thread, while there is no other.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/hands.h"
#include "host/proc_reader.h"
#include "tools/doctor/library_facts.h"
#include "tools/doctor/sections.h"
#include "tools/falco/rules.h"

namespace tools::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlugin = "container";
constexpr const char* kPluginDirectory = "/usr/share/falco/plugins/";  // FALCO_ENGINE_PLUGINS_DIR
constexpr const char* kProgram = "/usr/bin/falco";
constexpr const char* kPackages = "/var/lib/dpkg/status";
constexpr const char* kInstall = "docs/install.md tells where options go";
constexpr falco::Version kFirstFalco{0, 41, 0};

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Of the package, else of the program.
std::string falco_version(const std::string& host_root) {
  std::ifstream status(host_root + kPackages);
  bool inside = false;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Package: ")) inside = line == "Package: falco";
    if (inside && line.starts_with("Version: ")) return line.substr(9);
  }
  if (!host_root.empty() || !exists(kProgram)) return {};
  std::istringstream lines(output_of(kProgram, "--version"));
  constexpr std::string_view kLabel = "Falco version:";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kLabel)) continue;
    const size_t begin = line.find_first_not_of(" \t", kLabel.size());
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

Finding version_finding(const std::string& host_root) {
  Finding finding{"falco.version", Level::kInfo, "", "", "", {}};
  const std::string version = falco_version(host_root);
  finding.facts = {{"version", version}};
  if (version.empty()) {
    finding.text = "its version cannot be told from here";
    return finding;
  }
  const auto number = falco::parse_version(version);
  finding.level = Level::kGood;
  finding.text = fmt::format("Falco {}", version);
  if (number && *number < kFirstFalco) {
    finding.level = Level::kBad;
    finding.text += " has its containers built in and refuses every plugin with the same fields";
    finding.advice = "0.41 or newer is needed";
  }
  return finding;
}

// Which of the entries is loaded, and those that are in vain.
std::optional<falco::Plugin> entry_findings(const falco::Configuration& configuration, Section& section) {
  const auto loaded = falco::plugins_of(configuration);
  if (!loaded) {
    section.add({"falco.load",
                 Level::kBad,
                 "",
                 "Falco does not start with these files: " + loaded.error(),
                 fmt::format("one entry and one 'load_plugins: [container]' in all of {}; {}",
                             fmt::join(configuration.files, ", "), kInstall),
                 {}});
    return std::nullopt;
  }
  const auto wins = std::find_if(loaded->begin(), loaded->end(),
                                 [](const falco::Plugin& one) { return one.name == kPlugin; });
  if (wins == loaded->end()) {
    section.add({"falco.load",
                 Level::kBad,
                 "",
                 "no 'load_plugins' names the plugin container, so it is not loaded",
                 "add 'load_plugins: [container]' to one file, such as config.d/falco.container_plugin.yaml",
                 {}});
    return std::nullopt;
  }
  Finding entry{"falco.entry", Level::kGood, wins->file, "its entry is the one that Falco takes", "", {}};
  entry.facts = {
      {"file", wins->file}, {"library_path", wins->library_path}, {"init_config", wins->init_config}};
  section.add(std::move(entry));
  bool first = true;
  for (const falco::Plugin& other : configuration.entries) {
    if (other.name != kPlugin) continue;
    if (!first) {
      section.add({"falco.entry_ignored",
                   Level::kBad,
                   other.file,
                   "has a second entry 'container', which Falco does not read: the first one counts",
                   fmt::format("move its options into the entry of {}; {}", wins->file, kInstall),
                   {}});
    }
    first = false;
  }
  return *wins;
}

void option_findings(const falco::Plugin& plugin, const std::string& host_root, Section& section) {
  const auto config = config::parse(plugin.init_config, host_root);
  if (!config) {
    section.add({"falco.options",
                 Level::kBad,
                 plugin.file,
                 config.error() + "; Falco does not start with it",
                 "docs/configuration.md lists what is allowed",
                 {}});
    return;
  }
  for (const std::string& warning : config->warnings) {
    section.add(
        {"falco.options", Level::kWarning, plugin.file, warning, "correct the key, or remove it", {}});
  }
  if (config->warnings.empty()) {
    section.add({"falco.options", Level::kGood, plugin.file, "its options are fine", "", {}});
  }
}

// The file and its directories, up to the host's root.
bool others_can_write(const std::string& host_root, const std::string& path) {
  base::Hands hands;
  for (fs::path at = fs::path(path).lexically_normal();; at = at.parent_path()) {
    struct statx status {};
    if (::statx(AT_FDCWD, (host_root + at.string()).c_str(), 0, base::Hands::kWanted, &status) != 0)
      return false;
    hands.add(status);
    if (at == at.root_path()) return !hands.only_root();
  }
}

// The library that the entry leads to; its facts when it can be loaded.
std::optional<LibraryFacts> library_finding(const falco::Plugin& plugin, const std::string& host_root,
                                            Section& section) {
  const std::string path =
      plugin.library_path.starts_with('/') ? plugin.library_path : kPluginDirectory + plugin.library_path;
  Finding finding{"falco.library", Level::kGood, host_root + path, "", "", {{"path", path}}};
  if (!exists(host_root + path)) {
    finding.level = Level::kBad;
    finding.text = "is not there, so that Falco does not start";
    finding.advice = fmt::format("copy libcontainer.so there, or correct library_path in {}", plugin.file);
    section.add(std::move(finding));
    return std::nullopt;
  }
  if (::geteuid() == 0 && others_can_write(host_root, path)) {
    finding.level = Level::kBad;
    finding.text = "others than root can write it, and Falco runs it as root; it is not loaded here";
    finding.advice = "chown root:root and chmod go-w the file and the directories above it";
    section.add(std::move(finding));
    return std::nullopt;
  }
  const auto facts = library_facts(host_root + path);
  if (!facts) {
    finding.level = Level::kBad;
    finding.text = "cannot be loaded: " + facts.error();
    finding.advice = "it needs libnghttp2.so.14, from the system or beside it, and glibc 2.28 or newer";
    section.add(std::move(finding));
    return std::nullopt;
  }
  finding.facts["version"] = facts->version;
  finding.facts["ours"] = facts->ours;
  finding.text = fmt::format("plugin {} {}, {}", facts->name, facts->version,
                             facts->ours ? "of this project" : "of somebody else");
  if (facts->name != kPlugin) {
    finding.level = Level::kBad;
    finding.text += "; it is not the plugin that the entry names";
  } else if (!facts->ours) {
    finding.level = Level::kBad;
    finding.text += ": Falco's own, most likely, which an update or falcoctl put back";
    finding.advice = "copy this project's libcontainer.so there again, or install its package";
  } else if (facts->version != CTRMETA_VERSION) {
    finding.level = Level::kWarning;
    finding.text += fmt::format("; this ctrmeta is {}", CTRMETA_VERSION);
    finding.advice = "install library and ctrmeta of one version";
  }
  section.add(std::move(finding));
  return *facts;
}

void rules_findings(const falco::Configuration& configuration, const LibraryFacts& library,
                    const std::string& host_root, Section& section) {
  const auto have = falco::parse_version(library.version);
  for (const falco::Requirement& wanted :
       falco::requirements_of(host_root, falco::texts_of(configuration.merged, "rules_files"), kPlugin)) {
    Finding finding{"falco.rules", Level::kGood, wanted.file, "", "", {}};
    finding.facts = {{"required", wanted.version}, {"have", library.version}};
    const auto need = falco::parse_version(wanted.version);
    finding.text = fmt::format("requires container {}", wanted.version);
    if (!have || !need || have->major != need->major || *have < *need) {
      finding.level = Level::kBad;
      finding.text += fmt::format(", and the library is {}: Falco refuses these rules", library.version);
      finding.advice = "install a newer library, or the rules that fit it";
    }
    section.add(std::move(finding));
  }
}

// Falco as it runs now: which library it has in it.
void process_findings(const std::string& host_root, Section& section) {
  const host::ProcReader proc(host_root);
  for (const int64_t pid : proc.pids()) {
    if (proc.name(pid) != "falco") continue;
    std::ifstream maps(fmt::format("{}/{}/maps", proc.directory(), pid));
    std::string loaded;
    for (std::string line; std::getline(maps, line);) {
      const size_t path = line.find('/');
      if (path != std::string::npos && line.find("/libcontainer.so") != std::string::npos) {
        loaded = line.substr(path);
      }
    }
    Finding finding{"falco.process", Level::kGood, fmt::format("process {}", pid), "", "", {}};
    finding.facts = {{"pid", pid}, {"library", loaded}};
    finding.text = loaded.empty() ? "Falco runs; which library it has loaded cannot be told"
                                  : fmt::format("Falco runs, with {}", loaded);
    if (loaded.ends_with(" (deleted)")) {
      finding.level = Level::kWarning;
      finding.text += ", which was replaced since";
      finding.advice = "restart Falco: until then the old library is at work";
    }
    section.add(std::move(finding));
  }
}

}  // namespace

Section falco_section(const std::string& host_root, const std::string& file, FalcoView& view) {
  Section section{"falco", "Falco"};
  process_findings(host_root, section);
  if (!exists(host_root + file)) {
    section.add(
        {"falco.config", Level::kInfo, host_root + file, "is not there: no Falco is installed here", "", {}});
    return section;
  }
  view.found = true;
  section.add(version_finding(host_root));
  const auto configuration = falco::load_configuration(host_root, file);
  if (!configuration) {
    section.add({"falco.config",
                 Level::kBad,
                 "",
                 configuration.error(),
                 "correct that file; " + std::string(kInstall),
                 {}});
    return section;
  }
  Finding files{"falco.config", Level::kGood, "", "", "", {}};
  files.text = fmt::format("configuration of {}", fmt::join(configuration->files, ", "));
  files.facts = {{"files", boost::json::array(configuration->files.begin(), configuration->files.end())}};
  section.add(std::move(files));
  const auto plugin = entry_findings(*configuration, section);
  if (!plugin) return section;
  view.init_config = plugin->init_config;
  option_findings(*plugin, host_root, section);
  const auto library = library_finding(*plugin, host_root, section);
  if (library) rules_findings(*configuration, *library, host_root, section);
  return section;
}

}  // namespace tools::doctor
