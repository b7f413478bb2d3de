// Mounts as the fields show them, and how a field's argument finds one.
// Pure functions; any thread. The finders are on the hot path: they allocate nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/container.h"

namespace core {

// "true" or "false", as container.mount.rdwr answers.
const char* rdwr_text(bool rw);

// "source:dest:mode:rdwr:propagation".
std::string mount_text(const Mount& mount);

// Every mount in that form, joined by ",": deployed rules match on exactly this text.
std::string join_mounts(std::span<const Mount> mounts);

// The mount at `index`, counted from 0 in the engine's order, or nullptr.
const Mount* find_by_index(std::span<const Mount> mounts, uint64_t index);

// The first mount whose source (destination) equals `pattern`; when there is none, the first that matches it
// as a glob in the sense of fnmatch(3) without flags ("*" crosses slashes). nullptr when nothing matches.
// pattern: NUL-terminated because fnmatch wants it so; nullptr matches nothing.
const Mount* find_by_source(std::span<const Mount> mounts, const char* pattern);
const Mount* find_by_destination(std::span<const Mount> mounts, const char* pattern);

}  // namespace core
