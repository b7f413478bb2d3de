// The record as JSON and back. One row per key; the row is the only place that names it.
#include "core/container_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "core/fit.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "core/labels.h"
#include "core/limits.h"
#include "core/ports.h"
#include "core/posture_json.h"

namespace core {
namespace {

namespace json = boost::json;

constexpr size_t kUsualBytes = 2048;

// ---- writing ----

using core::append_json;

void append_json(const Labels& labels, std::string& out) {
  JsonMembers members(out += '{');
  for (const auto& [key, value] : labels) members.add(key, value);
  out += '}';
}

void append_json(const std::optional<Labels>& labels, std::string& out) {
  if (labels) {
    append_json(*labels, out);
  } else {
    out += "null";
  }
}

void append_json(const Probe& probe, std::string& out) {
  JsonMembers members(out += '{');
  members.add("exe", probe.exe);
  members.add("args", probe.args);
  out += '}';
}

void append_json(const std::vector<PortMapping>& ports, std::string& out) {
  append_json_array(ports, out, [](const PortMapping& port, std::string& to) {
    JsonMembers members(to += '{');
    members.add("HostIp", port.host_ip);
    members.add("HostPort", port.host_port);
    members.add("ContainerPort", port.container_port);
    to += '}';
  });
}

void append_json(const std::vector<Mount>& mounts, std::string& out) {
  append_json_array(mounts, out, [](const Mount& mount, std::string& to) {
    JsonMembers members(to += '{');
    members.add("Source", mount.source);
    members.add("Destination", mount.destination);
    members.add("Mode", mount.mode);
    members.add("RW", mount.rw);
    members.add("Propagation", mount.propagation);
    to += '}';
  });
}

// The labels with the Kubernetes identity among them, whatever a label limit may have dropped.
Labels labels_with_identity(const Container& container) {
  Labels labels = container.labels;
  for (const auto& [key, value] :
       {std::pair(kPodNameLabel, &container.pod_name),
        std::pair(kPodNamespaceLabel, &container.pod_namespace), std::pair(kPodUidLabel, &container.pod_uid),
        std::pair(kPodSandboxIdLabel, &container.pod_sandbox_id)}) {
    if (!value->empty()) labels.insert_or_assign(std::string(key), *value);
  }
  return labels;
}

// ---- reading: each returns the default when the member is missing, null or of a wrong type ----

void read(const json::value* value, std::string& out) {
  if (const auto text = as_text(value)) out = *text;
}

void read(const json::value* value, bool& out) {
  if (const bool* flag = value != nullptr ? value->if_bool() : nullptr) out = *flag;
}

void read(const json::value* value, YesNo& out) {
  if (const bool* flag = value != nullptr ? value->if_bool() : nullptr) out = yes_no(*flag);
}

template <typename Int>
requires std::is_integral_v<Int>
void read(const json::value* value, Int& out) {
  out = as_integer<Int>(value).value_or(out);
}

void read(const json::value* value, std::optional<int64_t>& out) {
  out = as_integer<int64_t>(value);
}

// The elements of `value` when it is an array, else none.
const json::array& elements(const json::value* value) {
  static const json::array kNone;
  const json::array* array = value != nullptr ? value->if_array() : nullptr;
  return array != nullptr ? *array : kNone;
}

void read(const json::value* value, std::vector<std::string>& out) {
  for (const json::value& element : elements(value)) {
    if (const auto text = as_text(&element)) out.emplace_back(*text);
  }
}

void read(const json::value* value, Labels& out) {
  const json::object* object = value != nullptr ? value->if_object() : nullptr;
  if (object == nullptr) return;
  for (const auto& [key, element] : *object) {
    if (const auto text = as_text(&element)) out.insert_or_assign(std::string(key), std::string(*text));
  }
}

void read(const json::value* value, std::optional<Labels>& out) {
  if (value != nullptr && value->is_object()) read(value, out.emplace());
}

void read(const json::value* value, std::optional<Probe>& out) {
  const auto exe = as_text(member(value, "exe"));
  if (!exe) return;
  Probe& probe = out.emplace();
  probe.exe = *exe;
  read(member(value, "args"), probe.args);
}

void read(const json::value* value, std::vector<PortMapping>& out) {
  for (const json::value& element : elements(value)) {
    if (!element.is_object()) continue;
    PortMapping& port = out.emplace_back();
    // The existing plugin wrote both as texts until its version 0.3.1; an address that is not IPv4 has no
    // number.
    if (const auto address = as_text(member(&element, "HostIp"))) {
      const auto number = address->empty() ? std::optional<uint32_t>(0) : parse_ipv4(*address);
      if (!number) {
        out.pop_back();
        continue;
      }
      port.host_ip = *number;
    }
    read(member(&element, "HostIp"), port.host_ip);
    if (const auto text = as_text(member(&element, "HostPort")))
      port.host_port = parse_port(*text).value_or(0);
    read(member(&element, "HostPort"), port.host_port);
    read(member(&element, "ContainerPort"), port.container_port);
  }
}

void read(const json::value* value, std::vector<Mount>& out) {
  for (const json::value& element : elements(value)) {
    if (!element.is_object()) continue;
    Mount& mount = out.emplace_back();
    read(member(&element, "Source"), mount.source);
    read(member(&element, "Destination"), mount.destination);
    read(member(&element, "Mode"), mount.mode);
    mount.rw = false;
    read(member(&element, "RW"), mount.rw);
    read(member(&element, "Propagation"), mount.propagation);
  }
}

ContainerType read_type(const json::value* value) {
  const auto number = as_integer<uint32_t>(value);
  if (!number) return ContainerType::kUnknown;
  const auto type = static_cast<ContainerType>(*number);
  return std::string_view(type_name(type)) != type_name(ContainerType::kUnknown) ? type
                                                                                 : ContainerType::kUnknown;
}

// ---- the keys ----

// One key of the format, in the order in which it is written.
struct Key {
  const char* name;
  void (*write)(const Container&, const char* name, JsonMembers&);
  void (*read)(const json::value*, Container&);
};

bool is_known(YesNo answer) {
  return answer != YesNo::kUnknown;
}
bool value_of(YesNo answer) {
  return answer == YesNo::kYes;
}
template <typename T>
bool is_known(const std::optional<T>& member) {
  return member.has_value();
}
template <typename T>
const T& value_of(const std::optional<T>& member) {
  return *member;
}

// A key that is one member of the record.
template <auto Member>
constexpr Key plain(const char* name) {
  return {name,
          [](const Container& container, const char* key, JsonMembers& out) {
            append_json(container.*Member, out.name(key));
          },
          [](const json::value* value, Container& container) { read(value, container.*Member); }};
}

// What may not be known, and probes: written only when there is something to say.
template <auto Member>
constexpr Key if_known(const char* name) {
  return {name,
          [](const Container& container, const char* key, JsonMembers& out) {
            if (is_known(container.*Member)) append_json(value_of(container.*Member), out.name(key));
          },
          [](const json::value* value, Container& container) { read(value, container.*Member); }};
}

struct SourceWord {
  Source source;
  std::string_view word;
};
constexpr SourceWord kSourceWords[] = {{Source::kCgroup, "cgroup"},
                                       {Source::kSighting, "sighting"},
                                       {Source::kBundle, "bundle"},
                                       {Source::kDisk, "disk"},
                                       {Source::kApi, "api"}};

constexpr std::array kFlags{&Container::privileged, &Container::host_pid, &Container::host_network,
                            &Container::host_ipc};
struct Number {
  std::optional<int64_t> Container::*member;
  int64_t fallback;
};
constexpr Number kNumbers[] = {{&Container::cpu_period, kDefaultCpuPeriod},
                               {&Container::cpu_quota, 0},
                               {&Container::cpu_shares, kDefaultCpuShares},
                               {&Container::cpuset_cpu_count, 0},
                               {&Container::memory_limit, 0},
                               {&Container::swap_limit, 0}};

// What other plugins leave out, and those of Falco's past, has the format's default.
void take_defaults(Container& container) {
  for (YesNo Container::*flag : kFlags) {
    if (!is_known(container.*flag)) container.*flag = YesNo::kNo;
  }
  for (const Number& number : kNumbers) {
    if (!(container.*number.member)) container.*number.member = number.fallback;
  }
}

// Every event of this plugin has one: with it a replay can tell poorer words from an engine's whole answer,
// as the live system did, and what is not known from what is left out. Events of other plugins have none;
// they say what their engine told then, which may be a part, so that a later one must not erase what an
// earlier one said.
void write_source(const Container& container, const char* key, JsonMembers& out) {
  for (const SourceWord& row : kSourceWords) {
    if (row.source == container.source) out.add(key, row.word);
  }
}
void read_source(const json::value* value, Container& container) {
  const std::string_view text = as_text(value).value_or("");
  for (const SourceWord& row : kSourceWords) {
    if (row.word != text) continue;
    container.source = row.source;
    return;
  }
  container.source = Source::kSighting;
  take_defaults(container);
}

// The user's uid, 0 for the machine, -1 for nobody in particular.
constexpr const char* kOwner = "owner";
constexpr int64_t kNobody = -1;
void write_owner(const Container& container, const char* key, JsonMembers& out) {
  out.add(key, container.owner.is_nobody() ? kNobody : int64_t{container.owner.uid()});
}
void read_owner(const json::value* value, Container& container) {
  if (value == nullptr) return;
  const auto uid = as_integer<uint32_t>(value);
  container.owner = uid ? Owner::user(*uid) : Owner::nobody();
}

// The id is read by take_id().
void read_nothing(const json::value*, Container&) {}

constexpr std::array kKeys{
    Key{"type",
        [](const Container& container, const char* key, JsonMembers& out) {
          out.add(key, static_cast<uint32_t>(container.type));
        },
        [](const json::value* value, Container& container) { container.type = read_type(value); }},
    Key{"id",
        [](const Container& container, const char* key, JsonMembers& out) { out.add(key, container.id()); },
        read_nothing},
    Key{"full_id",
        [](const Container& container, const char* key, JsonMembers& out) {
          out.add(key, container.full_id);
        },
        read_nothing},
    plain<&Container::name>("name"),
    plain<&Container::image>("image"),
    plain<&Container::image_id>("imageid"),
    plain<&Container::image_repository>("imagerepo"),
    plain<&Container::image_tag>("imagetag"),
    plain<&Container::image_digest>("imagedigest"),
    plain<&Container::user>("User"),
    plain<&Container::ip>("ip"),
    if_known<&Container::privileged>("privileged"),
    if_known<&Container::host_pid>("host_pid"),
    if_known<&Container::host_network>("host_network"),
    if_known<&Container::host_ipc>("host_ipc"),
    if_known<&Container::cpu_period>("cpu_period"),
    if_known<&Container::cpu_quota>("cpu_quota"),
    if_known<&Container::cpu_shares>("cpu_shares"),
    if_known<&Container::cpuset_cpu_count>("cpuset_cpu_count"),
    if_known<&Container::memory_limit>("memory_limit"),
    if_known<&Container::swap_limit>("swap_limit"),
    plain<&Container::created_time>("created_time"),
    plain<&Container::size>("size"),
    plain<&Container::env>("env"),
    Key{"labels",
        [](const Container& container, const char* key, JsonMembers& out) {
          append_json(labels_with_identity(container), out.name(key));
        },
        [](const json::value* value, Container& container) { read(value, container.labels); }},
    plain<&Container::port_mappings>("port_mappings"),
    plain<&Container::mounts>("Mounts"),
    plain<&Container::is_pod_sandbox>("is_pod_sandbox"),
    plain<&Container::pod_sandbox_id>("pod_sandbox_id"),
    plain<&Container::pod_sandbox_labels>("pod_sandbox_labels"),
    plain<&Container::cni_json>("cni_json"),
    if_known<&Container::healthcheck>("Healthcheck"),
    if_known<&Container::startup_healthcheck>("StartupHealthcheck"),
    if_known<&Container::liveness_probe>("LivenessProbe"),
    if_known<&Container::readiness_probe>("ReadinessProbe"),
    Key{"security",
        [](const Container& container, const char* key, JsonMembers& out) {
          if (!container.posture.empty()) append_json(container.posture, out.name(key));
        },
        [](const json::value* value, Container& container) { container.posture = read_posture(value); }},
    Key{"cgroup_path",
        [](const Container& container, const char* key, JsonMembers& out) {
          if (!container.cgroup_path.empty()) out.add(key, container.cgroup_path);
        },
        [](const json::value* value, Container& container) { read(value, container.cgroup_path); }},
    Key{kOwner, write_owner, read_owner},
    Key{"source", write_source, read_source},  // the last: it decides about what is not there
};

// Old captures have no full_id; then the id is all there is. A full_id that does not continue the id belongs
// to something else: the id is what threads are tagged with, so it decides.
std::string take_id(const json::value* object) {
  const std::string_view id = as_text(member(object, "id")).value_or("");
  const std::string_view full_id = as_text(member(object, "full_id")).value_or("");
  // The id may have been cut within a character, which JSON can only show as U+FFFD.
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string_view whole = id;
  while (whole.ends_with(kReplacement)) whole.remove_suffix(kReplacement.size());
  return std::string(full_id.starts_with(whole) ? full_id : id);
}

// libsinsp 0.23 turns event 228 of old captures into the bare object.
const json::value* container_of(const json::value& payload) {
  const json::value* object = member(&payload, "container");
  // Two wrote the object's members bare: libsinsp 0.23 makes that of event 228 of old captures, and the
  // existing plugin up to 0.3.5 of what it dumped and removed, beside a "container" that is null.
  const bool bare = object == nullptr || object->is_null();
  const bool named = as_text(member(&payload, "id")) || as_text(member(&payload, "full_id"));
  return bare && named ? &payload : object;
}

void append_object(const Container& container, std::string& out) {
  JsonMembers members(out += '{');
  for (const Key& key : kKeys) key.write(container, key.name, members);
  out += '}';
}

}  // namespace

std::string to_json(const Container& container) {
  std::string text;
  text.reserve(kUsualBytes);
  append_object(container, text += "{\"container\":");
  return text += '}';
}

std::string to_json_object(const Container& container) {
  std::string text;
  text.reserve(kUsualBytes);
  append_object(container, text);
  return text;
}

base::Result<Container> from_json(std::string_view text) {
  // A payload is a C string in its event: the terminator may be counted in.
  while (text.ends_with('\0')) text.remove_suffix(1);
  if (text.size() > limits::kEventBytes) {
    return base::Error{fmt::format("container event: the payload has {} bytes, at most {} are read",
                                   text.size(), limits::kEventBytes)};
  }
  std::array<unsigned char, 16384> buffer;
  json::monotonic_resource memory(buffer.data(), buffer.size());
  const auto payload = parse_json(text, &memory);
  if (!payload) return base::Error{"container event: the payload is " + payload.error()};

  const json::value* object = container_of(*payload);
  if (object == nullptr || !object->is_object()) {
    return base::Error{
        fmt::format("container event: the payload has no object 'container': '{}'", base::excerpt(text))};
  }
  Container container;
  for (const Key& key : kKeys) key.read(member(object, key.name), container);
  container.full_id = take_id(object);
  if (container.full_id.empty()) {
    return base::Error{
        fmt::format("container event: the payload has no 'container.id': '{}'", base::excerpt(text))};
  }
  if (container.full_id.size() > limits::kTextBytes) {
    return base::Error{
        fmt::format("container event: the container's id has {} bytes", container.full_id.size())};
  }
  // What container engines of Falco up to 0.40 wrote for "none".
  if (container.ip == "0.0.0.0") container.ip.clear();
  if (container.user == "<NA>") container.user.clear();
  take_k8s_identity(container);
  fit(container);
  return container;
}

bool has_owner(std::string_view text) {
  while (text.ends_with('\0')) text.remove_suffix(1);
  const auto payload = parse_json(text, {});
  return payload && member(container_of(*payload), kOwner) != nullptr;
}

}  // namespace core
