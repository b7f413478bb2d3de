// Every allocation of the library fails once, in each kind of call that the host makes: the call may fail,
// but nothing is thrown at the host, and what comes afterwards is answered as ever.
#include <gtest/gtest.h>
#include <link.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "api/events.h"
#include "host/table_registry.h"
#include "plugin_host.h"
#include "support/malloc_count.h"

namespace {

using test::docker_cgroup;
using test::kIdA;
using test::kSecond;
using test::PluginHost;

// Where the library lies in memory.
struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

int find_library(dl_phdr_info* object, size_t, void* out) {
  if (std::string_view(object->dlpi_name).find("libcontainer.so") == std::string_view::npos) return 0;
  auto& range = *static_cast<Range*>(out);
  range.begin = object->dlpi_addr;
  for (const ElfW(Phdr) & part : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
    if (part.p_type == PT_LOAD) range.end = object->dlpi_addr + part.p_vaddr + part.p_memsz;
  }
  return 1;
}

class OutOfMemory : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(host_.ok()) << host_.error();
    host_.put(test::thread(10, docker_cgroup(kIdA)));
    host_.open();
    ASSERT_TRUE(host_.announce(test::full_container(kIdA)));
    dl_iterate_phdr(find_library, &library_);
    ASSERT_NE(library_.end, 0U);
  }

  // Does `call`, of a container with an id of its own, again and again, and each time the next allocation
  // fails, until none of them is left.
  void each_allocation_fails_in(const std::function<void(const std::string& id)>& call) {
    constexpr uint64_t kMost = 2000;
    for (uint64_t nth = 1; nth <= kMost; ++nth) {
      const std::string id = fresh_id();
      support::fail_nth_malloc(nth, reinterpret_cast<const void*>(library_.begin),
                               reinterpret_cast<const void*>(library_.end));
      call(id);
      support::fail_nth_malloc(0, nullptr, nullptr);
      if (!support::malloc_failed()) {
        EXPECT_GT(nth, 1U) << "nothing has failed";
        return;
      }
      expect_all_is_well(id);
    }
    FAIL() << "more than " << kMost << " allocations";
  }

  // Of other containers, and of the one that had the trouble.
  void expect_all_is_well(const std::string& id) {
    EXPECT_EQ(host_.ask(10, "container.name"), "web");
    auto container = test::full_container(id);
    container.name = "again";
    EXPECT_TRUE(host_.announce(container));
    host_.put(test::thread(tid_, docker_cgroup(id)));
    EXPECT_EQ(host_.ask(tid_, "container.name"), "again");
    EXPECT_TRUE(host_.feed(host::make_procexit(tid_, host_.now(), 0, 1)));
    host_.session().threads().erase_thread(tid_);
    EXPECT_TRUE(host_.announce_removed(container));
    host_.set_now(host_.now() + 31 * kSecond);
    EXPECT_TRUE(host_.feed(host::make_procexit(1, host_.now(), 0, 1)));  // drops it
  }

  std::string fresh_id() {
    std::string id = std::to_string(++number_);
    id.insert(0, 12 - id.size(), 'c');
    return id + kIdA.substr(12);
  }

  PluginHost host_;
  Range library_;
  int number_ = 0;
  int64_t tid_ = 5000;
};

TEST_F(OutOfMemory, AProcessStarts) {
  each_allocation_fails_in([&](const std::string& id) {
    host_.put(test::thread(tid_, docker_cgroup(id)));
    host_.feed(
        host::make_clone_exit(api::kEventCloneExit, test::thread(tid_, docker_cgroup(id)), host_.now()));
  });
}

TEST_F(OutOfMemory, AFieldIsAsked) {
  each_allocation_fails_in([&](const std::string& id) {
    host_.put(test::thread(tid_, docker_cgroup(id)));
    host_.ask_before_parsing(
        host::make_clone_exit(api::kEventCloneExit, test::thread(tid_, docker_cgroup(id)), host_.now()),
        "container.name");
  });
}

TEST_F(OutOfMemory, AContainerIsAnnounced) {
  each_allocation_fails_in([&](const std::string& id) { host_.announce(test::full_container(id)); });
}

TEST_F(OutOfMemory, AContainerIsCompleted) {
  each_allocation_fails_in([&](const std::string& id) {
    auto container = test::full_container(id);
    container.full_id.resize(core::kShortIdLength);
    container.labels.clear();
    host_.announce(container);
    host_.announce(test::full_container(id));
  });
}

TEST_F(OutOfMemory, AContainerIsRemovedAndDropped) {
  each_allocation_fails_in([&](const std::string& id) {
    host_.announce(test::full_container(id));
    host_.announce_removed(test::full_container(id));
    host_.set_now(host_.now() + 31 * kSecond);
    host_.feed(host::make_procexit(1, host_.now(), 0, 1));
  });
}

TEST_F(OutOfMemory, TheTableIsRead) {
  host::Table* table = host_.session().tables().find("containers", api::kStateString);
  ASSERT_NE(table, nullptr);
  each_allocation_fails_in([&](const std::string&) {
    api::StateData key{};
    key.str = "aaaaaaaaaaaa";
    if (api::TableEntry* entry = table->get_entry(key); entry != nullptr) table->release_entry(entry);
    table->iterate([](api::IteratorState*, api::TableEntry*) -> api::Bool { return 1; }, nullptr);
  });
}

TEST_F(OutOfMemory, MetricsAndDumpsAreAsked) {
  each_allocation_fails_in([&](const std::string&) {
    host_.instance().metrics();
    (void)host_.instance().dump_state();
  });
}

TEST_F(OutOfMemory, AnInstanceBegins) {
  each_allocation_fails_in([&](const std::string&) { PluginHost another; });
}

}  // namespace
