// Events as a broken driver or a hostile capture would hold them: nothing crashes, nothing is read beyond
// them.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "api/events.h"
#include "api/plugin_api.h"
#include "core/container_json.h"
#include "plugin_host.h"

namespace {

using test::kIdA;
using test::kStart;
using test::PluginHost;

// Hands the plugin exactly the bytes given, without the host's own checks, in memory of just that size, so
// that the sanitizers see every byte that is read too much.
class RawFeed {
 public:
  explicit RawFeed(PluginHost& host) : instance_(host.instance()) {}
  void operator()(const host::EventBytes& bytes) {
    const std::unique_ptr<std::byte[]> copy(new std::byte[bytes.size()]);
    std::memcpy(copy.get(), bytes.data(), bytes.size());
    const auto view = host::EventView::parse(std::span(copy.get(), bytes.size()));
    if (!view) return;
    (void)instance_.parse(*view, ++number_);
    for (const char* field : {"container.name", "container.mounts", "container.label[a]"}) {
      const auto request = host::parse_field_request(instance_.fields(), field);
      (void)instance_.extract(*view, number_, **request);
    }
  }

 private:
  host::PluginInstance& instance_;
  uint64_t number_ = 0;
};

const std::vector<host::EventBytes>& seeds() {
  static const std::vector<host::EventBytes> events = [] {
    const std::string json = core::to_json(test::full_container(kIdA));
    const auto child = test::thread(10, test::docker_cgroup(kIdA));
    return std::vector<host::EventBytes>{
        host::make_async(kStart, "container", json),
        host::make_async(kStart, "container_removed", json),
        host::make_container_json(api::kEventContainerJson, kStart, json),
        host::make_container_json(api::kEventContainerJson2, kStart, json),
        host::make_container(kStart, "aaaaaaaaaaaa", 0, "n", "i"),
        host::make_clone_exit(api::kEventCloneExit, child, kStart),
        host::make_exec_exit(api::kEventExecve19Exit, child, kStart),
        host::make_chroot_exit(10, kStart, "/"),
        host::make_procexit(10, kStart),
    };
  }();
  return events;
}

TEST(Hostile, LyingLengthsInContainerEvents) {
  PluginHost host;
  host.put(test::thread(10, test::docker_cgroup(kIdA)));
  host.open();
  RawFeed feed(host);
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    host::EventBytes bytes = seeds()[random() % seeds().size()];
    const size_t flips = 1 + random() % 4;
    for (size_t i = 0; i < flips; ++i) {
      // Half of the time in the header and the length table, where it hurts most.
      const size_t where = random() % 2 == 0 ? random() % 40 : random() % bytes.size();
      bytes[where % bytes.size()] = static_cast<std::byte>(random());
    }
    if (random() % 4 == 0)
      bytes.resize(sizeof(api::Event) + random() % (bytes.size() - sizeof(api::Event) + 1));
    // `len` is the one thing the host vouches for: keep it within what there is.
    uint32_t len = 0;
    std::memcpy(&len, bytes.data() + offsetof(api::Event, len), sizeof(len));
    if (len > bytes.size()) {
      len = static_cast<uint32_t>(bytes.size());
      std::memcpy(bytes.data() + offsetof(api::Event, len), &len, sizeof(len));
    }
    feed(bytes);
  }
  EXPECT_EQ(host.ask(20, "container.id"), "<NA>");
}

TEST(Hostile, ShortResultOfACallIsRefused) {
  PluginHost host;
  host.put(test::thread(10, test::docker_cgroup(kIdA)));
  host.open();
  EXPECT_FALSE(host.feed(host::EventBuilder(api::kEventChrootExit, 10, kStart).u32(0).build()));
  EXPECT_FALSE(host.feed(host::EventBuilder(api::kEventChrootExit, 10, kStart).build()));
  EXPECT_EQ(host.metric("events_refused"), 2u);
}

}  // namespace
