// The newest state of each container waits, in order, and nothing is lost between two threads.
#include "worker/mailbox.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace worker {
namespace {

std::shared_ptr<const core::Container> container(const std::string& id, const std::string& name = "") {
  auto made = std::make_shared<core::Container>();
  made->full_id = id;
  made->name = name;
  return made;
}

std::string told(const Mailbox::Item& item) {
  if (item.container == nullptr) return "";
  return (item.removed ? "-" : "+") + item.container->full_id + item.container->name + " ";
}

// All that waits.
std::string story(Mailbox& mailbox) {
  std::string text;
  while (const auto item = mailbox.take()) text += told(*item);
  return text;
}

TEST(Mailbox, IsEmptyUntilSomethingWaits) {
  Mailbox mailbox;
  EXPECT_TRUE(mailbox.empty());
  mailbox.push(false, container("a"));
  EXPECT_FALSE(mailbox.empty());
  EXPECT_EQ(story(mailbox), "+a ");
  EXPECT_TRUE(mailbox.empty());
  EXPECT_EQ(story(mailbox), "");
}

TEST(Mailbox, KeepsTheOrderOfContainers) {
  Mailbox mailbox;
  for (const char* id : {"c", "a", "b"}) mailbox.push(false, container(id));
  mailbox.push(true, container("d"));
  EXPECT_EQ(story(mailbox), "+c +a +b -d ");
}

TEST(Mailbox, TheNewestStateWins) {
  Mailbox mailbox;
  mailbox.push(false, container("a", "1"));
  mailbox.push(false, container("b", "1"));
  mailbox.push(false, container("a", "2"));
  EXPECT_EQ(story(mailbox), "+a2 +b1 ");
  mailbox.push(false, container("a", "3"));
  mailbox.push(true, container("a", "4"));
  EXPECT_EQ(story(mailbox), "-a4 ");
}

TEST(Mailbox, ARemovalBeforeAnUpsertStays) {
  Mailbox mailbox;
  mailbox.push(true, container("a", "1"));
  mailbox.push(false, container("b"));
  mailbox.push(false, container("a", "2"));
  mailbox.push(false, container("a", "3"));
  EXPECT_EQ(story(mailbox), "-a1 +b +a3 ");
}

TEST(Mailbox, HoldsAtMostTwoItemsOfOneContainer) {
  Mailbox mailbox;
  for (int i = 0; i < 1000; ++i) {
    mailbox.push(true, container("a"));
    mailbox.push(false, container("a", "last"));
  }
  EXPECT_EQ(story(mailbox), "-a +alast ");
  for (int i = 0; i < 1000; ++i) {
    mailbox.push(false, container("a"));
    mailbox.push(true, container("a", "last"));
  }
  EXPECT_EQ(story(mailbox), "-alast -alast ");
}

TEST(Mailbox, IgnoresNothing) {
  Mailbox mailbox;
  mailbox.push(false, nullptr);
  EXPECT_TRUE(mailbox.empty());
}

TEST(Mailbox, IsTakenOneAtATime) {
  Mailbox mailbox;
  for (const char* id : {"a", "b"}) mailbox.push(false, container(id));
  EXPECT_EQ(told(*mailbox.try_take()), "+a ");
  EXPECT_FALSE(mailbox.empty());
  mailbox.push(false, container("a", "2"));
  mailbox.push(false, container("b", "2"));
  EXPECT_EQ(story(mailbox), "+b2 +a2 ");
}

// A removal that was taken is not waited behind any more.
TEST(Mailbox, AfterARemovalIsTaken) {
  Mailbox mailbox;
  mailbox.push(true, container("a", "1"));
  mailbox.push(false, container("a", "2"));
  EXPECT_EQ(told(*mailbox.take()), "-a1 ");
  mailbox.push(true, container("a", "3"));
  mailbox.push(false, container("a", "4"));
  EXPECT_EQ(story(mailbox), "-a3 +a4 ");
}

TEST(Mailbox, GivesWhatIsAboutOneContainerOutOfItsTurn) {
  Mailbox mailbox;
  const auto about = [&](const char* id, core::Owner owner = {}) {
    std::string text;
    for (const Mailbox::Item& item : mailbox.try_take_about(owner, id)) text += told(item);
    return text;
  };
  EXPECT_EQ(about("a"), "");
  for (const char* id : {"a", "b", "c"}) mailbox.push(false, container(id));
  mailbox.push(true, container("d", "1"));
  mailbox.push(false, container("d", "2"));
  EXPECT_EQ(about("a", core::Owner::user(1000)), "");
  EXPECT_EQ(about("b"), "+b ");
  EXPECT_EQ(about("b"), "");
  EXPECT_EQ(about("d"), "-d1 +d2 ");
  EXPECT_EQ(about("a"), "+a ");
  mailbox.push(false, container("b", "2"));
  EXPECT_EQ(story(mailbox), "+c +b2 ");
  mailbox.push(false, container("a"));
  EXPECT_EQ(about("a"), "+a ");
  EXPECT_TRUE(mailbox.empty());
}

TEST(Mailbox, LosesNothingBetweenThreads) {
  Mailbox mailbox;
  constexpr int kRounds = 20000;
  constexpr int kIds = 7;
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      mailbox.push(false, container(std::to_string(i % kIds), std::to_string(i)));
    }
    for (int id = 0; id < kIds; ++id) mailbox.push(true, container(std::to_string(id)));
  });
  std::map<std::string, int> last;
  int removed = 0;
  const auto look_at = [&](const Mailbox::Item& item) {
    if (item.container == nullptr) return;
    if (item.removed) {
      ++removed;
      return;
    }
    const int number = std::stoi(item.container->name);
    const auto [entry, fresh] = last.try_emplace(item.container->full_id, number);
    EXPECT_TRUE(fresh || entry->second < number) << "an older state after a newer one";
    entry->second = number;
  };
  while (removed < kIds) {
    if (mailbox.empty()) continue;
    for (const Mailbox::Item& item : mailbox.try_take_about({}, "3")) look_at(item);
    if (const auto item = mailbox.try_take()) look_at(*item);
  }
  writer.join();
  EXPECT_EQ(removed, kIds);
  EXPECT_TRUE(mailbox.empty());
}

TEST(Mailbox, TwoOwnersWithOneIdAreTwoContainers) {
  Mailbox mailbox;
  auto users = std::make_shared<core::Container>(*container("a", "users"));
  users->owner = core::Owner::user(1000);
  mailbox.push(false, container("a", "roots"));
  mailbox.push(true, users);
  EXPECT_EQ(story(mailbox), "+aroots -ausers ");
}

}  // namespace
}  // namespace worker
