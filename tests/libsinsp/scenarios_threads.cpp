// Scenarios about threads: which container a process belongs to, from its start to its last event.
#include "scenario.h"

namespace scenarios {
namespace {

Event other(int64_t tid) {
  return {.what = What::kOther, .tid = tid};
}

// The child's own exit of a call that made it.
Event started(What what, const Thread& child) {
  return {.what = what, .tid = child.tid, .res = 0, .thread = child};
}

// The caller's exit.
Event returned(What what, const Thread& caller, int64_t child) {
  return {.what = what, .tid = caller.tid, .res = child, .thread = caller};
}

Event executed(What what, const Thread& thread, int64_t res = 0) {
  return {.what = what, .tid = thread.tid, .res = res, .thread = thread};
}

Event exited(int64_t tid) {
  return {.what = What::kProcexit, .tid = tid};
}

std::vector<Expect> in_container(char digit) {
  return {{"container.id", short_id(digit)}, {"container.full_id", full_id(digit)}};
}

std::vector<Expect> on_host() {
  return {{"container.id", "host"}, {"container.name", "host"}};
}

const Thread kInit = process(1, 0, "/");
const Thread kShim = process(50, 1, "/system.slice/containerd.service");

// A process of container 'a' is made by `what`: first the child's exit, then the caller's.
Scenario start(const char* name, What what) {
  const Thread child = process(100, 50, docker_v2('a'));
  return {
      .name = name,
      .why = "A process that a container starts is not shown as the host's.",
      .before = {kInit, kShim},
      .steps = {{started(what, child), in_container('a')},
                {returned(what, kShim, 100), on_host()},
                {other(100), in_container('a'), {{"container.id != host"}, {"container.id = host", false}}},
                {other(50), on_host(), {{"container.id = host"}}}}};
}

// A process of the host becomes one of container 'a' by an exec of the given kind.
Scenario exec_moves(const char* name, What what, int live_until_api = 99) {
  const Thread before = process(100, 50, "/system.slice/containerd.service");
  Thread after = process(100, 50, docker_v2('a'));
  after.exe = "/usr/bin/web";
  after.comm = "web";
  return {.name = name,
          .why = "Runtimes enter the container's cgroup between clone and exec: the exec decides.",
          .before = {kInit, kShim},
          .steps = {{started(What::kClone, before), on_host()},
                    {executed(what, after), in_container('a')},
                    {other(100), in_container('a')}},
          .live_until_api = live_until_api};
}

// A thread that exists when the capture opens, in the cgroup given.
Scenario existing(const char* name, std::string_view path, std::vector<Expect> expect) {
  return {.name = name,
          .why = "Containers that run before Falco starts are known from the first event.",
          .before = {kInit, process(100, 1, path)},
          .steps = {{other(100), expect}, {other(1), on_host()}}};
}

Scenario host_answers() {
  return {.name = "host_thread",
          .why = "Rules tell host from container by these answers.",
          .before = {kInit, process(60, 1, "/system.slice/sshd.service")},
          .steps = {{other(60),
                     {{"container.id", "host"},
                      {"container.full_id", "host"},
                      {"container.name", "host"},
                      {"container.type", "host"},
                      {"container.privileged", "false"},
                      {"container.host_pid", "false"},
                      {"container.host_network", "false"},
                      {"container.host_ipc", "false"},
                      {"container.image", kNothing},
                      {"container.image.repository", kNothing},
                      {"container.image.tag", kNothing},
                      {"container.ip", kNothing},
                      {"container.mounts", kNothing},
                      {"container.mount[0]", kNothing},
                      {"container.label[foo]", kNothing},
                      {"container.labels", kNothing},
                      {"container.healthcheck", kNothing},
                      {"k8s.pod.name", kNothing},
                      {"k8s.ns.name", kNothing}},
                     {{"container.id = host"},
                      {"container.privileged = false"},
                      {"container.image exists", false},
                      {"k8s.pod.name exists", false}}}}};
}

Scenario inheritance() {
  const Thread parent = process(100, 50, docker_v1('a'));
  Thread child = process(101, 100, docker_v1('a'));
  Thread sibling = process(102, 100, docker_v1('a'));
  sibling.pid = 100;  // a thread, not a process
  Thread grandchild = process(103, 101, docker_v1('a'));
  return {.name = "children_and_threads",
          .why = "Children and threads of a containerised process are in its container.",
          .before = {kInit, kShim, parent},
          .steps = {{started(What::kFork, child), in_container('a')},
                    {returned(What::kFork, parent, 101), in_container('a')},
                    {started(What::kClone, sibling), in_container('a')},
                    {started(What::kVfork, grandchild), in_container('a')},
                    {other(101), in_container('a')},
                    {other(102), in_container('a')},
                    {other(103), in_container('a')}}};
}

Scenario leaving() {
  const Thread inside = process(100, 50, docker_v2('a'));
  const Thread outside = process(100, 50, "/user.slice/user-0.slice/session-1.scope");
  const Thread elsewhere = process(100, 50, docker_v2('b'));
  return {.name = "exec_leaves_and_enters",
          .why = "A process moved to another cgroup is shown where it is, not where it was.",
          .before = {kInit, kShim, inside},
          .steps = {{other(100), in_container('a')},
                    {executed(What::kExecve19, outside), on_host()},
                    {other(100), on_host()},
                    {executed(What::kExecve19, elsewhere), in_container('b')},
                    {other(100), in_container('b')}}};
}

Scenario failed_calls() {
  const Thread inside = process(100, 50, docker_v2('a'));
  const Thread lie = process(100, 50, docker_v2('b'));
  Event failed_clone{.what = What::kClone, .tid = 100, .res = -11, .thread = lie};
  return {.name = "failed_calls_change_nothing",
          .why = "An exec that fails leaves the process where it is.",
          .before = {kInit, kShim, inside},
          .steps = {{executed(What::kExecve19, lie, -2), in_container('a')},
                    {failed_clone, in_container('a')},
                    {{.what = What::kChroot, .tid = 100, .res = -1, .text = "/x"}, in_container('a')},
                    {other(100), in_container('a')}}};
}

Scenario chroot_inside() {
  return {.name = "chroot_inside_container",
          .why = "A chroot in a container does not leave it.",
          .before = {kInit, process(100, 1, docker_v2('a')), process(60, 1, "/user.slice")},
          .steps = {{{.what = What::kChroot, .tid = 100, .text = "/srv"}, in_container('a')},
                    {other(100), in_container('a')},
                    {{.what = What::kChroot, .tid = 60, .text = "/srv"}, on_host()},
                    {other(60), on_host()}}};
}

Scenario late_events() {
  return {.name = "procexit_then_late_event",
          .why = "The exit itself still tells its container, and what comes after it harms nothing.",
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{exited(100), in_container('a')},
                    {other(100), {{"container.name", kNothing}, {"container.image", kNothing}}},
                    {other(1), on_host()}}};
}

Scenario reused_tid() {
  return {.name = "tid_used_again",
          .why = "A number used by a container's process and then by the host's is the host's.",
          .before = {kInit, kShim, process(100, 50, docker_v2('a'))},
          .steps = {{other(100), in_container('a')},
                    {exited(100)},
                    {started(What::kClone, process(100, 1, "/user.slice/user-0.slice")), on_host()},
                    {other(100), on_host()},
                    {exited(100)},
                    {started(What::kClone, process(100, 50, docker_v2('b'))), in_container('b')},
                    {other(100), in_container('b')}},
          .needs_api = 12};
}

Scenario unknown_container() {
  return {.name = "unknown_container",
          .why = "The id comes from the cgroup alone; nothing else is invented.",
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{other(100),
                     {{"container.id", short_id('a')},
                      {"container.full_id", full_id('a')},
                      {"container.name", kNothing},
                      {"container.image", kNothing},
                      {"container.image.repository", kNothing},
                      {"container.labels", kNothing},
                      {"container.ip", kNothing}},
                     {{"container.id != host"}, {"container.name exists", false}}}}};
}

