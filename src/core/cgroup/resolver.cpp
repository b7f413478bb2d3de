// Matching cgroup paths against the table of layouts, from the innermost component outwards.
#include "core/cgroup/resolver.h"

#include <algorithm>
#include <utility>

#include "core/cgroup/layouts.h"

namespace core::cgroup {
namespace {

constexpr size_t kIdLength = 64;             // hex digits of a container id
constexpr size_t kMaxName = 255;             // NAME_MAX: longest name of a directory
constexpr size_t kMaxContainerdLength = 76;  // longest containerd identifier
constexpr std::string_view kMonitorPrefix = "lxc.monitor.";

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_id(std::string_view text) {
  return text.size() == kIdLength && std::all_of(text.begin(), text.end(), is_hex);
}

bool is_name(std::string_view text, Charset charset) {
  if (text.empty() || text.size() > kMaxName || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(), [charset](char c) {
    if (charset == Charset::kWord) return is_alnum(c) || c == '.' || c == '_' || c == '-';
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '/';
  });
}

bool is_unit(std::string_view component) {
  return std::any_of(kUnitSuffixes.begin(), kUnitSuffixes.end(),
                     [component](std::string_view suffix) { return component.ends_with(suffix); });
}

// [A-Za-z0-9]+([._-][A-Za-z0-9]+)*, at most 76 characters.
bool is_containerd_identifier(std::string_view text) {
  if (text.empty() || text.size() > kMaxContainerdLength) return false;
  bool after_separator = true;
  for (const char c : text) {
    const bool separator = c == '.' || c == '_' || c == '-';
    if (!separator && !is_alnum(c)) return false;
    if (separator && after_separator) return false;
    after_separator = separator;
  }
  return !after_separator;
}

// The middle of `text` when it starts and ends so, else nullopt.
std::optional<std::string_view> between(std::string_view text, std::string_view prefix,
                                        std::string_view suffix) {
  if (text.size() < prefix.size() + suffix.size() || !text.starts_with(prefix) || !text.ends_with(suffix)) {
    return std::nullopt;
  }
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

// Walks a path from its end: each call takes the last component off. "" when there is none left.
std::string_view take_last(std::string_view& path) {
  while (!path.empty()) {
    const size_t slash = path.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    if (!last.empty() && last != ".") return last;
  }
  return {};
}

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
           if (layout.form != Form::kId) return false;
           const auto id = between(component, layout.prefix, layout.suffix);
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
    if (above.starts_with("kubepods") || above.find("-kubepods") != std::string_view::npos)
      found.kubernetes = true;
    if (above == "libpod_parent" ||
        (above.find("libpod_pod_") != std::string_view::npos && above.ends_with(".slice"))) {
      found.libpod = true;
      break;
    }
    if (!is_container_component(above)) continue;
    // A pod of Podman looks like a container; its parent tells.
    std::string_view higher = rest;
    found.libpod = is_id(above) && take_last(higher) == "libpod_parent";
    break;
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

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return is_hex(c) ? c - 'a' + 10 : -1;
}

// Undoes systemd's \xNN escapes. Text with a broken escape comes back as "".
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    if (i + 3 >= text.size() || text[i + 1] != 'x') return {};
    const int high = hex_value(text[i + 2]);
    const int low = hex_value(text[i + 3]);
    if (high < 0 || low < 0) return {};
    plain += static_cast<char>(high * 16 + low);
    i += 3;
  }
  return plain;
}

// "<digits>-<name>" gives the name.
std::optional<std::string_view> name_after_pid(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 ||
      !std::all_of(text.begin(), text.begin() + dash, is_digit)) {
    return std::nullopt;
  }
  return text.substr(dash + 1);
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
  if (place.component.size() < layout.prefix.size() + kIdLength) return std::nullopt;
  const size_t start = place.component.size() - kIdLength;
  const bool prefixed = place.component.substr(0, start).ends_with(layout.prefix);
  return prefixed && is_id(place.component.substr(start)) ? Found(place.component.substr(start))
                                                          : std::nullopt;
}

Found match_name(const Layout& layout, const Place& place) {
  const auto name = between(place.component, layout.prefix, layout.suffix);
  if (!name || (layout.suffix.empty() && layout.charset == Charset::kWord && is_unit(*name)))
    return std::nullopt;
  // libvirt puts "_" in front of names that would collide with the kernel's own files.
  const bool escaped = layout.prefix.empty() && name->size() > 1 && name->front() == '_';
  return accept(escaped ? name->substr(1) : *name, layout.charset);
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
  return Match{Engine::kContainerd, std::string(id), std::string(name_space), !is_id(id)};
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
      match = Match{layout.engine, std::move(*id), {}, false};
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
};

const EngineRow& row_of(Engine engine) {
  return *std::find_if(kEngines.begin(), kEngines.end(),
                       [engine](const EngineRow& row) { return row.engine == engine; });
}

}  // namespace

const char* engine_name(Engine engine) {
  return row_of(engine).name;
}

ContainerType Match::type() const {
  return row_of(engine).type;
}

Resolver::Resolver(const Enabled& enabled, size_t remembered_paths)
    : enabled_(enabled), seen_(remembered_paths) {}

const Match* Resolver::resolve(std::string_view path) {
  const std::optional<Match>* answer = nullptr;
  if (path.size() > kMaxRememberedPath) {
    too_long_ = match(path, enabled_);
    answer = &too_long_;
  } else {
    answer = seen_.get(path);
    if (answer == nullptr) answer = &seen_.put(path, match(path, enabled_));
  }
  return *answer ? &**answer : nullptr;
}

std::optional<Match> Resolver::match(std::string_view path, const Enabled& enabled) {
  // The kernel appends this to the path of a cgroup that was removed while a process was still exiting in it.
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  std::optional<Match> unconfirmed;
  std::string_view rest = path;
  Place place;
  for (place.component = take_last(rest); !place.component.empty(); place.component = take_last(rest)) {
    place.above = rest;
    std::string_view higher = rest;
    place.parent = take_last(higher);
    place.grandparent = take_last(higher);
    if (auto match = match_place(place, enabled, path, unconfirmed)) return match;
    place.child = place.component;
  }
  return unconfirmed;
}

}  // namespace core::cgroup
