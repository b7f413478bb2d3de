// From cgroup paths to containers: the specification's cases, recorded paths, and nasty ones.
#include "core/cgroup/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/test_data.h"

namespace core::cgroup {
namespace {

const std::string kA(64, 'a');
const std::string kB = "1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef";
const std::string kPod = "b02bf162980f2d26ef6664b7418bca2e3b260b2c7dd43ed8d57f0b9bc8b8190b";
constexpr Enabled kNone{false, false, false, false, false, false, false};

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// "docker:<full id>", "containerd?:<namespace>/<id>" for one that needs confirmation, "" for the host.
std::string answer(std::string_view path, const Enabled& enabled = {}) {
  const auto match = Resolver::match(path, enabled);
  if (!match) return "";
  std::string text = engine_name(match->engine);
  if (match->needs_confirmation) text += '?';
  text += ':';
  if (match->engine == Engine::kContainerd) text += match->containerd_namespace + "/";
  return text + match->full_id;
}

struct Case {
  std::string path;
  std::string expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) EXPECT_EQ(answer(one.path), one.expected) << one.path;
}

TEST(CgroupResolver, AnswersEveryCaseOfTheSpecification) {
  size_t cases = 0;
  for (const std::string& line : lines_of(support::test_data("cgroup-cases.tsv"))) {
    if (line.starts_with('#')) continue;
    const size_t first = line.find('\t');
    const size_t second = line.find('\t', first + 1);
    ASSERT_NE(second, std::string::npos) << line;
    const std::string id = line.substr(first + 1, second - first - 1);
    Resolver resolver(Enabled{});
    const Match* match = resolver.resolve(line.substr(0, first));
    if (match != nullptr && match->needs_confirmation) match = nullptr;
    EXPECT_EQ(match != nullptr ? match->id() : "", id) << line;
    EXPECT_EQ(match != nullptr ? engine_name(match->engine) : "", line.substr(second + 1)) << line;
    ++cases;
  }
  EXPECT_GE(cases, 45u);
}

// The first path of a recorded /proc/PID/cgroup that matches decides.
std::string answer_of_file(const std::string& file) {
  for (const std::string& line : lines_of(support::test_data("cgroups/" + file))) {
    const size_t colon = line.find(':', line.find(':') + 1);
    std::string found = answer(line.substr(colon + 1));
    if (!found.empty()) return found;
  }
  return "";
}

TEST(CgroupResolver, AnswersEveryRecordedPath) {
  const std::vector<Case> cases{
      {"containerd-1.6.20/proc-cgroup-cri-noparent.txt",
       "cri:7c05a897cb6ddc0e34b1d7ef9479824c154414fbed1c2ac8b2e8ba922f5d7163"},
      {"containerd-1.6.20/proc-cgroup-cri-sandbox.txt",
       "cri:f743d9a3b880c2b0e9f251f4f52403aea40f4370ffd0587b3e0ba523b666e207"},
      {"containerd-1.6.20/proc-cgroup-cri.txt",
       "cri:3294f4db19ca20e6f2bb3740d72628247d114fefc1e661789d6cdf132f918661"},
      {"containerd-1.6.20/proc-cgroup-ctr-custom.txt", ""},
      {"containerd-1.6.20/proc-cgroup-ctr.txt", "containerd?:default/ctr1"},
      {"containerd-2.1.9/proc-cgroup-cri-noparent.txt",
       "cri:061e5386e156db8f2ffbb97f2e76da168c27c0d583b826e2b6b05ddc0269879b"},
      {"containerd-2.1.9/proc-cgroup-cri-sandbox.txt",
       "cri:7c780765bc88688c7209cba2e62363212c891be5954bd5a70470687a483358c6"},
      {"containerd-2.1.9/proc-cgroup-cri.txt",
       "cri:03e92904c98b8f6447bf7be4e23749917c1cc2c46315d99796cea74f536f4378"},
      {"containerd-2.1.9/proc-cgroup-ctr-custom.txt", ""},
      {"containerd-2.1.9/proc-cgroup-ctr.txt", "containerd?:default/ctr1"},
      {"crio-1.35.6/proc-cgroup-conmon.txt", ""},
      {"crio-1.35.6/proc-cgroup-cri-noparent.txt",
       "cri:30ae0fbfb11aaeb5373d1b9e28a91721febd52b3c3f7ce9c6dddab0271554061"},
      {"crio-1.35.6/proc-cgroup-cri-sandbox.txt",
       "cri:fb61f0977f587913d22d94813831cae53b2e926ab7fdd8d908265aa9709f5c5e"},
      {"crio-1.35.6/proc-cgroup-cri.txt",
       "cri:cdebca8d4c6409c459bfe111c8501e7bec58eb2be274eba36cdeb318825bbc43"},
      {"crun-1.8.1/proc-cgroup.txt", ""},
      {"docker-20.10.24/proc-cgroup-hostpid.txt",
       "docker:5ea3ded559977317623c0273d2b8f4f5566ebe49b5a07c4d512ab0ffcd849b7d"},
      {"docker-20.10.24/proc-cgroup.txt",
       "docker:bd6b59a3a8433f5df344631f7b0c2f486697d7d0237e75393bee677125117405"},
      {"docker-28.5.2/proc-cgroup-hostpid.txt",
       "docker:939bcfe4efaa3c42527b74dd5b76f1cb149594d8160e5958b862de108bb043b3"},
      {"docker-28.5.2/proc-cgroup-v2view.txt",
       "docker:1a1834bc601d41a38652e75d0811c98dd161771f11e2dcf4cc08afc924f46719"},
      {"docker-28.5.2/proc-cgroup.txt",
       "docker:3cfb5ca95fbf820f4f76e90c7b9451ee7ca17e9f4179dc68917e628b092e12ba"},
      {"libvirt-lxc-9.0.0/proc-cgroup.txt", "libvirt-lxc:c1"},
      {"lxc-5.0.2/proc-cgroup-monitor.txt", ""},
      {"lxc-5.0.2/proc-cgroup-oldstyle-dir.txt", "lxc:c4"},
      {"lxc-5.0.2/proc-cgroup.txt", "lxc:c1"},
      {"podman-4.3.1/proc-cgroup-conmon.txt", ""},
      {"podman-4.3.1/proc-cgroup-in-pod.txt",
       "podman:c253257fedb67f82c2bd7da83fbe8e03533586b22a1dbef9bdb359e39c6f761d"},
      {"podman-4.3.1/proc-cgroup.txt",
       "podman:ccff5e74cd71d67d102bfc319ceab3e7f6de8a7a48c03228bab5ded898af48aa"},
      {"podman-5.8.6/proc-cgroup-conmon.txt", ""},
      {"podman-5.8.6/proc-cgroup-in-pod.txt",
       "podman:08e621995d3d475d5b995c46e83acfae61e6773e92a4aa93aaa2c20b23194fe9"},
      {"podman-5.8.6/proc-cgroup.txt",
       "podman:ba0be3b66d4a1dd35860164764a73cc5ee6231269f6f1e6ec4182e451bc6a614"},
      {"runc-1.1.5/proc-cgroup-custom.txt", ""},
      {"runc-1.1.5/proc-cgroup-v2view.txt", ""},
      {"runc-1.1.5/proc-cgroup.txt", "containerd?:host/rcont1"},
      {"vm-trixie-cgroup2-systemd/containerd-cri-systemd-sandbox.txt",
       "cri:1d3be65e4c8dff49e2c75537705678ef9ae865da826ea12c50191bb834da6f64"},
      {"vm-trixie-cgroup2-systemd/containerd-cri-systemd.txt",
       "cri:4152a995ee96174d9ce0a5551ca7b3fa99d80edef9a72c739badca55ac4cd6f9"},
      {"vm-trixie-cgroup2-systemd/containerd-ctr-systemd.txt", ""},
      {"vm-trixie-cgroup2-systemd/containerd-ctr.txt", "containerd?:default/c1"},
      {"vm-trixie-cgroup2-systemd/docker-systemd-cgroupparent.txt",
       "docker:e04719fbe3a017fbe75b399a246ec47f53f4fccb7c290677e72316bb5643bdd6"},
      {"vm-trixie-cgroup2-systemd/docker-systemd-privileged.txt",
       "docker:e5d58a047d00c183380de42f3d31d770a52f21570f14ba8cd0f123a2cd2522dd"},
      {"vm-trixie-cgroup2-systemd/docker-systemd.txt",
       "docker:8f3b1ab518c1e6ff3f2f7a438f3cc6d9be17dfd121028cc95ec855215de6c2e2"},
      {"vm-trixie-cgroup2-systemd/libvirt-lxc.txt", "libvirt-lxc:c1"},
      {"vm-trixie-cgroup2-systemd/lxc.txt", "lxc:c1"},
      {"vm-trixie-cgroup2-systemd/podman-cgroupfs.txt",
       "podman:f59ea06ee2ef44caac51fb0941f3859fd1979b3e6e325d196c4a4e8bb52b3f36"},
      {"vm-trixie-cgroup2-systemd/podman-rootless-nosession-cgroupfs.txt", ""},
      {"vm-trixie-cgroup2-systemd/podman-systemd-conmon.txt", ""},
      {"vm-trixie-cgroup2-systemd/podman-systemd-pod.txt",
       "podman:ecb2f79035fe106e24150ec5224d0bd1b14af5c54ce68045f6eb4b7c67538df2"},
      {"vm-trixie-cgroup2-systemd/podman-systemd-runc.txt",
       "podman:ab87e598ec07ecdd05492362b61633feee10c6c8fcdcbe40b5a735c8ffef40c2"},
      {"vm-trixie-cgroup2-systemd/podman-systemd.txt",
       "podman:aa7fbab7dfe3f9405e2d68c0f0aed24f96c14adb6c679e3b9629f20b89bc7406"},
  };
  size_t recorded = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(support::test_data("cgroups"))) {
    if (entry.is_regular_file()) ++recorded;
  }
  EXPECT_EQ(recorded, cases.size()) << "a recording without an expectation";
  for (const Case& one : cases) EXPECT_EQ(answer_of_file(one.path), one.expected) << one.path;
}

