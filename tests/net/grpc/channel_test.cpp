// The gRPC client against a well-behaved HTTP/2 peer: calls, streams, metadata, deadlines, flow control,
// GOAWAY.
#include "net/grpc/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <future>
#include <mutex>
#include <optional>

#include "channel_fixture.h"
#include "http2_peer.h"
#include "net/grpc/message.h"

namespace net::grpc {
namespace {

namespace asio = boost::asio;
using test::Http2Peer;
using test::in;
using test::kPatience;
using test::milliseconds;
using test::PeerReply;
using test::PeerRequest;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr size_t kMiB = size_t{1} << 20;

// One method per behaviour.
PeerReply handle(const PeerRequest& request) {
  if (request.path == "/test.Echo/Echo") return test::reply_with({request.message});
  if (request.path == "/test.Echo/Many") return test::reply_with({"one", "", "three"});
  if (request.path == "/test.Echo/Big")
    return test::reply_with({std::string(std::stoul(request.message), 'x')});
  if (request.path == "/test.Echo/NotFound") return test::reply_status("5", "container %22x%22: not found");
  PeerReply reply;
  if (request.path == "/test.Echo/Silent") {
    reply.silent = true;
  } else if (request.path == "/test.Echo/Follow") {
    reply.stays_open = true;
  } else {
    return test::reply_status("12", "unknown method");
  }
  return reply;
}

using GrpcChannel = test::ChannelTest;

TEST_F(GrpcChannel, AUnaryCallIsAnswered) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto answer = call(channel, "/test.Echo/Echo", "hello");
  ASSERT_TRUE(answer.ok()) << answer.status().message;
  EXPECT_EQ(*answer, "hello");
  EXPECT_TRUE(channel->is_open());
}

TEST_F(GrpcChannel, AnEmptyMessageIsAnAnswer) {
  Http2Peer peer(handle);
  const auto answer = call(connect(peer.path()), "/test.Echo/Echo", "");
  ASSERT_TRUE(answer.ok()) << answer.status().message;
  EXPECT_EQ(*answer, "");
}

TEST_F(GrpcChannel, ThePeersStatusIsTold) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto missing = call(channel, "/test.Echo/NotFound");
  EXPECT_EQ(missing.code(), Code::kNotFound);
  EXPECT_EQ(missing.status().message, "container \"x\": not found");
  EXPECT_FALSE(missing.status().broken);
  EXPECT_EQ(call(channel, "/test.Echo/Nothing").code(), Code::kUnimplemented);
  EXPECT_TRUE(call(channel, "/test.Echo/Echo").ok()) << "the connection lives on";
}

TEST_F(GrpcChannel, AStatusAfterTheMessageCounts) {
  Http2Peer peer([](const PeerRequest&) {
    PeerReply reply = test::reply_with({"half of it"});
    reply.trailers = test::Fields{{"grpc-status", "14"}, {"grpc-message", "going down"}};
    return reply;
  });
  const auto answer = call(connect(peer.path()), "/x/y");
  EXPECT_EQ(answer.code(), Code::kUnavailable);
  EXPECT_EQ(answer.status().message, "going down");
}

TEST_F(GrpcChannel, TheRequestHasTheHeadersOfGrpc) {
  std::promise<PeerRequest> seen;
  Http2Peer peer([&](const PeerRequest& request) {
    seen.set_value(request);
    return test::reply_with({""});
  });
  ASSERT_TRUE(
      call(connect(peer.path()), "/a.B/C", "body", kPatience, {{"containerd-namespace", "k8s.io"}}).ok());
  const PeerRequest request = seen.get_future().get();
  EXPECT_EQ(request.message, "body");
  const auto value = [&](const char* name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string("(none)") : found->second;
  };
  EXPECT_EQ(value(":method"), "POST");
  EXPECT_EQ(value(":scheme"), "http");
  EXPECT_EQ(value(":path"), "/a.B/C");
  EXPECT_EQ(value(":authority"), "localhost");
  EXPECT_EQ(value("content-type"), "application/grpc");
  EXPECT_EQ(value("te"), "trailers");
  EXPECT_THAT(value("user-agent"), HasSubstr("grpc-"));
  EXPECT_EQ(value("containerd-namespace"), "k8s.io");
  EXPECT_THAT(value("grpc-timeout"), MatchesRegex("[0-9]{1,8}m"));
}

