// The kernel's process events: the real thing with a child of our own, and messages that lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <thread>

#include "api/events.h"
#include "host/live_capture.h"
#include "host/proc_scan.h"

namespace {

using Kind = host::ProcessEvent::Kind;

std::string message(uint32_t what, uint32_t idx = CN_IDX_PROC) {
  nlmsghdr netlink{};
  cn_msg connector{};
  proc_event event{};
  netlink.nlmsg_len = sizeof netlink + sizeof connector + sizeof event;
  connector.id.idx = idx;
  connector.id.val = CN_VAL_PROC;
  connector.len = sizeof event;
  std::memcpy(&event.what, &what, sizeof what);
  event.event_data.fork.parent_pid = 1;
  event.event_data.fork.parent_tgid = 2;
  event.event_data.fork.child_pid = 3;
  event.event_data.fork.child_tgid = 4;
  std::string out(reinterpret_cast<const char*>(&netlink), sizeof netlink);
  out.append(reinterpret_cast<const char*>(&connector), sizeof connector);
  out.append(reinterpret_cast<const char*>(&event), sizeof event);
  return out;
}

TEST(ProcessMessages, AreTakenApart) {
  std::string data = message(proc_event::PROC_EVENT_FORK);
  const auto events = host::parse_process_messages(data.data(), data.size());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, Kind::kFork);
  EXPECT_EQ(events[0].parent_tid, 1);
  EXPECT_EQ(events[0].parent_pid, 2);
  EXPECT_EQ(events[0].tid, 3);
  EXPECT_EQ(events[0].pid, 4);
}

TEST(ProcessMessages, OthersAreSkipped) {
  std::string data = message(proc_event::PROC_EVENT_UID) + message(proc_event::PROC_EVENT_FORK, 77) +
                     message(proc_event::PROC_EVENT_EXEC);
  const auto events = host::parse_process_messages(data.data(), data.size());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, Kind::kExec);
}

TEST(ProcessMessages, LyingLengthsAreHarmless) {
  const std::string whole = message(proc_event::PROC_EVENT_FORK);
  for (size_t size = 0; size < whole.size(); ++size) {
    std::string cut = whole.substr(0, size);
    EXPECT_TRUE(host::parse_process_messages(cut.data(), cut.size()).empty()) << size;
    if (size < sizeof(nlmsghdr)) continue;
    const auto claimed = static_cast<uint32_t>(size);  // a header that tells the truth about the cut
    std::memcpy(cut.data(), &claimed, sizeof claimed);
    EXPECT_LE(host::parse_process_messages(cut.data(), cut.size()).size(), 1u) << size;
  }
  std::string zero = whole;
  const uint32_t length = 0;
  std::memcpy(zero.data(), &length, sizeof length);
  EXPECT_TRUE(host::parse_process_messages(zero.data(), zero.size()).empty());
}

struct LiveTest : testing::Test {
  std::unique_ptr<host::ProcConnector> connector;

  void SetUp() override {
    auto opened = host::ProcConnector::open();
    if (!opened.ok()) {
      std::cerr << "SKIPPED ALOUD: " << opened.error() << '\n';
      GTEST_SKIP() << opened.error();
    }
    connector = std::make_unique<host::ProcConnector>(std::move(*opened));
  }

  // A child that executes /bin/true and ends.
  static pid_t run_true() {
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/bin/true", "true", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    return child;
  }
};

TEST_F(LiveTest, ForkExecAndExitOfAChildAreSeenInOrder) {
  const pid_t child = run_true();
  std::vector<Kind> kinds;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (kinds.size() < 3 && std::chrono::steady_clock::now() < deadline) {
    std::vector<host::ProcessEvent> batch;
    const auto wake = connector->wait(batch, 1000, -1);
    ASSERT_TRUE(wake.ok()) << wake.error();
    for (const host::ProcessEvent& event : batch) {
      if (event.pid == child) kinds.push_back(event.kind);
    }
  }
  EXPECT_THAT(kinds, testing::ElementsAre(Kind::kFork, Kind::kExec, Kind::kExit));
}

TEST_F(LiveTest, AStopDescriptorEndsTheWait) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  std::vector<host::ProcessEvent> batch;
  const auto wake = connector->wait(batch, 10'000, ends[0]);
  ASSERT_TRUE(wake.ok());
  EXPECT_EQ(*wake, host::ProcConnector::Wake::kStopped);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(LiveTest, AFullBufferIsCountedAndAnsweredWithARescan) {
  auto tiny = host::ProcConnector::open(1);  // the kernel's minimum, a few events
  ASSERT_TRUE(tiny.ok()) << tiny.error();
  host::Session session;
  host::ProcReader proc("");
  host::scan_proc(proc, session.threads());
  ASSERT_TRUE(session.open(true).ok());
  for (int i = 0; i < 50; ++i) run_true();
  const pid_t stays = ::fork();
  if (stays == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto statistics =
      host::run_live(session, *tiny, proc, {std::chrono::milliseconds(5000), -1},
                     [&](const host::EventContext& context) { return context.event.tid() != stays; });
  ::kill(stays, SIGKILL);
  ::waitpid(stays, nullptr, 0);
  ASSERT_TRUE(statistics.ok()) << statistics.error();
  EXPECT_GE(statistics->overruns, 1u);
  EXPECT_NE(session.threads().find(stays), nullptr);
}

TEST_F(LiveTest, ALiveCaptureKeepsTheThreadTable) {
  host::Session session;
  host::ProcReader proc("");
  host::scan_proc(proc, session.threads());
  ASSERT_TRUE(session.open(true).ok());
  const pid_t child = run_true();
  std::vector<std::pair<uint16_t, std::string>> seen;  // type and command
  const auto statistics = host::run_live(session, *connector, proc, {std::chrono::milliseconds(10'000), -1},
                                         [&](const host::EventContext& context) {
                                           if (context.event.tid() != child) return true;
                                           seen.emplace_back(context.event.type(), context.thread->comm);
                                           return context.event.type() != api::kEventProcexit;
                                         });
  ASSERT_TRUE(statistics.ok()) << statistics.error();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].first, api::kEventCloneExit);
  EXPECT_EQ(seen[1].first, api::kEventExecve19Exit);
  EXPECT_EQ(seen[2].first, api::kEventProcexit);
  EXPECT_EQ(session.threads().find(child), nullptr);
  EXPECT_GE(statistics->process_events, 3u);
}

// Linux 6.6 and newer let everybody listen; older ones need CAP_NET_ADMIN.
TEST(ProcConnector, WithoutPermissionItOpensOrSaysWhatIsMissing) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(3);
    const auto opened = host::ProcConnector::open();
    ::_exit(opened.ok() || opened.error().find("CAP_NET_ADMIN") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
