// How confined a container is: what its fields on security answer. Plain data; spec: docs/event-json.md,
// "security". Built by the engines' mappings on the worker's thread, from a bundle or an event on Falco's;
// read-only once it is shared. Every member may not be known, and then says nothing: never "no", never
// "none".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/yes_no.h"

namespace core {

// A set of capabilities, a bit for each number of <linux/capability.h>. Those without a name here are left
// out of it.
using Capabilities = uint64_t;

// The names as the OCI specification writes them, "CAP_CHOWN" the first: by number.
std::span<const char* const> capability_names();
// With "CAP_" in front or without, in any case; nullopt for what is none.
std::optional<unsigned> capability_number(std::string_view name);
// The numbers of all, sorted by their names.
std::span<const uint8_t> capabilities_by_name();

inline constexpr const char* kUnconfined = "unconfined";
// A seccomp profile that nobody calls by a name.
inline constexpr const char* kDefaultProfile = "default";

// A text that is empty is not known.
struct Posture {
  std::optional<Capabilities> capabilities;  // effective; bounding where a source has no effective ones
  std::string seccomp;                       // kUnconfined, kDefaultProfile, or the profile's name or path
  std::string apparmor;                      // the profile, or kUnconfined
  std::string selinux;                       // the label of its processes
  YesNo no_new_privs = YesNo::kUnknown;
  YesNo readonly_rootfs = YesNo::kUnknown;
  YesNo user_ns = YesNo::kUnknown;  // in a user namespace of its own
  YesNo host_uts = YesNo::kUnknown;
  YesNo host_cgroup = YesNo::kUnknown;
  std::string cmd;      // of its first process, as a shell would be given it
  std::string runtime;  // "runc", "crun", ...
  // Paths in the container, beside those that every one has.
  std::optional<std::vector<std::string>> devices;

  bool operator==(const Posture&) const = default;
};

// A record's posture: most of a copy of a record is shared with it, and where nothing is known there is
// nothing but a pointer.
class SharedPosture {
 public:
  const Posture& operator*() const { return shared_ ? *shared_ : none(); }
  const Posture* operator->() const { return &**this; }
  bool empty() const { return shared_ == nullptr; }
  // Takes the place of what was known.
  void set(Posture posture);
  // What is not known here as the other one says it, member by member.
  void fill(const SharedPosture& other);
  bool operator==(const SharedPosture& other) const { return shared_ == other.shared_ || **this == *other; }

 private:
  static const Posture& none();

  std::shared_ptr<const Posture> shared_;
};

// The words as a shell would have to be given them, one space between: those of more than letters, digits
// and -_./:=,@%+ in single quotes.
std::string shell_words(std::span<const std::string> words);

}  // namespace core
