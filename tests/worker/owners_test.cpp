// An id is unique only among one owner's containers: what a user's socket says neither shadows, confirms nor
// removes anything of root's, and nobody's look-ups are answered by somebody else's engine.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>

#include "core/limits.h"
#include "worker_fixture.h"

namespace worker {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kUser = 1000;

class Owners : public TimedWorkerTest {
 protected:
  Owners() {
    config_.host_root = directory_.path();
    config_.docker.sockets = {"/docker.sock"};
    config_.podman.enabled = true;
    config_.podman_user_sockets = true;
    fs::create_directories(directory_ / "run/user/1000/podman");
  }

  void start_listed() {
    start_timed();
    ASSERT_TRUE(board_.wait_until_settled(milliseconds(10000)));
  }
  void request(const std::string& id, core::Owner owner) {
    boost::asio::post(loop_, [=, this] {
      LookupRequest asked;
      asked.full_id = id;
      asked.owner = owner;
      followers_->request(asked);
    });
  }
  // What was told of that id by that owner, oldest first: "+name" or "-name". The fake's Podman says "/name".
  std::string story(const std::string& id, core::Owner owner) const {
    std::string text;
    for (const support::Journal::Entry& entry : journal_.entries()) {
      if (entry.container->full_id != id || entry.container->owner != owner) continue;
      const std::string& name = entry.container->name;
      text += (entry.removed ? "-" : "+") + name.substr(name.find_first_not_of('/')) + " ";
    }
    return text;
  }

  const core::Owner root_ = core::Owner::machine();
  const core::Owner user_ = core::Owner::user(kUser);
  const std::string id_ = container_id("a1");
  std::string user_path_ = directory_ / "run/user/1000/podman/podman.sock";
};

TEST_F(Owners, AUserWhoListsTheIdOfRootsContainerHasOneOfHisOwn) {
  FakeDocker docker(path_);
  FakeDocker podman(user_path_, FakeDocker::Kind::kPodman);
  docker.add(id_, "roots");
  podman.add(id_, "forged");
  start_listed();
  EXPECT_EQ(story(id_, root_), "+roots ");
  EXPECT_EQ(story(id_, user_), "+forged ");
  podman.remove(id_);
  podman.tell("remove", id_);
  ASSERT_TRUE(eventually([&] { return story(id_, user_) == "+forged -forged "; }));
  EXPECT_EQ(story(id_, root_), "+roots ");
}

TEST_F(Owners, AUserHasNoMoreThanHisShare) {
  FakeDocker docker(path_);
  FakeDocker podman(user_path_, FakeDocker::Kind::kPodman);
  docker.add(id_, "roots");
  const size_t share = core::limits::kUserSocketContainers;
  for (size_t i = 0; i < share + 50; ++i) {
    std::string id = std::to_string(i) + "a";
    podman.add(container_id(id), "users");
  }
  podman.add("sshd", "no id");
  podman.hang_inspects(true);
  start_timed();
  const auto users = [&] {
    const std::vector<support::Journal::Entry> all = journal_.entries();
    return static_cast<size_t>(std::count_if(
        all.begin(), all.end(), [&](const auto& entry) { return entry.container->owner == user_; }));
  };
  ASSERT_TRUE(eventually([&] { return users() >= share - 1; }));
  const std::string late = container_id("b2");
  podman.add(late, "late");
  docker.add(late, "late");
  podman.tell("create", late);
  docker.tell("create", late);
  ASSERT_TRUE(eventually([&] { return story(late, root_) == "+late "; }));
  EXPECT_LE(users(), share);
  EXPECT_EQ(story("sshd", user_), "");
  EXPECT_EQ(story(id_, root_), "+roots ");
}

TEST_F(Owners, LookUpsAreAnsweredByTheOwnersEngineOnly) {
  FakeDocker docker(path_);
  FakeDocker podman(user_path_, FakeDocker::Kind::kPodman);
  start_listed();
  const std::string roots = container_id("b2"), users = container_id("c3");
  for (const std::string& id : {roots, users}) {
    docker.add(id, "roots");
    podman.add(id, "users");
  }
  request(roots, root_);
  request(users, user_);
  ASSERT_TRUE(eventually([&] { return board_.lookups().found == 2; }));
  EXPECT_EQ(story(roots, root_), "+roots ");
  EXPECT_EQ(story(users, user_), "+users ");
  EXPECT_EQ(journal_.entries().size(), 2U);
  EXPECT_EQ(podman.asked(roots), 0);
  EXPECT_EQ(docker.asked(users), 0);
  request(roots, user_);
  ASSERT_TRUE(eventually([&] { return board_.lookups().found == 3; }));
  EXPECT_EQ(story(roots, user_), "+users ") << "what root's engine knows is not the user's";
}

TEST_F(Owners, AUsersRecordEndsNobodysLookUp) {
  FakeDocker podman(user_path_, FakeDocker::Kind::kPodman);
  start_timed();
  request(id_, root_);
  ASSERT_TRUE(eventually([&] { return board_.lookups().pending == 1; }));
  podman.add(id_, "forged");
  podman.tell("create", id_);
  ASSERT_TRUE(eventually([&] { return story(id_, user_) == "+forged "; }));
  EXPECT_EQ(board_.lookups().pending, 1U);
  EXPECT_EQ(board_.lookups().found, 0U);
}

}  // namespace
}  // namespace worker
