// See posture.h.
#include "core/posture.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <utility>

namespace core {
namespace {

// <linux/capability.h> of Linux 5.9 to 6.12.
constexpr std::array kNames{"CAP_CHOWN",
                            "CAP_DAC_OVERRIDE",
                            "CAP_DAC_READ_SEARCH",
                            "CAP_FOWNER",
                            "CAP_FSETID",
                            "CAP_KILL",
                            "CAP_SETGID",
                            "CAP_SETUID",
                            "CAP_SETPCAP",
                            "CAP_LINUX_IMMUTABLE",
                            "CAP_NET_BIND_SERVICE",
                            "CAP_NET_BROADCAST",
                            "CAP_NET_ADMIN",
                            "CAP_NET_RAW",
                            "CAP_IPC_LOCK",
                            "CAP_IPC_OWNER",
                            "CAP_SYS_MODULE",
                            "CAP_SYS_RAWIO",
                            "CAP_SYS_CHROOT",
                            "CAP_SYS_PTRACE",
                            "CAP_SYS_PACCT",
                            "CAP_SYS_ADMIN",
                            "CAP_SYS_BOOT",
                            "CAP_SYS_NICE",
                            "CAP_SYS_RESOURCE",
                            "CAP_SYS_TIME",
                            "CAP_SYS_TTY_CONFIG",
                            "CAP_MKNOD",
                            "CAP_LEASE",
                            "CAP_AUDIT_WRITE",
                            "CAP_AUDIT_CONTROL",
                            "CAP_SETFCAP",
                            "CAP_MAC_OVERRIDE",
                            "CAP_MAC_ADMIN",
                            "CAP_SYSLOG",
                            "CAP_WAKE_ALARM",
                            "CAP_BLOCK_SUSPEND",
                            "CAP_AUDIT_READ",
                            "CAP_PERFMON",
                            "CAP_BPF",
                            "CAP_CHECKPOINT_RESTORE"};

constexpr auto kByName = [] {
  std::array<uint8_t, kNames.size()> numbers{};
  std::iota(numbers.begin(), numbers.end(), uint8_t{0});
  std::sort(numbers.begin(), numbers.end(), [](uint8_t left, uint8_t right) {
    return std::string_view(kNames[left]) < std::string_view(kNames[right]);
  });
  return numbers;
}();

constexpr std::string_view kPrefix = "CAP_";

bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    return std::toupper(static_cast<unsigned char>(a)) == std::toupper(static_cast<unsigned char>(b));
  });
}

void keep(YesNo& member, YesNo other) {
  if (member == YesNo::kUnknown) member = other;
}
void keep(std::string& member, const std::string& other) {
  if (member.empty()) member = other;
}
template <typename T>
void keep(std::optional<T>& member, const std::optional<T>& other) {
  if (!member) member = other;
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-_./:=,@%+").find(c) != std::string_view::npos;
}

}  // namespace

std::span<const char* const> capability_names() {
  return kNames;
}

std::span<const uint8_t> capabilities_by_name() {
  return kByName;
}

std::optional<unsigned> capability_number(std::string_view name) {
  if (same_word(name.substr(0, kPrefix.size()), kPrefix)) name.remove_prefix(kPrefix.size());
  for (unsigned number = 0; number < kNames.size(); ++number) {
    if (same_word(name, std::string_view(kNames[number]).substr(kPrefix.size()))) return number;
  }
  return std::nullopt;
}

const Posture& SharedPosture::none() {
  static const Posture kNone;
  return kNone;
}

void SharedPosture::set(Posture posture) {
  shared_ = posture == none() ? nullptr : std::make_shared<const Posture>(std::move(posture));
}

void SharedPosture::fill(const SharedPosture& other) {
  if (other.empty() || shared_ == other.shared_) return;
  if (empty()) {
    shared_ = other.shared_;
    return;
  }
  Posture both = **this;
  keep(both.capabilities, other->capabilities);
  keep(both.seccomp, other->seccomp);
  keep(both.apparmor, other->apparmor);
  keep(both.selinux, other->selinux);
  keep(both.no_new_privs, other->no_new_privs);
  keep(both.readonly_rootfs, other->readonly_rootfs);
  keep(both.user_ns, other->user_ns);
  keep(both.host_uts, other->host_uts);
  keep(both.host_cgroup, other->host_cgroup);
  keep(both.cmd, other->cmd);
  keep(both.runtime, other->runtime);
  keep(both.devices, other->devices);
  // Equal ones are kept once.
  if (both == *other) {
    shared_ = other.shared_;
  } else if (both != **this) {
    set(std::move(both));
  }
}

std::string shell_words(std::span<const std::string> words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) {
      if (c == '\'') {
        line += "'\\''";
      } else {
        line += c;
      }
    }
    line += '\'';
  }
  return line;
}

}  // namespace core
