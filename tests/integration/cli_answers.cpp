// See cli_answers.h.
#include "cli_answers.h"

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

namespace test {
namespace {

namespace json = boost::json;

constexpr const char* kNone = "<NA>";

std::string text_or_none(std::string text) {
  return text.empty() ? kNone : text;
}

std::string text(const json::value& value, const std::string& pointer) {
  boost::system::error_code error;
  const json::value* found = value.find_pointer(pointer, error);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

bool flag(const json::value& value, const std::string& pointer) {
  boost::system::error_code error;
  const json::value* found = value.find_pointer(pointer, error);
  return found != nullptr && found->is_bool() && found->as_bool();
}

const json::value* part(const json::value& value, const std::string& pointer) {
  boost::system::error_code error;
  return value.find_pointer(pointer, error);
}

base::Result<json::value> inspect(support::RealEngine& engine, const std::vector<std::string>& args) {
  auto answer = engine.cli(args);
  if (!answer) return base::Error{answer.error()};
  boost::system::error_code error;
  json::value value = json::parse(*answer, error);
  if (error || !value.is_array() || value.as_array().empty()) return base::Error{"no JSON: " + *answer};
  return value.as_array().front();
}

const char* word(bool value) {
  return value ? "true" : "false";
}

void add_labels(const json::value& container, std::map<std::string, std::string>& answers) {
  std::string all;
  std::map<std::string, std::string> sorted;
  if (const auto* labels = part(container, "/Config/Labels"); labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->as_object())
      sorted[std::string(key)] = std::string(value.as_string());
  }
  for (const auto& [key, value] : sorted) {
    answers["container.label[" + key + "]"] = value;
    all += (all.empty() ? "" : ", ") + key + (value.empty() ? "" : ":" + value);
  }
  answers["container.labels"] = text_or_none(all);
}

void add_mounts(const json::value& container, std::map<std::string, std::string>& answers) {
  std::string all;
  const auto* mounts = part(container, "/Mounts");
  if (mounts != nullptr && mounts->is_array()) {
    for (const auto& mount : mounts->as_array()) {
      const std::string source = text(mount, "/Source");
      const std::string dest = text(mount, "/Destination");
      const std::string line = source + ":" + dest + ":" + text(mount, "/Mode") + ":" +
                               word(flag(mount, "/RW")) + ":" + text(mount, "/Propagation");
      all += (all.empty() ? "" : ",") + line;
      answers["container.mount[" + source + "]"] = line;
      answers["container.mount.source[" + dest + "]"] = source;
      answers["container.mount.dest[" + source + "]"] = dest;
      answers["container.mount.mode[" + source + "]"] = text_or_none(text(mount, "/Mode"));
      answers["container.mount.rdwr[" + source + "]"] = word(flag(mount, "/RW"));
      answers["container.mount.propagation[" + source + "]"] = text_or_none(text(mount, "/Propagation"));
    }
  }
  answers["container.mounts"] = text_or_none(all);
}

std::string address(const json::value& container) {
  if (std::string ip = text(container, "/NetworkSettings/IPAddress"); !ip.empty()) return ip;
  const auto* networks = part(container, "/NetworkSettings/Networks");
  std::map<std::string, std::string> by_name;
  if (networks != nullptr && networks->is_object()) {
    for (const auto& [name, network] : networks->as_object()) {
      by_name[std::string(name)] = text(network, "/IPAddress");
    }
  }
  for (const auto& [name, ip] : by_name) {
    if (!ip.empty()) return ip;
  }
  return kNone;
}

std::string healthcheck(const json::value& container) {
  const auto* test = part(container, "/Config/Healthcheck/Test");
  if (test == nullptr || !test->is_array() || test->as_array().empty()) return kNone;
  const auto& words = test->as_array();
  std::string line = words[0].as_string() == "CMD-SHELL" ? "/bin/sh -c" : "";
  if (words[0].as_string() == "NONE") return "NONE";
  for (size_t i = 1; i < words.size(); ++i)
    line += (line.empty() ? "" : " ") + std::string(words[i].as_string());
  return line;
}

// Podman 4 reports "shareable" for --ipc host; the command that made the container tells the truth.
bool host_ipc(const json::value& container) {
  if (text(container, "/HostConfig/IpcMode") == "host") return true;
  const auto* command = part(container, "/Config/CreateCommand");
  if (command == nullptr || !command->is_array()) return false;
  const auto& words = command->as_array();
  const auto option = std::find(words.begin(), words.end(), json::value("--ipc"));
  return option != words.end() && option + 1 != words.end() && *(option + 1) == json::value("host");
}

std::string without_prefix(std::string text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

base::Result<std::map<std::string, std::string>> cli_answers(support::RealEngine& engine,
                                                             const std::string& container) {
  auto about = inspect(engine, {"inspect", "--type", "container", container});
  if (!about) return base::Error{about.error()};
  const bool podman = engine.name() == "podman";
  const std::string image = text(*about, podman ? "/ImageName" : "/Config/Image");
  const size_t colon = image.rfind(':');

  std::map<std::string, std::string> answers;
  answers["container.full_id"] = text(*about, "/Id");
  answers["container.id"] = text(*about, "/Id").substr(0, 12);
  answers["container.name"] = without_prefix(text(*about, "/Name"), "/");
  answers["container.type"] = engine.name();
  answers["container.image"] = image;
  answers["container.image.repository"] = image.substr(0, colon);
  answers["container.image.tag"] = image.substr(colon + 1);
  answers["container.image.id"] = without_prefix(text(*about, "/Image"), "sha256:");
  // Images loaded from a file have no registry digest in Docker; Podman makes one of the manifest.
  answers["container.image.digest"] = podman ? text(*about, "/ImageDigest") : kNone;
  answers["container.privileged"] = word(flag(*about, "/HostConfig/Privileged"));
  answers["container.host_pid"] = word(text(*about, "/HostConfig/PidMode") == "host");
  answers["container.host_network"] = word(text(*about, "/HostConfig/NetworkMode") == "host");
  answers["container.host_ipc"] = word(host_ipc(*about));
  answers["container.ip"] = address(*about);
  answers["container.healthcheck"] = healthcheck(*about);
  for (const char* none : {"container.liveness_probe", "container.readiness_probe", "container.cni.json",
                           "k8s.pod.name", "k8s.ns.name", "k8s.pod.uid", "k8s.pod.id", "k8s.pod.sandbox_id",
                           "k8s.pod.full_sandbox_id", "k8s.pod.labels", "k8s.pod.ip", "k8s.rc.name"}) {
    answers[none] = kNone;
  }
  for (const char* no : {"proc.is_container_healthcheck", "proc.is_container_liveness_probe",
                         "proc.is_container_readiness_probe"}) {
    answers[no] = "false";
  }
  add_labels(*about, answers);
  add_mounts(*about, answers);
  return answers;
}

}  // namespace test
