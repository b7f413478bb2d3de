// The pieces that the scenario tables share.
#include "scenario.h"

namespace scenarios {

const std::string_view kQuietConfig =
    R"({"verbosity":"debug","startup_wait_ms":0,"local_sources":false,"engines":{)"
    R"("docker":{"enabled":true,"sockets":["/nonexistent/docker.sock"]},)"
    R"("podman":{"enabled":true,"sockets":["/nonexistent/podman.sock"]},)"
    R"("containerd":{"enabled":true,"sockets":["/nonexistent/containerd.sock"]},)"
    R"("cri":{"enabled":true,"sockets":["/nonexistent/crio.sock"]}}})";

std::string full_id(char digit) {
  return std::string(12, digit) + "0123456789abcdef0123456789abcdef0123456789abcdef0123";
}
std::string short_id(char digit) {
  return std::string(12, digit);
}

std::string docker_v1(char digit) {
  return "/docker/" + full_id(digit);
}
std::string docker_v2(char digit) {
  return "/system.slice/docker-" + full_id(digit) + ".scope";
}

Thread process(int64_t tid, int64_t ptid, std::string_view cgroup_path) {
  Thread thread;
  thread.tid = tid;
  thread.ptid = ptid;
  for (const char* subsystem : {"cpuset", "cpu", "cpuacct", "blkio", "memory"}) {
    thread.cgroups.push_back({subsystem, std::string(cgroup_path)});
  }
  return thread;
}

std::string payload(char digit, std::string_view members) {
  std::string text = R"({"container":{"id":")" + short_id(digit) + R"(","full_id":")" + full_id(digit) + '"';
  if (!members.empty()) text.append(",").append(members);
  return text + "}}";
}

const std::vector<Scenario>& all() {
  static const std::vector<Scenario> scenarios = [] {
    std::vector<Scenario> joined;
    for (auto part :
         {thread_scenarios, event_scenarios, field_scenarios, probe_scenarios, bundle_scenarios}) {
      std::vector<Scenario> some = part();
      joined.insert(joined.end(), some.begin(), some.end());
    }
    return joined;
  }();
  return scenarios;
}

}  // namespace scenarios
