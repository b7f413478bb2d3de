// Reading /proc: a made-up tree, and the real one with children of our own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "api/events.h"
#include "host/live_events.h"
#include "host/proc_scan.h"
#include "host/table_registry.h"
#include "host/thread_events.h"

namespace {

namespace fs = std::filesystem;

// A /proc below a directory of its own.
class FakeProc {
 public:
  FakeProc() {
    // In memory where that is possible: one test makes many thousand files.
    const std::string parent = fs::exists("/dev/shm") ? "/dev/shm" : testing::TempDir();
    std::string pattern = parent + "/fake_proc_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    write("stat", "cpu 1 2 3\nbtime 1700000000\nprocesses 5\n");
    process(1, "init", {1}, 0, 100);
  }
  ~FakeProc() { fs::remove_all(root_); }

  // ns_pids: outermost first. start: in ticks of 10 ms.
  void process(int64_t pid, const std::string& name, std::vector<int64_t> ns_pids, int64_t ppid,
               uint64_t start, const std::string& ns = "pid:[1]") {
    const std::string dir = std::to_string(pid) + "/";
    status(dir, name, pid, pid, ns_pids, ppid);
    status(dir + "task/" + std::to_string(pid) + "/", name, pid, pid, ns_pids, ppid);
    write(dir + "stat", std::to_string(pid) + " (" + name + ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
                            std::to_string(start) + " 0 0\n");
    write(dir + "cgroup", "4:cpu,cpuacct:/docker/" + name + "\n1:name=systemd:/\n0::/unified\n");
    write(dir + "cmdline", std::string("/bin/") + name + '\0' + "-x" + '\0' + '\0');
    fs::create_directories(root_ / "proc" / dir / "ns");
    const fs::path link = root_ / "proc" / dir / "ns/pid";
    fs::remove(link);
    fs::create_symlink(ns, link);
  }
  void thread(int64_t pid, int64_t tid, const std::string& name, std::vector<int64_t> ns_pids) {
    status(std::to_string(pid) + "/task/" + std::to_string(tid) + "/", name, tid, pid, ns_pids, 1);
  }
  // A thread that looks like its process' main one.
  void alike_thread(int64_t pid, int64_t tid) {
    const fs::path tasks = root_ / "proc" / std::to_string(pid) / "task";
    fs::create_directory_symlink(tasks / std::to_string(pid), tasks / std::to_string(tid));
  }
  void write(const std::string& path, const std::string& text) {
    const fs::path file = root_ / "proc" / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void remove(const std::string& path) { fs::remove_all(root_ / "proc" / path); }
  std::string root() const { return root_; }

 private:
  void status(const std::string& dir, const std::string& name, int64_t tid, int64_t pid,
              const std::vector<int64_t>& ns_pids, int64_t ppid) {
    std::string ids;
    for (const int64_t id : ns_pids) ids += "\t" + std::to_string(id);
    write(dir + "status", "Name:\t" + name + "\nTgid:\t" + std::to_string(pid) + "\nPid:\t" +
                              std::to_string(tid) + "\nPPid:\t" + std::to_string(ppid) +
                              "\nUid:\t0\t1000\t0\t0\nGid:\t0\t1001\t0\t0\nNStgid:" + ids + "\nNSpid:" + ids +
                              "\nNSpgid:" + ids + "\n");
  }
  fs::path root_;
};

constexpr uint64_t kSecond = 1'000'000'000u;
constexpr uint64_t kBoot = 1'700'000'000u * kSecond;

TEST(CgroupFile, OneEntryPerSubsystem) {
  using host::CgroupPath;
  EXPECT_THAT(host::parse_cgroup_file("4:cpu,cpuacct:/a\n1:name=systemd:/b:c\n0::/d\n"),
              testing::ElementsAre(CgroupPath{"cpu", "/a"}, CgroupPath{"cpuacct", "/a"},
                                   CgroupPath{"name=systemd", "/b:c"}, CgroupPath{"cgroup2", "/d"}));
  EXPECT_TRUE(host::parse_cgroup_file("").empty());
  EXPECT_TRUE(host::parse_cgroup_file("rubbish\n::\n1\n").size() <= 1);
}

TEST(ProcReader, ReadsAProcess) {
  FakeProc fake;
  fake.process(20, "web) (server", {20, 1}, 10, 500, "pid:[2]");
  host::ProcReader reader(fake.root());
  ASSERT_TRUE(reader.check().ok());
  const auto process = reader.process(20);
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->tid, 20);
  EXPECT_EQ(process->pid, 20);
  EXPECT_EQ(process->ptid, 10);
  EXPECT_EQ(process->vpid, 1);
  EXPECT_EQ(process->vtid, 1);
  EXPECT_EQ(process->uid, 1000u);
  EXPECT_EQ(process->gid, 1001u);
  EXPECT_EQ(process->comm, "web) (server");
  EXPECT_EQ(process->exe, "/bin/web) (server");
  EXPECT_THAT(process->args, testing::ElementsAre("-x", ""));
  EXPECT_EQ(process->cgroups.size(), 4u);
  EXPECT_EQ(process->pidns_init_start_ts, kBoot + 5 * kSecond);
}

TEST(ProcReader, StartOfTheNamespacesInit) {
  FakeProc fake;
  fake.process(20, "member", {20, 7}, 10, 900, "pid:[2]");  // found before its init
  fake.process(30, "init2", {30, 1}, 10, 600, "pid:[2]");
  fake.process(40, "orphan", {40, 5}, 10, 900, "pid:[3]");
  fake.process(50, "host", {50}, 1, 900);
  host::ProcReader reader(fake.root());
  EXPECT_EQ(reader.process(20)->pidns_init_start_ts, kBoot + 6 * kSecond);
  EXPECT_EQ(reader.process(30)->pidns_init_start_ts, kBoot + 6 * kSecond);
  EXPECT_EQ(reader.process(40)->pidns_init_start_ts, 0u);
  EXPECT_EQ(reader.process(50)->pidns_init_start_ts, kBoot + 1 * kSecond);
  // The number of a namespace that ended is given to a new one.
  fake.process(60, "again", {60, 1}, 10, 1200, "pid:[2]");
  EXPECT_EQ(reader.process(60)->pidns_init_start_ts, kBoot + 12 * kSecond);
  fake.remove("30");
  EXPECT_EQ(reader.process(20)->pidns_init_start_ts, kBoot + 12 * kSecond);
}

TEST(ProcReader, SurvivesWhatCannotBeRead) {
  FakeProc fake;
  fake.process(20, "x", {20, 1}, 10, 500, "pid:[2]");
  for (const char* file : {"20/cgroup", "20/cmdline", "20/ns/pid", "20/stat"}) fake.remove(file);
  host::ProcReader reader(fake.root());
  const auto process = reader.process(20);
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->exe, "x");
  EXPECT_TRUE(process->cgroups.empty());
  EXPECT_EQ(process->pidns_init_start_ts, 0u);
  fake.write("21/status", std::string("Name:\nrubbish\0\xff\nNSpid:\t\nUid:\tx\n", 31));
  ASSERT_TRUE(reader.process(21).has_value());
  EXPECT_EQ(reader.process(21)->pid, 21);
  EXPECT_FALSE(reader.process(22).has_value());
}

