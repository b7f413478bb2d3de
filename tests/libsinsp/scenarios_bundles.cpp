// Scenarios about containers that the start of their runtime announces (docs/engines.md, "Bundles and state
// on disk"): no engine answers here, all is from the bundle. Replays read no files: what they answer is from
// the container event that the plugin sent when the capture was taken.
#include "scenario.h"

namespace scenarios {
namespace {

constexpr const char* kSession = "/user.slice/user-0.slice/session-1.scope";
constexpr int64_t kShellPid = 500;
constexpr int64_t kRuntimePid = 600;
constexpr int64_t kFirstPid = 601;

const Thread kInit = process(1, 0, "/");
const Thread kShell = process(kShellPid, 1, kSession);

std::string local_config() {
  std::string config(kQuietConfig);
  const std::string_view off = R"("local_sources":false)";
  config.replace(config.find(off), off.size(), R"("local_sources":true)");
  return config;
}

// Where containerd keeps the bundles of Kubernetes.
std::string cri_bundle(const std::string& id) {
  return "io.containerd.runtime.v2.task/k8s.io/" + id;
}

// What containerd's CRI writes there, as far as it matters here.
File cri_config(const std::string& id, const std::string& name, const std::string& image,
                const std::string& place = "") {
  return {place + cri_bundle(id) + "/config.json",
          R"({"ociVersion":"1.0.2","process":{"args":["/bin/sh","-c","true"]},"root":{"path":"rootfs"},)"
          R"("annotations":{"io.kubernetes.cri.container-type":"container",)"
          R"("io.kubernetes.cri.container-name":")" +
              name + R"(","io.kubernetes.cri.image-name":")" + image +
              R"(","io.kubernetes.cri.sandbox-name":"web-0","io.kubernetes.cri.sandbox-namespace":"prod",)"
              R"("io.kubernetes.cri.sandbox-uid":"uid-1"},)"
              R"("linux":{"namespaces":[{"type":"pid"},{"type":"mount"}]}})"};
}

// runc's own default: no engine, no names. members: of "linux".
File plain_config(const std::string& directory, const std::string& members = "") {
  return {
      directory + "/config.json",
      R"({"ociVersion":"1.0.2","process":{"args":["/bin/sh","-c","true"]},"root":{"path":"rootfs"},"linux":{)" +
          members + R"("namespaces":[{"type":"mount"},{"type":"pid"}]}})"};
}

std::string in_dir(const std::string& path) {
  return std::string(kDirectory) + "/" + path;
}

Event other(int64_t tid) {
  return {.what = What::kOther, .tid = tid};
}
Event chdir_to(int64_t tid, const std::string& path) {
  return {.what = What::kOther, .tid = tid, .text = path};
}
Event started(const Thread& child) {
  return {.what = What::kClone, .tid = child.tid, .thread = child};
}
Event executed(const Thread& thread, What what = What::kExecve19) {
  return {.what = what, .tid = thread.tid, .thread = thread};
}
Event exited(int64_t tid) {
  return {.what = What::kProcexit, .tid = tid};
}

Thread runtime(std::vector<std::string> args, int64_t pid = kRuntimePid, int64_t parent = kShellPid) {
  Thread thread = process(pid, parent, kSession);
  thread.exe = "/usr/bin/runc";
  thread.comm = "runc";
  thread.args = std::move(args);
  return thread;
}
Thread create(const std::string& id, const std::string& bundle, int64_t pid = kRuntimePid) {
  return runtime({"--root", "/run/runc", "create", "--bundle", bundle, id}, pid);
}