TEST(CgroupResolver, WantsExactlySixtyFourLowerCaseHexDigits) {
  check({
      {"/docker/" + kB.substr(0, 63), ""},
      {"/docker/" + kB + "0", ""},
      {"/docker/x" + kB, ""},
      {"/docker/" + kB + "x", ""},
      {"/docker/" + std::string(64, 'A'), ""},
      {"/system.slice/docker-" + kB.substr(0, 63) + ".scope", ""},
      {"/system.slice/docker-" + kB + "0.scope", ""},
      {"/system.slice/docker-" + kB + ".scope.d", ""},
      {"/system.slice/docker-" + kB, ""},
      {"/system.slice/docker-" + kB + ".service", ""},
      {"/system.slice/xdocker-" + kB + ".scope", ""},
      {"/system.slice/docker\\x2d" + kB + ".scope", ""},
      {"/machine.slice/libpod-" + std::string(64, 'F') + ".scope", ""},
      {"/system.slice/cri-containerd-" + kB, ""},
      {"/a/x:cri-containerd:" + kB + "0", ""},
      {"/a/cri-containerd:" + kB, ""},
  });
}

TEST(CgroupResolver, ReadsOddSpellingsOfAPath) {
  check({
      {"/docker/" + kB + "/", "docker:" + kB},
      {"//docker//" + kB + "///", "docker:" + kB},
      {"/docker/./" + kB + "/.", "docker:" + kB},
      {"docker/" + kB, "docker:" + kB},
      {kB, "docker:" + kB},
      {"/docker/" + kB + " (deleted)", "docker:" + kB},
      {"/lxc.payload.web (deleted)", "lxc:web"},
      {"/docker/" + kB + " (deleted) (deleted)", ""},
      {"/../" + kB, "docker:" + kB},
      {"/../../docker/" + kB, "docker:" + kB},
      {"/../../../kubepods/burstable/podX/" + kB, "cri:" + kB},
      {"/../../default/c1", "containerd?:default/c1"},
      {"/..", ""},
      {"/../..", ""},
      {"///", ""},
      {".", ""},
      {std::string("/docker/") + kB.substr(0, 10) + '\0' + kB.substr(11), ""},
      {std::string("/lxc/a\0b", 8), ""},
      {"/lxc/a\nb", ""},
      {"/lxc.payload.a\x7f", ""},
      {"/default/\xff\xfe", ""},
  });
}

