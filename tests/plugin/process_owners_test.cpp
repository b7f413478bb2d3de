// Whose a process is, asked of the kernel about real ones.
#include "plugin/process_owners.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace {

using core::Owner;
using plugin::ProcessOwners;

constexpr uint32_t kUser = 4242;

// A process of that user in a user namespace of his own; ends with the object.
class Visitor {
 public:
  Visitor() {
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      const bool made = ::setresuid(kUser, kUser, kUser) == 0 && ::unshare(CLONE_NEWUSER) == 0;
      const char word = made ? 'y' : 'n';
      if (::write(ready[1], &word, 1) == 1) ::pause();
      ::_exit(0);
    }
    char word = 'n';
    ready_ = ::read(ready[0], &word, 1) == 1 && word == 'y';
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Visitor() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;
  bool ready() const { return ready_; }
  int64_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  bool ready_ = false;
};

class ProcessOwnersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be another user";
    processes_.set_live(true);
  }
  ProcessOwners processes_{""};
};

TEST_F(ProcessOwnersTest, TheEventsUidTells) {
  EXPECT_EQ(processes_.executor(::getpid(), 0), Owner::machine());
  EXPECT_EQ(processes_.executor(::getpid(), 1000), Owner::user(1000));
  EXPECT_EQ(processes_.executor(::getpid(), std::nullopt), Owner::nobody());
  EXPECT_TRUE(processes_.belongs_to(Owner::user(1000), ::getpid(), 1000));
  EXPECT_FALSE(processes_.belongs_to(Owner::user(1000), ::getpid(), 0));
  EXPECT_FALSE(processes_.belongs_to(Owner::user(1000), ::getpid(), std::nullopt));
}

TEST_F(ProcessOwnersTest, RootOfAUsersNamespaceIsThatUser) {
  const Visitor visitor;
  if (!visitor.ready()) GTEST_SKIP() << "users may not make user namespaces here";
  EXPECT_EQ(processes_.executor(visitor.pid(), 0), Owner::user(kUser));
  EXPECT_TRUE(processes_.belongs_to(Owner::user(kUser), visitor.pid(), 0));
  EXPECT_TRUE(processes_.belongs_to(Owner::user(kUser), visitor.pid(), 100033));
  EXPECT_FALSE(processes_.belongs_to(Owner::user(1000), visitor.pid(), 0));
  processes_.set_live(false);
  EXPECT_EQ(processes_.executor(visitor.pid(), 0), Owner::machine()) << "a replay's processes are others";
}

}  // namespace
