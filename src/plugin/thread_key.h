// What is written on a thread about its container: how it was found, whose it is, its id. Kept in the host's
// table as a text (docs/plugin.md, "State tables"). Plain values; Falco's thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/container_key.h"

namespace plugin {

// As text: "" for kUnseen, "-" for kHost, else `<mark>[<owner>][/<type>]:<full id>`, where the mark is one of
// '~' (kUnconfirmed), '+' (kCgroup), '^' (kLineage), the owner a user's uid or '*' for nobody (none: the
// machine), and the type the number of the one whose name the id is (core::ContainerKey::names).
struct ThreadKey {
  enum class Kind : uint8_t {
    kUnseen,       // nobody looked yet
    kHost,         // in no container
    kUnconfirmed,  // a containerd name that is a container only if its owner says so; the host until then
    kCgroup,       // in the container that a cgroup path names
    kLineage,      // in the one that the thread's ancestors tell of (lineage.h)
  };
  Kind kind = Kind::kUnseen;
  core::ContainerKey container;  // views into the text; empty for the first two kinds

  // Anything that is no such text is kUnseen. Allocates nothing.
  static ThreadKey parse(std::string_view text);
  // Replaces `text`, which may be what container.full_id views.
  void write_to(std::string& text) const;

  bool in_container() const { return kind == Kind::kCgroup || kind == Kind::kLineage; }
};

}  // namespace plugin
