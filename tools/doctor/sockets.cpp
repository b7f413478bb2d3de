// Every engine's socket: there, permitted, whose, answering, how fast. Main thread.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/file_owner.h"
#include "engines/registry.h"
#include "tools/doctor/prober.h"
#include "tools/doctor/sections.h"
#include "worker/socket_path.h"

namespace tools::doctor {
namespace {

using Kind = worker::SocketPlace::Kind;

constexpr unsigned kTrips = 21;  // the first one connects and is not counted

// One row of the worker's board, and what this process sees at its path.
struct Socket {
  worker::SocketStatus status;
  worker::SocketPlace place;
  worker::Located located;
};

bool is_given(const config::Config& config, std::string_view engine) {
  for (const engines::EngineRow& row : engines::registry()) {
    if (row.name == engine) return (config.*row.configured).sockets_given;
  }
  return false;
}

std::vector<Socket> look_at(const config::Config& config, std::vector<worker::SocketStatus> all) {
  worker::SocketPaths paths(config.host_root);
  std::vector<Socket> out;
  for (worker::SocketStatus& status : all) {
    worker::SocketPlace place =
        worker::place_of(status.path.substr(config.host_root.size()), is_given(config, status.engine));
    worker::Located located = paths.locate(place);
    out.push_back({std::move(status), std::move(place), std::move(located)});
  }
  return out;
}

// Another row of the same socket, one that is connected if there is one.
const Socket* twin_of(const Socket& socket, const std::vector<Socket>& all) {
  for (const Socket& other : all) {
    if (&other != &socket && other.status.connected && other.located.identity == socket.located.identity) {
      return &other;
    }
  }
  return nullptr;
}

std::string whose(core::Owner owner) {
  if (owner.is_machine()) return "root's";
  return owner.is_user() ? fmt::format("{}'s, for his own containers only", owner.to_string()) : "nobody's";
}

Finding base_finding(const Socket& socket) {
  Finding finding{
      "engines.socket", Level::kGood, socket.status.engine + " " + socket.status.path, "", "", {}};
  finding.facts = {{"engine", socket.status.engine},
                   {"path", socket.status.path},
                   {"there", socket.located.identity.has_value()},
                   {"connected", socket.status.connected},
                   {"listed", socket.status.listed},
                   {"containers", socket.status.containers},
                   {"events", socket.status.events},
                   {"errors", socket.status.errors},
                   {"timeouts", socket.status.timeouts},
                   {"owner", socket.located.owner.to_string()}};
  return finding;
}

// Sockets that cannot be used, each with its reason; false for one that can.
bool is_obstacle(const Socket& socket, const std::vector<Socket>& all, Finding& finding) {
  const bool there = socket.located.identity.has_value();
  if (!there && !socket.located.is_denied) {
    finding.level = Level::kInfo;
    finding.text = "not there";
    return true;
  }
  if (socket.located.is_denied || !worker::may_connect(socket.located)) {
    finding.level = Level::kBad;
    finding.text =
        socket.status.last_error.empty() ? "this process may not connect to it" : socket.status.last_error;
    finding.advice = "run as root, or as a member of the socket's group";
    return true;
  }
  if (socket.status.connected) return false;
  if (const Socket* other = twin_of(socket, all)) {
    finding.level = Level::kInfo;
    finding.text = fmt::format("the same socket as {}, which the engine {} follows", other->status.path,
                               other->status.engine);
    finding.facts["same_as"] = other->status.path;
    return true;
  }
  finding.level = Level::kBad;
  finding.text = state_of(socket.status);
  finding.advice =
      fmt::format("is {} running? 'ctrmeta list -v' shows what is said to it", socket.status.engine);
  return true;
}

void add_probe(const Probe& probe, const Socket& socket, core::Owner owner, Finding& finding) {
  finding.text = fmt::format("{}, {} container{}, {}", probe.version, socket.status.containers,
                             socket.status.containers == 1 ? "" : "s", whose(owner));
  finding.facts["version"] = probe.version;
  if (probe.trips_ms.empty()) return;
  const double median = probe.percentile(50);
  const double slowest = probe.percentile(99);
  finding.text += fmt::format("; round trip {:.1f} ms, p99 {:.1f} ms", median, slowest);
  finding.facts["round_trip_ms_p50"] = median;
  finding.facts["round_trip_ms_p99"] = slowest;
}

Finding finding_of(const Socket& socket, const std::vector<Socket>& all, std::chrono::milliseconds limit) {
  Finding finding = base_finding(socket);
  if (is_obstacle(socket, all, finding)) return finding;
  worker::ConnectPath way;
  way.set(socket.located);
  const auto probed = probe(socket.status.engine, socket.status.path, way.path(), kTrips, limit);
  core::Owner owner = socket.located.owner;
  if (probed && probed->peer && socket.place.kind != Kind::kConfigured) {
    owner = core::weaker(owner, core::owner_of_uid(*probed->peer, ::geteuid()));
  }
  finding.facts["owner"] = owner.to_string();
  if (probed) {
    add_probe(*probed, socket, owner, finding);
  } else {
    finding.text = fmt::format("connected, {} containers, {}; its version is not told",
                               socket.status.containers, whose(owner));
  }
  if (!socket.status.listed || !socket.status.trouble.empty()) {
    finding.level = socket.status.listed ? Level::kWarning : Level::kBad;
    finding.text += "; " + state_of(socket.status);
    finding.advice = "the engine's own log tells more";
  }
  if (socket.place.kind == Kind::kDefault && !owner.is_machine()) {
    finding.level = Level::kBad;
    finding.text += "; not believed for root's containers, for others than root could have put it there";
    finding.advice = fmt::format(
        "let root alone own and write {} and its socket, or name the socket in engines.{}.sockets if you "
        "trust it",
        socket.located.directory, socket.status.engine);
  }
  return finding;
}

}  // namespace

Section engines_section(const Settings& settings, Engines& engines, std::chrono::milliseconds limit) {
  Section section{"engines", "Engines"};
  const std::vector<Socket> sockets = look_at(settings.config, engines.worker().sockets());
  for (const Socket& socket : sockets) section.add(finding_of(socket, sockets, limit));
  const bool any = std::any_of(sockets.begin(), sockets.end(), [](const Socket& socket) {
    return socket.located.identity.has_value() || socket.located.is_denied;
  });
  if (!any) {
    Finding none{"engines.none", Level::kBad, "", "", "", {}};
    none.text = sockets.empty()
                    ? "the configuration enables no engine with a socket"
                    : "no engine's socket is there: containers are known by cgroups and files alone";
    none.advice =
        sockets.empty()
            ? "enable one in 'engines'"
            : "start the engine, or name its socket in engines.<engine>.sockets; in a container see above";
    section.add(std::move(none));
  }
  return section;
}

}  // namespace tools::doctor
