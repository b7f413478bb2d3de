// Answers that were tampered with: any member may be missing or of any other type, texts may be cut anywhere.
// Nothing crashes, and what is not touched still maps.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>
#include <vector>

#include "engines/docker/docker_mapping.h"
#include "engines/podman/podman_mapping.h"
#include "support/recorded.h"

namespace engines {
namespace {

namespace bj = boost::json;

// Every value below `root`, the root itself included.
void collect(bj::value& root, std::vector<bj::value*>& all) {
  all.push_back(&root);
  if (root.is_object()) {
    for (auto& member : root.get_object()) collect(member.value(), all);
  } else if (root.is_array()) {
    for (bj::value& element : root.get_array()) collect(element, all);
  }
}

std::vector<bj::value> replacements() {
  const bj::value all =
      bj::parse(R"([null, true, -1, 18446744073709551615, 1e300, "", "\u00e9\u0000", [7], [],
                                      {"Id": [], "x": 1}, {}])");
  std::vector<bj::value> values(all.as_array().begin(), all.as_array().end());
  values.emplace_back(std::string(5000, 'x'));
  return values;
}

void map_as_everything(const std::string& text) {
  Settings settings;
  settings.with_env = true;
  settings.with_size = true;
  (void)docker::map_inspect(text, settings).ok();
  (void)docker::map_list(text, settings).ok();
  (void)docker::map_image(text).ok();
  (void)podman::map_inspect(text, settings).ok();
  (void)podman::map_list(text, settings).ok();
  (void)map_event(text, docker::event_keys(), settings).ok();
}

const std::string kFiles[] = {"docker-20.10.24/container-inspect-size.json",
                              "docker-20.10.24/containers-json.json",
                              "docker-28.5.2/container-inspect.json",
                              "docker-28.5.2/image-inspect.json",
                              "podman-4.3.1/libpod-container-inspect.json",
                              "podman-5.8.6/libpod-container-inspect-size.json",
                              "podman-5.8.6/libpod-containers-json-all-with-pod.json"};

class Tampered : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Recorded, Tampered, testing::ValuesIn(kFiles),
                         [](const auto& chosen) { return "file" + std::to_string(chosen.index); });

TEST_P(Tampered, EveryMemberOfEveryOtherType) {
  const bj::value original = bj::parse(support::recorded(GetParam()));
  bj::value copy = original;
  std::vector<bj::value*> places;
  collect(copy, places);
  const size_t count = places.size();
  ASSERT_GT(count, 10U);
  std::mt19937 random(11);
  const std::vector<bj::value> others = replacements();
  for (size_t i = 0; i < count; ++i) {
    bj::value tampered = original;
    std::vector<bj::value*> all;
    collect(tampered, all);
    *all[i] = others[random() % others.size()];
    map_as_everything(bj::serialize(tampered));
  }
}

TEST_P(Tampered, CutAnywhere) {
  const std::string text = support::recorded(GetParam());
  for (size_t length = 0; length < text.size(); length += 37) map_as_everything(text.substr(0, length));
  EXPECT_FALSE(docker::map_inspect(text.substr(0, text.size() / 2), {}).ok());
}

TEST_P(Tampered, FlippedBytes) {
  const std::string text = support::recorded(GetParam());
  std::mt19937 random(13);
  for (int round = 0; round < 100; ++round) {
    std::string flipped = text;
    for (int i = 0; i < 5; ++i) flipped[random() % flipped.size()] = static_cast<char>(random());
    map_as_everything(flipped);
  }
}

TEST(Hostile, WrongTypesLeaveTheRestAlone) {
  base::Result<Inspected> result = docker::map_inspect(
      R"({"Id":"a1","Name":{"x":1},"Config":{"Image":["x"],"User":7,"Labels":[],"Env":"x","Healthcheck":[]},
          "HostConfig":{"Privileged":"true","Memory":"5","CpuShares":{},"CpusetCpus":3,"NanoCpus":1e300},
          "NetworkSettings":{"IPAddress":1,"Networks":{"a":1,"b":{"IPAddress":"10.0.0.9"}},"Ports":[]},
          "Mounts":{"a":1},"Created":1,"State":"x"})",
      {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->container.full_id, "a1");
  EXPECT_EQ(result->container.privileged, core::YesNo::kUnknown);
  EXPECT_EQ(result->container.memory_limit, std::nullopt);
  EXPECT_EQ(result->container.cpu_shares, std::nullopt);
  EXPECT_EQ(result->container.ip, "10.0.0.9");
  EXPECT_EQ(result->container.created_time, 0);
}

TEST(Hostile, DeepTextsAreRefused) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_FALSE(docker::map_list(deep, {}).ok());
  EXPECT_FALSE(docker::map_inspect("{\"Id\":\"a\",\"x\":" + deep + "}", {}).ok());
}

}  // namespace
}  // namespace engines