TEST(CgroupResolver, LetsTheInnermostContainerWin) {
  check({
      {"/docker/" + kA + "/docker/" + kB, "docker:" + kB},
      {"/docker/" + kA + "/kubelet/kubepods/burstable/pod12/" + kB, "cri:" + kB},
      {"/docker/" + kA + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1.slice/" + kB,
       "cri:" + kB},
      {"/kubepods/besteffort/podX/" + kA + "/docker/" + kB, "docker:" + kB},
      {"/machine.slice/libpod-" + kA + ".scope/container/docker/" + kB, "docker:" + kB},
      {"/libpod_parent/libpod-" + kA + "/docker/" + kB, "docker:" + kB},
      {"/libpod_parent/" + kPod + "/libpod-" + kA + "/docker/" + kB, "docker:" + kB},
      {"/docker/" + kA + "/libpod_parent/libpod-" + kB, "podman:" + kB},
      {"/docker/" + kA + "/libpod_parent/conmon", "docker:" + kA},
      {"/docker/" + kA + "/machine.slice/libpod-conmon-" + kB + ".scope", "docker:" + kA},
      {"/docker/" + kA + "/system.slice/docker-" + kB + ".scope", "docker:" + kB},
      {"/docker/" + kA + "/system.slice/nginx.service", "docker:" + kA},
      {"/docker/" + kA + "/default/c1", "docker:" + kA},
      {"/lxc.payload.web/docker/" + kB, "docker:" + kB},
      {"/docker/" + kA + "/lxc.payload.web", "lxc:web"},
      {"/docker/" + kA + "/lxc/c4/lxc.monitor.c4", "docker:" + kA},
  });
}

