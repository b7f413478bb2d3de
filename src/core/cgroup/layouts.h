// The layouts of cgroup paths: one row per form of the component that decides. Spec: docs/cgroups.md.
// Constant data; read by the resolver only.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/cgroup/resolver.h"

namespace core::cgroup {

enum class Form : uint8_t {
  kBareId,      // the component is 64 hex digits
  kId,          // prefix + 64 hex digits + suffix
  kIdAtEnd,     // anything, then prefix + 64 hex digits
  kName,        // prefix + name + suffix
  kNameAtEnd,   // nothing, or anything and one of "-:", then the last `prefix` there is + name + suffix
  kNameBelow,   // a name whose parent component is `prefix`
  kPidAndName,  // prefix + digits + "-" + name + suffix
  kNamespace,   // /<namespace>/<id>, the whole path: containerd
};

// Which characters a name may have.
enum class Charset : uint8_t {
  kAny,      // whatever a directory may be called, control characters excepted
  kWord,     // letters, digits and "._-"
  kEscaped,  // as kAny after undoing systemd's \xNN escapes
};

struct Layout {
  Engine engine;
  Form form;
  std::string_view prefix = {};
  std::string_view suffix = {};
  Charset charset = Charset::kAny;
};

// In the order in which engines are tried; within an engine the more specific form comes first.
// `…:docker:` and its likes: systemd's triple `slice:prefix:name` as a runtime takes it that makes cgroups by
// itself.
inline constexpr std::array kLayouts{
    Layout{Engine::kPodman, Form::kId, "libpod-", ".scope"},
    Layout{Engine::kPodman, Form::kId, "libpod-", ""},
    Layout{Engine::kPodman, Form::kId, "libpod-payload-", ""},
    Layout{Engine::kPodman, Form::kId, "libpod-payload-", ".scope"},
    Layout{Engine::kPodman, Form::kIdAtEnd, ":libpod:", ""},
    Layout{Engine::kDocker, Form::kBareId},
    Layout{Engine::kDocker, Form::kId, "docker-", ".scope"},
    Layout{Engine::kDocker, Form::kIdAtEnd, ":docker:", ""},
    Layout{Engine::kCri, Form::kBareId},
    Layout{Engine::kCri, Form::kId, "crio-", ".scope"},
    Layout{Engine::kCri, Form::kId, "crio-", ""},
    Layout{Engine::kCri, Form::kId, "cri-containerd-", ".scope"},
    Layout{Engine::kCri, Form::kIdAtEnd, ":cri-containerd:", ""},
    Layout{Engine::kCri, Form::kIdAtEnd, ":crio:", ""},
    Layout{Engine::kCri, Form::kId, "docker-", ".scope"},
    Layout{Engine::kCri, Form::kIdAtEnd, ":docker:", ""},
    Layout{Engine::kCri, Form::kId, "nerdctl-", ".scope"},
    Layout{Engine::kCri, Form::kIdAtEnd, ":nerdctl:", ""},
    Layout{Engine::kContainerd, Form::kNamespace},
    Layout{Engine::kLxc, Form::kName, "lxc.payload.", ""},
    Layout{Engine::kLxc, Form::kNameBelow, "lxc.payload", ""},
    Layout{Engine::kLxc, Form::kNameBelow, "lxc", ""},
    Layout{Engine::kLibvirtLxc, Form::kPidAndName, "lxc-", ".libvirt-lxc"},
    Layout{Engine::kLibvirtLxc, Form::kName, "", ".libvirt-lxc"},
    Layout{Engine::kLibvirtLxc, Form::kPidAndName, "machine-lxc-", ".scope", Charset::kEscaped},
    Layout{Engine::kLibvirtLxc, Form::kNameBelow, "lxc", ""},
    // BPM asks runc for `<slice>:<its own unit>-bpm:bpm-<name>`; older versions ask for nothing, and the
    // runtime puts its own name in front.
    Layout{Engine::kBpm, Form::kNameAtEnd, "bpm-bpm-", ".scope", Charset::kWord},
    Layout{Engine::kBpm, Form::kNameAtEnd, "bpm:bpm-", "", Charset::kWord},
    Layout{Engine::kBpm, Form::kName, "runc-bpm-", ".scope", Charset::kWord},
    Layout{Engine::kBpm, Form::kName, "crun-bpm-", ".scope", Charset::kWord},
    Layout{Engine::kBpm, Form::kName, "bpm-", ".scope", Charset::kWord},
    Layout{Engine::kBpm, Form::kName, "bpm-", "", Charset::kWord},
};

// Suffixes of systemd's units: such a directory is systemd's, never a containerd namespace or name, nor a bpm
// process, whatever its grammar would allow.
inline constexpr std::array<std::string_view, 11> kUnitSuffixes{
    ".slice", ".scope",  ".service", ".socket", ".mount", ".automount",
    ".swap",  ".target", ".device",  ".timer",  ".path"};

// Parents of other engines and of the kubelet: what lies directly below them is no containerd namespace's.
inline constexpr std::array<std::string_view, 12> kForeignParents{
    "lxc",    "lxc.payload", "lxc.monitor",   "lxc.pivot", "libvirt", "machine",
    "docker", "podman",      "libpod_parent", "kubepods",  "crio",    "conmon"};

// Kata's directory for what runs on the host for its sandboxes: shims, hypervisors. Below it stand the
// sandboxes' ids, or their whole paths, and none of it is a container.
inline constexpr std::string_view kHostSideOfSandboxes = "kata_overhead";

}  // namespace core::cgroup
