// Falco's YAML: what its files and people's use.
#include "tools/falco/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/falco/rules.h"

namespace falco {
namespace {

std::string json_of(std::string_view text) {
  const auto value = read_yaml(text);
  return value ? boost::json::serialize(*value) : "error: " + value.error();
}

TEST(Yaml, MapsListsAndScalars) {
  EXPECT_EQ(json_of("a: 1\nb:\n  - x\n  - y: 2\n    z: 0x10\nc:\n- 1\nd: yes\n"),
            R"({"a":1,"b":["x",{"y":2,"z":16}],"c":[1],"d":true})");
  EXPECT_EQ(json_of("# nothing\n---\na: {b: [1, 'two'], c: {}}\n...\nrest: is another document\n"),
            R"({"a":{"b":[1,"two"],"c":null}})");
  EXPECT_EQ(json_of("url: http://x:80/y#z # comment\nempty: \"\"\n"),
            R"({"url":"http://x:80/y#z","empty":""})");
  EXPECT_EQ(json_of(""), "null");
}

TEST(Yaml, QuotesEscapesAndSeveralLines) {
  EXPECT_EQ(json_of("a: \"x: \\\"y\\\"\\n\"\nb: 'it''s'\n\"c d\": e\n"),
            R"({"a":"x: \"y\"\n","b":"it's","c d":"e"})");
  EXPECT_EQ(json_of("a: [1,\n  2,\n  3]\nb: {c: 1,\n    d: 2}\ne: some\n  more\n"),
            R"({"a":[1,2,3],"b":{"c":1,"d":2},"e":"some more"})");
  EXPECT_EQ(json_of("a: |\n  one\n   two\n\n  # no comment\nb: >-\n  three\n  four\nc: 5\n"),
            R"({"a":"one\n two\n\n# no comment\n","b":"three four","c":5})");
}

TEST(Yaml, WhatIsWrongIsNamedByItsLine) {
  EXPECT_THAT(json_of("a: 1\nb: [1, 2\n"), testing::HasSubstr("error: line 2: "));
  EXPECT_THAT(json_of("a: 1\n   b\n  c: 2\n"), testing::HasSubstr("error: line "));
  EXPECT_THAT(json_of("a: *b\n"), testing::HasSubstr("anchor"));
  std::string deep;
  for (size_t i = 0; i < 200; ++i) deep += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(json_of(deep), testing::HasSubstr("too deeply"));
}

TEST(FalcoVersions, AreComparedByNumber) {
  EXPECT_LT(parse_version("0.9.1"), parse_version("0.44.0-rc1"));
  EXPECT_FALSE(parse_version("latest").has_value());
  EXPECT_FALSE(parse_version("1.2").has_value());
}

}  // namespace
}  // namespace falco
