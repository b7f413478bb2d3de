// See docker_state.h.
#include "engines/local/docker_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <utility>

#include "engines/docker/docker_mapping.h"
#include "engines/json_view.h"

namespace engines::local {

namespace {

constexpr std::array<std::string_view, 3> kOwnFiles{"hostname", "hosts", "resolv.conf"};

// Both files take about twice their text; most of them live here whole.
constexpr size_t kFirstBlock = 32768;
// What a record has nothing of.
constexpr core::JsonPath kSkipped[] = {
    {"Config", "Env"},  // the first: kept when it is wanted
    {"State"},
    {"Config", "Cmd"},
    {"Config", "Volumes"},
};
constexpr core::JsonPath kSkippedOfHost[] = {
    {"LogConfig"}, {"MaskedPaths"}, {"ReadonlyPaths"}, {"Ulimits"}, {"Sysctls"},
};

// {"/data": {"Source": …, "Destination": …, "RW": …, "Propagation": …, "Relabel": mode}} as the API's list.
json::array mounts_of(const json::object& points) {
  json::array mounts(points.storage());
  for (const auto& point : points) {
    if (!point.value().is_object()) continue;
    json::object mount(point.value().get_object(), points.storage());
    if (const json::value* mode = mount.if_contains("Relabel")) mount["Mode"] = *mode;
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace

base::Result<core::Container> map_docker_state(std::string_view full_id, std::string_view config,
                                               std::string_view host_config, const Settings& settings) {
  std::array<unsigned char, kFirstBlock> block;
  boost::json::monotonic_resource memory(block.data(), block.size());
  const core::JsonSkip skipped = core::JsonSkip(kSkipped).subspan(settings.with_env ? 1 : 0);
  base::Result<json::object> state = json::parse_object(config, "config.v2.json", &memory, skipped);
  if (!state) return base::Error{state.error()};
  const std::string_view named = json::text(*state, "ID");
  if (named != full_id) {
    return base::Error{fmt::format("config.v2.json: of the container '{}'", core::short_id(named))};
  }
  (*state)["Id"] = full_id;
  (*state)["Mounts"] = mounts_of(json::child(*state, "MountPoints"));
  if (!host_config.empty()) {
    base::Result<json::object> host =
        json::parse_object(host_config, "hostconfig.json", &memory, kSkippedOfHost);
    if (!host) return base::Error{host.error()};
    (*state)["HostConfig"] = *std::move(host);
  }
  base::Result<Inspected> mapped = docker::map_inspect(*state, settings);
  if (!mapped) return base::Error{mapped.error()};
  // The image's other names are not in these files; its digest is when the container was made with it.
  docker::apply_image({}, mapped->container);
  mapped->container.source = core::Source::kDisk;
  return std::move(mapped->container);
}

std::string docker_containers_directory(std::string_view full_id, const std::vector<core::Mount>& mounts) {
  constexpr std::string_view kFolder = "/containers";
  const std::string own = fmt::format("{}/{}/", kFolder, full_id);
  for (const core::Mount& mount : mounts) {
    const std::string_view source = mount.source;
    const size_t place = source.rfind(own);
    if (!source.starts_with('/') || place == std::string_view::npos) continue;
    const std::string_view file = source.substr(place + own.size());
    if (std::find(kOwnFiles.begin(), kOwnFiles.end(), file) == kOwnFiles.end()) continue;
    return std::string(source.substr(0, place + kFolder.size()));
  }
  return {};
}

}  // namespace engines::local
