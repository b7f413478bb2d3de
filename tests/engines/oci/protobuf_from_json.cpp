// See protobuf_from_json.h. The field numbers are written out again here, from the .proto files: a wrong one
// in the project's tables must not be repeated by the test.
#include "protobuf_from_json.h"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <protozero/pbf_writer.hpp>
#include <stdexcept>

#include "core/timestamps.h"
#include "support/test_data.h"

namespace engines::test {
namespace {

namespace json = boost::json;
using Writer = protozero::pbf_writer;

const json::value kNothing;

const json::value& at(const json::value& parent, std::string_view key) {
  const json::object* object = parent.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains(key);
  return found == nullptr ? kNothing : *found;
}

std::string text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : std::string();
}

const std::map<std::string, int64_t> kEnums = {{"CONTAINER_CREATED", 0},
                                               {"CONTAINER_RUNNING", 1},
                                               {"CONTAINER_EXITED", 2},
                                               {"CONTAINER_UNKNOWN", 3},
                                               {"SANDBOX_READY", 0},
                                               {"SANDBOX_NOTREADY", 1},
                                               {"PROPAGATION_PRIVATE", 0},
                                               {"PROPAGATION_HOST_TO_CONTAINER", 1},
                                               {"PROPAGATION_BIDIRECTIONAL", 2},
                                               {"POD", 0},
                                               {"CONTAINER", 1},
                                               {"NODE", 2},
                                               {"TARGET", 3}};

// crictl prints 64-bit numbers as text, times as RFC 3339, enums by name.
int64_t number(const json::value& value) {
  if (value.is_bool()) return value.get_bool() ? 1 : 0;
  if (value.is_int64()) return value.get_int64();
  const std::string word = text(value);
  if (const auto found = kEnums.find(word); found != kEnums.end()) return found->second;
  if (word.find('T') != std::string::npos) return core::parse_rfc3339(word) * 1'000'000'000;
  return word.empty() ? 0 : std::stoll(word);
}

void add_text(Writer& out, uint32_t tag, const json::value& value) {
  if (!text(value).empty()) out.add_string(tag, text(value));
}
void add_number(Writer& out, uint32_t tag, const json::value& value) {
  if (number(value) != 0) out.add_int64(tag, number(value));
}
void add_map(Writer& out, uint32_t tag, const json::value& value) {
  if (!value.is_object()) return;
  for (const auto& entry : value.get_object()) {
    std::string bytes = field(1, std::string_view(entry.key().data(), entry.key().size()));
    bytes += field(2, entry.value().is_string() ? text(entry.value()) : json::serialize(entry.value()));
    out.add_message(tag, bytes);
  }
}

std::string metadata(const json::value& value) {
  std::string bytes;
  Writer out(bytes);
  add_text(out, 1, at(value, "name"));
  add_text(out, 2, at(value, "uid"));
  add_text(out, 3, at(value, "namespace"));
  return bytes;
}

std::string image_spec(const json::value& value) {
  std::string bytes;
  Writer out(bytes);
  add_text(out, 1, at(value, "image"));
  add_text(out, 18, at(value, "userSpecifiedImage"));
  return bytes;
}

std::string mount(const json::value& value) {
  std::string bytes;
  Writer out(bytes);
  add_text(out, 1, at(value, "containerPath"));
  add_text(out, 2, at(value, "hostPath"));
  add_number(out, 3, at(value, "readonly"));
  add_number(out, 4, at(value, "selinuxRelabel"));
  add_number(out, 5, at(value, "propagation"));
  return bytes;
}

std::string linux_resources(const json::value& value) {
  std::string bytes;
  Writer out(bytes);
  add_number(out, 1, at(value, "cpuPeriod"));
  add_number(out, 2, at(value, "cpuQuota"));
  add_number(out, 3, at(value, "cpuShares"));
  add_number(out, 4, at(value, "memoryLimitInBytes"));
  add_number(out, 5, at(value, "oomScoreAdj"));
  add_text(out, 6, at(value, "cpusetCpus"));
  add_number(out, 10, at(value, "memorySwapLimitInBytes"));
  return bytes;
}

std::string container_status(const json::value& status) {
  std::string bytes;
  Writer out(bytes);
  add_text(out, 1, at(status, "id"));
  out.add_message(2, metadata(at(status, "metadata")));
  add_number(out, 3, at(status, "state"));
  add_number(out, 4, at(status, "createdAt"));
  add_number(out, 5, at(status, "startedAt"));
  out.add_message(8, image_spec(at(status, "image")));
  add_text(out, 9, at(status, "imageRef"));
  add_map(out, 12, at(status, "labels"));
  add_map(out, 13, at(status, "annotations"));
  if (at(status, "mounts").is_array()) {
    for (const json::value& entry : at(status, "mounts").get_array()) out.add_message(14, mount(entry));
  }
  add_text(out, 15, at(status, "logPath"));
  const json::value& resources = at(status, "resources");
  if (resources.is_object()) out.add_message(16, field(1, linux_resources(at(resources, "linux"))));
  add_text(out, 17, at(status, "imageId"));
  const json::value& user = at(at(status, "user"), "linux");
  if (user.is_object()) {
    std::string linux_user;
    Writer writer(linux_user);
    add_number(writer, 1, at(user, "uid"));
    add_number(writer, 2, at(user, "gid"));
    out.add_message(18, field(1, linux_user));
  }
  return bytes;
}

std::string sandbox_status(const json::value& status) {
  std::string bytes;
  Writer out(bytes);
  add_text(out, 1, at(status, "id"));
  out.add_message(2, metadata(at(status, "metadata")));
  add_number(out, 3, at(status, "state"));
  add_number(out, 4, at(status, "createdAt"));
  std::string network = field(1, text(at(at(status, "network"), "ip")));
  if (at(at(status, "network"), "additionalIps").is_array()) {
    for (const json::value& ip : at(at(status, "network"), "additionalIps").get_array()) {
      network += field(2, field(1, text(at(ip, "ip"))));
    }
  }
  out.add_message(5, network);
  const json::value& options = at(at(at(status, "linux"), "namespaces"), "options");
  std::string namespaces;
  Writer writer(namespaces);
  add_number(writer, 1, at(options, "network"));
  add_number(writer, 2, at(options, "pid"));
  add_number(writer, 3, at(options, "ipc"));
  out.add_message(6, field(1, field(2, namespaces)));
  add_map(out, 7, at(status, "labels"));
  add_map(out, 8, at(status, "annotations"));
  return bytes;
}

// crictl shows the decoded "info" (and other keys of the map, which are plain text).
std::string status_response(const std::string& status, const json::value& info) {
  std::string bytes = field(1, status);
  if (info.is_object())
    bytes += field(2, field(1, std::string_view("info")) + field(2, json::serialize(info)));
  return bytes;
}

std::string any(std::string_view type_url, std::string_view value) {
  return field(1, type_url) + field(2, value);
}

std::string timestamp(const json::value& value) {
  return field(1, core::parse_rfc3339(text(value))) + field(2, int64_t{123456789});
}

}  // namespace

