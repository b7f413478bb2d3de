// What of the host can be seen from here, and by which way. Main thread.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "base/host_root.h"
#include "host/proc_reader.h"
#include "tools/doctor/sections.h"

namespace tools::doctor {
namespace {

constexpr const char* kMountAdvice =
    "mount the host's root and name it: in a pod 'volumes: [{name: host, hostPath: {path: /}}]', "
    "'volumeMounts: [{name: host, mountPath: /host, readOnly: true}]', 'env: [{name: HOST_ROOT, value: "
    "/host}]'; "
    "with docker or podman '-v /:/host:ro -e HOST_ROOT=/host'; with the capability SYS_PTRACE the host's "
    "/proc "
    "at /host/proc is enough";

// What is read of the host, and what is lost without it.
struct Part {
  const char* path;
  const char* loss;
};
constexpr std::array kParts{
    Part{"/run", "no engine's socket below /run can be reached and no bundle read"},
    Part{"/var", "what engines keep on disk cannot be read, nor sockets below /var/run be reached"},
    Part{"/etc", "users' homes are not known, nor where Falco's own configuration is"},
};

bool is_directory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

Finding proc_finding(const std::string& host_root) {
  Finding finding{"host.proc", Level::kGood, "", "", "", {}};
  const host::ProcReader proc(host_root);
  finding.facts = {{"directory", proc.directory()}};
  const base::Status checked = proc.check();
  if (checked) {
    finding.text = fmt::format("processes: {} shows {}", proc.directory(), proc.pids().size());
    return finding;
  }
  finding.level = Level::kBad;
  finding.text = fmt::format("processes cannot be seen: {}", checked.error());
  finding.advice = fmt::format("mount the host's /proc at {}", proc.directory());
  return finding;
}

// What is not mounted, or a mount of a part of it, is completed by what the host's first process sees.
Finding part_finding(const Part& part, base::HostRoot& root) {
  const std::string mounted = root.prefix() + part.path;
  Finding finding{"host.files", Level::kGood, mounted, "can be seen", "", {}};
  base::HostRoot::View* first_process = root.first_process();
  if (first_process != nullptr && is_directory(first_process->path + part.path)) {
    if (!is_directory(mounted))
      finding.text = fmt::format("is not mounted: {}{} is read", first_process->path, part.path);
    finding.facts = {{"way", "first_process"}};
    return finding;
  }
  finding.facts = {{"way", "mount"}};
  if (is_directory(mounted)) return finding;
  finding.level = Level::kWarning;
  finding.facts = {{"way", "none"}};
  finding.text = fmt::format("is not there: {}", part.loss);
  finding.advice = fmt::format("mount the host's {} at {}", part.path, mounted);
  return finding;
}

// The other way to the host's files.
Finding first_process_finding(base::HostRoot& root) {
  Finding finding{"host.first_process", Level::kGood, "", "", "", {}};
  if (const base::HostRoot::View* view = root.first_process(); view != nullptr) {
    finding.text = fmt::format("what is not mounted is read at {}", view->path);
    finding.facts = {{"readable", true}};
    return finding;
  }
  finding.facts = {{"readable", false}};
  finding.text = root.obstacle();
  if (!finding.text.empty()) {
    finding.level = Level::kWarning;
    finding.advice =
        "capabilities: [SYS_PTRACE] in the pod's securityContext, '--cap-add SYS_PTRACE' with docker or "
        "podman";
  } else {
    finding.text = fmt::format("nothing but that: there is no process 1 below {}/proc", root.prefix());
  }
  return finding;
}

}  // namespace

Section host_section(const Surroundings& here, const std::string& host_root) {
  Section section{"host", "What of the host can be seen"};
  Finding way{"host.way", Level::kGood, "", "", "", {}};
  if (host_root.empty() && here.in_container) {
    way.level = Level::kBad;
    way.text = "not at all: this is a container, and HOST_ROOT does not say where the host's files are";
    way.advice = kMountAdvice;
    way.facts = {{"way", "none"}};
    section.add(std::move(way));
    return section;
  }
  if (host_root.empty()) {
    way.text = "all of it: this is the host";
    way.facts = {{"way", "direct"}};
    section.add(std::move(way));
    section.add(proc_finding(host_root));
    return section;
  }
  way.facts = {{"way", "mount"}};
  if (!is_directory(host_root)) {
    way.level = Level::kBad;
    way.text = fmt::format("HOST_ROOT is {}, and there is no such directory", host_root);
    way.advice = kMountAdvice;
    way.facts = {{"way", "none"}};
    section.add(std::move(way));
    return section;
  }
  way.text = fmt::format("what is mounted at {}", host_root);
  section.add(std::move(way));
  section.add(proc_finding(host_root));
  base::HostRoot root(host_root);
  section.add(first_process_finding(root));
  for (const Part& part : kParts) section.add(part_finding(part, root));
  return section;
}

}  // namespace tools::doctor
