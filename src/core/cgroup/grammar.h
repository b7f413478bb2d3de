// What the parts of a cgroup path may look like: ids, names, systemd's units and escapes. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/cgroup/layouts.h"

namespace core::cgroup {

inline constexpr size_t kMaxName = 255;  // NAME_MAX: longest name of a directory

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// 64 lower-case hexadecimal digits: a container's id.
bool is_id(std::string_view text);

// Whether a container may be called so; never "", ".", ".." or anything longer than kMaxName.
bool is_name(std::string_view text, Charset charset);

// Ends like one of systemd's units.
bool is_unit(std::string_view component);

// [A-Za-z0-9]+([._-][A-Za-z0-9]+)*, at most 76 characters.
bool is_containerd_identifier(std::string_view text);

// The middle of `text` when it starts and ends so, else nullopt.
std::optional<std::string_view> between(std::string_view text, std::string_view prefix,
                                        std::string_view suffix);

// The last 64 characters of `text` when it has `prefix` right before them, else nullopt.
std::optional<std::string_view> id_at_end(std::string_view text, std::string_view prefix);

// Walks a path from its end: each call takes the last component off. "" when there is none left.
std::string_view take_last(std::string_view& path);

// Without what the kernel appends to the path of a cgroup that was removed while a process was still exiting
// in it.
std::string_view without_deleted(std::string_view path);

// Undoes systemd's \xNN escapes. Text with a broken escape comes back as "".
std::string unescape(std::string_view text);

// "<digits>-<name>" gives the name.
std::optional<std::string_view> name_after_pid(std::string_view text);

}  // namespace core::cgroup
