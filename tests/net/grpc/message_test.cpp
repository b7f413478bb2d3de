// Framing of gRPC messages.
#include "net/grpc/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace net::grpc {
namespace {

using ::testing::ElementsAre;

constexpr size_t kLimit = 1000;

TEST(GrpcMessage, AFrameHasFlagAndBigEndianLength) {
  EXPECT_EQ(frame_message("abc"), std::string("\0\0\0\0\3abc", 8));
  EXPECT_EQ(frame_message(std::string(0x10203, 'x')).substr(0, 5), std::string("\0\0\1\2\3", 5));
}

TEST(GrpcMessage, MessagesComeBackHoweverTheyAreCut) {
  const std::string bytes = frame_message("one") + frame_message("") + frame_message("three");
  for (size_t step = 1; step <= bytes.size(); ++step) {
    MessageDecoder decoder(kLimit);
    std::vector<std::string> out;
    for (size_t at = 0; at < bytes.size(); at += step) {
      EXPECT_FALSE(decoder.feed(std::string_view(bytes).substr(at, step), out));
    }
    EXPECT_THAT(out, ElementsAre("one", "", "three"));
    EXPECT_FALSE(decoder.partial());
  }
}

TEST(GrpcMessage, AnUnfinishedMessageIsPartial) {
  const std::string bytes = frame_message("hello");
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    MessageDecoder decoder(kLimit);
    std::vector<std::string> out;
    EXPECT_FALSE(decoder.feed(std::string_view(bytes).substr(0, cut), out));
    EXPECT_TRUE(out.empty());
    EXPECT_TRUE(decoder.partial()) << cut;
  }
}

TEST(GrpcMessage, TheLimitIsInclusive) {
  std::vector<std::string> out;
  MessageDecoder fits(kLimit);
  EXPECT_FALSE(fits.feed(frame_message(std::string(kLimit, 'x')), out));
  EXPECT_EQ(out.at(0).size(), kLimit);
  MessageDecoder too_long(kLimit);
  const auto error = too_long.feed(frame_message(std::string(kLimit + 1, 'x')), out);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Code::kResourceExhausted);
  EXPECT_THAT(error->message, ::testing::HasSubstr("1001"));
}

TEST(GrpcMessage, AnAnnouncedLengthAloneIsRefusedWhenItIsTooLong) {
  MessageDecoder decoder(kLimit);
  std::vector<std::string> out;
  const auto error = decoder.feed(std::string("\0\xff\xff\xff\xff", 5), out);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Code::kResourceExhausted);
  EXPECT_TRUE(error->broken);
}

TEST(GrpcMessage, CompressedAndUnknownFlagsAreRefused) {
  std::vector<std::string> out;
  for (const char flag : {'\1', '\2', 'H', '\xff'}) {
    MessageDecoder decoder(kLimit);
    const auto error = decoder.feed(std::string(1, flag) + std::string("\0\0\0\1x", 5), out);
    ASSERT_TRUE(error) << int{flag};
    EXPECT_EQ(error->code, Code::kInternal);
  }
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace net::grpc
