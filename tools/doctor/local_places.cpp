// The places where engines keep bundles and state: which are there, which can be read. Main thread.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <set>

#include "base/local_files.h"
#include "engines/local/state_places.h"
#include "tools/doctor/sections.h"

namespace tools::doctor {
namespace {

constexpr size_t kMaxNames = 100'000;
constexpr std::array kStorages{"/var/lib/containers/storage", "/run/containers/storage"};

// Directories whose entries are bundles, namespaces or containers.
std::set<std::string> places_of(const config::Config& config, base::LocalFiles& files) {
  engines::local::StatePlaces places(config, files, core::Owner::machine(), base::Patience::kMayWait);
  std::set<std::string> out(kStorages.begin(), kStorages.end());
  // Of "<tasks>/<namespace>/<id>" the tasks.
  for (const std::string& bundle : places.bundles(core::ContainerType::kUnknown, "id", "namespace")) {
    out.insert(std::filesystem::path(bundle).parent_path().parent_path().string());
  }
  for (const std::string& directory : places.docker_containers()) out.insert(directory);
  return out;
}

}  // namespace

Section local_section(const config::Config& config) {
  Section section{"local", "Bundles and state on disk"};
  if (!config.local_sources) {
    section.add({"local.off",
                 Level::kWarning,
                 "",
                 "switched off by local_sources: names come from the engines alone",
                 "set local_sources to true",
                 {}});
    return section;
  }
  base::LocalFiles files(config.host_root);
  size_t there = 0;
  for (const std::string& place : places_of(config, files)) {
    const auto listed = files.list_directory(place, kMaxNames, base::Patience::kMayWait);
    Finding finding{"local.place", Level::kGood, config.host_root + place, "", "", {}};
    if (listed) {
      finding.text = fmt::format("readable, {} entr{}", listed->size(), listed->size() == 1 ? "y" : "ies");
      finding.facts = {{"readable", true}, {"entries", listed->size()}};
    } else if (listed.kind() == base::Unread::kMissing) {
      continue;
    } else {
      finding.level = Level::kWarning;
      finding.text = listed.error().message;
      finding.advice = "run as root; only directories on local file systems are read";
      finding.facts = {{"readable", false}};
    }
    ++there;
    section.add(std::move(finding));
  }
  if (there == 0) section.add({"local.none", Level::kInfo, "", "no engine has any here", "", {}});
  return section;
}

}  // namespace tools::doctor
