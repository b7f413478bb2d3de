// dump_state: what is dumped brings a fresh instance to the same answers.
#include <gtest/gtest.h>

#include "plugin_host.h"

namespace {

using test::kIdA;
using test::kIdB;
using test::PluginHost;

TEST(Dump, ReplaysToTheSameAnswers) {
  PluginHost first;
  first.put(test::thread(10, test::docker_cgroup(kIdA)));
  first.put(test::thread(11, "/lxc.payload.web"));
  first.put(test::thread(12, test::docker_cgroup(kIdB)));  // only its cgroup is known: not dumped
  first.open();
  ASSERT_TRUE(first.announce(test::full_container(kIdA)));
  const auto dump = first.instance().dump_state();
  ASSERT_TRUE(dump.ok()) << dump.error();
  ASSERT_EQ(dump->size(), 2u);

  PluginHost second;
  second.put(test::thread(10, test::docker_cgroup(kIdA)));
  for (const auto& event : *dump) {
    const auto view = host::EventView::parse(event);
    ASSERT_TRUE(view.ok()) << view.error();
    EXPECT_EQ(view->type(), 402);
    EXPECT_EQ(view->tid(), 0);
    EXPECT_EQ(view->ts(), test::kStart) << "the host writes a dump as it is";
    ASSERT_TRUE(second.feed(event));
  }
  second.open();
  for (const auto& field : first.instance().fields()) {
    const std::string name = field.takes_argument() ? field.name + "[app]" : field.name;
    EXPECT_EQ(second.ask(10, name), first.ask(10, name)) << name;
  }
}

TEST(Dump, EmptyCache) {
  PluginHost host;
  const auto dump = host.instance().dump_state();
  ASSERT_TRUE(dump.ok()) << dump.error();
  EXPECT_TRUE(dump->empty());
}

}  // namespace
