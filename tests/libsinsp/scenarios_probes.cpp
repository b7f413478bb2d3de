// Scenarios about healthcheck and probe processes: what a rule may ignore, and what only looks like it.
#include "scenario.h"

namespace scenarios {
namespace {

const Thread kInit = process(1, 0, "/");
const Thread kShim = process(50, 1, "/system.slice/containerd.service");

Thread in_container(int64_t tid, int64_t ptid, int64_t vpid, std::string exe, std::vector<std::string> args) {
  Thread thread = process(tid, ptid, docker_v2('a'));
  thread.vtid = thread.vpid = vpid;
  thread.comm = exe.substr(exe.rfind('/') + 1);
  thread.exe = std::move(exe);
  thread.args = std::move(args);
  return thread;
}

Event started(const Thread& thread) {
  return {.what = What::kClone, .tid = thread.tid, .thread = thread};
}
Event executed(const Thread& thread) {
  return {.what = What::kExecve19, .tid = thread.tid, .thread = thread};
}
Event other(int64_t tid) {
  return {.what = What::kOther, .tid = tid};
}

// member: "Healthcheck" ...; field: the one that is true.
Scenario probe(const char* name, const std::string& member, const std::string& field) {
  const std::string describe =
      payload('a', R"("type":0,"name":"web",")" + member + R"(":{"exe":"/bin/sh","args":["-c","check me"]})");
  const Thread container_init = in_container(100, 50, 1, "/usr/bin/web", {});
  const Thread runner = in_container(200, 50, 30, "runc", {"init"});
  const Thread check = in_container(200, 50, 30, "/bin/sh", {"-c", "check me"});
  const Thread below = in_container(201, 200, 31, "/bin/grep", {"me"});
  const Thread imitation = in_container(300, 100, 40, "/bin/sh", {"-c", "check me"});
  std::vector<Expect> yes, no;
  for (const char* each : {"proc.is_container_healthcheck", "proc.is_container_liveness_probe",
                           "proc.is_container_readiness_probe"}) {
    yes.push_back({each, each == field ? "true" : "false"});
    no.push_back({each, "false"});
  }
  return {.name = name,
          .why = "Probes run every few seconds; rules leave them out, but not a process that imitates one.",
          .before = {kInit, kShim, container_init},
          .steps = {{{.what = What::kContainer, .text = describe}},
                    {started(runner), no},
                    {executed(check), yes, {{field + " = true"}}},
                    {started(below), yes},
                    {executed(below), yes},
                    {other(200), yes},
                    {started(imitation), no},
                    {executed(imitation), no, {{field + " = true", false}}},
                    {other(100), no},
                    {other(50), no}}};
}

}  // namespace

std::vector<Scenario> probe_scenarios() {
  return {
      probe("healthcheck_process", "Healthcheck", "proc.is_container_healthcheck"),
      probe("liveness_process", "LivenessProbe", "proc.is_container_liveness_probe"),
      probe("readiness_process", "ReadinessProbe", "proc.is_container_readiness_probe"),
  };
}

}  // namespace scenarios
