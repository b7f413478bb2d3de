// Scenarios about field answers: every field with a value, its argument forms, and where it has none.
#include "scenario.h"

namespace scenarios {
namespace {

Event other(int64_t tid) {
  return {.what = What::kOther, .tid = tid};
}
Event told(std::string text) {
  return {.what = What::kContainer, .text = std::move(text)};
}

const Thread kInit = process(1, 0, "/");

// As much as a container can be let loose without being privileged.
const std::string_view kLoose =
    R"("type":0,"name":"loose","imagerepo":"busybox","imagetag":"latest","User":"0","privileged":false,"source":"api",)"
    R"("host_pid":true,"host_network":false,"host_ipc":false,"cgroup_path":"/docker/x",)"
    R"("Mounts":[{"Source":"/var/run/docker.sock","Destination":"/s","Mode":"","RW":true,"Propagation":""}],)"
    R"("security":{"capabilities":["CAP_CHOWN","CAP_SYS_ADMIN"],"seccomp":"unconfined","apparmor":"mine",)"
    R"("no_new_privs":false,"readonly_rootfs":false,"user_ns":false,"cmd":"sleep 1","runtime":"runc",)"
    R"("devices":["/dev/fuse"]})";

const std::string_view kRich =
    R"("type":0,"name":"web","image":"docker.io/library/busybox:1.36","imageid":"0ca0fe12",)"
    R"("imagerepo":"docker.io/library/busybox","imagetag":"1.36","imagedigest":"sha256:beef",)"
    R"("User":"nobody","ip":"172.17.0.2","privileged":true,"host_pid":true,"host_network":true,"host_ipc":true,)"
    R"("labels":{"foo":"bar","empty":"","a.b-c_d/e":"x y","io.kubernetes.x":"hidden","annotation.y":"hidden"},)"
    R"("Mounts":[{"Source":"/var/data","Destination":"/data","Mode":"z","RW":true,"Propagation":"rprivate"},)"
    R"({"Source":"/etc/ssl","Destination":"/ssl","Mode":"","RW":false,"Propagation":"rslave"}],)"
    R"("Healthcheck":{"exe":"/bin/sh","args":["-c","curl -f localhost"]},)"
    R"("LivenessProbe":{"exe":"/bin/live","args":["-v"]},"ReadinessProbe":{"exe":"/bin/ready","args":[]})";

// One event of a process of container 'a', described by `members`.
Scenario answers(const char* name, const char* why, std::string_view members, std::vector<Expect> expect,
                 std::vector<Filter> filters = {}) {
  return {.name = name,
          .why = why,
          .before = {kInit, process(100, 1, docker_v2('a'))},
          .steps = {{told(payload('a', members))}, {other(100), std::move(expect), std::move(filters)}}};
}

Scenario times() {
  Thread thread = process(100, 1, docker_v2('a'));
  thread.pidns_init_start_ts = kFirstTs - 5 * kOneSecond;
  Thread without = process(101, 1, docker_v2('a'));
  Thread made = process(102, 100, docker_v2('a'));
  made.vtid = made.vpid = 9;  // libsinsp takes the time over only from threads in another pid namespace
  made.pidns_init_start_ts = kFirstTs - 5 * kOneSecond;
  return {.name = "start_and_duration",
          .why = "Rules on young containers compare these.",
          .before = {kInit, thread, without},
          .steps = {{told(payload('a', kRich))},
                    {other(100),
                     {{"container.start_ts", std::to_string(kFirstTs - 5 * kOneSecond)},
                      {"container.duration", std::to_string(6 * kOneSecond)}},
                     {{"container.duration > 5000000000"}, {"container.duration < 5000000000", false}}},
                    {other(101), {{"container.start_ts", kNothing}, {"container.duration", kNothing}}},
                    {{.what = What::kClone, .tid = 102, .thread = made},
                     {{"container.duration", std::to_string(8 * kOneSecond)}}}},
          // Captures do not hold the start of the pid namespace for threads of before.
          .replays = false};
}

Scenario pod() {
  const std::string uid = "3f9a2b1c-7d0e-4c8b-9a51-0123456789ab";
  const std::string sandbox = full_id('e');
  const std::string members =
      R"("type":7,"name":"app","image":"registry.k8s.io/pause:3.9","labels":{"app":"shop",)"
      R"("io.kubernetes.container.name":"app","io.kubernetes.pod.name":"shop-0",)"
      R"("io.kubernetes.pod.namespace":"prod","io.kubernetes.pod.uid":")" +
      uid + R"(","io.kubernetes.sandbox.id":")" + sandbox + R"("},"pod_sandbox_id":")" + sandbox +
      R"(","pod_sandbox_labels":{"tier":"front","io.kubernetes.pod.name":"shop-0","bare":""},)" +
      R"("ip":"10.1.2.3","cni_json":"{\"eth0\":{\"IPConfigs\":[{\"IP\":\"10.1.2.3\"}]}}")";
  const std::string cni = R"({"eth0":{"IPConfigs":[{"IP":"10.1.2.3"}]}})";
  return {.name = "kubernetes_pod",
          .why = "The pod's identity is what cluster rules are written with.",
          .before = {kInit, process(100, 1,
                                    "/kubepods.slice/kubepods-pod63b3.slice/cri-containerd-" + full_id('a') +
                                        ".scope")},
          .steps = {{told(payload('a', members))},
                    {other(100),
                     {{"container.type", "containerd"},
                      {"container.ip", "10.1.2.3"},
                      {"container.cni.json", cni},
                      {"container.labels", "app:shop"},
                      {"k8s.pod.name", "shop-0"},
                      {"k8s.ns.name", "prod"},
                      {"k8s.pod.uid", uid},
                      {"k8s.pod.id", uid},
                      {"k8s.pod.sandbox_id", short_id('e')},
                      {"k8s.pod.full_sandbox_id", sandbox},
                      {"k8s.pod.label[tier]", "front"},
                      {"k8s.pod.label[none]", kNothing},
                      {"k8s.pod.labels", "bare, tier:front"},
                      {"k8s.pod.ip", "10.1.2.3"},
                      {"k8s.pod.cni.json", cni}},
                     {{"k8s.ns.name = prod and k8s.pod.label[tier] in (front, back)"},
                      {"k8s.pod.name startswith shop"},
                      {"k8s.ns.name = dev", false}}}}};
}