// The first process of a pid namespace, still running the runtime's code.
Thread first_process(std::string_view cgroup, int64_t parent = kRuntimePid, int64_t pid = kFirstPid) {
  Thread thread = process(pid, parent, cgroup);
  thread.vtid = thread.vpid = 1;
  thread.exe = "/usr/bin/runc";
  thread.comm = "runc";
  thread.args = {"init"};
  return thread;
}
// The same, when it runs what the bundle says.
Thread program(Thread thread) {
  thread.exe = "/bin/sh";
  thread.comm = "sh";
  thread.args = {"-c", "true"};
  return thread;
}
Thread in_namespace(Thread thread, int64_t vpid, int64_t vtid) {
  thread.vpid = vpid;
  thread.vtid = vtid;
  return thread;
}

std::vector<Expect> on_host() {
  return {{"container.id", "host"}, {"container.name", "host"}};
}
// A capture taken without the plugin has the id in the cgroup, and nothing else.
Expect announced(const char* field, const char* value) {
  return {field, value, std::nullopt, kNothing};
}
// Container 'a' with the name and image that cri_config gave it.
std::vector<Expect> known(const char* name = "web", const char* image = "registry.example/team/web:1.2") {
  return {{"container.id", short_id('a')},
          announced("container.name", name),
          announced("container.image", image)};
}
std::vector<Expect> unknown(char digit) {
  return {{"container.id", short_id(digit)}, {"container.name", kNothing}, {"container.image", kNothing}};
}
// Only the events and files at the time told that this thread is in the container.
std::vector<Expect> by_descent(const char* id, const char* name) {
  return {{"container.id", id, "host"}, {"container.full_id", id, "host"}, {"container.name", name, "host"}};
}

const std::string kImage = "registry.example/team/web:1.2";

Scenario announced_by_bundle() {
  const std::string a = full_id('a');
  std::vector<Expect> all = known();
  for (const Expect& more :
       {announced("container.image.repository", "registry.example/team/web"),
        announced("container.image.tag", "1.2"), Expect{"container.type", "containerd", std::nullopt, "cri"},
        announced("k8s.pod.name", "web-0"), announced("k8s.ns.name", "prod"),
        announced("k8s.pod.uid", "uid-1")}) {
    all.push_back(more);
  }
  const Thread first = first_process("/kubepods/besteffort/podx/" + a);
  return {.name = "bundle_of_kubernetes",
          .why = "The first event of a pod's first process has its name, image and pod.",
          .before = {kInit, kShell},
          .steps = {{executed(create(a, in_dir(cri_bundle(a)))), on_host()},
                    {started(first), all},
                    {executed(program(first)), all},
                    {other(kRuntimePid), on_host()}},
          .config = local_config(),
          .files = {cri_config(a, "web", kImage)}};
}

// --- relative bundles

// `call` is executed, then the first process of container 'a' starts.
Scenario relative(const char* name, std::vector<Thread> before, std::vector<Event> prelude,
                  const Thread& call) {
  const std::string a = full_id('a');
  Scenario scenario{.name = name,
                    .why = "Runtimes are started in the bundle's directory, or near it.",
                    .before = std::move(before),
                    .steps = {},
                    .config = local_config(),
                    .files = {cri_config(a, "web", kImage)}};
  for (const Event& event : prelude) scenario.steps.push_back({event});
  scenario.steps.push_back({executed(call), on_host()});
  scenario.steps.push_back({started(first_process(docker_v1('a'))), known()});
  return scenario;
}

Thread at(Thread thread, const std::string& cwd) {
  thread.cwd = cwd;
  return thread;
}

