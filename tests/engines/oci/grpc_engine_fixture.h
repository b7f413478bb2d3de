// What the tests of the gRPC engines share: an Observer that remembers, a fake server whose answers a test
// decides, and a session that runs on the test's own loop.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/engine.h"
#include "http2_peer.h"
#include "run.h"

namespace engines::test {

using std::chrono::milliseconds;

class Recorder : public Observer {
 public:
  void connected() override { ++connections; }
  // Lists after the first are compared, as a supervisor does: what they tell anew stands in `changes`.
  void listed(std::vector<Sighting> all, Extent extent) override {
    ++lists;
    extents.push_back(extent);
    std::vector<Sighting> before = std::exchange(list, std::move(all));
    if (lists == 1) return;
    for (const Sighting& sighting : list) {
      if (!sighting.unchanged && !sighting.complete) changes.push_back(sighting);
    }
    for (const Sighting& sighting : before) {
      const std::string& id = sighting.container.full_id;
      if (extent == Extent::kWhole && listed_as(id) == nullptr) removals.push_back(id);
    }
  }
  void part(Part part, const std::string& why) override { troubles[part] = why; }
  void changed(Sighting sighting) override { changes.push_back(std::move(sighting)); }
  void removed(std::string_view handle) override { removals.emplace_back(handle); }
  void heard() override { ++events; }
  bool is_followed(core::ContainerType type) const override { return followed == type; }

  const Sighting* listed_as(std::string_view id) const {
    for (const Sighting& sighting : list) {
      if (sighting.container.full_id == id) return &sighting;
    }
    return nullptr;
  }
  int changes_of(std::string_view id) const {
    int count = 0;
    for (const Sighting& sighting : changes) count += sighting.container.full_id == id ? 1 : 0;
    return count;
  }

  int connections = 0;
  int lists = 0;
  int events = 0;
  core::ContainerType followed = core::ContainerType::kUnknown;
  std::vector<Extent> extents;
  std::map<Part, std::string> troubles;
  std::vector<Sighting> list;
  std::vector<Sighting> changes;
  std::vector<std::string> removals;
};

// A gRPC server that answers by method; what no answer is set for is UNIMPLEMENTED.
class FakeGrpc {
 public:
  using Request = net::grpc::test::PeerRequest;
  using Reply = net::grpc::test::PeerReply;
  using Handler = std::function<Reply(const Request&)>;

  FakeGrpc() : peer_([this](const Request& request) { return answer(request); }) {}

  // method: the part behind the last slash.
  void on(const std::string& method, Handler handler) {
    const std::lock_guard lock(mutex_);
    handlers_[method] = std::move(handler);
  }
  void on(const std::string& method, const std::string& message) {
    on(method, [message](const Request&) { return net::grpc::test::reply_with({message}); });
  }
  void fail(const std::string& method, const std::string& code, const std::string& words = "") {
    on(method, [code, words](const Request&) { return net::grpc::test::reply_status(code, words); });
  }
  // The method is a stream on which send() sends.
  void stream(const std::string& method) {
    on(method, [](const Request&) {
      Reply reply;
      reply.stays_open = true;
      return reply;
    });
  }
  int asked(const std::string& method) const {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find(method);
    return found == asked_.end() ? 0 : found->second;
  }
  void send(const std::string& message) { peer_.send(net::grpc::test::reply_with({message}).data); }
  net::grpc::test::Http2Peer& peer() { return peer_; }

 private:
  Reply answer(const Request& request) {
    const std::string method = request.path.substr(request.path.rfind('/') + 1);
    Handler handler;
    {
      const std::lock_guard lock(mutex_);
      ++asked_[method];
      if (handlers_.contains(method)) handler = handlers_[method];
    }
    return handler ? handler(request) : net::grpc::test::reply_status("12", "unknown method " + method);
  }

  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  std::map<std::string, int> asked_;
  net::grpc::test::Http2Peer peer_;  // last: its thread uses the rest
};

class GrpcEngineTest : public ::testing::Test {
 protected:
  Context context() {
    Context made{loop_.get_executor(), fake_.peer().path(), {}, {}};
    made.settings.timeout = milliseconds(3000);
    return made;
  }
  // One that lists all the time, and tries again at once what fails.
  Context hasty() {
    Context made = context();
    Pace& pace = made.settings.pace;
    for (milliseconds* each :
         {&pace.without_events, &pace.silent, &pace.heard, &pace.retry_first, &pace.retry_limit,
          &pace.whole_first, &pace.whole_limit, &pace.events_first, &pace.events_limit}) {
      *each = milliseconds(20);
    }
    pace.share = 0;
    return made;
  }
  bool in_trouble(Part part, const std::string& words) {
    return eventually([&] { return recorder_.troubles[part].find(words) != std::string::npos; });
  }
  void start(Engine& engine) {
    ended_.reset();
    net::grpc::test::spawn(loop_, engine.session(recorder_),
                           [this](base::Error error) { ended_ = error.message; });
  }
  // Runs the loop until `condition` holds; false when it does not in time.
  bool eventually(const std::function<bool()>& condition, milliseconds limit = milliseconds(5000)) {
    const auto end = net::grpc::test::in(limit);
    while (!condition() && std::chrono::steady_clock::now() < end) {
      loop_.restart();
      loop_.run_for(milliseconds(1));
    }
    return condition();
  }
  bool listed(Engine& engine) {
    start(engine);
    return eventually([this] { return recorder_.lists > 0 || ended_.has_value(); }) && recorder_.lists > 0;
  }
  // Why the session ended; "(it goes on)" when it does not.
  std::string end() {
    eventually([this] { return ended_.has_value(); });
    return ended_.value_or("(it goes on)");
  }
  base::Result<std::optional<core::Container>> look_up(Engine& engine, std::string id) {
    return net::grpc::test::run(loop_, engine.lookup(std::move(id)));
  }
  // The record, or an empty one when there is none.
  core::Container found(Engine& engine, std::string id) {
    auto result = look_up(engine, std::move(id));
    EXPECT_TRUE(result.ok()) << result.error();
    return result.ok() && result->has_value() ? **result : core::Container();
  }

  boost::asio::io_context loop_;
  FakeGrpc fake_;
  Recorder recorder_;
  std::optional<std::string> ended_;
};

}  // namespace engines::test