TEST_F(GrpcChannel, HeadersThatCannotBeSentAreRefused) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  for (const Metadata& metadata : {Metadata{{"ns", "a\r\nb"}}, Metadata{{"ns", "\xff"}},
                                   Metadata{{"N s", "a"}}, Metadata{{"", "a"}}, Metadata{{":path", "a"}}}) {
    EXPECT_EQ(call(channel, "/test.Echo/Echo", "", kPatience, metadata).code(), Code::kInvalidArgument);
  }
  EXPECT_EQ(call(channel, "no slash").code(), Code::kInvalidArgument);
  EXPECT_EQ(call(channel, "/a\nb").code(), Code::kInvalidArgument);
  EXPECT_EQ(peer.requests(), 0);
  EXPECT_TRUE(call(channel, "/test.Echo/Echo").ok());
}

TEST_F(GrpcChannel, ManyCallsShareOneConnection) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  constexpr int kCalls = 300;  // more than one peer's usual limit of concurrent streams (100)
  int answered = 0;
  for (int i = 0; i < kCalls; ++i) {
    test::spawn(io_, channel->unary("/test.Echo/Echo", std::to_string(i), {}, in(kPatience)),
                [&answered, i](CallResult<std::string> answer) {
                  if (answer.ok() && *answer == std::to_string(i)) ++answered;
                });
  }
  EXPECT_TRUE(eventually([&] { return answered == kCalls; })) << answered;
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(GrpcChannel, AnswersUpToTheLimitArrive) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto answer = call(channel, "/test.Echo/Big", std::to_string(16 * kMiB));
  ASSERT_TRUE(answer.ok()) << answer.status().message;
  EXPECT_EQ(answer->size(), 16 * kMiB);
  const auto too_big = call(channel, "/test.Echo/Big", std::to_string(16 * kMiB + 1));
  EXPECT_EQ(too_big.code(), Code::kResourceExhausted);
  EXPECT_TRUE(too_big.status().broken);
  EXPECT_TRUE(call(channel, "/test.Echo/Echo").ok()) << "the connection lives on";
}

TEST_F(GrpcChannel, BigRequestsAreSent) {
  Http2Peer peer(handle);
  const std::string request(3 * kMiB, 'r');
  const auto answer = call(connect(peer.path()), "/test.Echo/Echo", request);
  ASSERT_TRUE(answer.ok()) << answer.status().message;
  EXPECT_TRUE(*answer == request);
}

TEST_F(GrpcChannel, AStreamGivesItsMessagesAndEnds) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto events = stream(channel, "/test.Echo/Many");
  for (const char* expected : {"one", "", "three"}) {
    const auto message = next(events);
    ASSERT_TRUE(message.ok()) << message.status().message;
    EXPECT_EQ(message->value_or("(end)"), expected);
  }
  for (int i = 0; i < 2; ++i) {
    const auto end = next(events);
    ASSERT_TRUE(end.ok()) << end.status().message;
    EXPECT_FALSE(end->has_value());
  }
}

TEST_F(GrpcChannel, AStreamTellsWhyItFailed) {
  Http2Peer peer(handle);
  EXPECT_EQ(next(stream(connect(peer.path()), "/test.Echo/Missing")).code(), Code::kUnimplemented);
}

