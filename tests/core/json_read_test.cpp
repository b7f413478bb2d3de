// Parsing with parts left out. What a malformed text is answered with is in container_json_test.cpp.
#include "core/json_read.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace core {
namespace {

namespace json = boost::json;

json::value parsed(std::string_view text, JsonSkip skip = {}) {
  base::Result<json::value> value = parse_json(text, {}, skip);
  EXPECT_TRUE(value.ok()) << text << ": " << (value.ok() ? "" : value.error());
  return value.ok() ? *value : json::value("no JSON");
}

constexpr JsonPath kSkip[] = {{"hooks"},
                              {"linux", "seccomp"},
                              {"linux", "devices"},
                              {"linux", "resources", "devices"},
                              {"process", "env"}};

std::string array_of(size_t elements, std::string_view element) {
  std::string text = "[";
  for (size_t i = 0; i < elements; ++i) text.append(i == 0 ? "" : ",").append(element);
  return text += ']';
}

TEST(JsonLimits, BuildsTheFirstMembersOnly) {
  const size_t most = limits::kJsonMembers;
  const size_t far = 87'000;  // as many as there are in 256 KiB
  for (const std::string_view element :
       {"{}", "[]", "7", "-7", "1.5", "true", "null", "\"a\"", "{\"a\":[1,{\"b\":2}]}"}) {
    EXPECT_EQ(parsed(R"({"mounts":)" + array_of(most, element) + R"(,"last":1})"),
              parsed(R"({"mounts":)" + array_of(far, element) + R"(,"last":1})"))
        << element;
  }
  // A list of containers is the document itself.
  EXPECT_EQ(parsed(array_of(far, "{}")).get_array().size(), limits::kJsonElements);
  EXPECT_EQ(parsed("[" + array_of(far, "{}") + "]").get_array()[0].get_array().size(), most);
}

TEST(JsonLimits, BuildsTheFirstKeysOnly) {
  std::string text = R"({"linux":{)";
  for (size_t i = 0; i < limits::kJsonMembers; ++i) text += '"' + std::to_string(i) + R"(":{"a":[1]},)";
  text +=
      R"("seccomp":{"a":[1]},"devices":"text","x":{"y":{"z":[[]]}},"last\u0020one":null},"hooks":{"a":1},"last":2})";
  const json::value value = parsed(text, kSkip);
  const json::object& object = value.get_object();
  EXPECT_EQ(object.at("linux").get_object().size(), limits::kJsonMembers);
  EXPECT_TRUE(object.at("linux").get_object().contains(std::to_string(limits::kJsonMembers - 1)));
  EXPECT_TRUE(object.at("hooks").get_object().empty());
  EXPECT_EQ(object.at("last"), 2);
}

TEST(JsonLimits, FindsErrorsInWhatIsTooMuch) {
  const std::string many = R"({"a":)" + array_of(limits::kJsonMembers, "0");
  EXPECT_TRUE(parse_json(many + "}").ok());
  const std::string start = many.substr(0, many.size() - 1);
  EXPECT_TRUE(parse_json(start + R"(,{"a":"b"}]})").ok());
  for (const std::string_view wrong : {",{]}", ",[}]}", ",{\"a\"}]}", ",tru]}", ",\"a]}"}) {
    EXPECT_FALSE(parse_json(start + std::string(wrong)).ok()) << wrong;
  }
}

TEST(JsonSkip, LeavesObjectsAndArraysEmpty) {
  EXPECT_EQ(
      parsed(R"({"hooks":{"a":[{"b":1}],"c":"d"},"linux":{"seccomp":{"x":[[],{}]},"devices":[1,[2],{"e":3}],
                       "resources":{"devices":[{"allow":false}],"cpu":{"shares":7}},"namespaces":[{"type":"pid"}]},
                       "process":{"env":["A=B"],"args":["sh"]},"last":[1,2]})",
             kSkip),
      parsed(R"({"hooks":{},"linux":{"seccomp":{},"devices":[],"resources":{"devices":[],"cpu":{"shares":7}},
                       "namespaces":[{"type":"pid"}]},"process":{"env":[],"args":["sh"]},"last":[1,2]})"));
}

TEST(JsonSkip, KeepsWhatIsNeitherObjectNorArray) {
  const std::string_view text =
      R"({"hooks":"no","linux":{"seccomp":null,"devices":5,"z":{"a":1}},"process":{"env":true}})";
  EXPECT_EQ(parsed(text, kSkip), parsed(text));
}

