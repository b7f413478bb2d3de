// Peers that hang, drip, lie and die: nothing crashes, nothing blocks, and stopping takes no time.
#include <sys/stat.h>

#include <atomic>

#include "worker_fixture.h"

namespace worker {
namespace {

struct Peer {
  const char* name;
  void (*play)(FakeConnection&);
};

void never_answers(FakeConnection& c) {
  c.hold();
}

void drips(FakeConnection& c) {
  c.read_request();
  c.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
  while (c.write("x")) std::this_thread::sleep_for(milliseconds(3));
}

void sends_garbage(FakeConnection& c) {
  while (c.write(std::string(1000, '\xfe'))) {
  }
}

void sends_too_much(FakeConnection& c) {
  c.read_request();
  c.write("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 20971520\r\n\r\n");
  const std::string piece(64 * 1024, '[');
  for (int i = 0; i < 320 && c.write(piece); ++i) {
  }
}

void closes_in_the_middle(FakeConnection& c) {
  c.read_request();
  c.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

void closes_at_once(FakeConnection&) {}

// Good until the stream, which floods with objects that mean nothing.
void floods(FakeConnection& c) {
  for (std::string target = c.read_request(); !target.empty(); target = c.read_request()) {
    if (target.find("/events") == std::string::npos) {
      c.answer(200, "[]", "Api-Version: 1.41\r\n");
      continue;
    }
    c.begin_chunked();
    std::string piece;
    for (int i = 0; i < 1000; ++i) piece += "{\"Type\":\"container\",\"Action\":\"die\"}";
    while (c.chunk(piece)) {
    }
  }
}

constexpr Peer kPeers[] = {
    {"never_answers", never_answers},
    {"drips", drips},
    {"sends_garbage", sends_garbage},
    {"sends_too_much", sends_too_much},
    {"closes_in_the_middle", closes_in_the_middle},
    {"closes_at_once", closes_at_once},
    {"floods", floods},
};

class HostilePeers : public WorkerTest, public testing::WithParamInterface<Peer> {};
INSTANTIATE_TEST_SUITE_P(All, HostilePeers, testing::ValuesIn(kPeers),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(HostilePeers, StoppingTakesNoTime) {
  FakePeer peer(path_, GetParam().play);
  start();
  ASSERT_TRUE(eventually([&] { return peer.connections() > 0; }));
  worker_->wait_until_listed(milliseconds(200));
  worker_->request({container_id("a1"), core::ContainerType::kDocker, ""});
  const auto begin = std::chrono::steady_clock::now();
  worker_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(100));
  const size_t reported = journal_.entries().size();
  worker_.reset();
  EXPECT_EQ(journal_.entries().size(), reported);
}

TEST_P(HostilePeers, TheOthersAreFollowed) {
  config_.engine_timeout_ms = 300;
  const std::string good = directory_ / "good.sock";
  config_.docker.sockets = {path_, good};
  FakePeer peer(path_, GetParam().play);
  FakeDocker fake(good);
  fake.add(container_id("a1"), "one");
  start();
  EXPECT_TRUE(worker_->wait_until_listed(milliseconds(15000)));
  EXPECT_EQ(journal_.reports(container_id("a1")), 1);
  const std::string id = container_id("b2");
  fake.add(id, "two");
  fake.tell("create", id);
  EXPECT_TRUE(eventually([&] { return journal_.reports(id) == 1; }));
  EXPECT_TRUE(status(1).connected);
  if (GetParam().play != floods) {
    EXPECT_TRUE(eventually([&] { return status(0).errors > 0; }));
    EXPECT_FALSE(status(0).connected);
    EXPECT_NE(status(0).last_error, "");
  }
}

TEST_F(WorkerTest, StartAndStopDoNotWait) {
  FakePeer peer(path_, never_answers);
  const auto begin = std::chrono::steady_clock::now();
  start();
  worker_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(200));
  worker_->stop();
  worker_->request({container_id("a1"), core::ContainerType::kDocker, ""});
  worker_->forget(container_id("a1"));
  EXPECT_FALSE(worker_->wait_until_listed(milliseconds(5000)));
}

TEST_F(WorkerTest, TheWaitIsBounded) {
  FakePeer peer(path_, never_answers);
  start();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(worker_->wait_until_listed(milliseconds(100)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1000));
}

TEST_F(WorkerTest, ManyWorkersInOneProcess) {
  FakeDocker fake(path_);
  fake.add(container_id("a1"), "one");
  support::Journal other_journal;
  start();
  const std::unique_ptr<Worker> other = Worker::start(config_, other_journal, log_.logger());
  EXPECT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  EXPECT_TRUE(other->wait_until_listed(milliseconds(10000)));
  worker_.reset();
  const std::string id = container_id("b2");
  fake.add(id, "two");
  fake.tell("create", id);
  EXPECT_TRUE(eventually([&] { return other_journal.reports(id) == 1; }));
  EXPECT_EQ(journal_.reports(id), 0);
}

TEST_F(WorkerTest, RequestsFromManyThreads) {
  FakeDocker fake(path_);
  start();
  ASSERT_TRUE(worker_->wait_until_listed(milliseconds(10000)));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string id = container_id(std::to_string(t) + "x" + std::to_string(i) + "x");
        worker_->request({id, core::ContainerType::kDocker, ""});
        (void)worker_->sockets();
        (void)worker_->lookups();
        if (i % 2 == 0) worker_->forget(id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(
      eventually([&] { return worker_->lookups().asked == 800 && worker_->lookups().pending == 400; }));
}

// Returns at random points, so that the loop is taken down in every state of a connection.
TEST_F(WorkerTest, StopsInWhateverState) {
  FakeDocker fake(path_);
  for (int i = 0; i < 20; ++i) fake.add(container_id("e" + std::to_string(i) + "x"), "c");
  for (int round = 0; round < 40; ++round) {
    start();
    worker_->request({container_id("a1"), core::ContainerType::kDocker, ""});
    worker_->wait_until_listed(milliseconds(round / 4));
    worker_.reset();
  }
}

}  // namespace
}  // namespace worker