std::vector<Scenario> relative_bundles() {
  const std::string a = full_id('a');
  const std::string bundle = in_dir(cri_bundle(a));
  const std::string above = in_dir("io.containerd.runtime.v2.task");
  const Thread named = runtime({"run", "-b", "k8s.io/../k8s.io/" + a, a});
  const Thread unnamed = runtime({"create", a});
  const Thread silent = at(unnamed, "");  // as Falco's drivers report it
  // A thread of a runtime's parent that is not the process itself, as Go's are.
  Thread worker = process(501, 1, kSession);
  worker.pid = kShellPid;
  return {
      relative("bundle_relative", {kInit, kShell}, {}, at(named, above)),
      relative("bundle_default", {kInit, kShell}, {}, at(unnamed, bundle)),
      relative("bundle_directory_from_scan",
               {kInit, kShell, at(process(kRuntimePid, kShellPid, kSession), bundle)}, {}, silent),
      relative("bundle_directory_from_parent", {kInit, at(kShell, above)},
               {started(at(process(kRuntimePid, kShellPid, kSession), ""))}, at(named, "")),
      relative("bundle_directory_from_chdir", {kInit, kShell},
               {started(at(process(kRuntimePid, kShellPid, kSession), "")), chdir_to(kRuntimePid, bundle)},
               silent),
      relative("bundle_directory_from_two_chdirs", {kInit, kShell},
               {started(at(process(kRuntimePid, kShellPid, kSession), "")), chdir_to(kRuntimePid, above),
                chdir_to(kRuntimePid, "k8s.io/../k8s.io/" + a)},
               silent),
      relative("bundle_directory_from_a_threads_process", {kInit, at(kShell, above), worker},
               {chdir_to(501, above + "/k8s.io"), started(at(process(kRuntimePid, 501, kSession), ""))},
               at(runtime({"create", "-b", a, a}), "")),
  };
}

// --- no id in the cgroup

Scenario by_lineage() {
  const std::vector<Expect> inside = by_descent("web", "web");
  const Thread helper = process(650, kRuntimePid, kSession);
  const Thread first = first_process(kSession);
  Thread running = program(first_process("/web"));
  const Thread child = in_namespace(process(700, kFirstPid, kSession), 2, 2);
  Thread sibling = in_namespace(process(701, kFirstPid, kSession), 2, 3);
  sibling.pid = 700;  // a thread, not a process
  const Thread grandchild = in_namespace(process(702, 700, kSession), 4, 4);
  Thread ls = child;
  ls.exe = "/bin/ls";
  ls.comm = "ls";
  return {.name = "bundle_without_id_in_cgroup",
          .why = "What descends from a runtime is in its container though no cgroup path says so.",
          .before = {kInit, kShell},
          .steps = {{executed(create("web", in_dir("plain"))), on_host()},
                    {started(helper), on_host()},
                    {started(first), inside},
                    {executed(first), inside},
                    {executed(running), inside},
                    {started(child), inside},
                    {started(sibling), inside},
                    {started(grandchild), inside},
                    {other(kFirstPid), inside},
                    {other(700), inside},
                    {other(701), inside},
                    {other(702), inside},
                    {executed(ls), inside},
                    {other(700), inside},
                    {other(650), on_host()},
                    {other(kRuntimePid), on_host()},
                    {started(process(710, kShellPid, kSession)), on_host()},
                    {other(kShellPid), on_host()}},
          .config = local_config(),
          .files = {plain_config("plain")}};
}

Scenario learnt_cgroup() {
  const std::vector<Expect> inside = by_descent("web", "web");
  const Thread first = first_process(kSession);
  return {
      .name = "bundle_learns_the_cgroup",
      .why = "A process that enters the container later, by exec, is in it; with its last thread it ends.",
      .before = {kInit, kShell},
      .steps = {{executed(create("web", in_dir("plain")))},
                {started(first), inside},
                {executed(program(first_process("/web"))), inside},
                {exited(kRuntimePid), on_host()},
                {started(process(800, kShellPid, "/web")), inside},
                {started(process(801, kShellPid, "/web/sub/init.scope")), inside},
                {started(process(802, kShellPid, "/website")), on_host()},
                {exited(800), inside},
                {exited(801), inside},
                {other(kFirstPid), inside},
                {exited(kFirstPid), inside},
                {started(process(803, kShellPid, "/web")), on_host()}},
      .config = local_config(),
      .files = {plain_config("plain")}};
}

// --- containers that ran before the capture

