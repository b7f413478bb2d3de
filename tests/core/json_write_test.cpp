// What is written is what Boost.JSON reads back, byte for byte as it writes it itself.
#include "core/json_write.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "base/utf8.h"

namespace core {
namespace {

template <typename Value>
std::string json_of(const Value& value) {
  std::string out;
  append_json(value, out);
  return out;
}

TEST(JsonWrite, EveryByteOfAText) {
  for (int byte = 0; byte < 128; ++byte) {
    const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "b";
    EXPECT_EQ(json_of(std::string_view(text)), boost::json::serialize(boost::json::string(text))) << byte;
  }
  EXPECT_EQ(json_of(std::string_view("\"\\\n\t\r\b\f\x01\x1f\x7f/é€😀")), R"("\"\\\n\t\r\b\f\u0001\u001f)"
                                                                         "\x7f/é€😀\"");
  EXPECT_EQ(json_of(std::string_view()), "\"\"");
}

TEST(JsonWrite, RandomTexts) {
  std::mt19937 random(20261122);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    const size_t size = random() % 40;
    while (text.size() < size) text += static_cast<char>(random() % (i % 2 == 0 ? 256 : 64));
    ASSERT_EQ(json_of(std::string_view(text)),
              boost::json::serialize(boost::json::string(base::to_utf8(text))));
  }
}

TEST(JsonWrite, Numbers) {
  EXPECT_EQ(json_of(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(json_of(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(json_of(uint16_t{8080}), "8080");
  EXPECT_EQ(json_of(0), "0");
  EXPECT_EQ(json_of(true), "true");
  EXPECT_EQ(json_of(false), "false");
}

TEST(JsonWrite, Members) {
  std::string out = "{";
  JsonMembers members(out);
  members.add("a\"", 1);
  members.add("b", std::string_view("x"));
  append_json(false, members.name("c"));
  EXPECT_EQ(out + '}', R"({"a\"":1,"b":"x","c":false})");
}

}  // namespace
}  // namespace core
