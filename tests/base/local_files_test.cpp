// Reading small files whose paths strangers prepared: what is refused, what is left to others, and that
// nothing is waited for.
#include "base/local_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "support/links.h"
#include "support/silent_fuse.h"
#include "support/temp_dir.h"

namespace base {
namespace {

namespace fs = std::filesystem;
using support::make_followed_link;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr size_t kCap = 65536;

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool is_root() {
  return ::geteuid() == 0;
}

// In memory, so that the hurried reader may read it too.
class LocalFilesTest : public testing::TestWithParam<Patience> {
 protected:
  void SetUp() override {
    std::string name = "/dev/shm/ctXXXXXX";
    if (::mkdtemp(name.data()) == nullptr) GTEST_SKIP() << "no /dev/shm here";
    root_ = name;
    fs::create_directory(root_ + "/bundle");
    file_ = root_ + "/bundle/config.json";
  }
  void TearDown() override {
    std::error_code ignored;
    if (!root_.empty()) fs::remove_all(root_, ignored);
  }
  Reading<std::string> read(const std::string& directory = "/bundle") {
    LocalFiles files(root_);
    return files.read(directory, "config.json", kCap, GetParam());
  }
  void expect_refused(const std::string& why) {
    const Reading<std::string> text = read();
    ASSERT_FALSE(text);
    EXPECT_EQ(text.kind(), Unread::kRefused);
    EXPECT_THAT(text.error().message, testing::AllOf(HasSubstr(file_), HasSubstr(why)));
  }

  std::string root_;
  std::string file_;
};

INSTANTIATE_TEST_SUITE_P(Patience, LocalFilesTest, testing::Values(Patience::kCachedOnly, Patience::kMayWait),
                         [](const auto& test) {
                           return test.param == Patience::kCachedOnly ? "CachedOnly" : "MayWait";
                         });

TEST_P(LocalFilesTest, ReadsAFile) {
  write(file_, std::string("{\"a\": \"\0\"}", 10));
  const Reading<std::string> text = read();
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, std::string("{\"a\": \"\0\"}", 10));
  LocalFiles host("");
  const Reading<std::string> same = host.read(root_ + "/bundle", "config.json", kCap, GetParam());
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_EQ(*same, *text);
}

TEST_P(LocalFilesTest, WhatIsNotThereIsSilent) {
  for (const char* directory : {"/bundle", "/none", "/none/below", "/bundle/config.json"}) {
    const Reading<std::string> text = read(directory);
    ASSERT_FALSE(text);
    // A name that the kernel has not cached as missing has to be looked up: that waits.
    if (text.kind() != Unread::kWouldWait) {
      EXPECT_EQ(text.kind(), Unread::kMissing) << directory;
      EXPECT_EQ(text.error().message, "");
    }
    if (GetParam() == Patience::kMayWait) {
      EXPECT_EQ(text.kind(), Unread::kMissing);
    }
  }
  LocalFiles nowhere("/nonexistent-root");
  EXPECT_EQ(nowhere.read("/bundle", "config.json", kCap, GetParam()).kind(), Unread::kMissing);
}

TEST_P(LocalFilesTest, RefusesALinkInTheFilesPlace) {
  write(root_ + "/bundle/secret", "secret");
  fs::create_symlink("secret", file_);
  expect_refused("symbolic link");
  fs::remove(file_);
  fs::create_symlink("/etc/passwd", file_);
  expect_refused("symbolic link");
}

TEST_P(LocalFilesTest, RefusesAPipeWithoutWaitingForAWriter) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  expect_refused("a pipe");
}

TEST_P(LocalFilesTest, DoesNotWaitForALease) {
  write(file_, "{}");
  const UniqueFd holder(::open(file_.c_str(), O_RDWR | O_CLOEXEC));
  const auto before = ::signal(SIGIO, SIG_IGN);  // tells the holder that somebody waits
  if (::fcntl(holder.get(), F_SETLEASE, F_WRLCK) != 0) GTEST_SKIP() << "no leases here";
  const Reading<std::string> text = read();
  ::fcntl(holder.get(), F_SETLEASE, F_UNLCK);
  ::signal(SIGIO, before);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.kind(), Unread::kWouldWait);
}

TEST_P(LocalFilesTest, RefusesADirectory) {
  fs::create_directory(file_);
  expect_refused("a directory");
}

TEST_P(LocalFilesTest, RefusesADevice) {
  if (::mknod(file_.c_str(), S_IFCHR | 0600, ::makedev(1, 5)) != 0)
    GTEST_SKIP() << "no right to make devices";
  expect_refused("a device");
}