std::string field(uint32_t number_, std::string_view bytes) {
  std::string out;
  Writer(out).add_bytes(number_, bytes.data(), bytes.size());
  return out;
}

std::string field(uint32_t number_, int64_t varint) {
  std::string out;
  Writer(out).add_int64(number_, varint);
  return out;
}

std::string recorded(const std::string& path) {
  std::ifstream file(support::test_data("recorded/" + path), std::ios::binary);
  if (!file) throw std::runtime_error("no recording " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

json::value recorded_json(const std::string& path) {
  return json::parse(recorded(path));
}

std::string container_status_response(const json::value& inspect) {
  return status_response(container_status(at(inspect, "status")), at(inspect, "info"));
}

std::string sandbox_status_response(const json::value& inspect) {
  return status_response(sandbox_status(at(inspect, "status")), at(inspect, "info"));
}

std::string list_containers_response(const json::value& ps) {
  std::string bytes;
  for (const json::value& entry : at(ps, "containers").as_array()) {
    std::string message;
    Writer out(message);
    add_text(out, 1, at(entry, "id"));
    add_text(out, 2, at(entry, "podSandboxId"));
    out.add_message(3, metadata(at(entry, "metadata")));
    out.add_message(4, image_spec(at(entry, "image")));
    add_text(out, 5, at(entry, "imageRef"));
    add_number(out, 6, at(entry, "state"));
    add_number(out, 7, at(entry, "createdAt"));
    add_map(out, 8, at(entry, "labels"));
    add_map(out, 9, at(entry, "annotations"));
    add_text(out, 10, at(entry, "imageId"));
    bytes += field(1, message);
  }
  return bytes;
}

std::string list_sandboxes_response(const json::value& pods) {
  std::string bytes;
  for (const json::value& entry : at(pods, "items").as_array()) {
    std::string message;
    Writer out(message);
    add_text(out, 1, at(entry, "id"));
    out.add_message(2, metadata(at(entry, "metadata")));
    add_number(out, 3, at(entry, "state"));
    add_number(out, 4, at(entry, "createdAt"));
    add_map(out, 5, at(entry, "labels"));
    add_map(out, 6, at(entry, "annotations"));
    bytes += field(1, message);
  }
  return bytes;
}

std::string get_container_response(const json::value& info) {
  std::string message;
  Writer out(message);
  add_text(out, 1, at(info, "ID"));
  add_map(out, 2, at(info, "Labels"));
  add_text(out, 3, at(info, "Image"));
  out.add_message(4, field(1, text(at(at(info, "Runtime"), "Name"))));
  out.add_message(
      5, any("types.containerd.io/opencontainers/runtime-spec/1/Spec", json::serialize(at(info, "Spec"))));
  add_text(out, 6, at(info, "Snapshotter"));
  add_text(out, 7, at(info, "SnapshotKey"));
  out.add_message(8, timestamp(at(info, "CreatedAt")));
  out.add_message(9, timestamp(at(info, "UpdatedAt")));
  return field(1, message);
}

}  // namespace engines::test