Scenario kept_by_conmon() {
  // Where the bundle asked for its cgroup stands in the event, which a capture with the plugin has.
  const auto told = [](const char* field, const char* value) {
    return Expect{field, value, std::nullopt, "host"};
  };
  const std::vector<Expect> inside = {told("container.id", "web1"), told("container.full_id", "web1"),
                                      told("container.name", "web")};
  Thread keeper = runtime(
      {"--api-version", "1", "-c", "web1", "-r", "/usr/bin/crun", "-b", in_dir("plain"), "-n", "web"});
  const char* scope = "/system.slice/run-web1.scope";
  const Thread child = in_namespace(process(602, kFirstPid, scope), 2, 2);
  return {.name = "bundle_kept_by_conmon",
          .why = "Containers without an id in their cgroups that ran before are found by their keeper.",
          .before = {kInit, kShell, keeper, program(first_process(scope)), child},
          .steps = {{other(kFirstPid), inside},
                    {other(602), inside},
                    {other(kRuntimePid), on_host()},
                    {other(kShellPid), on_host()},
                    {started(in_namespace(process(603, 602, scope), 3, 3)), inside},
                    {started(process(604, kShellPid, scope)), inside},
                    {started(process(605, kShellPid, "/system.slice/run-web2.scope")), on_host()}},
          .config = local_config(),
          .files = {plain_config("plain", R"("cgroupsPath":"system.slice:run:web1",)")}};
}

// A shim that runs, in the bundle's directory.
Thread shim(const std::string& ns, const std::string& id) {
  Thread shim = at(runtime({"-namespace", ns, "-id", id, "-address", "/run/containerd/containerd.sock"}),
                   in_dir("io.containerd.runtime.v2.task/" + ns + "/" + id));
  shim.exe = "/usr/bin/containerd-shim-runc-v2";
  shim.comm = "containerd-shim";
  return shim;
}

Scenario kept_by_shim() {
  const std::vector<Expect> inside = {{"container.id", "web2"}, {"container.type", "containerd"}};
  return {.name = "bundle_kept_by_shim",
          .why = "A shim's bundle is its working directory, which /proc told.",
          .before = {kInit, kShell, shim("default", "web2"), program(first_process("/default/web2"))},
          .steps = {{other(kFirstPid), inside}, {other(kRuntimePid), on_host()}},
          .config = local_config(),
          // libsinsp 0.20 takes such a path for a container's itself and writes that into captures.
          .replays = false,
          .files = {plain_config("io.containerd.runtime.v2.task/default/web2")}};
}

Scenario started_by_shim() {
  const std::string a = full_id('a');
  const std::string bundle = "io.containerd.runtime.v2.task/moby/" + a;
  Thread start = shim("moby", a);
  start.args.push_back("start");
  Thread starting = process(kRuntimePid, kShellPid, kSession);
  starting.cwd = start.cwd;
  start.cwd = "";
  return {.name = "bundle_of_a_shims_directory",
          .why = "The directory tells whose the container is; a nameless one is not named by its id.",
          .before = {kInit, kShell, starting},
          .steps = {{executed(start), on_host()},
                    {executed(create(a, in_dir(bundle), 605)), on_host()},
                    {started(first_process(docker_v1('a'), 605)),
                     {{"container.id", short_id('a')},
                      {"container.type", "docker"},
                      {"container.name", kNothing}}}},
          .config = local_config(),
          .files = {plain_config(bundle)}};
}

// --- forgeries

// What it was before it executed that.
Thread clone_of(Thread thread) {
  thread.exe = "/bin/sh";
  thread.comm = "sh";
  thread.args.clear();
  return thread;
}