TEST_F(GrpcChannel, AStreamWaitsForEventsAndSurvivesADeadline) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto events = stream(channel, "/test.Echo/Follow");
  EXPECT_EQ(next(events, milliseconds(20)).code(), Code::kDeadlineExceeded);
  ASSERT_TRUE(eventually([&] { return peer.requests() == 1; }));
  peer.send(frame_message("an event"));
  const auto message = next(events);
  ASSERT_TRUE(message.ok()) << message.status().message;
  EXPECT_EQ(message->value_or("(end)"), "an event");
  peer.send("", true);
  const auto end = next(events);
  ASSERT_TRUE(end.ok());
  EXPECT_FALSE(end->has_value());
}

TEST_F(GrpcChannel, DroppingAStreamCancelsItAtThePeer) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  auto events = stream(channel, "/test.Echo/Follow");
  ASSERT_TRUE(eventually([&] { return peer.requests() == 1; }));
  events.reset();
  EXPECT_TRUE(eventually([&] { return peer.resets() == 1; }));
  EXPECT_TRUE(call(channel, "/test.Echo/Echo").ok());
}

TEST_F(GrpcChannel, AStreamThatIsNotReadHoldsThePeerBack) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto events = stream(channel, "/test.Echo/Follow");
  ASSERT_TRUE(eventually([&] { return peer.requests() == 1; }));
  constexpr int kMessages = 80;
  const std::string message(100'000, 'm');
  for (int i = 0; i < kMessages; ++i) peer.send(frame_message(message));
  ASSERT_TRUE(eventually([&] { return peer.data_sent() >= kMiB; }));
  // Another call goes through meanwhile, and the stream's data does not go beyond its window.
  ASSERT_TRUE(call(channel, "/test.Echo/Echo").ok());
  EXPECT_LE(peer.data_sent(), 2 * kMiB);
  for (int i = 0; i < kMessages; ++i) {
    const auto got = next(events);
    ASSERT_TRUE(got.ok()) << got.status().message;
    ASSERT_EQ(got->value_or("").size(), message.size());
  }
}

TEST_F(GrpcChannel, ADeadlineEndsACallAndTellsThePeer) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto before = std::chrono::steady_clock::now();
  const auto answer = call(channel, "/test.Echo/Silent", "", milliseconds(50));
  EXPECT_EQ(answer.code(), Code::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(2000));
  EXPECT_TRUE(eventually([&] { return peer.resets() == 1; }));
  EXPECT_TRUE(call(channel, "/test.Echo/Echo").ok());
}

TEST_F(GrpcChannel, ACancelledCoroutineCancelsItsCall) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  asio::cancellation_signal signal;
  std::optional<Code> code;
  const std::function<void(CallResult<std::string>)> done = [&](CallResult<std::string> answer) {
    code = answer.code();
  };
  asio::co_spawn(io_, test::deliver(channel->unary("/test.Echo/Silent", "", {}, in(kPatience)), done),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  ASSERT_TRUE(eventually([&] { return peer.requests() == 1; }));
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(eventually([&] { return code.has_value() && peer.resets() == 1; }));
  EXPECT_EQ(code, Code::kCancelled);
}

TEST_F(GrpcChannel, ClosingEndsEverythingAtOnce) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  int ended = 0;
  int cancelled = 0;
  const auto events = stream(channel, "/test.Echo/Follow");
  constexpr int kCalls = 20;
  for (int i = 0; i < kCalls; ++i) {
    test::spawn(io_, channel->unary("/test.Echo/Silent", "", {}, in(kPatience)),
                [&](CallResult<std::string> answer) {
                  ++ended;
                  cancelled += answer.code() == Code::kCancelled ? 1 : 0;
                });
  }
  test::spawn(io_, events->next(kNoDeadline), [&](CallResult<std::optional<std::string>> answer) {
    ++ended;
    cancelled += answer.code() == Code::kCancelled ? 1 : 0;
  });
  ASSERT_TRUE(eventually([&] { return peer.requests() == kCalls + 1; }));
  const auto before = std::chrono::steady_clock::now();
  channel->close();
  EXPECT_TRUE(eventually([&] { return ended == kCalls + 1; }));
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(100));
  EXPECT_EQ(cancelled, kCalls + 1);
  EXPECT_FALSE(channel->is_open());
  EXPECT_EQ(call(channel, "/test.Echo/Echo").code(), Code::kUnavailable);
  EXPECT_TRUE(eventually([&] { return peer.open_connections() == 0; }));
}

