// Objects come out whole however the bytes arrive; anything else ends the stream.
#include "net/json_splitter.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace net {
namespace {

std::vector<std::string> take_all(JsonSplitter& splitter) {
  std::vector<std::string> all;
  while (auto object = splitter.take()) all.push_back(std::move(*object));
  return all;
}

TEST(JsonSplitter, TakesSeveralObjectsOfOnePiece) {
  JsonSplitter splitter(100);
  ASSERT_TRUE(splitter.feed("{\"a\":1}{\"b\":{}}\r\n {\"c\":[{}]}\n").ok());
  EXPECT_EQ(take_all(splitter), (std::vector<std::string>{"{\"a\":1}", "{\"b\":{}}", "{\"c\":[{}]}"}));
  EXPECT_FALSE(splitter.partial());
}

TEST(JsonSplitter, JoinsAnObjectOfSeveralPieces) {
  const std::string text = R"({"key":"}\"{\\","x":{"y":"\\\""}} {"second":true})";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    for (size_t second = cut; second <= text.size(); ++second) {
      JsonSplitter splitter(100);
      ASSERT_TRUE(splitter.feed(text.substr(0, cut)).ok());
      ASSERT_TRUE(splitter.feed(text.substr(cut, second - cut)).ok());
      ASSERT_TRUE(splitter.feed(text.substr(second)).ok());
      EXPECT_EQ(take_all(splitter),
                (std::vector<std::string>{R"({"key":"}\"{\\","x":{"y":"\\\""}})", R"({"second":true})"}));
    }
  }
}

TEST(JsonSplitter, KnowsWhenItStandsWithinAnObject) {
  JsonSplitter splitter(100);
  ASSERT_TRUE(splitter.feed("{\"a\":").ok());
  EXPECT_TRUE(splitter.partial());
  EXPECT_FALSE(splitter.take().has_value());
  ASSERT_TRUE(splitter.feed("1}").ok());
  EXPECT_FALSE(splitter.partial());
}

TEST(JsonSplitter, RefusesWhatIsNoObject) {
  for (const char* text : {"x", "[1]", "null", "{}}", "{}\"", "}"}) {
    JsonSplitter splitter(100);
    EXPECT_FALSE(splitter.feed(text).ok()) << text;
  }
  JsonSplitter zero(100);
  EXPECT_FALSE(zero.feed(std::string_view("\0", 1)).ok());
}

TEST(JsonSplitter, GivesWhatWasCompleteBeforeTheGarbage) {
  JsonSplitter splitter(100);
  EXPECT_FALSE(splitter.feed("{\"a\":1}garbage").ok());
  EXPECT_EQ(take_all(splitter), std::vector<std::string>{"{\"a\":1}"});
}

TEST(JsonSplitter, RefusesAnObjectThatIsTooLarge) {
  const std::string exact = "{\"a\":\"" + std::string(92, 'x') + "\"}";
  ASSERT_EQ(exact.size(), 100U);
  JsonSplitter fits(100);
  EXPECT_TRUE(fits.feed(exact).ok());
  JsonSplitter whole(99);
  EXPECT_FALSE(whole.feed(exact).ok());
  JsonSplitter endless(1000);
  bool refused = false;
  ASSERT_TRUE(endless.feed("{\"a\":\"").ok());
  for (int i = 0; i < 200 && !refused; ++i) refused = !endless.feed("0123456789").ok();
  EXPECT_TRUE(refused);
}

TEST(JsonSplitter, SurvivesRandomBytes) {
  std::mt19937 random(7);
  const std::string alphabet = "{}\"\\ab \n[]";
  for (int round = 0; round < 2000; ++round) {
    JsonSplitter splitter(64);
    for (int piece = 0; piece < 8; ++piece) {
      std::string bytes;
      for (unsigned i = random() % 16; i > 0; --i) bytes += alphabet[random() % alphabet.size()];
      if (!splitter.feed(bytes).ok()) break;
      for (const std::string& object : take_all(splitter)) {
        EXPECT_EQ(object.front(), '{');
        EXPECT_EQ(object.back(), '}');
      }
    }
  }
}

}  // namespace
}  // namespace net