TEST(ProcReader, SaysWhatIsWrongWithADirectory) {
  const auto checked = host::ProcReader("/nonexistent").check();
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error(), testing::HasSubstr("/nonexistent/proc"));
  EXPECT_THAT(checked.error(), testing::HasSubstr("HOST_ROOT"));
}

TEST(ProcScan, TakesEveryThread) {
  FakeProc fake;
  fake.process(20, "web", {20, 1}, 10, 500, "pid:[2]");
  fake.thread(20, 21, "web-io", {21, 2});
  fake.write("22/task/22/comm", "gone");  // a process that vanishes between listing and reading
  fake.write("self/status", "not a number");
  host::TableRegistry registry;
  host::ProcReader reader(fake.root());
  const auto result = host::scan_proc(reader, registry.threads());
  EXPECT_EQ(result.processes, 2u);
  EXPECT_EQ(result.threads, 3u);
  EXPECT_EQ(result.vanished, 1u);
  const host::Thread* thread = registry.threads().find(21);
  ASSERT_NE(thread, nullptr);
  EXPECT_EQ(thread->pid, 20);
  EXPECT_EQ(thread->vtid, 2);
  EXPECT_EQ(thread->comm, "web-io");
  EXPECT_EQ(thread->exe, "/bin/web");
  EXPECT_EQ(thread->cgroups.size(), 4u);
}