TEST_P(LocalFilesTest, RefusesWhatIsTooLong) {
  write(file_, "x");
  fs::resize_file(file_, 1ULL << 30U);  // a gigabyte of nothing
  expect_refused("1073741824 bytes, more than the 65536");
  fs::resize_file(file_, kCap + 1);
  expect_refused("65537 bytes");
  LocalFiles files(root_);
  EXPECT_EQ(files.read("/bundle", "config.json", kCap, GetParam(), kCap + 1).kind(), Unread::kWouldWait);
  EXPECT_EQ(files.read("/bundle", "config.json", kCap, GetParam(), kCap).kind(), Unread::kRefused);
  fs::resize_file(file_, kCap);
  EXPECT_TRUE(read());
}

TEST_P(LocalFilesTest, RefusesAnEmptyFile) {
  write(file_, "");
  expect_refused("empty");
}

TEST_P(LocalFilesTest, AFileThatChangesWhileItIsReadIsNotBelieved) {
  const std::vector<std::function<void()>> changes{
      [&] { write(file_, "{}"); },                                                // shorter
      [&] { std::ofstream(file_, std::ios::app) << "more"; },                     // longer
      [&] { std::fstream(file_) << "{\"B\""; },                                   // as long
      [&] { write(file_ + "2", "{\"b\": 1}"), fs::rename(file_ + "2", file_); },  // another one
      [&] { fs::remove(file_); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    write(file_, "{\"a\": 1}");
    // The change has to get another time stamp than the file, and the clock of files has ticks.
    struct stat status {};
    ::stat(file_.c_str(), &status);
    LocalFiles files(root_);
    files.set_hook([&] {
      struct stat now {};
      do {
        write(root_ + "/clock", "tick");
        ::stat((root_ + "/clock").c_str(), &now);
      } while (now.st_mtim.tv_sec == status.st_mtim.tv_sec && now.st_mtim.tv_nsec == status.st_mtim.tv_nsec);
      changes[i]();
    });
    const Reading<std::string> text = files.read("/bundle", "config.json", kCap, GetParam());
    ASSERT_FALSE(text) << i << ": " << *text;
    EXPECT_EQ(text.kind(), Unread::kChanged) << i;
    EXPECT_THAT(text.error().message, HasSubstr("changed while it was read"));
    if (fs::exists(file_)) {
      files.set_hook({});
      EXPECT_TRUE(files.read("/bundle", "config.json", kCap, GetParam())) << i;
    }
  }
}

TEST_P(LocalFilesTest, PathsDoNotLeaveTheRoot) {
  write(file_, "{}");
  // As a link and as the path itself: ".." at the root is the root.
  EXPECT_TRUE(read("/../../../bundle"));
  EXPECT_TRUE(read("/bundle/./../bundle//"));
  make_followed_link("../../../../../bundle", root_ + "/up");
  EXPECT_TRUE(read("/up"));
  make_followed_link("/etc", root_ + "/etc-link");
  LocalFiles files(root_);
  EXPECT_FALSE(files.read("/etc-link", "passwd", kCap, GetParam()));
  EXPECT_FALSE(files.read("/../../../etc", "passwd", kCap, GetParam()));
  for (const char* name : {"../config.json", "..", ".", "", "a/b"}) {
    EXPECT_EQ(files.read("/bundle", name, kCap, GetParam()).kind(), Unread::kRefused) << name;
  }
  EXPECT_EQ(files.read("bundle", "config.json", kCap, GetParam()).kind(), Unread::kRefused);
  EXPECT_EQ(files.read(std::string_view("/bundle\0x", 9), "config.json", kCap, GetParam()).kind(),
            Unread::kRefused);
}

TEST_P(LocalFilesTest, LinksOnTheWayAreTheHosts) {
  write(file_, "{}");
  fs::create_directory(root_ + "/var");
  make_followed_link("/bundle", root_ + "/var/absolute");
  make_followed_link("../bundle", root_ + "/var/relative");
  make_followed_link("absolute", root_ + "/var/chain");
  make_followed_link("round", root_ + "/var/round");
  for (const char* directory : {"/var/absolute", "/var/relative", "/var/chain"}) {
    const Reading<std::string> text = read(directory);
    EXPECT_TRUE(text) << directory << text.error().message;
  }
  EXPECT_EQ(read("/var/round").kind(), Unread::kRefused);
}

TEST_P(LocalFilesTest, RefusesWhatItMayNotRead) {
  if (!is_root()) GTEST_SKIP() << "needs root, to be somebody else";
  write(file_, "{}");
  ::chmod(root_.c_str(), 0755);
  ::chmod(file_.c_str(), 0600);
  std::thread([&] {
    ::setfsuid(65534);  // of this thread
    expect_refused("Permission denied");
  }).join();
}

TEST_P(LocalFilesTest, RefusesOtherFileSystems) {
  LocalFiles host("");
  const Reading<std::string> text = host.read("/proc/self", "status", kCap, GetParam());
  ASSERT_FALSE(text);
  if (GetParam() == Patience::kMayWait) {
    EXPECT_THAT(text.error().message, HasSubstr("file system of type proc"));
  }
}

// Who can have written the file, by what was given to whom.
TEST_P(LocalFilesTest, TellsWhoCanHaveWrittenIt) {
  if (!is_root()) GTEST_SKIP() << "needs root, to give files away";
  constexpr uid_t kUser = 1000;
  constexpr uid_t kOther = 1001;
  const std::string bundle = root_ + "/bundle";
  const auto give = [](const std::string& path, uid_t uid) {
    ASSERT_EQ(::lchown(path.c_str(), uid, uid), 0);
  };
  const auto hands = [&](const std::string& directory = "/bundle") {
    LocalFiles files(root_);
    EXPECT_TRUE(files.read(directory, "config.json", kCap, GetParam()));
    return files.hands();
  };
  write(file_, "{}");
  EXPECT_TRUE(hands().only_root());
  give(file_, kUser);
  ASSERT_TRUE(hands().one_user());
  EXPECT_EQ(hands().uid(), kUser);
  give(bundle, kOther);
  EXPECT_FALSE(hands().one_user() || hands().only_root()) << "two users";
  give(file_, 0);
  EXPECT_EQ(hands().uid(), kOther) << "root's file in a user's directory";
  give(bundle, 0);
  for (const auto& [mode, only_root] :
       {std::pair{0755, true}, std::pair{0775, false}, std::pair{0757, false}, std::pair{01777, true}}) {
    ASSERT_EQ(::chmod(bundle.c_str(), static_cast<mode_t>(mode)), 0);
    EXPECT_EQ(hands().only_root(), only_root) << std::oct << mode;
  }
  give(bundle, kUser);
  ASSERT_EQ(::chmod(bundle.c_str(), 0775), 0);
  EXPECT_TRUE(hands().one_user()) << "his own group";
  give(bundle, 0);
  ASSERT_EQ(::chmod(bundle.c_str(), 0755), 0);
  give(root_, kUser);
  EXPECT_EQ(hands().uid(), kUser) << "the root itself";
  give(root_, 0);
  make_followed_link("bundle", root_ + "/link");
  EXPECT_TRUE(hands("/link").only_root());
  ASSERT_EQ(::lchown((root_ + "/link").c_str(), kUser, kUser), 0);
  EXPECT_EQ(hands("/link").uid(), kUser) << "a user's link";
}

TEST_P(LocalFilesTest, ListsADirectory) {
  for (const char* name : {"a", "b", ".hidden"}) write(root_ + "/bundle/" + name, "x");
  LocalFiles files(root_);
  const Reading<std::vector<std::string>> names = files.list_directory("/bundle", 10, GetParam());
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, UnorderedElementsAre("a", "b", ".hidden"));
  EXPECT_EQ(files.list_directory("/bundle", 2, GetParam())->size(), 2U);
  EXPECT_FALSE(files.list_directory("/none", 2, GetParam()));
  EXPECT_FALSE(files.list_directory("/bundle/a", 2, GetParam()));
  EXPECT_FALSE(files.list_directory("bundle", 2, GetParam()));
}

