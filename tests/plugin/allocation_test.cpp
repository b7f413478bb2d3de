// The hot path allocates nothing once it is warm: extraction of every field, and process events that move no
// thread to another container.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "api/events.h"
#include "plugin_host.h"
#include "support/malloc_count.h"

namespace {

using test::kIdA;
using test::kStart;
using test::PluginHost;

const api::Event* event_of(const host::EventBytes& bytes) {
  return reinterpret_cast<const api::Event*>(bytes.data());
}

class Allocations : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.put(test::thread(1, "/"));
    host_.put(test::thread(10, test::docker_cgroup(kIdA)));
    host_.put(test::thread(20, "/system.slice/cron.service"));
    host_.open();
    ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
    call_ = host_.instance().raw_call();
    functions_ = &host_.instance().library().functions();
  }

  // Allocations of one call, after a first one to warm up.
  uint64_t extract(const host::EventBytes& event, uint32_t field, const char* key) {
    api::ExtractField request{};
    request.field_id = field;
    request.arg_key = key;
    request.arg_present = key != nullptr ? 1 : 0;
    call_.extract.num_fields = 1;
    call_.extract.fields = &request;
    uint64_t count = 0;
    for (int round = 0; round < 2; ++round) {
      const api::EventInput input{event_of(event), ++number_, "syscall"};
      const uint64_t before = support::mallocs();
      functions_->extract_fields(call_.state, &input, &call_.extract);
      count = support::mallocs() - before;
    }
    return count;
  }
  uint64_t parse(const host::EventBytes& event) {
    uint64_t count = 0;
    for (int round = 0; round < 2; ++round) {
      const api::EventInput input{event_of(event), ++number_, "syscall"};
      const uint64_t before = support::mallocs();
      functions_->parse_event(call_.state, &input, &call_.parse);
      count = support::mallocs() - before;
    }
    return count;
  }

  PluginHost host_;
  host::PluginInstance::RawCall call_{};
  const host::PluginFunctions* functions_ = nullptr;
  uint64_t number_ = 1000;
};

TEST_F(Allocations, TheCounterCounts) {
  const uint64_t before = support::mallocs();
  const std::unique_ptr<void, void (*)(void*)> memory(std::malloc(100), std::free);
  EXPECT_NE(memory.get(), nullptr);
  EXPECT_EQ(support::mallocs(), before + 1);
}

TEST_F(Allocations, NoneInExtraction) {
  const auto in_container = host::EventBuilder(0, 10, kStart).build();
  const auto on_host = host::EventBuilder(0, 20, kStart).build();
  const auto without_thread = host::EventBuilder(0, 4711, kStart).build();
  const auto& fields = host_.instance().fields();
  for (uint32_t id = 0; id < fields.size(); ++id) {
    const char* key = !fields[id].takes_argument() ? nullptr : id % 2 == 0 ? "0" : "/host/*";
    EXPECT_EQ(extract(in_container, id, key), 0u) << fields[id].name;
    EXPECT_EQ(extract(on_host, id, key), 0u) << fields[id].name;
    // The host's own error text for a missing thread is an allocation of the host's.
    EXPECT_LE(extract(without_thread, id, key), 1u) << fields[id].name;
  }
}

TEST_F(Allocations, NoneInProcessEvents) {
  const auto in_container = test::thread(10, test::docker_cgroup(kIdA));
  const auto on_host = test::thread(20, "/system.slice/cron.service");
  EXPECT_EQ(parse(host::make_exec_exit(api::kEventExecve19Exit, in_container, kStart)), 0u);
  EXPECT_EQ(parse(host::make_exec_exit(api::kEventExecve19Exit, on_host, kStart)), 0u);
  EXPECT_EQ(parse(host::make_clone_exit(api::kEventCloneExit, in_container, kStart)), 0u);
  EXPECT_EQ(parse(host::make_clone_exit(api::kEventClone3Exit, on_host, kStart, 77)), 0u);
}

}  // namespace