TEST_F(GrpcChannel, DestroyingTheChannelClosesTheConnection) {
  Http2Peer peer(handle);
  auto channel = connect(peer.path());
  const auto events = stream(channel, "/test.Echo/Follow");
  ASSERT_TRUE(eventually([&] { return peer.requests() == 1; }));
  channel.reset();
  EXPECT_EQ(next(events).code(), Code::kCancelled);
  EXPECT_TRUE(eventually([&] { return peer.open_connections() == 0; }));
}

TEST(GrpcChannelLifetime, TheLoopMayGoAwayWithCallsInFlight) {
  Http2Peer peer(handle);
  {
    asio::io_context io;
    auto connected = test::run(io, Channel::connect(peer.path(), in(kPatience), {}));
    ASSERT_TRUE(connected.ok());
    test::spawn(io, (*connected)->unary("/test.Echo/Silent", "", {}, in(kPatience)),
                [](CallResult<std::string>) {});
    io.restart();
    while (peer.requests() == 0) io.run_for(milliseconds(1));
    connected = base::Error{"dropped"};
  }
  EXPECT_EQ(peer.requests(), 1);
}

TEST_F(GrpcChannel, GoawayLetsAcceptedCallsFinish) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto events = stream(channel, "/test.Echo/Follow");
  ASSERT_TRUE(eventually([&] { return peer.requests() == 1; }));
  peer.goaway(1);
  ASSERT_TRUE(eventually([&] { return !channel->is_open(); }));
  const auto refused = call(channel, "/test.Echo/Echo");
  EXPECT_EQ(refused.code(), Code::kUnavailable);
  EXPECT_THAT(refused.status().message, HasSubstr("GOAWAY"));
  peer.send(frame_message("last words"), true);
  const auto message = next(events);
  ASSERT_TRUE(message.ok()) << message.status().message;
  EXPECT_EQ(message->value_or("(end)"), "last words");
  EXPECT_TRUE(eventually([&] { return peer.open_connections() == 0; })) << "nothing is left to wait for";
}

TEST_F(GrpcChannel, GoawayRefusesCallsThatThePeerHasNotTaken) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto events = stream(channel, "/test.Echo/Follow");
  ASSERT_TRUE(eventually([&] { return peer.requests() == 1; }));
  peer.goaway(0);
  EXPECT_EQ(next(events).code(), Code::kUnavailable);
}

TEST_F(GrpcChannel, APeerThatGoesAwayEndsTheCalls) {
  Http2Peer peer(handle);
  const auto channel = connect(peer.path());
  const auto events = stream(channel, "/test.Echo/Follow");
  ASSERT_TRUE(eventually([&] { return peer.requests() == 1; }));
  peer.drop_connections();
  const auto end = next(events);
  EXPECT_EQ(end.code(), Code::kUnavailable);
  EXPECT_TRUE(end.status().broken);
  EXPECT_FALSE(channel->is_open());
  EXPECT_THAT(channel->close_reason(), HasSubstr("closed the connection"));
}

TEST_F(GrpcChannel, KeepaliveSendsPingsOnlyWhileCallsAreOpen) {
  Http2Peer peer(handle);
  Options options;
  options.keepalive_interval = milliseconds(5);
  const auto channel = connect(peer.path(), options);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(call(channel, "/test.Echo/Echo").ok());
  io_.restart();
  io_.run_for(milliseconds(40));
  EXPECT_EQ(peer.pings(), 0);
  const auto events = stream(channel, "/test.Echo/Follow");
  EXPECT_TRUE(eventually([&] { return peer.pings() >= 3; }));
  EXPECT_TRUE(channel->is_open());
}

}  // namespace
}  // namespace net::grpc
