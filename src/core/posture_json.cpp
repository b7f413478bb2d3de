// See posture_json.h. One row per key; the row is the only place that names it.
#include "core/posture_json.h"

#include <utility>

#include "core/json_read.h"
#include "core/json_write.h"

namespace core {
namespace {

namespace json = boost::json;

struct TextKey {
  const char* name;
  std::string Posture::*member;
};
constexpr TextKey kTexts[] = {{"seccomp", &Posture::seccomp},
                              {"apparmor", &Posture::apparmor},
                              {"selinux", &Posture::selinux},
                              {"cmd", &Posture::cmd},
                              {"runtime", &Posture::runtime}};

struct FlagKey {
  const char* name;
  YesNo Posture::*member;
};
constexpr FlagKey kFlags[] = {{"no_new_privs", &Posture::no_new_privs},
                              {"readonly_rootfs", &Posture::readonly_rootfs},
                              {"user_ns", &Posture::user_ns},
                              {"host_uts", &Posture::host_uts},
                              {"host_cgroup", &Posture::host_cgroup}};

constexpr const char* kCapabilities = "capabilities";
constexpr const char* kDevices = "devices";

void append_capabilities(Capabilities capabilities, std::string& out) {
  JsonComma comma;
  out += '[';
  for (const uint8_t number : capabilities_by_name()) {
    if ((capabilities >> number & 1U) == 0) continue;
    comma.append(out);
    append_json(std::string_view(capability_names()[number]), out);
  }
  out += ']';
}

const json::array* array_of(const json::value* value, const char* key) {
  const json::value* found = member(value, key);
  return found != nullptr ? found->if_array() : nullptr;
}

}  // namespace

void append_json(const SharedPosture& posture, std::string& out) {
  JsonMembers members(out += '{');
  if (posture->capabilities) append_capabilities(*posture->capabilities, members.name(kCapabilities));
  for (const TextKey& row : kTexts) {
    const std::string& text = (*posture).*row.member;
    if (!text.empty()) members.add(row.name, text);
  }
  for (const FlagKey& row : kFlags) {
    const YesNo flag = (*posture).*row.member;
    if (flag != YesNo::kUnknown) members.add(row.name, flag == YesNo::kYes);
  }
  if (posture->devices) members.add(kDevices, *posture->devices);
  out += '}';
}

SharedPosture read_posture(const json::value* value) {
  SharedPosture shared;
  if (value == nullptr || !value->is_object()) return shared;
  Posture posture;
  if (const json::array* names = array_of(value, kCapabilities)) {
    Capabilities capabilities = 0;
    for (const json::value& name : *names) {
      const auto number = capability_number(as_text(&name).value_or(""));
      if (number) capabilities |= Capabilities{1} << *number;
    }
    posture.capabilities = capabilities;
  }
  for (const TextKey& row : kTexts) posture.*row.member = as_text(member(value, row.name)).value_or("");
  for (const FlagKey& row : kFlags) {
    const json::value* flag = member(value, row.name);
    if (flag != nullptr && flag->is_bool()) posture.*row.member = yes_no(flag->get_bool());
  }
  if (const json::array* paths = array_of(value, kDevices)) {
    posture.devices.emplace();
    for (const json::value& path : *paths) {
      if (const auto text = as_text(&path)) posture.devices->emplace_back(*text);
    }
  }
  shared.set(std::move(posture));
  return shared;
}

}  // namespace core
