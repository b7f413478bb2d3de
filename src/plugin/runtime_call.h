// Does this command line start a container, or a process in one? Pure matching on arguments; any thread.
// The shape decides, not the program's name, which anybody may change: runc, crun, youki and runsc are all
// called as `<global options> create|run|restore <options> <id>`; conmon, which podman and CRI-O start first,
// names the bundle and the container's name; containerd's shims are started in the bundle. Source of fact:
// the manual pages runc-create(8), crun(1), conmon(8); containerd's README of its runtime v2.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plugin {

struct RuntimeCall {
  enum class Kind : uint8_t {
    kStarts,  // the container comes into being
    kEnters,  // another process is started in it: `exec`
  };
  Kind kind = Kind::kStarts;
  std::string_view id;
  std::string_view bundle;  // as written, possibly relative; "." when it is not given
  std::string_view name;    // what the engine calls the container, "" when the call does not tell
  bool operator==(const RuntimeCall&) const = default;
};

// args: the arguments after argv[0], each ended by a NUL, as the exec events carry them. The answer's texts
// point into it. nullopt for every other command line, and for an id that no runtime would take (it has to
// consist of letters, digits and "+-._", not begin with '-', and be shorter than 1024 bytes).
std::optional<RuntimeCall> read_runtime_call(std::string_view args);

}  // namespace plugin