// A process announces container 'b' as "forged", and is not believed.
Scenario unbelieved(const char* name, Thread liar) {
  const std::string b = full_id('b');
  return {.name = name,
          .why = "Whoever is in a container invents no names for other containers.",
          .before = {kInit, kShell},
          .steps = {{started(clone_of(liar))},
                    {executed(liar)},
                    {started(first_process(docker_v1('b'))), unknown('b')},
                    {started(first_process(kSession, kRuntimePid, 602)), on_host()}},
          .config = local_config(),
          .files = {cri_config(b, "forged", "forged:1")}};
}

Scenario forged_in_container() {
  Thread liar = create(full_id('b'), in_dir(cri_bundle(full_id('b'))));
  liar.cgroups = process(kRuntimePid, kShellPid, docker_v1('a')).cgroups;
  Scenario scenario = unbelieved("bundle_forged_in_container", liar);
  // Its child leaves its cgroup, but is no container of its own either.
  scenario.steps.pop_back();
  return scenario;
}

Scenario forged_in_pid_namespace() {
  return unbelieved("bundle_forged_in_pid_namespace",
                    in_namespace(create(full_id('b'), in_dir(cri_bundle(full_id('b')))), 7, 7));
}

Scenario forged_by_user() {
  Thread liar = create(full_id('a'), in_dir(cri_bundle(full_id('a'))));
  liar.uid = 1000;
  const std::vector<Expect> as_it_was = {
      {"container.id", short_id('a')}, {"container.name", "web"}, {"container.image", "x:1"}};
  return {
      .name = "bundle_forged_by_user",
      .why = "An ordinary user changes nothing about a container that is known.",
      .before = {kInit, kShell, process(100, 1, docker_v1('a'))},
      .steps = {{{.what = What::kContainer, .text = payload('a', R"("type":7,"name":"web","image":"x:1")")}},
                {other(100), as_it_was},
                {executed(liar), on_host()},
                {started(first_process(kSession, kRuntimePid, 602)), on_host()},
                {started(first_process(docker_v1('a'))), as_it_was},
                {other(100), as_it_was}},
      .config = local_config(),
      .files = {cri_config(full_id('a'), "forged", "forged:1")}};
}

Scenario service_of_that_name() {
  const std::string bundle = "io.containerd.runtime.v2.task/system/web";
  Thread liar = create("web", in_dir(bundle));
  liar.uid = 1000;
  return {.name = "bundle_names_no_service",
          .why = "A service's cgroup is no container's because somebody wrote a bundle of that name.",
          .before = {kInit, kShell},
          .steps = {{executed(liar), on_host()},
                    {other(kShellPid), on_host()},
                    {started(process(830, 1, "/system/web")), on_host()}},
          .config = local_config(),
          .files = {plain_config(bundle)}};
}

Scenario root_after_user() {
  const std::string a = full_id('a');
  Thread liar = create(a, in_dir("home/" + cri_bundle(a)));
  liar.uid = 1000;
  return {.name = "bundle_of_root_after_a_users",
          .why = "What a user said of an id before its container exists is replaced by root's word.",
          .before = {kInit, kShell},
          .steps = {{executed(liar), on_host()},
                    {executed(create(a, in_dir(cri_bundle(a)), 605)), on_host()},
                    {started(first_process(docker_v1('a'), 605)), known("real", "docker.io/library/real:2")},
                    {other(kFirstPid), known("real", "docker.io/library/real:2")}},
          .config = local_config(),
          .files = {cri_config(a, "forged", "forged:1", "home/"), cri_config(a, "real", "real:2")}};
}

}  // namespace

std::vector<Scenario> bundle_scenarios() {
  std::vector<Scenario> scenarios = {
      announced_by_bundle(), by_lineage(),      learnt_cgroup(),        kept_by_conmon(),
      kept_by_shim(),        started_by_shim(), forged_in_container(),  forged_in_pid_namespace(),
      forged_by_user(),      root_after_user(), service_of_that_name(),
  };
  for (Scenario& scenario : relative_bundles()) scenarios.push_back(std::move(scenario));
  return scenarios;
}

}  // namespace scenarios
