// Records without end are cut to the limits, all others stay as they are.
#include "core/fit.h"

#include <gtest/gtest.h>

#include <string>

#include "base/utf8.h"
#include "core/limits.h"
#include "core/rendered.h"

namespace core {
namespace {

std::string filled(size_t bytes) {
  return std::string(bytes, 'x');
}

Container large() {
  Container container;
  container.full_id = filled(limits::kTextBytes + 1);
  container.name = filled(limits::kTextBytes);
  for (size_t i = 0; i < limits::kLabels; ++i) container.labels.emplace(std::to_string(i), "value");
  container.pod_sandbox_labels = container.labels;
  container.mounts.assign(limits::kMounts, Mount{"/a", "/b", "", true, "rprivate"});
  container.port_mappings.assign(limits::kPorts, PortMapping{0, 80, 80});
  container.env.assign(limits::kEnvironment, "A=B");
  container.healthcheck = Probe{"sh", std::vector<std::string>(limits::kArguments, "x")};
  container.cni_json = filled(limits::kCniBytes);
  container.cgroup_path = "/" + filled(limits::kTextBytes - 1);
  return container;
}

TEST(Fit, LeavesWhatIsWithinTheLimits) {
  for (const Container& container : {Container(), large()}) {
    EXPECT_EQ(beyond_limits(container), 0U);
    Container fitted = container;
    EXPECT_EQ(fit(fitted), 0U);
    EXPECT_EQ(fitted, container);
  }
}

TEST(Fit, CutsEachListAtItsEnd) {
  Container container = large();
  container.mounts.insert(container.mounts.end(), 10000, Mount{});
  container.env.emplace_back("LAST=1");
  container.port_mappings.emplace_back();
  container.labels.emplace("z", "last");
  container.pod_sandbox_labels->emplace("z", "last");
  container.liveness_probe = Probe{"sh", std::vector<std::string>(limits::kArguments + 1)};
  container.readiness_probe = Probe{filled(limits::kProbeBytes + 1), {}};
  EXPECT_EQ(beyond_limits(container), 10006U);
  EXPECT_EQ(fit(container), 10006U);
  EXPECT_EQ(container, large());
  EXPECT_EQ(beyond_limits(container), 0U);
}

TEST(Fit, APathIsNotCut) {
  Container container;
  container.cgroup_path = "/" + filled(limits::kTextBytes);
  EXPECT_EQ(fit(container), 1U);
  EXPECT_EQ(container.cgroup_path, "");
}

TEST(Fit, CutsTextsBetweenCharacters) {
  for (size_t before = 0; before < 4; ++before) {
    Container container;
    container.name = filled(before);
    while (container.name.size() <= limits::kTextBytes) container.name += "\xF0\x9F\x90\xB3";
    EXPECT_EQ(fit(container), 1U);
    EXPECT_LE(container.name.size(), limits::kTextBytes);
    EXPECT_GT(container.name.size(), limits::kTextBytes - 4);
    EXPECT_TRUE(base::is_utf8(container.name)) << before;
  }
  // What is no UTF-8 is cut, too.
  Container container;
  container.image = std::string(limits::kTextBytes * 2, '\x80');
  EXPECT_EQ(fit(container), 1U);
  EXPECT_LE(container.image.size(), limits::kTextBytes);
}

TEST(Fit, HoldsAllTextsTogether) {
  Container container = large();
  const std::string megabyte = filled(limits::kMiB);
  for (Mount& mount : container.mounts) mount.source = filled(1000);
  for (std::string& variable : container.env) variable = filled(1000);
  for (auto& [key, value] : container.labels) value = filled(100);
  container.labels["z"] = megabyte;
  EXPECT_GT(fit(container), 0U);
  EXPECT_EQ(beyond_limits(container), 0U);
  EXPECT_EQ(container.labels.size(), limits::kLabels);
  EXPECT_FALSE(container.labels.contains("z"));
  EXPECT_GT(container.mounts.size(), 10U);
  EXPECT_LT(container.mounts.size(), limits::kMounts);
  // Made into texts each is there up to three times, and the lists themselves take room.
  EXPECT_LT(Record::make(container)->bytes, limits::kRecordMemory);
}

// Whoever makes a record from parts that fit gets one that fits.
TEST(Fit, RecordsAreHeldToTheLimits) {
  Container container = large();
  container.mounts.resize(100'000);
  const auto record = Record::make(std::move(container));
  EXPECT_EQ(record->container.mounts.size(), limits::kMounts);
  EXPECT_EQ(record->mount_texts.size(), limits::kMounts);
}

}  // namespace
}  // namespace core