TEST(JsonSkip, GoesByTheWholePath) {
  for (const std::string_view text :
       {R"({"a":{"hooks":{"b":1}}})", R"([{"hooks":{"b":1}},{"linux":{"devices":[1]}}])",
        R"({"linux":[{"devices":[1]}],"devices":[1]})",
        R"({"linux":{"a":{"seccomp":[1]},"resources":{"a":{"devices":[1]}}}})",
        R"({"linux":5,"x":{"devices":[1]}})", R"({"process":{"linux":{"devices":[1]}}})",
        R"({"hooks2":[1],"hook":[1],"":[1],"linux":{"":[1]}})"}) {
    EXPECT_EQ(parsed(text, kSkip), parsed(text)) << text;
  }
}

TEST(JsonSkip, FindsErrorsInWhatItLeavesOut) {
  EXPECT_FALSE(parse_json(R"({"hooks":{"a":[1,}})", {}, kSkip).ok());
  EXPECT_FALSE(parse_json(R"({"hooks":{"a":1})", {}, kSkip).ok());
  std::string deep = R"({"hooks":)";
  for (size_t i = 0; i <= kMaxJsonDepth; ++i) deep += '[';
  const auto refused = parse_json(deep, {}, kSkip);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().find("deeper"), std::string::npos) << refused.error();
}

TEST(JsonSkip, ReadsEscapedAndLongKeys) {
  EXPECT_EQ(parsed(R"({"h\u006foks":[1],"linux":{"dev\u0069ces":[1],"cgroups\u0050ath":"x"}})", kSkip),
            parsed(R"({"hooks":[],"linux":{"devices":[],"cgroupsPath":"x"}})"));
  const std::string key(100000, 'k');
  EXPECT_EQ(parsed("{\"" + key + "\":[1]}", kSkip), parsed("{\"" + key + "\":[1]}"));
}

TEST(JsonSkip, RepairsBytesThatAreNoUtf8) {
  EXPECT_EQ(parsed("{\"hooks\":[\"\xff\"],\"a\":\"x\xffy\"}", kSkip),
            parsed("{\"hooks\":[],\"a\":\"x\xEF\xBF\xBDy\"}"));
}

TEST(JsonSkip, AtTheDeepestLevel) {
  std::string text;
  for (size_t i = 0; i < kMaxJsonDepth; ++i) text += R"({"linux":)";
  text += '1';
  text.append(kMaxJsonDepth, '}');
  EXPECT_EQ(parsed(text, kSkip), parsed(text));
}

// Random documents of the names that matter: with parts left out the rest is the same.
json::value random_value(std::mt19937& random, int depth) {
  constexpr std::string_view kNames[] = {"hooks",     "linux",   "seccomp", "devices",
                                         "resources", "process", "env",     "x"};
  const auto kind = random() % (depth > 0 ? 6 : 4);
  if (kind == 0) return json::value(static_cast<int64_t>(random()));
  if (kind == 1) return json::value("text");
  if (kind == 2) return json::value(nullptr);
  if (kind == 3) return json::value(random() % 2 == 0);
  const size_t size = random() % 4;
  if (kind == 4) {
    json::array array;
    for (size_t i = 0; i < size; ++i) array.push_back(random_value(random, depth - 1));
    return array;
  }
  json::object object;
  for (size_t i = 0; i < size + 1; ++i)
    object[kNames[random() % std::size(kNames)]] = random_value(random, depth - 1);
  return object;
}

void empty(json::value* value) {
  if (value == nullptr) return;
  if (value->is_object()) value->get_object().clear();
  if (value->is_array()) value->get_array().clear();
}

json::value* at(json::value& value, std::string_view key) {
  return value.is_object() ? value.get_object().if_contains(key) : nullptr;
}

TEST(JsonSkip, RandomDocuments) {
  std::mt19937 random(20261122);
  for (int i = 0; i < 20000; ++i) {
    json::value document = random_value(random, 5);
    const std::string text = json::serialize(document);
    const json::value got = parsed(text, kSkip);
    for (const JsonPath& path : kSkip) {
      json::value* place = &document;
      for (const std::string_view key : path) {
        if (!key.empty() && place != nullptr) place = at(*place, key);
      }
      empty(place);
    }
    ASSERT_EQ(got, document) << text;
  }
}

}  // namespace
}  // namespace core