Scenario deprecated() {
  std::vector<Expect> expect;
  for (const char* object : {"k8s.rc", "k8s.svc", "k8s.rs", "k8s.deployment"}) {
    for (const char* member : {".name", ".id", ".label[app]", ".labels"}) {
      expect.push_back({std::string(object) + member, kNothing});
    }
  }
  for (const char* member : {".id", ".label[app]", ".labels"}) {
    expect.push_back({std::string("k8s.ns") + member, kNothing});
  }
  return {
      .name = "deprecated_fields",
      .why = "Old rules compile and never match.",
      .before = {kInit, process(100, 1, docker_v2('a'))},
      .steps = {{told(payload('a', kRich))},
                {other(100), expect, {{"k8s.rs.name exists", false}, {"k8s.svc.label[app] = x", false}}}}};
}

Scenario types() {
  Scenario scenario{.name = "type_words",
                    .why = "The words of container.type are what rules compare with.",
                    .before = {kInit},
                    .steps = {}};
  const std::vector<std::pair<int, const char*>> words = {
      {0, "docker"}, {1, "lxc"}, {2, "libvirt-lxc"}, {6, "cri"},    {7, "containerd"},
      {8, "cri-o"},  {9, "bpm"}, {10, "static"},     {11, "podman"}};
  int64_t tid = 500;
  for (const auto& [number, word] : words) {
    const char digit = "0123456789ab"[number];
    scenario.steps.push_back({told(payload(digit, R"("name":"x","type":)" + std::to_string(number)))});
    const Thread thread = process(tid, 1, docker_v1(digit));
    scenario.steps.push_back(
        {{.what = What::kClone, .tid = tid, .thread = thread}, {{"container.type", word}}});
    ++tid;
  }
  return scenario;
}

const std::vector<Expect> kRichText = {
    {"container.name", "web"},
    {"container.image", "docker.io/library/busybox:1.36"},
    {"container.image.id", "0ca0fe12"},
    {"container.image.repository", "docker.io/library/busybox"},
    {"container.image.tag", "1.36"},
    {"container.image.digest", "sha256:beef"},
    {"container.ip", "172.17.0.2"},
    {"container.privileged", "true"},
    {"container.host_pid", "true"},
    {"container.host_network", "true"},
    {"container.host_ipc", "true"},
    {"container.healthcheck", "/bin/sh -c curl -f localhost"},
    {"container.liveness_probe", "/bin/live -v"},
    {"container.readiness_probe", "/bin/ready"},
    {"k8s.pod.name", kNothing},
};

const std::vector<Expect> kRichMounts = {
    {"container.mounts", "/var/data:/data:z:true:rprivate,/etc/ssl:/ssl::false:rslave"},
    {"container.mount[0]", "/var/data:/data:z:true:rprivate"},
    {"container.mount[1]", "/etc/ssl:/ssl::false:rslave"},
    {"container.mount[2]", kNothing},
    {"container.mount[/etc/ssl]", "/etc/ssl:/ssl::false:rslave"},
    {"container.mount[/etc/*]", "/etc/ssl:/ssl::false:rslave"},
    {"container.mount[/nowhere]", kNothing},
    {"container.mount.source[/ssl]", "/etc/ssl"},
    {"container.mount.source[0]", "/var/data"},
    {"container.mount.source[/s*]", "/etc/ssl"},
    {"container.mount.dest[/etc/ssl]", "/ssl"},
    {"container.mount.dest[0]", "/data"},
    {"container.mount.mode[0]", "z"},
    {"container.mount.rdwr[/var/*]", "true"},
    {"container.mount.rdwr[/etc/ssl]", "false"},
    {"container.mount.propagation[1]", "rslave"},
    {"container.mount.propagation[18446744073709551615]", kNothing},
};

}  // namespace

