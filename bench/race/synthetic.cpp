// See synthetic.h.
#include "bench/race/synthetic.h"

#include <unistd.h>

#include <array>

#include "api/events.h"
#include "bench/race/bundle.h"
#include "bench/race/load.h"
#include "bench/race/truth.h"
#include "host/event_builder.h"

namespace bench::race {
namespace {

constexpr const char* kImage = "registry.example/team/synthetic:1.0";
// Above the kernel's largest pid: no process of this machine is meant.
constexpr int64_t kFirstTid = 5'000'000;
constexpr int64_t kTidsPerContainer = 8;
constexpr int64_t kShim = 0, kRuntime = 1, kCommand = 2, kChildren = 3;  // offsets of tids

int64_t tid_of(size_t index, int64_t offset) {
  return kFirstTid + static_cast<int64_t>(index) * kTidsPerContainer + offset;
}

host::ThreadData process(int64_t tid, int64_t parent, const std::string& cgroup) {
  host::ThreadData data;
  data.tid = data.pid = data.vtid = data.vpid = data.pgid = tid;
  data.ptid = parent;
  data.uid = data.gid = 0;
  data.cwd = "/";
  // The subsystems that Falco's driver reports on cgroup v1.
  for (const char* subsystem : {"cpuset", "cpu", "cpuacct", "blkio", "memory"}) {
    data.cgroups.push_back({subsystem, cgroup});
  }
  return data;
}

void command_line(host::ThreadData& data, const std::string& path, std::vector<std::string> args) {
  const size_t slash = path.rfind('/');
  data.comm = data.exe = path.substr(slash + 1);
  data.exe_path = path;
  data.args = std::move(args);
}

base::Status clone_and_exec(RaceHost& host, const host::ThreadData& before, const host::ThreadData& after) {
  auto cloned = host.feed(host::make_clone_exit(api::kEventCloneExit, before, wall_clock_ns()));
  if (!cloned) return cloned;
  return host.feed(host::make_exec_exit(api::kEventExecve19Exit, after, wall_clock_ns()));
}

host::ThreadData command_of(const Start& start, size_t index) {
  host::ThreadData data =
      process(tid_of(index, kCommand), tid_of(index, kRuntime), pod_cgroup(start.full_id));
  data.vtid = data.vpid = 1;
  command_line(data, "/bin/sh", {"-c", marked_command(start.name)});
  return data;
}

}  // namespace

base::Result<std::unique_ptr<Synthetic>> Synthetic::make(unsigned count, unsigned first_number) {
  std::unique_ptr<Synthetic> made(new Synthetic);
  for (unsigned i = 0; i < count; ++i) {
    Start start;
    start.name = container_name(first_number + i, ::getpid());
    start.full_id = hex_id(first_number + i, ::getpid());
    start.truth = {shown_id(start.full_id), start.name, kImage};
    BundleSpec spec;
    spec.rootfs = "rootfs";
    spec.command = marked_command(start.name);
    spec.cgroups_path = pod_cgroup(start.full_id);
    spec.cri_name = start.name;
    spec.cri_image = kImage;
    spec.with_seccomp = true;
    if (auto written = write_bundle(made->work_ / start.full_id, spec); !written)
      return base::Error{written.error()};
    made->starts_.push_back(std::move(start));
  }
  return made;
}

base::Status Synthetic::begin(RaceHost& host, size_t index) const {
  const Start& start = starts_[index];
  const std::string bundle = work_ / start.full_id;
  host::ThreadData shim = process(tid_of(index, kShim), 1, "/system.slice/containerd.service");
  command_line(shim, "/usr/bin/containerd-shim-runc-v2", {"-namespace", "k8s.io", "-id", start.full_id});
  host.threads().put(shim);

  host::ThreadData forked = shim;
  forked.tid = forked.pid = forked.vtid = forked.vpid = tid_of(index, kRuntime);
  forked.ptid = shim.tid;
  host::ThreadData runtime = forked;
  runtime.cwd = bundle;
  command_line(runtime, "/usr/sbin/runc",
               {"--root", "/run/containerd/runc/k8s.io", "--log", bundle + "/log.json", "--log-format",
                "json", "create", "--bundle", bundle, "--pid-file", bundle + "/init.pid", start.full_id});
  if (auto fed = clone_and_exec(host, forked, runtime); !fed) return fed;

  const host::ThreadData command = command_of(start, index);
  host::ThreadData init = command;
  init.comm = "runc:[2:INIT]";
  init.exe = "runc";
  init.exe_path = "/usr/sbin/runc";
  init.args = {"init"};
  return clone_and_exec(host, init, command);
}

base::Status Synthetic::finish(RaceHost& host, size_t index) const {
  const host::ThreadData command = command_of(starts_[index], index);
  for (int64_t i = 0; i < 2; ++i) {
    host::ThreadData forked = command;
    forked.tid = forked.pid = tid_of(index, kChildren + i);
    forked.ptid = command.tid;
    forked.vtid = forked.vpid = 2 + i;
    host::ThreadData child = forked;
    command_line(child, "/bin/true", {});
    if (auto fed = clone_and_exec(host, forked, child); !fed) return fed;
    if (auto fed = host.feed(host::make_procexit(child.tid, wall_clock_ns())); !fed) return fed;
  }
  for (const int64_t offset : {kCommand, kRuntime, kShim}) {
    auto fed = host.feed(host::make_procexit(tid_of(index, offset), wall_clock_ns()));
    if (!fed) return fed;
  }
  return base::Ok{};
}

}  // namespace bench::race