TEST(ProcScan, TwentyThousandThreads) {
  FakeProc fake;
  for (int64_t pid = 1000; pid < 1100; ++pid) {
    fake.process(pid, "many", {pid, pid == 1000 ? 1 : pid - 900}, 1, 500, "pid:[2]");
    for (int64_t i = 1; i < 200; ++i) fake.alike_thread(pid, pid * 1000 + i);
  }
  host::TableRegistry registry;
  host::ProcReader reader(fake.root());
  const auto result = host::scan_proc(reader, registry.threads());
  EXPECT_EQ(result.threads, 20'001u);
  EXPECT_EQ(registry.threads().size(), 20'001u);
}

TEST(ProcScan, TheRealOneHasUsAndOurChild) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  host::TableRegistry registry;
  host::ProcReader reader("");
  const auto result = host::scan_proc(reader, registry.threads());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_GT(result.threads, 1u);
  const host::Thread* self = registry.threads().find(::getpid());
  const host::Thread* other = registry.threads().find(child);
  ASSERT_NE(self, nullptr);
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->ptid, ::getpid());
  EXPECT_EQ(other->exe, self->exe);
  EXPECT_EQ(self->cwd, fs::current_path().string());
  EXPECT_FALSE(self->cgroups.empty());
}

// LiveEvents against the made-up tree.
struct LiveEventsTest : testing::Test {
  FakeProc fake;
  host::TableRegistry registry;

  host::ProcReader reader() { return host::ProcReader(fake.root()); }
  void apply(const host::EventBytes& bytes) {
    const auto event = host::EventView::parse(bytes);
    ASSERT_TRUE(event.ok());
    host::apply_event(registry.threads(), *event);
    host::finish_event(registry.threads(), *event);
  }
};

TEST_F(LiveEventsTest, AForkRunsItsParentsProgramWithItsOwnIds) {
  fake.process(20, "runc", {20}, 1, 500);
  auto proc = reader();
  host::scan_proc(proc, registry.threads());
  fake.process(30, "already-sh", {30, 1}, 20, 600, "pid:[2]");
  host::LiveEvents live(proc, registry.threads());
  apply(live.convert({host::ProcessEvent::Kind::kFork, 30, 30, 20, 20, 0}, 1));
  const host::Thread* child = registry.threads().find(30);
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(child->comm, "runc");
  EXPECT_EQ(child->exe, "/bin/runc");
  EXPECT_EQ(child->vpid, 1);
  EXPECT_EQ(child->ptid, 20);
  EXPECT_EQ(child->cgroups.at(0).path, "/docker/already-sh");
  EXPECT_EQ(child->pidns_init_start_ts, kBoot + 6 * kSecond);
  apply(live.convert({host::ProcessEvent::Kind::kExec, 30, 30, 0, 0, 0}, 1));
  EXPECT_EQ(registry.threads().find(30)->exe, "/bin/already-sh");
  EXPECT_EQ(live.vanished(), 0u);
  apply(live.convert({host::ProcessEvent::Kind::kExit, 30, 30, 0, 0, 0}, 1));
  EXPECT_EQ(registry.threads().find(30), nullptr);
}

TEST_F(LiveEventsTest, AVanishedChildIsDescribedByItsParent) {
  fake.process(20, "runc", {20}, 1, 500);
  auto proc = reader();
  host::scan_proc(proc, registry.threads());
  host::LiveEvents live(proc, registry.threads());
  apply(live.convert({host::ProcessEvent::Kind::kFork, 31, 31, 20, 20, 0}, 1));
  ASSERT_NE(registry.threads().find(31), nullptr);
  EXPECT_EQ(registry.threads().find(31)->exe, "/bin/runc");
  EXPECT_EQ(registry.threads().find(31)->cgroups.at(0).path, "/docker/runc");
  EXPECT_EQ(live.vanished(), 1u);
  apply(live.convert({host::ProcessEvent::Kind::kFork, 33, 33, 999, 999, 0}, 1));  // parent unknown as well
  EXPECT_NE(registry.threads().find(33), nullptr);
}

