// The payload of a container event, for containers that nobody would think of: random ones, cut and mutated
// texts, records at and beyond the limits.
#include "core/container_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/fit.h"
#include "core/labels.h"
#include "core/limits.h"
#include "full_container.h"

namespace core {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint64_t number(uint64_t max) { return std::uniform_int_distribution<uint64_t>(0, max)(engine_); }
  bool flag() { return number(1) == 1; }
  int64_t any() { return static_cast<int64_t>(std::uniform_int_distribution<uint64_t>()(engine_)); }
  std::string text() {
    static const std::vector<std::string> kParts{"a",
                                                 "\"",
                                                 "\\",
                                                 "/",
                                                 ":",
                                                 std::string(1, '\0'),
                                                 "\n",
                                                 "\xC3\xA9",
                                                 "\xF0\x9F\x98\x80",
                                                 " ",
                                                 "io.kubernetes.",
                                                 "\x7f"};
    std::string text;
    for (uint64_t parts = number(6); parts > 0; --parts) text += kParts[number(kParts.size() - 1)];
    return text;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> all(number(3));
    for (std::string& one : all) one = text();
    return all;
  }
  Labels labels() {
    Labels all;
    for (uint64_t count = number(4); count > 0; --count) all[text()] = text();
    return all;
  }
  std::optional<Probe> probe() {
    return flag() ? std::optional<Probe>(Probe{text(), texts()}) : std::nullopt;
  }

 private:
  std::mt19937 engine_;
};

Container random_container(Random& random) {
  static const std::vector<uint32_t> kTypes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xfffe, 0xffff};
  Container container;
  container.type = static_cast<ContainerType>(kTypes[random.number(kTypes.size() - 1)]);
  container.full_id = "i" + random.text();
  for (std::string Container::*member :
       {&Container::name, &Container::image, &Container::image_id, &Container::image_repository,
        &Container::image_tag, &Container::image_digest, &Container::user, &Container::ip,
        &Container::cgroup_path, &Container::cni_json}) {
    container.*member = random.text();
  }
  for (YesNo Container::*member :
       {&Container::privileged, &Container::host_pid, &Container::host_network, &Container::host_ipc}) {
    container.*member = static_cast<YesNo>(random.number(2));
  }
  container.is_pod_sandbox = random.flag();
  for (std::optional<int64_t> Container::*member :
       {&Container::cpu_period, &Container::cpu_quota, &Container::cpu_shares, &Container::cpuset_cpu_count,
        &Container::memory_limit, &Container::swap_limit}) {
    if (random.flag()) container.*member = random.any();
  }
  container.created_time = random.any();
  container.size = random.any();
  container.env = random.texts();
  container.labels = random.labels();
  for (uint64_t count = random.number(3); count > 0; --count) {
    container.port_mappings.push_back({static_cast<uint32_t>(random.any()),
                                       static_cast<uint16_t>(random.any()),
                                       static_cast<uint16_t>(random.any())});
    container.mounts.push_back({random.text(), random.text(), random.text(), random.flag(), random.text()});
  }
  if (random.flag()) container.pod_sandbox_labels = random.labels();
  // The identity travels in the labels, so a record that has it has it in both places.
  for (const auto& [key, member] : {std::pair(kPodNameLabel, &Container::pod_name),
                                    std::pair(kPodNamespaceLabel, &Container::pod_namespace),
                                    std::pair(kPodUidLabel, &Container::pod_uid),
                                    std::pair(kPodSandboxIdLabel, &Container::pod_sandbox_id)}) {
    container.*member = random.text();
    if (!(container.*member).empty()) container.labels[std::string(key)] = container.*member;
  }
  container.healthcheck = random.probe();
  container.liveness_probe = random.probe();
  container.readiness_probe = random.probe();
  return container;
}

TEST(Json, RoundTripsRandomContainers) {
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    const Container container = random_container(random);
    const std::string text = to_json(container);
    const auto back = from_json(text);
    ASSERT_TRUE(back.ok()) << "seed " << seed << ": " << back.error();
    ASSERT_EQ(*back, container) << "seed " << seed << ": " << text;
    ASSERT_EQ(to_json(*back), text) << "seed " << seed;
  }
}

TEST(Json, StandsEveryPrefixAndManyMutations) {
  const std::string text = to_json(full());
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(from_json(text.substr(0, length)).ok());
  std::mt19937 engine(1);
  for (int round = 0; round < 5000; ++round) {
    std::string mutated = text;
    for (int change = 0; change < 3; ++change)
      mutated[engine() % mutated.size()] = static_cast<char>(engine());
    const auto container = from_json(mutated);
    if (container.ok()) {
      EXPECT_TRUE(from_json(to_json(*container)).ok());
    } else {
      EXPECT_FALSE(container.error().empty());
    }
  }
}

TEST(ContainerJson, WithoutEndIsRefusedOrCut) {
  std::string mounts = "{}";
  for (size_t i = 0; i < 10'000; ++i) mounts += ",{}";
  EXPECT_EQ(from_json(R"({"container":{"id":"c","Mounts":[)" + mounts + "]}}")->mounts.size(),
            limits::kMounts);
  const std::string text =
      R"({"container":{"id":"c","name":")" + std::string(limits::kEventBytes, 'x') + "\"}}";
  const auto refused = from_json(text);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().find("at most 1048576 are read"), std::string::npos) << refused.error();
  EXPECT_FALSE(from_json(R"({"container":{"id":")" + std::string(5000, 'c') + "\"}}").ok());
}

// Whatever a record holds, its own payload is read again.
TEST(ContainerJson, TheLargestRecordIsNotRefused) {
  Container container;
  container.full_id = "c";
  for (size_t i = 0; i < limits::kMounts; ++i)
    container.mounts.push_back({std::string(240, '\x01'), "", "", true, ""});
  container.env.assign(limits::kEnvironment, "\x01");
  container.port_mappings.assign(limits::kPorts, {0xffffffff, 65535, 65535});
  for (size_t i = 0; i < limits::kLabels; ++i) container.labels.emplace(std::to_string(i), "\x01");
  container.pod_sandbox_labels = container.labels;
  ASSERT_EQ(beyond_limits(container), 0U);
  const auto again = from_json(to_json(container));
  ASSERT_TRUE(again.ok()) << again.error();
  EXPECT_EQ(again->mounts, container.mounts);
}

}  // namespace
}  // namespace core