TEST(CgroupResolver, KnowsTheirSubCgroups) {
  std::string deep = "/docker/" + kB;
  for (int i = 0; i < 100; ++i) deep += "/sub" + std::to_string(i);
  check({
      {deep, "docker:" + kB},
      {"/kubepods.slice/kubepods-pod6.slice/crio-" + kB + ".scope/container", "cri:" + kB},
      {"/kubepods.slice/kubepods-pod6.slice/cri-containerd-" + kB + ".scope/system.slice/x.service",
       "cri:" + kB},
      {"/machine.slice/libpod-" + kB + ".scope/container/init.scope", "podman:" + kB},
      {"/lxc/web/init.scope", "lxc:web"},
      {"/lxc.payload.web/user.slice/user-0.slice/session-1.scope", "lxc:web"},
      {"/machine/guest.libvirt-lxc/system.slice", "libvirt-lxc:guest"},
      {"/bpm-router/worker", "bpm:router"},
      {"/system.slice/bpm-garden.scope/a/b", "bpm:garden"},
  });
}

TEST(CgroupResolver, KnowsKubernetesDistributions) {
  check({
      {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podx.slice/docker-" + kB + ".scope",
       "docker:" + kB},
      {"/kubepods/burstable/pod5/crio-" + kB, "cri:" + kB},
      {"/kubepods/pod5/" + kB, "cri:" + kB},
      {"/kubepods-besteffort.slice/" + kB, "cri:" + kB},
      {"/kubepods-besteffort-pod5.slice:cri-containerd:" + kB, "cri:" + kB},
      {"/system.slice/containerd.service/kubepods-besteffort-pod5.slice:cri-containerd:" + kB, "cri:" + kB},
      {"/ecs/0f3ca9d0/" + kB, "docker:" + kB},
      {"/actions_job/" + kB, "docker:" + kB},
      {"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + kB + ".scope", "docker:" + kB},
      {"/podruntime/docker/kubepods/burstable/podX/" + kB, "cri:" + kB},
      {"/my-parent/" + kB, "docker:" + kB},
      {"/kubepods/burstable/podac04f3f2-1f2c-11e9-b015-1ebee232acfa", ""},
      {"/kubepods.slice", ""},
  });
}

TEST(CgroupResolver, TakesNothingButPodmansContainersInPodmansDirectories) {
  check({
      {"/libpod_parent/" + kPod, ""},
      {"/libpod_parent/" + kPod + "/" + kB, ""},
      {"/libpod_parent/docker-" + kB + ".scope", ""},
      {"/libpod_parent/" + kPod + "/libpod-conmon-" + kB, ""},
      {"/machine.slice/machine-libpod_pod_" + kPod + ".slice", ""},
      {"/machine.slice/machine-libpod_pod_" + kPod + ".slice/" + kB, ""},
      {"/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_" + kPod + ".slice/libpod-" +
           kB + ".scope/container",
       "podman:" + kB},
      {"/system.slice/ceph.service/libpod-payload-" + kB + ".scope", "podman:" + kB},
      {"/docker/" + kA + "/libpod_parent/" + kPod + "/conmon", "docker:" + kA},
  });
  Enabled no_podman;
  no_podman.podman = false;
  EXPECT_EQ(answer("/libpod_parent/" + kPod + "/libpod-" + kB, no_podman), "");
}

TEST(CgroupResolver, TellsContainersOfLxcFromTheirMonitors) {
  check({
      {"/lxc.monitor.web", ""},
      {"/lxc.monitor/web", ""},
      {"/lxc/lxc.monitor.web", ""},
      {"/lxc/c4/lxc.monitor.c4", ""},
      {"/lxc/c4/lxc.monitor.c4-1", ""},
      {"/lxc/c4/lxc.monitor.c5", "lxc:c4"},
      {"/lxc/c4/lxc.payload.c5", "lxc:c5"},
      {"/lxc.payload.a.b-c_d", "lxc:a.b-c_d"},
      {"/lxc.payload.project_web", "lxc:project_web"},
      {"/lxc.payload.", ""},
      {"/lxc", ""},
      {"/lxc.payload", ""},
      {"/lxc.pivot/x", ""},
      {"/system.slice/lxc.service", ""},
      {"/system.slice/snap.lxd.daemon.service", ""},
      {"/xlxc/web/x", ""},
      {"/user.slice/user-0.slice/session-1.scope/lxc/web", "lxc:web"},
      {"/lxc/" + std::string(256, 'n'), ""},
  });
}

TEST(CgroupResolver, ReadsLibvirtsSpellings) {
  check({
      {"/machine/lxc-1-a-b.libvirt-lxc", "libvirt-lxc:a-b"},
      {"/machine/lxc-foo.libvirt-lxc", "libvirt-lxc:lxc-foo"},
      {"/machine/__x.libvirt-lxc", "libvirt-lxc:_x"},
      {"/machine/.libvirt-lxc", ""},
      {"/machine.slice/machine-lxc\\x2d12\\x2da\\x2db\\x20c.scope", "libvirt-lxc:a-b c"},
      {"/machine.slice/machine-lxc\\x2d12\\x2da.scope/libvirt/emulator", "libvirt-lxc:a"},
      {"/machine.slice/machine-lxc\\x2d12\\x2d.scope", ""},
      {"/machine.slice/machine-lxc\\x2dab\\x2dname.scope", ""},
      {"/machine.slice/machine-lxc\\x2d12\\x2d\\x00.scope", ""},
      {"/machine.slice/machine-lxc\\x2d12\\x2d\\x2f.scope", ""},
      {"/machine.slice/machine-lxc\\x2d12\\x2d\\xzz.scope", ""},
      {"/machine.slice/machine-lxc\\x2d12\\x2da\\x", ""},
      {"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", ""},
      {"/libvirt/lxc/a b", "libvirt-lxc:a b"},
      {"/libvirt/qemu/vm", ""},
      {"/libvirt/lxc", ""},
  });
}

TEST(CgroupResolver, LeavesServicesAndMachinesOfTheHostAlone) {
  check({
      {"/system.slice/foo.service/bar", ""},
      {"/user.slice/bar", ""},
      {"/init.scope", ""},
      {"/init.scope/x", ""},
      {"/dev-hugepages.mount/x", ""},
      {"/dbus.socket/x", ""},
      {"/machine.slice/machine-foo.scope", ""},
      {"/machine.slice/systemd-nspawn@foo.service/payload", ""},
      {"/machine/foo", ""},
      {"/system.slice/ctr-c2.scope", ""},
      {"/system.slice/bpm-agent.service", ""},
      {"/system.slice/bpm-.scope", ""},
      {"/system.slice/bpm-a b.scope", ""},
      {"/rcont1", ""},
      {"/docker/buildkit", ""},
      {"/docker", ""},
  });
}

TEST(CgroupResolver, OffersContainerdsNamesForConfirmation) {
  const std::string longest(76, 'n');
  check({
      {"/default/web-1.a_b", "containerd?:default/web-1.a_b"},
      {"/garden/0a1b", "containerd?:garden/0a1b"},
      {"/default/" + longest, "containerd?:default/" + longest},
      {"/default/" + longest + "n", ""},
      {"/default/-web", ""},
      {"/default/web-", ""},
      {"/default/a--b", ""},
      {"/default/a..b", ""},
      {"/default/a b", ""},
      {"/default/c1/sub", ""},
      {"/custom/parent/ctr2", ""},
      {"/default/x.scope", ""},
      {"/lxc.monitor/web", ""},
      {"/conmon/x", ""},
  });
}

TEST(CgroupResolver, AsksOnlyEnabledEngines) {
  Enabled only = kNone;
  EXPECT_EQ(answer("/docker/" + kB, only), "");
  only.cri = true;
  EXPECT_EQ(answer("/docker/" + kB, only), "cri:" + kB);
  EXPECT_EQ(answer("/a/docker-" + kB + ".scope", only), "cri:" + kB);
  only = kNone;
  only.docker = true;
  EXPECT_EQ(answer("/kubepods/burstable/podX/" + kB, only), "docker:" + kB);
  EXPECT_EQ(answer("/a/cri-containerd-" + kB + ".scope", only), "");
  only = kNone;
  only.containerd = true;
  EXPECT_EQ(answer("/default/" + kB, only), "containerd:default/" + kB);
  EXPECT_EQ(answer("/a/b/" + kB, only), "");
  EXPECT_EQ(answer("/libpod_parent/" + kPod, only), "");
  EXPECT_EQ(answer("/lxc/web", only), "");
  only = kNone;
  only.lxc = true;
  EXPECT_EQ(answer("/lxc/web", only), "lxc:web");
  EXPECT_EQ(answer("/libvirt/lxc/web", only), "");
  only = kNone;
  only.bpm = true;
  EXPECT_EQ(answer("/bpm-x", only), "bpm:x");
}

TEST(CgroupResolver, ShowsNamesWholeAndIdsShort) {
  Resolver resolver(Enabled{});
  EXPECT_EQ(resolver.resolve("/lxc/a-name-of-many-letters")->id(), "a-name-of-many-letters");
  EXPECT_EQ(resolver.resolve("/default/a-name-of-many-letters")->id(), "a-name-of-ma");
  EXPECT_EQ(resolver.resolve("/docker/" + kB)->id(), "1234567890ab");
  EXPECT_EQ(resolver.resolve("/docker/" + kB)->full_id, kB);
  EXPECT_EQ(resolver.resolve("/docker/" + kB)->type(), ContainerType::kDocker);
  EXPECT_STREQ(engine_name(Engine::kStatic), "static");
}

TEST(CgroupResolver, StandsVeryLongPaths) {
  Resolver resolver(Enabled{}, 4);
  std::string path = "/docker/" + kB;
  while (path.size() < 65536) path += "/s";
  for (int i = 0; i < 3; ++i) {
    const Match* match = resolver.resolve(path);
    ASSERT_NE(match, nullptr);
    EXPECT_EQ(match->full_id, kB);
  }
  EXPECT_EQ(resolver.resolve(std::string(65536, '/')), nullptr);
  EXPECT_EQ(resolver.resolve("/" + std::string(65536, 'a')), nullptr);
  std::string ids;
  while (ids.size() < 65536) {
    ids.append("/libpod_parent/").append(kPod).append("/docker-").append(kB).append(".scope/bpm-x");
  }
  EXPECT_EQ(resolver.resolve("/libpod_parent/bpm-" + std::string(60000, 'z')), nullptr);
  EXPECT_EQ(answer(ids), "bpm:x") << "in a container, though that one does not count itself";
}

TEST(CgroupResolver, ForgetsTheLeastRecentlyUsedPath) {
  Resolver resolver(Enabled{}, 2);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5; ++i) {
      const std::string name = "c" + std::to_string(i);
      const Match* match = resolver.resolve("/lxc/" + name);
      ASSERT_NE(match, nullptr);
      EXPECT_EQ(match->full_id, name);
      EXPECT_EQ(resolver.resolve("/system.slice/s" + std::to_string(i) + ".service"), nullptr);
    }
  }
}

}  // namespace
}  // namespace core::cgroup