Scenario static_engine() {
  return {.name = "static_engine",
          .why = "A fixed identity, for sandboxes that hide their cgroups.",
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{other(100),
                     {{"container.id", "task-42"},
                      {"container.name", "payments"},
                      {"container.image", "registry.example/pay:7"},
                      {"container.type", "static"}}},
                    {other(1), {{"container.id", "task-42"}, {"container.name", "payments"}}},
                    {started(What::kClone, process(101, 1, "/")), {{"container.name", "payments"}}}},
          .config = R"({"startup_wait_ms":0,"engines":{"static":{"enabled":true,"container_id":"task-42",)"
                    R"("container_name":"payments","container_image":"registry.example/pay:7"}}})"};
}

}  // namespace

std::vector<Scenario> thread_scenarios() {
  const std::vector<Expect> a = in_container('a');
  return {
      existing("before_capture_docker_v1", docker_v1('a'), a),
      existing("before_capture_docker_v2", docker_v2('a'), a),
      existing("before_capture_sub_cgroup", docker_v1('a') + "/init.scope", a),
      existing("before_capture_cgroup_namespace", "/../.." + docker_v2('a'), a),
      existing("before_capture_podman", "/machine.slice/libpod-" + full_id('a') + ".scope/container", a),
      existing("before_capture_kubernetes",
               "/kubepods.slice/kubepods-pod63b3.slice/cri-containerd-" + full_id('a') + ".scope", a),
      existing("before_capture_host_service", "/system.slice/docker.service", on_host()),
      existing("before_capture_conmon", "/machine.slice/libpod-conmon-" + full_id('a') + ".scope", on_host()),
      existing("lxc_at_once", "/lxc.payload.web/system.slice/cron.service",
               {{"container.id", "web"}, {"container.full_id", "web"}, {"container.type", "lxc"}}),
      existing("libvirt_lxc_at_once", R"(/machine.slice/machine-lxc\x2d2671\x2dc1.scope/libvirt)",
               {{"container.id", "c1"}, {"container.type", "libvirt-lxc"}}),
      existing("bpm_at_once", "/system.slice/bpm-garden.scope",
               {{"container.id", "garden"}, {"container.type", "bpm"}}),
      host_answers(),
      start("clone_child", What::kClone),
      start("clone3_child", What::kClone3),
      start("fork_child", What::kFork),
      start("vfork_child", What::kVfork),
      inheritance(),
      exec_moves("execve_16", What::kExecve16, 11),
      exec_moves("execve_17", What::kExecve17, 11),
      exec_moves("execve_18", What::kExecve18, 11),
      exec_moves("execve_19", What::kExecve19),
      exec_moves("execveat", What::kExecveat),
      leaving(),
      failed_calls(),
      chroot_inside(),
      late_events(),
      reused_tid(),
      unknown_container(),
      static_engine(),
  };
}

}  // namespace scenarios