// True when `call` came back by itself. A hanging one is freed by `rescue`.
bool returns(const std::function<void()>& call, const std::function<void()>& rescue) {
  std::future<void> done = std::async(std::launch::async, call);
  const bool in_time = done.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
  if (!in_time) rescue();
  return in_time;
}

TEST_P(LocalFilesTest, AFuseServerThatDoesNotAnswerHoldsUpNobody) {
  write(file_, "{}");
  fs::create_directories(root_ + "/mnt/bundle");
  support::SilentFuse directory(root_ + "/mnt", true);
  support::SilentFuse file(file_, false);
  if (!directory.mounted() || !file.mounted()) GTEST_SKIP() << "no FUSE here";
  for (const char* path : {"/mnt/bundle", "/mnt", "/bundle"}) {
    const auto call = [&] {
      const Reading<std::string> text = read(path);
      ASSERT_FALSE(text) << path;
      const bool left_to_others = GetParam() == Patience::kCachedOnly && text.kind() == Unread::kWouldWait;
      EXPECT_TRUE(text.kind() == Unread::kRefused || left_to_others) << path;
      if (!left_to_others) {
        EXPECT_THAT(text.error().message, HasSubstr("type fuse"));
      }
    };
    ASSERT_TRUE(returns(call, [&] { directory.abort(), file.abort(); })) << path;
  }
  const auto list = [&] {
    LocalFiles files(root_);
    EXPECT_FALSE(files.list_directory("/mnt", 10, GetParam()));
    EXPECT_FALSE(files.list_directory("/mnt/bundle", 10, GetParam()));
  };
  ASSERT_TRUE(returns(list, [&] { directory.abort(), file.abort(); }));
}

