// The container event's payload: writing and tolerant reading.
#include "core/container_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/fit.h"
#include "core/labels.h"
#include "core/limits.h"
#include "full_container.h"

namespace core {
namespace {

namespace json = boost::json;

Container read(const std::string& members) {
  const auto container = from_json("{\"container\":{\"id\":\"c\"" + members + "}}");
  EXPECT_TRUE(container.ok()) << members;
  return container.ok() ? *container : Container{};
}

TEST(ToJson, WritesEveryKeyInOrder) {
  EXPECT_EQ(
      to_json(full()),
      R"({"container":{"type":11,"id":"32a1026ccb88","full_id":"32a1026ccb88a551","name":"web","image":"fedora:38",)"
      R"("imageid":"0ca0fe","imagerepo":"fedora","imagetag":"38","imagedigest":"sha256:1","User":"1000",)"
      R"("ip":"172.17.0.2","privileged":true,"host_pid":true,"host_network":true,"host_ipc":true,"cpu_period":1,)"
      R"("cpu_quota":-1,"cpu_shares":2,"cpuset_cpu_count":3,"memory_limit":5368709120,"swap_limit":-1,)"
      R"("created_time":1730971086,"size":12,"env":["A=1","B"],"labels":{"k":"v"},)"
      R"("port_mappings":[{"HostIp":2130706433,"HostPort":8080,"ContainerPort":80}],)"
      R"("Mounts":[{"Source":"/a","Destination":"/b","Mode":"z","RW":false,"Propagation":"rprivate"}],)"
      R"("is_pod_sandbox":true,"pod_sandbox_id":"","pod_sandbox_labels":{"p":"q"},"cni_json":"{\"a\":\"b\"}",)"
      R"("Healthcheck":{"exe":"NONE","args":[]},"StartupHealthcheck":{"exe":"s","args":[]},"LivenessProbe":{"exe":"/bin/sh","args":["-c","true"]},)"
      R"("ReadinessProbe":{"exe":"x","args":[""]},"cgroup_path":"a.slice:b:c","owner":0,"source":"api"}})");
}

TEST(ToJson, KeepsTheOwner) {
  for (const core::Owner owner : {core::Owner::machine(), core::Owner::user(1000),
                                  core::Owner::user(4294967294U), core::Owner::nobody()}) {
    Container container = full();
    container.owner = owner;
    const std::string text = to_json(container);
    EXPECT_TRUE(core::has_owner(text));
    EXPECT_EQ(from_json(text)->owner, owner) << text;
  }
  EXPECT_FALSE(core::has_owner(R"({"container":{"id":"a","labels":{"owner":"1"}},"owner":1})"));
  EXPECT_FALSE(core::has_owner("not JSON"));
  EXPECT_EQ(from_json(R"({"container":{"id":"a"}})")->owner, core::Owner::machine());
  // Whatever it is, it is not root's.
  for (const char* owner : {"-1", "\"0\"", "4294967296", "null", "{}", "1.5"}) {
    const std::string text = std::string(R"({"container":{"id":"a","owner":)") + owner + "}}";
    EXPECT_FALSE(from_json(text)->owner.is_machine()) << text;
  }
}

TEST(ToJson, WritesDefaultsAndLeavesAbsentProbesOut) {
  const std::string text = to_json_object({});
  EXPECT_TRUE(text.starts_with(R"({"type":65535,"id":"","full_id":"")")) << text;
  EXPECT_TRUE(text.ends_with(R"("pod_sandbox_labels":null,"cni_json":"","owner":0,"source":"api"})")) << text;
  EXPECT_NE(text.find(R"("size":-1)"), std::string::npos);
  // What nobody has told is left out: a reader must not take it for false or 0.
  for (const char* key : {"privileged", "host_pid", "host_network", "host_ipc", "cpu_period", "cpu_quota",
                          "cpu_shares", "cpuset_cpu_count", "memory_limit", "swap_limit"}) {
    EXPECT_EQ(text.find('"' + std::string(key) + '"'), std::string::npos) << key;
  }
  EXPECT_NE(text.find(R"("env":[],"labels":{},"port_mappings":[],"Mounts":[])"), std::string::npos);
}

TEST(ToJson, PutsTheIdentityIntoTheLabels) {
  Container container;
  container.labels = {{"a", "b"}, {"io.kubernetes.pod.name", "stale"}};
  container.pod_name = "web-0";
  container.pod_namespace = "shop";
  container.pod_uid = "u";
  container.pod_sandbox_id = "s";
  EXPECT_NE(to_json(container).find(
                R"("labels":{"a":"b","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop",)"
                R"("io.kubernetes.pod.uid":"u","io.kubernetes.sandbox.id":"s"})"),
            std::string::npos)
      << to_json(container);
}

TEST(ToJson, IsValidWhateverBytesTheRecordHolds) {
  Container container = full();
  const std::string bad("\xff\x00\xc3\"\\\n\xed\xa0\x80", 9);
  container.name = bad;
  container.labels = {{bad, bad}};
  container.env = {bad};
  container.healthcheck = Probe{bad, {bad}};
  container.mounts = {{bad, bad, bad, true, bad}};
  container.pod_sandbox_labels = Labels{{bad, bad}};
  const std::string text = to_json(container);
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(text.find('\0'), std::string::npos);
  const auto back = from_json(text);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->name,
            std::string("\xEF\xBF\xBD\0\xEF\xBF\xBD\"\\\n\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 19));
}

TEST(FromJson, ReadsBackWhatWasWritten) {
  const auto back = from_json(to_json(full()));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, full());
}

// What the format says of keys that are left out, where nothing says that they are not known.
void take_defaults(Container& container) {
  container.privileged = container.host_pid = container.host_network = container.host_ipc = YesNo::kNo;
  container.cpu_period = 100000;
  container.cpu_shares = 1024;
  container.cpu_quota = container.cpuset_cpu_count = container.memory_limit = container.swap_limit = 0;
}

TEST(FromJson, GivesDefaultsToWhatIsMissingOrNull) {
  Container expected;
  take_defaults(expected);
  expected.source = Source::kSighting;
  expected.full_id = "c";
  EXPECT_EQ(read(""), expected);
  EXPECT_EQ(
      read(
          R"(,"type":null,"full_id":null,"name":null,"image":null,"imageid":null,"imagerepo":null,"imagetag":null,
      "imagedigest":null,"User":null,"ip":null,"privileged":null,"host_pid":null,"host_network":null,"host_ipc":null,
      "cpu_period":null,"cpu_quota":null,"cpu_shares":null,"cpuset_cpu_count":null,"memory_limit":null,
      "swap_limit":null,"created_time":null,"size":null,"env":null,"labels":null,"port_mappings":null,"Mounts":null,
      "is_pod_sandbox":null,"pod_sandbox_id":null,"pod_sandbox_labels":null,"cni_json":null,"Healthcheck":null,
      "LivenessProbe":null,"ReadinessProbe":null,"unknown":{"a":[1]},"lookup_state":1,"metadata_deadline":0)"),
      expected);
}

TEST(FromJson, GivesDefaultsToWrongTypes) {
  Container expected;
  take_defaults(expected);
  expected.source = Source::kSighting;
  expected.full_id = "c";
  EXPECT_EQ(
      read(
          R"(,"type":"docker","full_id":5,"name":5,"image":[],"imageid":{},"ip":true,"privileged":1,"host_pid":"yes",
      "cpu_period":"1","cpu_shares":1.5,"memory_limit":18446744073709551615,"swap_limit":1e300,"created_time":-1e300,
      "size":[],"env":{"a":"b"},"labels":["a"],"port_mappings":{},"Mounts":"x","is_pod_sandbox":0,
      "pod_sandbox_labels":[],"cni_json":{},"Healthcheck":[],"LivenessProbe":{"args":["x"]},
      "ReadinessProbe":{"exe":5})"),
      expected);
}

TEST(FromJson, SkipsElementsOfAWrongType) {
  const Container container = read(R"(,"env":["a",5,null,"b"],"labels":{"a":"1","b":2,"c":null},
      "port_mappings":[5,{"HostIp":-1,"HostPort":65536,"ContainerPort":80},null],
      "Mounts":[null,{"Source":"/a","RW":"no"}],"Healthcheck":{"exe":"x","args":["y",1,"z"]},
      "LivenessProbe":{"exe":"x","args":"y"})");
  EXPECT_EQ(container.env, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(container.labels, (Labels{{"a", "1"}}));
  EXPECT_EQ(container.port_mappings, (std::vector<PortMapping>{{0, 0, 80}}));
  EXPECT_EQ(container.mounts, (std::vector<Mount>{{"/a", "", "", false, ""}}));
  EXPECT_EQ(container.healthcheck, (Probe{"x", {"y", "z"}}));
  EXPECT_EQ(container.liveness_probe, (Probe{"x", {}}));
}

// The existing plugin up to 0.3.5 dumped and removed with all members beside a "container" that is null.
TEST(FromJson, ReadsTheFlatFormOfOldVersions) {
  const std::string members =
      R"("id":"c0ffee11dead","full_id":"c0ffee11deadbeef","name":"hawking","image":"busybox:stable",
      "imagetag":"stable","type":0,"labels":{"a":"b"},"Mounts":[{"Source":"/a","RW":true}],"env":null,
      "Healthcheck":{"exe":"x","args":null},"pod_sandbox_labels":null)";
  for (const std::string& text : {"{\"container\":null," + members + "}", "{" + members + "}",
                                  "{" + members + ",\"container\":null}"}) {
    const auto container = from_json(text);
    ASSERT_TRUE(container.ok()) << container.error();
    EXPECT_EQ(container->type, ContainerType::kDocker);
    EXPECT_EQ(container->full_id, "c0ffee11deadbeef");
    EXPECT_EQ(container->name, "hawking");
    EXPECT_EQ(container->image_tag, "stable");
    EXPECT_EQ(container->labels, (Labels{{"a", "b"}}));
    EXPECT_EQ(container->mounts, (std::vector<Mount>{{"/a", "", "", true, ""}}));
    EXPECT_EQ(container->healthcheck, (Probe{"x", {}}));
  }
  EXPECT_TRUE(from_json(R"({"container":null,"full_id":"c0ffee11deadbeef"})").ok());
  EXPECT_FALSE(from_json(R"({"container":null})").ok());
  EXPECT_FALSE(from_json(R"({"container":null,"name":"n"})").ok());
  EXPECT_FALSE(from_json(R"({"container":7,"id":"c0ffee11dead"})").ok());
}

// And wrote addresses and ports of the host as texts until 0.3.1.
TEST(FromJson, ReadsPortsThatAreTexts) {
  const Container container =
      read(R"(,"port_mappings":[{"HostIp":"127.0.0.1","HostPort":"8080","ContainerPort":80},
      {"HostIp":"::","HostPort":"8080","ContainerPort":80},{"HostIp":"","HostPort":"81","ContainerPort":1}])");
  EXPECT_EQ(container.port_mappings, (std::vector<PortMapping>{{0x7f000001, 8080, 80}, {0, 81, 1}}));
}

// Who does not say that a mount can be written to has not said that it can.
TEST(FromJson, AMountIsWritableOnlyWhenThatIsSaid) {
  for (const char* rw : {"", R"(,"RW":null)", R"(,"RW":"true")", R"(,"RW":1)", R"(,"RW":false)"}) {
    const Container container =
        read(R"(,"Mounts":[{"Source":"/a","Destination":"/b")" + std::string(rw) + "}]");
    ASSERT_EQ(container.mounts.size(), 1u) << rw;
    EXPECT_FALSE(container.mounts[0].rw) << rw;
  }
  EXPECT_TRUE(read(R"(,"Mounts":[{"RW":true}])").mounts[0].rw);
}

// false and 0 are what somebody told; a key that is not there told nothing.
TEST(FromJson, TellsNoFromNotKnown) {
  const Container told =
      read(R"(,"source":"api","privileged":false,"host_pid":true,"cpu_shares":0,"swap_limit":-1)");
  EXPECT_EQ(told.privileged, YesNo::kNo);
  EXPECT_EQ(told.host_pid, YesNo::kYes);
  EXPECT_EQ(told.host_network, YesNo::kUnknown);
  EXPECT_EQ(told.cpu_shares, 0);
  EXPECT_EQ(told.swap_limit, -1);
  EXPECT_EQ(told.memory_limit, std::nullopt);
}

TEST(FromJson, ReadsNumbersOfEveryKind) {
  const Container container = read(R"(,"memory_limit":9223372036854775807,"swap_limit":-9223372036854775808,
      "cpu_quota":2e3,"cpu_shares":512.0,"size":-1.0,"port_mappings":[{"HostIp":4294967295,"HostPort":8e3,
      "ContainerPort":65535}])");
  EXPECT_EQ(container.memory_limit, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(container.swap_limit, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(container.cpu_quota, 2000);
  EXPECT_EQ(container.cpu_shares, 512);
  EXPECT_EQ(container.size, -1);
  EXPECT_EQ(container.port_mappings, (std::vector<PortMapping>{{0xffffffff, 8000, 65535}}));
  EXPECT_EQ(read(R"(,"memory_limit":9223372036854775808.0)").memory_limit, 0);
  EXPECT_EQ(read(R"(,"memory_limit":5368709120)").memory_limit, 5368709120);
}

TEST(FromJson, KnowsItsTypes) {
  EXPECT_EQ(read(R"(,"type":0)").type, ContainerType::kDocker);
  EXPECT_EQ(read(R"(,"type":65534)").type, ContainerType::kHost);
  for (const char* number :
       {"12", "65535", "-1", "4294967296", "1.5", "100000", "null", "\"docker\"", "\"0\"", "{}"}) {
    EXPECT_EQ(read(std::string(",\"type\":") + number).type, ContainerType::kUnknown) << number;
  }
  EXPECT_EQ(read("").type, ContainerType::kUnknown);
}

TEST(FromJson, ReadsTheInnerObjectAlone) {
  const auto container = from_json(R"({"id":"abc","name":"n","type":7})");
  ASSERT_TRUE(container.ok()) << container.error();
  EXPECT_EQ(container->full_id, "abc");
  EXPECT_EQ(container->name, "n");
  EXPECT_FALSE(from_json(R"({"name":"n"})").ok());
  EXPECT_FALSE(from_json(R"({"id":7})").ok());
}

TEST(FromJson, OldWordsForNoneAreNone) {
  const Container container = read(R"(,"ip":"0.0.0.0","User":"<NA>")");
  EXPECT_EQ(container.ip, "");
  EXPECT_EQ(container.user, "");
}

TEST(FromJson, FindsTheId) {
  const auto id_of = [](const std::string& text) {
    const auto container = from_json("{\"container\":" + text + "}");
    return container.ok() ? container->full_id : "error: " + container.error();
  };
  EXPECT_EQ(id_of(R"({"id":"a"})"), "a");
  EXPECT_EQ(id_of(R"({"full_id":"ab"})"), "ab");
  EXPECT_EQ(id_of(R"({"id":"a","full_id":"abc"})"), "abc");
  EXPECT_EQ(id_of(R"({"id":"a","full_id":""})"), "a");
  EXPECT_EQ(id_of(R"({"id":"a","full_id":"xyz"})"), "a");
  EXPECT_EQ(
      id_of(R"({"id":"","name":"x"})"),
      R"(error: container event: the payload has no 'container.id': '{"container":{"id":"","name":"x"}}')");
}

TEST(FromJson, TakesTheIdentityFromTheLabels) {
  const Container container =
      read(R"(,"labels":{"io.kubernetes.pod.name":"p","io.kubernetes.pod.namespace":"n",
      "io.kubernetes.pod.uid":"u","io.kubernetes.sandbox.id":"s"})");
  EXPECT_EQ(container.pod_name, "p");
  EXPECT_EQ(container.pod_namespace, "n");
  EXPECT_EQ(container.pod_uid, "u");
  EXPECT_EQ(container.pod_sandbox_id, "s");
  EXPECT_EQ(container.labels.size(), 4u);
}

TEST(FromJson, RefusesWhatIsNoPayload) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "not JSON"},
      {"x", "not JSON"},
      {"{", "not JSON"},
      {"{\"container\":{\"id\":\"a\"}} x", "not JSON"},
      {"{\"container\":{\"id\":\"a\"}}{}", "not JSON"},
      {"null", "no object 'container'"},
      {"[]", "no object 'container'"},
      {"{\"name\":\"a\"}", "no object 'container'"},
      {"{\"container\":[]}", "no object 'container'"},
      {"{\"container\":{}}", "no 'container.id'"},
      {"{\"container\":{\"id\":5}}", "no 'container.id'"},
      {std::string(100000, '['), "nested deeper than 32"},
      {"{\"container\":{\"id\":\"a\",\"x\":" + std::string(31, '[') + std::string(31, ']') + "}}",
       "nested deeper"},
  };
  for (const auto& [text, expected] : cases) {
    const auto container = from_json(text);
    ASSERT_FALSE(container.ok()) << text.substr(0, 80);
    EXPECT_NE(container.error().find(expected), std::string::npos) << container.error();
    EXPECT_LT(container.error().size(), 200u);
  }
  EXPECT_TRUE(
      from_json("{\"container\":{\"id\":\"a\",\"x\":" + std::string(30, '[') + std::string(30, ']') + "}}")
          .ok());
}

TEST(FromJson, AcceptsTerminatorsAndBytesThatAreNoUtf8) {
  EXPECT_TRUE(from_json(std::string_view("{\"container\":{\"id\":\"a\"}}\0\0", 26)).ok());
  const auto container = from_json("{\"container\":{\"id\":\"a\",\"name\":\"x\xff\"}}");
  ASSERT_TRUE(container.ok());
  EXPECT_EQ(container->name, "x\xEF\xBF\xBD");
}

TEST(FromJson, TellsAFilesWordFromAnEngines) {
  Container container;
  container.full_id = "abc";
  for (const Source source :
       {Source::kCgroup, Source::kSighting, Source::kBundle, Source::kDisk, Source::kApi}) {
    container.source = source;
    const auto read = from_json(to_json(container));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->source, source);
  }
  EXPECT_EQ(from_json(R"({"container":{"id":"a","source":"bundles"}})")->source, Source::kSighting);
  EXPECT_EQ(from_json(R"({"container":{"id":"a","source":1}})")->source, Source::kSighting);
}

}  // namespace
}  // namespace core
