// The gRPC client against peers that break the protocol, lie, stall or talk something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "channel_fixture.h"
#include "http2_peer.h"
#include "net/grpc/message.h"
#include "raw_peer.h"

namespace net::grpc {
namespace {

using test::hpack;
using test::http2_frame;
using test::Http2Peer;
using test::kPatience;
using test::milliseconds;
using test::PeerReply;
using test::PeerRequest;
using test::RawPeer;
using ::testing::AnyOf;
using ::testing::HasSubstr;

const std::string kPreface = http2_frame(test::kSettings, 0, 0, "");
constexpr size_t kClientPreface = 24;

std::string answer_headers() {
  return "\x88" + hpack("content-type", "application/grpc");
}

std::string good_answer(const std::string& message, uint32_t stream = 1) {
  return http2_frame(test::kHeaders, test::kEndHeaders, stream, answer_headers()) +
         http2_frame(test::kData, 0, stream, frame_message(message)) +
         http2_frame(test::kHeaders, test::kEndHeaders | test::kEndStream, stream, hpack("grpc-status", "0"));
}

class GrpcFaults : public test::ChannelTest {
 protected:
  // Connects and makes one call; a failed connect counts as UNAVAILABLE.
  CallResult<std::string> attempt(const std::string& path, milliseconds timeout = kPatience) {
    auto channel = try_connect(path, timeout);
    if (!channel.ok()) return Status{Code::kUnavailable, channel.error(), true};
    return call(*channel, "/test.Raw/Call", "", timeout);
  }
  // One call to an HTTP/2 peer that answers `reply`.
  CallResult<std::string> attempt(const PeerReply& reply) {
    Http2Peer peer([&](const PeerRequest&) { return reply; });
    return attempt(peer.path());
  }
  // One call to a peer that sends these bytes after its SETTINGS, once the request is there.
  CallResult<std::string> attempt_raw(const std::string& bytes, milliseconds timeout = kPatience) {
    RawPeer peer([&](RawPeer::Connection& connection) {
      connection.write(kPreface);
      connection.read_at_least(kClientPreface + 100);
      connection.write(bytes);
      connection.drain();
    });
    return attempt(peer.path(), timeout);
  }
};

TEST_F(GrpcFaults, TheRawAnswerIsGoodWhenNothingIsBroken) {
  const auto answer = attempt_raw(good_answer("fine"));
  ASSERT_TRUE(answer.ok()) << answer.status().message;
  EXPECT_EQ(*answer, "fine");
}

TEST_F(GrpcFaults, AMissingSocketIsNamed) {
  const auto channel = try_connect("/nonexistent/engine.sock");
  ASSERT_FALSE(channel.ok());
  EXPECT_THAT(channel.error(), HasSubstr("/nonexistent/engine.sock"));
  EXPECT_FALSE(try_connect(std::string(200, 'x')).ok());
  EXPECT_FALSE(try_connect("").ok());
}

TEST_F(GrpcFaults, APeerThatNeverAnswersCostsOnlyTheDeadline) {
  RawPeer peer([](RawPeer::Connection& connection) { connection.drain(); });
  const auto before = test::steady_clock::now();
  const auto channel = try_connect(peer.path(), milliseconds(50));
  ASSERT_FALSE(channel.ok());
  EXPECT_THAT(channel.error(), HasSubstr(peer.path()));
  EXPECT_LT(test::steady_clock::now() - before, milliseconds(2000));
}

TEST_F(GrpcFaults, APeerThatDoesNotAcceptCostsOnlyTheDeadline) {
  const std::string path = test::temporary_socket_path();
  const base::UniqueFd listener = test::listen_at(path, 0);
  std::vector<base::UniqueFd> waiting;
  for (int i = 0; i < 8; ++i) {  // fill the backlog
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
      waiting.push_back(std::move(fd));
    }
  }
  const auto before = test::steady_clock::now();
  EXPECT_FALSE(try_connect(path, milliseconds(50)).ok());
  EXPECT_LT(test::steady_clock::now() - before, milliseconds(2000));
  ::unlink(path.c_str());
}

TEST_F(GrpcFaults, Http1IsRecognised) {
  RawPeer peer([](RawPeer::Connection& connection) {
    connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    connection.drain();
  });
  const auto channel = try_connect(peer.path());
  ASSERT_FALSE(channel.ok());
  EXPECT_THAT(channel.error(), HasSubstr("HTTP/1"));
}

TEST_F(GrpcFaults, GarbageEndsTheConnection) {
  std::mt19937 random(1);
  std::string noise(100'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& garbage :
       {noise, std::string(100'000, '\0'), std::string("SSH-2.0-OpenSSH\r\n\r\n...."),
        std::string(50'000, '\xff')}) {
    RawPeer peer([&](RawPeer::Connection& connection) {
      connection.write(garbage);
      connection.drain();
    });
    EXPECT_FALSE(attempt(peer.path(), milliseconds(500)).ok());
  }
}

TEST_F(GrpcFaults, APeerThatClosesAtOnceIsAnError) {
  RawPeer peer([](RawPeer::Connection&) {});
  const auto channel = try_connect(peer.path());
  ASSERT_FALSE(channel.ok());
  EXPECT_THAT(channel.error(), AnyOf(HasSubstr("closed"), HasSubstr("reset"), HasSubstr("Broken pipe")));
}

TEST_F(GrpcFaults, DrippedBytesDoNotStretchTheDeadline) {
  RawPeer peer([&](RawPeer::Connection& connection) {
    connection.write(kPreface);
    for (const char c : good_answer(std::string(10'000, 'x'))) {
      if (!connection.write(std::string_view(&c, 1))) return;
      ::usleep(1000);
    }
  });
  const auto before = test::steady_clock::now();
  const auto answer = attempt(peer.path(), milliseconds(100));
  EXPECT_FALSE(answer.ok());
  EXPECT_LT(test::steady_clock::now() - before, milliseconds(2000));
}

TEST_F(GrpcFaults, DrippedBytesAreAnAnswerWhenTheyAreFastEnough) {
  RawPeer peer([&](RawPeer::Connection& connection) {
    connection.write(kPreface);
    connection.read_at_least(kClientPreface + 100);
    for (const char c : good_answer("slow")) {
      if (!connection.write(std::string_view(&c, 1))) return;
    }
    connection.drain();
  });
  const auto answer = attempt(peer.path());
  ASSERT_TRUE(answer.ok()) << answer.status().message;
  EXPECT_EQ(*answer, "slow");
}

TEST_F(GrpcFaults, AMissingStatusIsNoSuccess) {
  PeerReply reply = test::reply_with({"all of it"});
  reply.trailers.reset();
  const auto answer = attempt(reply);
  EXPECT_EQ(answer.code(), Code::kInternal);
  EXPECT_THAT(answer.status().message, HasSubstr("grpc-status"));
}

TEST_F(GrpcFaults, AStatusThatIsNoNumberIsNoSuccess) {
  PeerReply reply = test::reply_with({"all of it"});
  reply.trailers = test::Fields{{"grpc-status", "fine"}};
  EXPECT_EQ(attempt(reply).code(), Code::kUnknown);
}

TEST_F(GrpcFaults, AnOkWithoutAnAnswerIsRefused) {
  EXPECT_EQ(attempt(PeerReply{}).code(), Code::kInternal);
  EXPECT_EQ(attempt(test::reply_status("0", "")).code(), Code::kInternal);
}

TEST_F(GrpcFaults, TwoAnswersToAUnaryCallAreRefused) {
  EXPECT_EQ(attempt(test::reply_with({"one", "two"})).code(), Code::kInternal);
}

TEST_F(GrpcFaults, ACompressedAnswerIsRefused) {
  PeerReply reply = test::reply_with({"squeezed"});
  reply.data[0] = 1;
  const auto answer = attempt(reply);
  EXPECT_EQ(answer.code(), Code::kInternal);
  EXPECT_THAT(answer.status().message, HasSubstr("compressed"));
}

TEST_F(GrpcFaults, LyingLengthsAreFound) {
  PeerReply reply = test::reply_with({"text"});
  reply.data[4] = 5;  // one byte more than there is
  EXPECT_EQ(attempt(reply).code(), Code::kInternal);
  reply.data[4] = 3;  // one less: the rest is no message
  EXPECT_EQ(attempt(reply).code(), Code::kInternal);
  reply.data[1] = '\x7f';  // two gigabytes
  EXPECT_EQ(attempt(reply).code(), Code::kResourceExhausted);
}

TEST_F(GrpcFaults, AWebServerIsNoGrpcServer) {
  PeerReply page;
  page.headers = {{":status", "404"}, {"content-type", "text/html"}};
  page.data = "<html>not here</html>";
  page.trailers.reset();
  EXPECT_EQ(attempt(page).code(), Code::kUnimplemented);
  page.headers = {{":status", "200"}, {"content-type", "text/html"}};
  EXPECT_EQ(attempt(page).code(), Code::kUnknown);
  page.headers = {{":status", "503"}};
  page.stays_open = true;  // and never ends
  EXPECT_EQ(attempt(page).code(), Code::kUnavailable);
}

TEST_F(GrpcFaults, ResetsAreMapped) {
  PeerReply reply;
  for (const auto& [error, code] :
       {std::pair{0u, Code::kInternal}, std::pair{7u, Code::kUnavailable}, std::pair{8u, Code::kCancelled},
        std::pair{11u, Code::kResourceExhausted}}) {
    reply.reset = error;
    EXPECT_EQ(attempt(reply).code(), code) << error;
  }
}

TEST_F(GrpcFaults, EndlessHeadersAreRefused) {
  PeerReply reply = test::reply_with({"x"});
  for (int i = 0; i < 1800; ++i) reply.headers.emplace_back("x-" + std::to_string(i), "y");
  const auto answer = attempt(reply);
  EXPECT_EQ(answer.code(), Code::kResourceExhausted);
  EXPECT_THAT(answer.status().message, HasSubstr("headers"));
}

TEST_F(GrpcFaults, LongStatusMessagesAreCut) {
  const auto answer = attempt(test::reply_status("5", std::string(20'000, 'm')));
  EXPECT_EQ(answer.code(), Code::kNotFound);
  EXPECT_LE(answer.status().message.size(), kMaxMessageBytes + 3);
}

TEST_F(GrpcFaults, AHalfClosedPeerIsGone) {
  RawPeer peer([](RawPeer::Connection& connection) {
    connection.write(kPreface);
    connection.read_at_least(kClientPreface + 100);
    connection.write(good_answer("cut short").substr(0, 30));
  });
  const auto answer = attempt(peer.path());
  EXPECT_EQ(answer.code(), Code::kUnavailable);
  EXPECT_TRUE(answer.status().broken);
}

TEST_F(GrpcFaults, FramesOnStreamsThatDoNotExistEndTheConnection) {
  EXPECT_EQ(attempt_raw(http2_frame(test::kData, 0, 7, "who is that for")).code(), Code::kUnavailable);
  EXPECT_EQ(attempt_raw(http2_frame(test::kHeaders, test::kEndHeaders, 2, "\x88")).code(),
            Code::kUnavailable);
  EXPECT_EQ(attempt_raw(http2_frame(test::kHeaders, test::kEndHeaders, 1, "\xff\xff\xff\xff\xff")).code(),
            Code::kUnavailable);
}

TEST_F(GrpcFaults, FramesThatAreTooLongEndTheConnection) {
  EXPECT_EQ(attempt_raw(http2_frame(test::kPing, 0, 0, "short")).code(), Code::kUnavailable);
  EXPECT_EQ(attempt_raw(http2_frame(test::kData, 0, 1, std::string(20'000, 'x'))).code(), Code::kUnavailable);
}

class GrpcFlood : public GrpcFaults,
                  public ::testing::WithParamInterface<std::pair<const char*, std::string>> {};

TEST_P(GrpcFlood, EndsTheConnection) {
  const std::string& frame = GetParam().second;
  RawPeer peer([&](RawPeer::Connection& connection) {
    connection.write(kPreface);
    connection.read_at_least(kClientPreface + 100);
    connection.write(http2_frame(test::kHeaders, test::kEndHeaders, 1, answer_headers()));
    std::string burst;
    for (int i = 0; i < 100; ++i) burst += frame;
    while (connection.write(burst)) {
    }
  });
  const auto answer = attempt(peer.path());
  EXPECT_EQ(answer.code(), Code::kUnavailable);
  EXPECT_THAT(answer.status().message, HasSubstr("lood"));
}

INSTANTIATE_TEST_SUITE_P(
    , GrpcFlood,
    ::testing::Values(std::pair{"Settings", http2_frame(test::kSettings, 0, 0, "")},
                      std::pair{"Ping", http2_frame(test::kPing, 0, 0, "12345678")},
                      std::pair{"PingAck", http2_frame(test::kPing, test::kAck, 0, "12345678")},
                      std::pair{"EmptyData", http2_frame(test::kData, 0, 1, "")},
                      std::pair{"Unknown", http2_frame(0xfa, 0, 0, std::string(10000, 'u'))},
                      std::pair{"WindowUpdate",
                                http2_frame(test::kWindowUpdate, 0, 1, std::string("\0\0\0\1", 4))}),
    [](const auto& flood) { return flood.param.first; });

// grpc-go sends a PING with nearly every request that it gets.
TEST_F(GrpcFaults, PingsBetweenAnswersAreNoFlood) {
  constexpr uint32_t kCalls = 5;
  std::string pings;
  for (int i = 0; i < 900; ++i) pings += http2_frame(test::kPing, 0, 0, "12345678");
  RawPeer peer([&](RawPeer::Connection& connection) {
    connection.write(kPreface);
    connection.read_at_least(kClientPreface + 100);
    for (uint32_t i = 0; i < kCalls; ++i) {
      connection.write(pings + good_answer("fine", 2 * i + 1));
      connection.read_at_least(connection.received().size() + 900 * 17 + 1);  // the pings' answers, a request
    }
    connection.drain();
  });
  const auto channel = connect(peer.path());
  for (uint32_t i = 0; i < kCalls; ++i) {
    const auto answer = call(channel, "/test.Raw/Call");
    ASSERT_TRUE(answer.ok()) << i << ": " << answer.status().message;
  }
}

TEST_F(GrpcFaults, AnUnansweredPingEndsTheConnection) {
  RawPeer peer([](RawPeer::Connection& connection) {
    connection.write(kPreface);
    connection.drain();
  });
  Options options;
  options.keepalive_interval = milliseconds(10);
  options.keepalive_timeout = milliseconds(30);
  const auto channel = connect(peer.path(), options);
  const auto answer = call(channel, "/test.Raw/Call");
  EXPECT_EQ(answer.code(), Code::kUnavailable);
  EXPECT_THAT(answer.status().message, HasSubstr("PING"));
}

// Whatever happens to the bytes of an answer: the call ends in time and with an answer or a status.
TEST_F(GrpcFaults, MutatedAnswersNeverHurt) {
  std::mt19937 random(20240601);
  const std::string good = good_answer(std::string(300, 'm'));
  for (int round = 0; round < 400; ++round) {
    std::string bytes = good;
    const int flips = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < flips; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    RawPeer peer([&](RawPeer::Connection& connection) {
      connection.write(kPreface);
      connection.read_at_least(kClientPreface + 100);
      connection.write(bytes);
    });
    const auto before = test::steady_clock::now();
    const auto answer = attempt(peer.path(), milliseconds(1000));
    EXPECT_LT(test::steady_clock::now() - before, milliseconds(3000));
    if (!answer.ok()) {
      EXPECT_NE(answer.code(), Code::kOk);
    }
  }
}

}  // namespace
}  // namespace net::grpc
