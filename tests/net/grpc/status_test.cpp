// Codes and messages of gRPC.
#include "net/grpc/status.h"

#include <gtest/gtest.h>

namespace net::grpc {
namespace {

TEST(GrpcStatus, KnownNumbersAreParsed) {
  EXPECT_EQ(parse_status("0"), Code::kOk);
  EXPECT_EQ(parse_status("5"), Code::kNotFound);
  EXPECT_EQ(parse_status("12"), Code::kUnimplemented);
  EXPECT_EQ(parse_status("16"), Code::kUnauthenticated);
}

TEST(GrpcStatus, AnythingElseIsUnknownAndNeverOk) {
  for (const char* text :
       {"", "17", "99", "-1", "+0", " 0", "0 ", "0x0", "00000000000000000000", "OK", "4294967296"}) {
    EXPECT_EQ(parse_status(text), Code::kUnknown) << text;
  }
}

TEST(GrpcStatus, MessagesArePercentDecoded) {
  EXPECT_EQ(decode_message("container %22ctr1%22: not found"), "container \"ctr1\": not found");
  EXPECT_EQ(decode_message("gr%C3%BC%C3%9Fe"), "grüße");
}

TEST(GrpcStatus, BrokenEscapesStayAsTheyAre) {
  EXPECT_EQ(decode_message("100%"), "100%");
  EXPECT_EQ(decode_message("%2"), "%2");
  EXPECT_EQ(decode_message("%zz%41"), "%zzA");
}

TEST(GrpcStatus, ControlCharactersAndBrokenUtf8AreReplaced) {
  EXPECT_EQ(decode_message("a%0Ab%1B[31mc%00d"), "a?b?[31mc?d");
  EXPECT_EQ(decode_message("x%FF%C3"), "x??");
  EXPECT_EQ(decode_message("%C0%AF"), "??");          // overlong slash
  EXPECT_EQ(decode_message("%ED%A0%80"), "???");      // a surrogate
  EXPECT_EQ(decode_message("%F4%90%80%80"), "????");  // beyond U+10FFFF
}

TEST(GrpcStatus, MessagesAreCutAtACharacter) {
  EXPECT_EQ(decode_message(std::string(100'000, 'a')), std::string(kMaxMessageBytes, 'a') + "...");
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "%C3%BC";
  const std::string cut = decode_message("a" + umlauts);
  EXPECT_EQ(cut.size(), kMaxMessageBytes - 1 + 3);  // 'a', 255 whole characters, "..."
  EXPECT_EQ(cut.substr(cut.size() - 5), "ü...");
}

TEST(GrpcStatus, HttpStatusAndResetCodesAreMapped) {
  EXPECT_EQ(code_of_http_status(404), Code::kUnimplemented);
  EXPECT_EQ(code_of_http_status(503), Code::kUnavailable);
  EXPECT_EQ(code_of_http_status(418), Code::kUnknown);
  EXPECT_EQ(code_of_reset(7), Code::kUnavailable);
  EXPECT_EQ(code_of_reset(8), Code::kCancelled);
  EXPECT_EQ(code_of_reset(0), Code::kInternal);
  EXPECT_EQ(code_of_reset(4'000'000'000), Code::kInternal);
}

TEST(GrpcStatus, EveryCodeHasAName) {
  EXPECT_STREQ(code_name(Code::kOk), "OK");
  EXPECT_STREQ(code_name(Code::kUnauthenticated), "UNAUTHENTICATED");
  EXPECT_STREQ(code_name(static_cast<Code>(200)), "UNKNOWN");
}

}  // namespace
}  // namespace net::grpc
