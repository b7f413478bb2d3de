// The HTTP client against peers that behave, and against all the ways in which they do not.
#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "net/signal.h"
#include "support/eventually.h"
#include "support/fake_peer.h"
#include "support/run_on_loop.h"
#include "support/temp_dir.h"

namespace net {
namespace {

using std::chrono::milliseconds;
using support::FakeConnection;
using support::FakePeer;
using testing::HasSubstr;

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() { limits_.timeout = milliseconds(3000); }

  HttpClient& client() {
    if (!client_) client_ = std::make_unique<HttpClient>(loop_.get_executor(), path_, limits_);
    return *client_;
  }
  base::Result<HttpResponse> get(const std::string& target = "/x") {
    return support::run_on_loop(loop_, client().get(target));
  }
  std::unique_ptr<HttpStream> stream() {
    auto opened = support::run_on_loop(loop_, client().stream("/events?a=b"));
    return opened ? std::move(*opened) : nullptr;
  }
  base::Result<std::string> next(HttpStream& stream) { return support::run_on_loop(loop_, stream.next()); }

  boost::asio::io_context loop_;
  support::TempDir directory_;
  std::string path_ = directory_ / "s";
  HttpLimits limits_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(HttpClientTest, GetsStatusHeadersAndBody) {
  FakePeer peer(path_, [](FakeConnection& c) {
    const std::string target = c.read_request();
    c.answer(404, "{\"you\":\"" + target + "\"}", "Api-Version: 1.41\r\n");
    c.hold();
  });
  const base::Result<HttpResponse> answer = get("/a?b=c");
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->status, 404U);
  EXPECT_EQ(answer->body, R"({"you":"/a?b=c"})");
  EXPECT_EQ(answer->header("api-version"), "1.41");
  EXPECT_EQ(answer->header("none"), "");
}

TEST_F(HttpClientTest, UsesAConnectionAgain) {
  FakePeer peer(path_, [](FakeConnection& c) {
    while (!c.read_request().empty()) c.answer(200, "{}");
  });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(get().ok());
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(HttpClientTest, ConnectsAnewWhenThePeerCloses) {
  FakePeer peer(path_, [](FakeConnection& c) {
    c.read_request();
    c.answer(200, "{}", "Connection: close\r\n");
  });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get().ok());
  EXPECT_EQ(peer.connections(), 3);
}

TEST_F(HttpClientTest, ConnectsAnewWhenAnIdleConnectionWasClosed) {
  FakePeer peer(path_, [](FakeConnection& c) {
    c.read_request();
    c.answer(200, "{}");  // promises to go on, and closes
  });
  for (int i = 0; i < 4; ++i) {
    const base::Result<HttpResponse> answer = get();
    ASSERT_TRUE(answer.ok()) << answer.error();
  }
  EXPECT_EQ(client().counters().errors, 0U);
}

TEST_F(HttpClientTest, TakesChunkedAnswersAndThoseThatEndWithTheConnection) {
  std::atomic<int> round = 0;
  FakePeer peer(path_, [&](FakeConnection& c) {
    c.read_request();
    if (round++ == 0) {
      c.begin_chunked();
      c.chunk("{\"a\"");
      c.chunk(":1}");
      c.write("0\r\n\r\n");
      c.hold();
    } else {
      c.write("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    }
  });
  base::Result<HttpResponse> chunked = get();
  ASSERT_TRUE(chunked.ok()) << chunked.error();
  EXPECT_EQ(chunked->body, "{\"a\":1}");
  client().close();
  base::Result<HttpResponse> closed = get();
  ASSERT_TRUE(closed.ok()) << closed.error();
  EXPECT_EQ(closed->body, "until the end");
}

TEST_F(HttpClientTest, EndsARequestThatIsNeverAnswered) {
  limits_.timeout = milliseconds(100);
  FakePeer peer(path_, [](FakeConnection& c) { c.hold(); });
  const auto begin = Clock::now();
  const base::Result<HttpResponse> answer = get();
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error(), HasSubstr("100 ms"));
  EXPECT_THAT(answer.error(), HasSubstr(path_));
  EXPECT_LT(Clock::now() - begin, milliseconds(2000));
  EXPECT_EQ(client().counters().timeouts, 1U);
  EXPECT_EQ(client().counters().errors, 1U);
}

TEST_F(HttpClientTest, EndsARequestWhoseAnswerDrips) {
  limits_.timeout = milliseconds(200);
  FakePeer peer(path_, [](FakeConnection& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (c.write("x")) std::this_thread::sleep_for(milliseconds(5));
  });
  const auto begin = Clock::now();
  EXPECT_FALSE(get().ok());
  EXPECT_LT(Clock::now() - begin, milliseconds(2000));
  EXPECT_EQ(client().counters().timeouts, 1U);
}

TEST_F(HttpClientTest, RefusesGarbage) {
  FakePeer peer(path_, [](FakeConnection& c) {
    c.read_request();
    c.write(std::string("\x16\x03\x01\x00 this is no HTTP\r\n\r\n\0\0\0", 27));
    c.hold();
  });
  EXPECT_FALSE(get().ok());
  EXPECT_EQ(client().counters().timeouts, 0U);
}

TEST_F(HttpClientTest, RefusesABodyThatIsTooLarge) {
  limits_.timeout = milliseconds(50000);  // of 16 MiB under a sanitizer, on a busy machine
  std::atomic<bool> lies = false;
  FakePeer peer(path_, [&](FakeConnection& c) {
    c.read_request();
    if (lies) {
      c.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
      c.hold();
      return;
    }
    c.begin_chunked();
    const std::string piece(64 * 1024, ' ');
    for (int i = 0; i < 320 && c.chunk(piece); ++i) {  // 20 MiB
    }
    c.write("0\r\n\r\n");
  });
  const base::Result<HttpResponse> large = get();
  ASSERT_FALSE(large.ok());
  EXPECT_THAT(large.error(), HasSubstr("larger than 16777216"));
  lies = true;
  const base::Result<HttpResponse> announced = get();
  ASSERT_FALSE(announced.ok());
  EXPECT_THAT(announced.error(), HasSubstr("larger than 16777216"));
}

TEST_F(HttpClientTest, RefusesAHeaderThatIsTooLarge) {
  FakePeer peer(path_, [](FakeConnection& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\n");
    while (c.write("X-Filler: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  const base::Result<HttpResponse> answer = get();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(client().counters().timeouts, 0U);
}

TEST_F(HttpClientTest, SaysThatAnAnswerWasCutOff) {
  FakePeer peer(path_, [](FakeConnection& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  const base::Result<HttpResponse> answer = get();
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error(), HasSubstr("before the answer was complete"));
}

TEST_F(HttpClientTest, CountsAConnectionThatIsRefused) {
  EXPECT_FALSE(get().ok());
  EXPECT_EQ(client().counters().errors, 1U);
}

boost::asio::awaitable<int> close_soon(HttpClient& client) {
  co_await pause(milliseconds(50));
  client.close();
  co_return 0;
}

TEST_F(HttpClientTest, CloseFailsWhatIsInFlight) {
  FakePeer peer(path_, [](FakeConnection& c) { c.hold(); });
  boost::asio::co_spawn(loop_, close_soon(client()), [](const std::exception_ptr&, int) {});
  const auto begin = Clock::now();
  EXPECT_FALSE(get().ok());
  EXPECT_LT(Clock::now() - begin, milliseconds(2000));
}

TEST_F(HttpClientTest, StreamsObjectsHoweverTheyAreCut) {
  FakePeer peer(path_, [](FakeConnection& c) {
    EXPECT_EQ(c.read_request(), "/events?a=b");
    c.begin_chunked();
    c.chunk("{\"n\":1}\n{\"n\":2}");
    c.chunk("{\"n\"");
    c.chunk(":3}\n");
    c.hold();
  });
  const std::unique_ptr<HttpStream> events = stream();
  ASSERT_NE(events, nullptr);
  for (const char* expected : {"{\"n\":1}", "{\"n\":2}", "{\"n\":3}"}) {
    const base::Result<std::string> object = next(*events);
    ASSERT_TRUE(object.ok()) << object.error();
    EXPECT_EQ(*object, expected);
  }
}

TEST_F(HttpClientTest, AStreamWaitsForItsHeaderAsLongAsItTakes) {
  limits_.timeout = milliseconds(50);
  FakePeer peer(path_, [](FakeConnection& c) {
    c.read_request();
    std::this_thread::sleep_for(milliseconds(200));
    c.begin_chunked();
    c.chunk("{}");
    c.hold();
  });
  const std::unique_ptr<HttpStream> events = stream();
  ASSERT_NE(events, nullptr);
  EXPECT_TRUE(next(*events).ok());
}

TEST_F(HttpClientTest, AStreamTellsHowItEnded) {
  std::atomic<int> round = 0;
  FakePeer peer(path_, [&](FakeConnection& c) {
    c.read_request();
    switch (round++) {
      case 0:
        c.answer(500, "{}");
        break;
      case 1:
        c.begin_chunked();
        c.chunk("{}");
        c.write("0\r\n\r\n");
        break;
      case 2:
        c.begin_chunked();
        c.chunk("{\"cut");
        break;
      case 3:
        c.begin_chunked();
        c.chunk("no json");
        c.hold();
        break;
      case 4:
        c.begin_chunked();
        c.write("zzz\r\n");
        c.hold();
        break;
      default:
        c.begin_chunked();
        c.chunk("{\"a\":\"" + std::string(2 * 1024 * 1024, 'x'));
        c.hold();
    }
  });
  const std::vector<std::string> reasons{
      "answered 500", "ended the stream", "ended the stream", "no JSON object", "", "larger than 1048576"};
  for (const std::string& reason : reasons) {
    const std::unique_ptr<HttpStream> events = stream();
    ASSERT_NE(events, nullptr);
    base::Result<std::string> object = next(*events);
    if (reason == reasons[1] && object.ok()) object = next(*events);
    ASSERT_FALSE(object.ok());
    EXPECT_THAT(object.error(), HasSubstr(reason));
    EXPECT_THAT(object.error(), HasSubstr(path_));
  }
}

TEST_F(HttpClientTest, CloseEndsAStream) {
  FakePeer peer(path_, [](FakeConnection& c) {
    c.read_request();
    c.begin_chunked();
    c.hold();
  });
  const std::unique_ptr<HttpStream> events = stream();
  ASSERT_NE(events, nullptr);
  boost::asio::co_spawn(loop_, close_soon(client()), [](const std::exception_ptr&, int) {});
  EXPECT_FALSE(next(*events).ok());
}

TEST(HttpTarget, EncodesWhatIsNotPlain) {
  EXPECT_EQ(percent_encode("aZ0-._~"), "aZ0-._~");
  EXPECT_EQ(percent_encode("{\"a\":[\xff]}"), "%7B%22a%22%3A%5B%FF%5D%7D");
  EXPECT_TRUE(is_plain_in_target("0123abc"));
  EXPECT_FALSE(is_plain_in_target(""));
  EXPECT_FALSE(is_plain_in_target("a/b"));
  EXPECT_FALSE(is_plain_in_target("a\r\nb"));
}

}  // namespace
}  // namespace net
