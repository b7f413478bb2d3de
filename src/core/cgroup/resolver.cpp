// Matching cgroup paths against the table of layouts, from the innermost component outwards.
#include "core/cgroup/resolver.h"

#include <algorithm>
#include <utility>

#include "core/cgroup/grammar.h"
#include "core/cgroup/known_paths.h"
#include "core/cgroup/layouts.h"
#include "core/cgroup/owner_of.h"

namespace core::cgroup {
namespace {

constexpr std::string_view kMonitorPrefix = "lxc.monitor.";

// One component in its surroundings.
struct Place {
  std::string_view component;
  std::string_view parent;       // "" at the top
  std::string_view grandparent;  // "" at the top
  std::string_view child;        // the component below, "" at the end
  std::string_view above;        // the path in front of the component
};

// The forms of a component that stand for one container with a 64-digit id.
bool is_container_component(std::string_view component) {
  return is_id(component) || std::any_of(kLayouts.begin(), kLayouts.end(), [component](const Layout& layout) {
           const auto id = layout.form == Form::kId        ? between(component, layout.prefix, layout.suffix)
                           : layout.form == Form::kIdAtEnd ? id_at_end(component, layout.prefix)
                                                           : std::nullopt;
           return id && is_id(*id);
         });
}

// What the directories above a component, up to the next container, say about it.
struct Surroundings {
  bool kubernetes = false;  // below the kubelet's directories
  bool libpod = false;      // below Podman's: pods have 64-digit ids of their own there
};

Surroundings look_up(const Place& place) {
  constexpr int kMaxLevels = 16;  // far more than lie between such a directory and a container
  Surroundings found;
  found.kubernetes = place.parent == "k8s.io";
  std::string_view rest = place.above;
  for (int level = 0; level < kMaxLevels; ++level) {
    const std::string_view above = take_last(rest);
    if (is_container_component(above)) {
      // A pod of Podman looks like a container; its parent tells.
      std::string_view higher = rest;
      found.libpod = is_id(above) && take_last(higher) == "libpod_parent";
      break;
    }
    if (above.starts_with("kubepods") || above.find("-kubepods") != std::string_view::npos)
      found.kubernetes = true;
    if (above == "libpod_parent" ||
        (above.find("libpod_pod_") != std::string_view::npos && above.ends_with(".slice"))) {
      found.libpod = true;
      break;
    }
  }
  return found;
}

// lxc-monitor's directory below a container directory that is only named like its container.
bool is_own_monitor(std::string_view child, std::string_view name) {
  if (!child.starts_with(kMonitorPrefix)) return false;
  std::string_view rest = child.substr(kMonitorPrefix.size());
  if (!rest.starts_with(name)) return false;
  rest.remove_prefix(name.size());
  // LXC appends "-1", "-2" ... when the directory is left over from an earlier run.
  return rest.empty() ||
         (rest.size() > 1 && rest[0] == '-' && std::all_of(rest.begin() + 1, rest.end(), is_digit));
}

using Found = std::optional<std::string>;

Found accept(std::string_view name, Charset charset) {
  return is_name(name, charset) ? Found(name) : std::nullopt;
}

Found match_id(const Layout& layout, const Place& place) {
  const auto id = between(place.component, layout.prefix, layout.suffix);
  return id && is_id(*id) ? Found(*id) : std::nullopt;
}

Found match_id_at_end(const Layout& layout, const Place& place) {
  const auto id = id_at_end(place.component, layout.prefix);
  return id && is_id(*id) ? Found(*id) : std::nullopt;
}

Found match_name(const Layout& layout, const Place& place) {
  const auto name = between(place.component, layout.prefix, layout.suffix);
  if (!name || (layout.suffix.empty() && layout.charset == Charset::kWord && is_unit(*name)))
    return std::nullopt;
  // libvirt puts "_" in front of names that would collide with the kernel's own files.
  const bool escaped = layout.prefix.empty() && name->size() > 1 && name->front() == '_';
  return accept(escaped ? name->substr(1) : *name, layout.charset);
}

Found match_name_at_end(const Layout& layout, const Place& place) {
  const auto text = between(place.component, {}, layout.suffix);
  const size_t start = text ? text->rfind(layout.prefix) : std::string_view::npos;
  if (start == std::string_view::npos) return std::nullopt;
  if (start > 0 && (*text)[start - 1] != '-' && (*text)[start - 1] != ':') return std::nullopt;
  const std::string_view name = text->substr(start + layout.prefix.size());
  if (layout.suffix.empty() && is_unit(name)) return std::nullopt;
  return accept(name, layout.charset);
}

Found match_name_below(const Layout& layout, const Place& place) {
  if (place.parent != layout.prefix) return std::nullopt;
  const bool libvirt = place.parent == "lxc" && place.grandparent == "libvirt";
  if (libvirt != (layout.engine == Engine::kLibvirtLxc)) return std::nullopt;
  if (place.component.starts_with("lxc.") || is_own_monitor(place.child, place.component))
    return std::nullopt;
  return accept(place.component, layout.charset);
}

Found match_pid_and_name(const Layout& layout, const Place& place) {
  if (layout.charset != Charset::kEscaped) {
    const auto rest = between(place.component, layout.prefix, layout.suffix);
    const auto name = rest ? name_after_pid(*rest) : std::nullopt;
    return name ? accept(*name, layout.charset) : std::nullopt;
  }
  if (!place.component.starts_with("machine-lxc") || place.component.size() > kMaxName * 4)
    return std::nullopt;
  const std::string plain = unescape(place.component);
  const auto rest = between(plain, layout.prefix, layout.suffix);
  const auto name = rest ? name_after_pid(*rest) : std::nullopt;
  return name ? accept(*name, layout.charset) : std::nullopt;
}

// The id of the container that `place` stands for by `layout`; kNamespace is matched by containerd_match().
Found match_layout(const Layout& layout, const Place& place, bool cri_enabled) {
  switch (layout.form) {
    case Form::kBareId:
      if (!is_id(place.component)) return std::nullopt;
      // In the kubelet's directories an id is the CRI runtime's, unless nobody follows that.
      if (layout.engine == Engine::kDocker && cri_enabled && look_up(place).kubernetes) return std::nullopt;
      return Found(place.component);
    case Form::kId:
      return match_id(layout, place);
    case Form::kIdAtEnd:
      return match_id_at_end(layout, place);
    case Form::kName:
      return match_name(layout, place);
    case Form::kNameAtEnd:
      return match_name_at_end(layout, place);
    case Form::kNameBelow:
      return match_name_below(layout, place);
    case Form::kPidAndName:
      return match_pid_and_name(layout, place);
    case Form::kNamespace:
      return std::nullopt;
  }
  return std::nullopt;
}

// `/<namespace>/<id>`, nothing else in the path but a cgroup namespace's "..".
std::optional<Match> containerd_match(std::string_view path) {
  const std::string_view id = take_last(path);
  const std::string_view name_space = take_last(path);
  const std::string_view above = take_last(path);
  if (!above.empty() && above != "..") return std::nullopt;
  if (!is_containerd_identifier(id) || !is_containerd_identifier(name_space)) return std::nullopt;
  if (is_unit(id) || is_unit(name_space) || is_id(name_space)) return std::nullopt;
  if (std::find(kForeignParents.begin(), kForeignParents.end(), name_space) != kForeignParents.end()) {
    return std::nullopt;
  }
  return Match{.engine = Engine::kContainerd,
               .full_id = std::string(id),
               .containerd_namespace = std::string(name_space),
               .needs_confirmation = !is_id(id)};
}

// Whether `path` leads below Kata's directory for host processes; `above` is then what stands before the
// outermost such directory, "" at the top.
bool is_host_side(std::string_view path, std::string_view& above) {
  bool found = false;
  bool top = true;
  std::string_view child;
  for (std::string_view last = take_last(path); !last.empty(); last = take_last(path)) {
    if (last == kHostSideOfSandboxes && !child.empty()) {
      found = top = true;
      above = path;
    } else if (last != "..") {
      top = false;
    }
    child = last;
  }
  if (top) above = {};
  return found;
}

bool is_enabled(Engine engine, const Enabled& enabled) {
  switch (engine) {
    case Engine::kPodman:
      return enabled.podman;
    case Engine::kDocker:
      return enabled.docker;
    case Engine::kCri:
      return enabled.cri;
    case Engine::kContainerd:
      return enabled.containerd;
    case Engine::kLxc:
      return enabled.lxc;
    case Engine::kLibvirtLxc:
      return enabled.libvirt_lxc;
    case Engine::kBpm:
      return enabled.bpm;
    case Engine::kStatic:
    case Engine::kUnknown:
      return false;  // not matched by path
  }
  return false;
}

// The container that one component stands for. `unconfirmed` receives containerd's guess, which is worth less
// than anything that another component may say.
std::optional<Match> match_place(const Place& place, const Enabled& enabled, std::string_view path,
                                 std::optional<Match>& unconfirmed) {
  for (const Layout& layout : kLayouts) {
    if (!is_enabled(layout.engine, enabled)) continue;
    std::optional<Match> match;
    if (layout.form == Form::kNamespace) {
      if (place.child.empty()) match = containerd_match(path);
    } else if (auto id = match_layout(layout, place, enabled.cri)) {
      match = Match{.engine = layout.engine, .full_id = std::move(*id)};
    }
    // In Podman's own directories nothing but its containers counts.
    if (!match || (layout.engine != Engine::kPodman && look_up(place).libpod)) continue;
    if (!match->needs_confirmation) return match;
    unconfirmed = std::move(match);
  }
  return std::nullopt;
}

struct EngineRow {
  Engine engine;
  const char* name;
  ContainerType type;
};

constexpr std::array kEngines{
    EngineRow{Engine::kPodman, "podman", ContainerType::kPodman},
    EngineRow{Engine::kDocker, "docker", ContainerType::kDocker},
    EngineRow{Engine::kCri, "cri", ContainerType::kCri},
    EngineRow{Engine::kContainerd, "containerd", ContainerType::kContainerd},
    EngineRow{Engine::kLxc, "lxc", ContainerType::kLxc},
    EngineRow{Engine::kLibvirtLxc, "libvirt-lxc", ContainerType::kLibvirtLxc},
    EngineRow{Engine::kBpm, "bpm", ContainerType::kBpm},
    EngineRow{Engine::kStatic, "static", ContainerType::kStatic},
    EngineRow{Engine::kUnknown, "unknown", ContainerType::kUnknown},
};

Engine engine_of(ContainerType type) {
  if (type == ContainerType::kCrio) return Engine::kCri;
  const auto row = std::find_if(kEngines.begin(), kEngines.end(),
                                [type](const EngineRow& one) { return one.type == type; });
  return row != kEngines.end() ? row->engine : Engine::kUnknown;
}

const EngineRow& row_of(Engine engine) {
  return *std::find_if(kEngines.begin(), kEngines.end(),
                       [engine](const EngineRow& row) { return row.engine == engine; });
}

}  // namespace

const char* engine_name(Engine engine) {
  return row_of(engine).name;
}

ContainerType Match::type() const {
  return told.value_or(row_of(engine).type);
}

Resolver::Resolver(const Enabled& enabled, size_t remembered_paths, const KnownPaths* known)
    : enabled_(enabled), known_(known), seen_(remembered_paths) {}

const Match* Resolver::resolve(std::string_view path) {
  const bool too_long = path.size() > kMaxRememberedPath;
  Answer* answer = too_long ? nullptr : seen_.get(path);
  if (answer != nullptr) {
    bring_up_to_date(path, *answer);
  } else {
    Answer fresh{.by_layout = match(path, enabled_)};
    ask_who_knows(path, fresh);
    answer = too_long ? &(too_long_ = std::move(fresh)) : &seen_.put(path, std::move(fresh));
  }
  return answer->match();
}

void Resolver::ask_who_knows(std::string_view path, Answer& answer) const {
  if (known_ == nullptr) return;
  answer.generation = known_->generation();
  answer.told.reset();
  const KnownPaths::Found found = known_->find(path);
  if (found.claim == nullptr) return;
  const bool has_inner =
      answer.by_layout && !answer.by_layout->needs_confirmation && answer.by_layout->root > found.root;
  if (has_inner) return;
  answer.told = Match{.engine = engine_of(found.claim->type),
                      .full_id = found.claim->container.full_id,
                      .root = found.root,
                      .told = found.claim->type,
                      .owner = found.claim->container.owner};
}

void Resolver::bring_up_to_date(std::string_view path, Answer& answer) {
  if (known_ == nullptr || answer.generation == known_->generation()) return;
  const std::optional<Match> before =
      answer.match() != nullptr ? std::optional(*answer.match()) : std::nullopt;
  ask_who_knows(path, answer);
  const Match* now = answer.match();
  // What somebody has just confirmed is no other container.
  const bool same =
      now == nullptr || (before && before->full_id == now->full_id && before->owner == now->owner);
  moved_ = moved_ || !same;
}

bool Resolver::refresh(size_t most) {
  return seen_.walk(most,
                    [this](std::string_view path, Answer& answer) { bring_up_to_date(path, answer); });
}

std::optional<Match> Resolver::match(std::string_view path, const Enabled& enabled) {
  std::optional<Match> found = match_path(path, enabled);
  if (found) found->owner = owner_of(path);
  return found;
}

std::optional<Match> Resolver::match_path(std::string_view path, const Enabled& enabled) {
  path = without_deleted(path);
  std::string_view above;
  if (is_host_side(path, above)) {
    auto outer = match_path(above, enabled);
    const bool is_outer = outer && !outer->needs_confirmation;
    // Anywhere else it is a directory like others: who may make directories in a container's cgroup is in it
    // still.
    if (above.empty() || (is_outer && outer->root == above.size())) return is_outer ? outer : std::nullopt;
  }
  std::optional<Match> unconfirmed;
  std::string_view rest = path;
  Place place;
  for (place.component = take_last(rest); !place.component.empty(); place.component = take_last(rest)) {
    place.above = rest;
    std::string_view higher = rest;
    place.parent = take_last(higher);
    place.grandparent = take_last(higher);
    auto match = match_place(place, enabled, path, unconfirmed);
    if (match) {
      match->root = static_cast<size_t>(place.component.data() - path.data()) + place.component.size();
      return match;
    }
    place.child = place.component;
  }
  if (unconfirmed) unconfirmed->root = path.size();
  return unconfirmed;
}

}  // namespace core::cgroup