// A kernel before 5.6, as far as this thread can tell.
void forbid_openat2() {
  std::array<sock_filter, 4> program{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  sock_fprog filter{program.size(), program.data()};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

TEST_P(LocalFilesTest, WithoutOpenat2TheHurriedLeaveItToThePatient) {
  write(file_, "{}");
  std::thread([&] {
    forbid_openat2();
    const Reading<std::string> text = read();
    if (GetParam() == Patience::kMayWait) {
      EXPECT_TRUE(text) << text.error().message;
    } else {
      ASSERT_FALSE(text);
      EXPECT_EQ(text.kind(), Unread::kWouldWait);
    }
  }).join();
}

TEST(LocalFilesOnDisk, WhatIsNotInMemoryIsLeftToThePatient) {
  const support::TempDir directory;
  const std::string file = directory / "config.json";
  write(file, std::string(20000, 'x'));
  MountTypes types;
  const UniqueFd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string type(types.type_of(opened.get(), false).value_or(""));
  if (type != "ext4" && type != "xfs") GTEST_SKIP() << "the temporary directory is on " << type;
  LocalFiles files("");
  EXPECT_TRUE(files.read(directory.path(), "config.json", kCap, Patience::kCachedOnly));
  ASSERT_EQ(::fsync(opened.get()), 0);
  ASSERT_EQ(::posix_fadvise(opened.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
  const Reading<std::string> hurried =
      files.read(directory.path(), "config.json", kCap, Patience::kCachedOnly);
  ASSERT_FALSE(hurried);
  EXPECT_EQ(hurried.kind(), Unread::kWouldWait);
  EXPECT_TRUE(files.read(directory.path(), "config.json", kCap, Patience::kMayWait));
  EXPECT_TRUE(files.read(directory.path(), "config.json", kCap, Patience::kCachedOnly));
  EXPECT_EQ(files.list_directory(directory.path(), 5, Patience::kCachedOnly).kind(), Unread::kWouldWait);
  EXPECT_THAT(*files.list_directory(directory.path(), 5, Patience::kMayWait), ElementsAre("config.json"));
}

TEST(MountTypesTest, TellsFileSystemsApart) {
  MountTypes types;
  const UniqueFd proc(::open("/proc", O_PATH | O_CLOEXEC));
  EXPECT_EQ(types.type_of(proc.get(), true), "proc");
  for (const char* local : {"ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs"}) {
    EXPECT_TRUE(is_local_file_system(local)) << local;
  }
  for (const char* other :
       {"fuse", "fuse.sshfs", "fuseblk", "nfs", "nfs4", "cifs", "9p", "autofs", "ceph", ""}) {
    EXPECT_FALSE(is_local_file_system(other)) << other;
  }
  EXPECT_TRUE(is_memory_file_system("tmpfs"));
  EXPECT_FALSE(is_memory_file_system("ext4"));
}

TEST(MountTypesTest, SeesWhatIsMountedLater) {
  const support::TempDir directory;
  MountTypes types;
  const UniqueFd before(::open(directory.path().c_str(), O_PATH | O_CLOEXEC));
  const std::string below(types.type_of(before.get(), false).value_or("?"));
  if (::mount("test", directory.path().c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "no right to mount";
  const UniqueFd mounted(::open(directory.path().c_str(), O_PATH | O_CLOEXEC));
  EXPECT_EQ(types.type_of(mounted.get(), false), "tmpfs");
  EXPECT_EQ(types.type_of(before.get(), false), below);
  ::umount2(directory.path().c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace base