std::vector<Scenario> field_scenarios() {
  return {
      answers("rich_container", "Every plain member shows in its field.", kRich, kRichText,
              {{"container.id != host and container.label[foo] = bar"},
               {"container.image.repository endswith busybox and container.privileged = true"},
               {"container.privileged = false", false},
               {"container.name in (web, db)"},
               {"container.name glob w?b"},
               {"container.ip = 172.17.0.2"},
               {"not container.healthcheck exists", false}}),
      answers("mounts", "Rules on sensitive mounts match this form, by index, by key and by pattern.", kRich,
              kRichMounts,
              {{"container.mount.dest[/etc/*] = /ssl"},
               {"container.mounts contains /var/data:/data"},
               {"container.mount[/proc*] exists", false},
               {"container.mount.rdwr[/var/data] = true"}}),
      answers("labels", "Labels are rules' way to name workloads.", kRich,
              {{"container.label[foo]", "bar"},
               {"container.label[a.b-c_d/e]", "x y"},
               {"container.label[none]", kNothing},
               {"container.labels", "a.b-c_d/e:x y, empty, foo:bar"}},
              {{"container.label[foo] = bar"},
               {"container.label[foo] != bar", false},
               {"container.label[none] exists", false},
               {"container.labels contains foo:bar"}}),
      answers("poor_container", "Members that are missing have no value, and flags are false.",
              R"("type":0,"name":"bare")",
              {{"container.name", "bare"},
               {"container.image", kNothing},
               {"container.image.id", kNothing},
               {"container.image.tag", kNothing},
               {"container.image.digest", kNothing},
               {"container.ip", kNothing},
               {"container.privileged", "false"},
               {"container.host_network", "false"},
               {"container.mounts", kNothing},
               {"container.mount[0]", kNothing},
               {"container.labels", kNothing},
               {"container.label[foo]", kNothing},
               {"container.healthcheck", kNothing},
               {"container.liveness_probe", kNothing},
               {"container.readiness_probe", kNothing},
               {"container.cni.json", kNothing},
               {"k8s.pod.label[x]", kNothing},
               {"k8s.pod.labels", kNothing}}),
      answers("healthcheck_disabled", "A healthcheck switched off is not the same as none.",
              R"("type":0,"name":"x","Healthcheck":{"exe":"NONE","args":[]})",
              {{"container.healthcheck", "NONE"}}),
      answers("posture", "How confined a container is, and the rules of docs/rules.md on it.", kLoose,
              {{"container.capability[CAP_SYS_ADMIN]", "true"},
               {"container.capability[net_raw]", "false"},
               {"container.seccomp", "unconfined"},
               {"container.apparmor", "mine"},
               {"container.selinux", kNothing},
               {"container.no_new_privs", "false"},
               {"container.readonly_rootfs", "false"},
               {"container.host_uts", kNothing},
               {"container.user", "0"},
               {"container.cmd", "sleep 1"},
               {"container.runtime", "runc"},
               {"container.cgroup", "/docker/x"}},
              {{"container.capabilities intersects (CAP_SYS_ADMIN, CAP_BPF)"},
               {"container.capabilities intersects (CAP_BPF, CAP_NET_RAW)", false},
               {"container.capabilities in (CAP_CHOWN, CAP_SYS_ADMIN, CAP_KILL)"},
               {"container.devices intersects (/dev/fuse)"},
               {"container.privileged = false and (container.capability[CAP_SYS_ADMIN] = true or "
                "container.seccomp = unconfined)"},
               {"container.mount.dest[/var/run/docker.sock] exists or "
                "container.mount.dest[/run/docker.sock] exists"},
               {"container.host_pid = true or container.host_network = true or container.host_ipc = true or "
                "container.host_uts = true"},
               {"container.readonly_rootfs = false and container.user in (0, root, \"0:0\")"},
               {"container.image.tag = latest"},
               {"container.readonly_rootfs = true", false}}),
      answers("posture_untold", "What nobody told is neither yes nor no.", R"("type":0,"name":"x")",
              {{"container.capabilities", kNothing},
               {"container.capability[CAP_SYS_ADMIN]", kNothing},
               {"container.seccomp", kNothing},
               {"container.no_new_privs", kNothing},
               {"container.readonly_rootfs", kNothing}},
              {{"container.readonly_rootfs = false", false},
               {"container.capabilities intersects (CAP_SYS_ADMIN)", false}}),
      times(),
      pod(),
      deprecated(),
      types(),
  };
}

}  // namespace scenarios
