// Event builder and event view: the bytes themselves, and events that lie about their lengths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "api/events.h"
#include "host/event_builder.h"
#include "host/event_view.h"

namespace {

using host::EventBuilder;
using host::EventBytes;
using host::EventView;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<int> as_ints(const EventBytes& bytes) {
  std::vector<int> out;
  for (const std::byte b : bytes) out.push_back(std::to_integer<int>(b));
  return out;
}

template <typename T>
T read_at(const EventBytes& bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

TEST(EventBuilder, WritesHeaderLengthsAndValuesWithoutPadding) {
  const EventBytes bytes = EventBuilder(0x0102, 3, 5).u32(0x0a0b0c0d).text("hi").build();
  EXPECT_THAT(as_ints(bytes), ElementsAre(5, 0, 0, 0, 0, 0, 0, 0,  // ts
                                          3, 0, 0, 0, 0, 0, 0, 0,  // tid
                                          37, 0, 0, 0,             // len: 26 + 2 * 2 + 4 + 3
                                          2, 1,                    // type
                                          2, 0, 0, 0,              // nparams
                                          4, 0, 3, 0,              // lengths of 16 bits
                                          0x0d, 0x0c, 0x0b, 0x0a, 'h', 'i', 0));
}

TEST(EventBuilder, LargePayloadTypesHaveLengthsOf32Bits) {
  for (const uint16_t type : {api::kEventAsync, api::kEventContainerJson2}) {
    const EventBytes bytes = EventBuilder(type, 0, 0).text("x").build();
    ASSERT_EQ(bytes.size(), 26u + 4 + 2) << type;
    EXPECT_EQ(read_at<uint32_t>(bytes, 26), 2u) << type;
  }
}

TEST(EventBuilder, LargePayloadHoldsMoreThan64KiB) {
  const std::string json(100'000, 'j');
  const EventBytes bytes = host::make_container_json(api::kEventContainerJson2, 1, json);
  const auto view = EventView::parse(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->text(0), json);
}

TEST(EventBuilder, SmallPayloadIsCutAt64KiB) {
  const EventBytes bytes = host::make_container_json(api::kEventContainerJson, 1, std::string(100'000, 'j'));
  const auto view = EventView::parse(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->param(0)->size(), 65'535u);
}

host::ThreadData some_thread() {
  host::ThreadData data;
  data.tid = 101;
  data.pid = 100;
  data.ptid = 50;
  data.vtid = 8;
  data.vpid = 7;
  data.pgid = 90;
  data.uid = 1000;
  data.gid = 1001;
  data.comm = "sh";
  data.exe = "/bin/sh";
  data.exe_path = "/usr/bin/dash";
  data.cwd = "/tmp";
  data.args = {"-c", "true"};
  data.cgroups = {{"cpu", "/a"}, {"name=systemd", "/b"}};
  data.pidns_init_start_ts = 12345;
  return data;
}

TEST(Events, CloneHasItsParametersInPlace) {
  const EventBytes bytes = host::make_clone_exit(api::kEventCloneExit, some_thread(), 9);
  const auto view = EventView::parse(bytes);
  ASSERT_TRUE(view.ok()) << view.error();
  EXPECT_EQ(view->type(), 223);
  EXPECT_EQ(view->tid(), 101);
  EXPECT_EQ(view->ts(), 9u);
  EXPECT_EQ(view->param_count(), 21u);
  EXPECT_EQ(view->i64(0), 0);
  EXPECT_EQ(view->text(1), "/bin/sh");
  EXPECT_THAT(view->texts(2), ElementsAre("-c", "true"));
  EXPECT_EQ(view->i64(3), 101);
  EXPECT_EQ(view->i64(4), 100);
  EXPECT_EQ(view->i64(5), 50);
  EXPECT_EQ(view->text(6), "/tmp");
  EXPECT_EQ(view->text(13), "sh");
  EXPECT_THAT(view->texts(14), ElementsAre("cpu=/a", "name=systemd=/b"));
  EXPECT_EQ(view->u32(16), 1000u);
  EXPECT_EQ(view->u32(17), 1001u);
  EXPECT_EQ(view->i64(18), 8);
  EXPECT_EQ(view->i64(19), 7);
  EXPECT_EQ(view->u64(20), 12345u);
}

TEST(Events, EachGenerationOfExecveHasItsNumberOfParameters) {
  const std::pair<uint16_t, uint32_t> expected[] = {{api::kEventExecve16Exit, 16},
                                                    {api::kEventExecve17Exit, 17},
                                                    {api::kEventExecve18Exit, 17},
                                                    {api::kEventExecve19Exit, 30},
                                                    {api::kEventExecveatExit, 30}};
  for (const auto& [type, params] : expected) {
    const EventBytes bytes = host::make_exec_exit(type, some_thread(), 1);
    const auto view = EventView::parse(bytes);
    ASSERT_TRUE(view.ok()) << type;
    EXPECT_EQ(view->param_count(), params) << type;
  }
  const EventBytes bytes = host::make_exec_exit(api::kEventExecve19Exit, some_thread(), 1, -2);
  const auto view = EventView::parse(bytes);
  EXPECT_EQ(view->i64(0), -2);
  EXPECT_EQ(view->u32(26), 1000u);
  EXPECT_EQ(view->text(27), "/usr/bin/dash");
  EXPECT_EQ(view->u32(29), 1001u);
}

TEST(Events, ProcexitSplitsTheStatus) {
  const EventBytes bytes = host::make_procexit(7, 1, 3 << 8, 1);
  const auto view = EventView::parse(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->i64(0), 3 << 8);
  EXPECT_EQ(view->i64(1), 3);
  EXPECT_EQ(view->i64(4), 1);
}

TEST(Events, AsyncHasPluginIdNameAndData) {
  const EventBytes bytes = host::make_async(1, "container", "{}");
  const auto view = EventView::parse(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->param_count(), 3u);
  EXPECT_EQ(view->u32(0), 0u);
  EXPECT_EQ(view->text(1), "container");
  EXPECT_EQ(view->text(2), "{}");
  EXPECT_EQ(view->param(2)->size(), 3u);  // with its NUL
}

TEST(Events, ContainerHasFourParameters) {
  const EventBytes bytes = host::make_container(1, "abc", 7, "name", "image");
  const auto view = EventView::parse(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->text(0), "abc");
  EXPECT_EQ(view->u32(1), 7u);
  EXPECT_EQ(view->text(2), "name");
  EXPECT_EQ(view->text(3), "image");
}

TEST(EventView, RefusesLies) {
  const auto error_of = [](const EventBuilder& builder) {
    const EventBytes bytes = builder.build();
    const auto view = EventView::parse(bytes);
    return view.ok() ? std::string("accepted") : view.error();
  };
  EXPECT_THAT(error_of(EventBuilder(1, 1, 1).text("x").claim_length(1000)), HasSubstr("1000 bytes"));
  EXPECT_THAT(error_of(EventBuilder(1, 1, 1).text("x").claim_length(3)), HasSubstr("3 bytes"));
  EXPECT_THAT(error_of(EventBuilder(1, 1, 1).text("x").claim_param_count(500)), HasSubstr("500 parameters"));
  EXPECT_THAT(error_of(EventBuilder(1, 1, 1).text("x").claim_param_count(UINT32_MAX)),
              HasSubstr("parameters"));
  EXPECT_THAT(error_of(EventBuilder(1, 1, 1).text("x").claim_param_length(0, 500)), HasSubstr("need"));
  EXPECT_THAT(error_of(EventBuilder(api::kEventAsync, 1, 1).text("x").claim_param_length(0, UINT32_MAX)),
              HasSubstr("need"));
  EXPECT_FALSE(EventView::parse({}).ok());
}

TEST(EventView, MissingAndMisshapenParametersAreNothing) {
  const EventBytes bytes = EventBuilder(1, 1, 1).u32(5).bytes("no end").build();
  const auto view = EventView::parse(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->u32(0), 5u);
  EXPECT_FALSE(view->u64(0).has_value());
  EXPECT_FALSE(view->param(2).has_value());
  EXPECT_FALSE(view->text(9).has_value());
  EXPECT_EQ(view->text(1), "no end");
  EXPECT_THAT(view->texts(1), ElementsAre("no end"));
}

}  // namespace