// The kernel has moved a zombie to the root cgroup: it must not look like a process of the host.
TEST_F(LiveEventsTest, AZombieKeepsTheCgroupsOfItsParent) {
  fake.process(20, "web", {20}, 1, 500);
  auto proc = reader();
  host::scan_proc(proc, registry.threads());
  fake.process(32, "ls", {32}, 20, 600);
  fake.write("32/status", "Name:\tls\nState:\tZ (zombie)\nTgid:\t32\nPid:\t32\nPPid:\t20\n");
  fake.write("32/comm", "ls\n");
  fake.write("32/cgroup", "4:cpu,cpuacct:/\n0::/\n");
  EXPECT_FALSE(proc.process(32).has_value());
  host::LiveEvents live(proc, registry.threads());
  apply(live.convert({host::ProcessEvent::Kind::kFork, 32, 32, 20, 20, 0}, 1));
  apply(live.convert({host::ProcessEvent::Kind::kExec, 32, 32, 0, 0, 0}, 1));
  const host::Thread* child = registry.threads().find(32);
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(child->cgroups.at(0).path, "/docker/web");
  EXPECT_EQ(child->comm, "ls");
  EXPECT_TRUE(child->args.empty());
  EXPECT_EQ(live.vanished(), 2u);
}

// Shortly before that it is in the root cgroup already, and not a zombie yet.
TEST_F(LiveEventsTest, SoDoesAProcessThatIsJustEnding) {
  fake.process(32, "ls", {32}, 20, 600);
  auto proc = reader();
  const auto stat = [](uint32_t flags) {
    return "32 (l) s) R 20 32 32 0 -1 " + std::to_string(flags) + " 0 0 0 0 0 0 0 0 20 0 1 0 600 0 0";
  };
  fake.write("32/stat", stat(0x400004));
  EXPECT_TRUE(proc.process(32).has_value()) << "it is still where it was";
  fake.write("32/cgroup", "4:cpu,cpuacct:/\n0::/\n");
  EXPECT_FALSE(proc.process(32).has_value());
  fake.write("32/stat", stat(0x400000));
  EXPECT_TRUE(proc.process(32).has_value()) << "the root cgroup is a place to be";
}

TEST_F(LiveEventsTest, ANewThreadTakesItsProcess) {
  fake.process(20, "web", {20, 1}, 1, 500, "pid:[2]");
  auto proc = reader();
  host::scan_proc(proc, registry.threads());
  fake.thread(20, 25, "web-io", {25, 3});
  host::LiveEvents live(proc, registry.threads());
  apply(live.convert({host::ProcessEvent::Kind::kFork, 25, 20, 20, 20, 0}, 1));
  const host::Thread* thread = registry.threads().find(25);
  ASSERT_NE(thread, nullptr);
  EXPECT_EQ(thread->pid, 20);
  EXPECT_EQ(thread->vtid, 3);
  EXPECT_EQ(thread->exe, "/bin/web");
}

TEST_F(LiveEventsTest, ARescanFindsWhatWasLost) {
  fake.process(20, "stays", {20}, 1, 500);
  fake.process(30, "goes", {30}, 1, 500);
  fake.process(40, "before", {40}, 1, 500);
  auto proc = reader();
  host::scan_proc(proc, registry.threads());
  fake.remove("30");
  fake.process(40, "after", {40}, 1, 500);
  fake.process(50, "new", {50}, 1, 700);
  fake.thread(50, 51, "new-io", {51});
  host::LiveEvents live(proc, registry.threads());
  const auto events = live.rescan(1);
  EXPECT_EQ(events.size(), 4u);
  for (const auto& event : events) apply(event);
  EXPECT_NE(registry.threads().find(20), nullptr);
  EXPECT_EQ(registry.threads().find(30), nullptr);
  EXPECT_EQ(registry.threads().find(40)->exe, "/bin/after");
  EXPECT_NE(registry.threads().find(51), nullptr);
  EXPECT_TRUE(live.rescan(2).empty());
}

}  // namespace
