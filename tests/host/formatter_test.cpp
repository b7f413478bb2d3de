// Output lines and JSON in Falco's syntax.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/events.h"
#include "host/event_builder.h"
#include "host/formatter.h"
#include "host/session.h"

namespace {

using host::Formatter;
using testing::HasSubstr;

struct FormatterTest : testing::Test {
  host::Session session;
  std::unique_ptr<host::FieldCatalog> catalog;

  void SetUp() override {
    auto library = host::PluginLibrary::load(std::string(TEST_PLUGIN_DIR) + "/libtest_plugin_none.so");
    ASSERT_TRUE(library.ok()) << library.error();
    ASSERT_TRUE(session.add_plugin(*library, {}).ok());
    catalog = std::make_unique<host::FieldCatalog>(session);
    host::ThreadData data;
    data.tid = data.pid = 5;
    data.ptid = 1;
    data.vpid = 2;
    data.uid = 1000;
    data.comm = "sh\x1b[31m";
    data.args = {"-c", "true"};
    session.threads().put(data);
  }
  std::string line(const std::string& format, int64_t tid = 5) {
    return render(format, tid, &Formatter::line);
  }
  std::string json(const std::string& format, int64_t tid = 5) {
    return render(format, tid, &Formatter::json);
  }
  std::string error(const std::string& format) {
    const auto compiled = Formatter::compile(format, *catalog);
    return compiled.ok() ? "compiled" : compiled.error();
  }

 private:
  std::string render(const std::string& format, int64_t tid,
                     std::string (Formatter::*how)(const host::EventContext&) const) {
    const auto compiled = Formatter::compile(format, *catalog);
    EXPECT_TRUE(compiled.ok()) << compiled.error();
    std::string out;
    EXPECT_TRUE(session
                    .feed(host::make_chroot_exit(tid, 1'000'000'123, "/"),
                          [&](const host::EventContext& context) { out = ((*compiled).*how)(context); })
                    .ok());
    return out;
  }
};

TEST_F(FormatterTest, PrintsHostAndPluginFields) {
  EXPECT_EQ(line("%evt.type %proc.pid %proc.ppid %proc.vpid %thread.tid %user.uid"), "chroot 5 1 2 5 1000");
  EXPECT_EQ(line("flag=%test.flag n=%test.count list=%test.list"), "flag=true n=0 list=(a,b)");
  EXPECT_EQ(line("%test.echo[a b],%test.echo[3]"), "a b/0,3/3");
}

TEST_F(FormatterTest, TimeHasNanoseconds) {
  EXPECT_THAT(line("%evt.time"), testing::EndsWith(":01.000000123"));
}

TEST_F(FormatterTest, ControlCharactersNeverReachATerminal) {
  EXPECT_EQ(line("%proc.name"), "sh\\x1b[31m");
  EXPECT_EQ(line("%proc.cmdline"), "sh\\x1b[31m -c true");
}

TEST_F(FormatterTest, UnsetValuesPrintNa) {
  EXPECT_EQ(line("%proc.name/%test.text", 6), "<NA>/<NA>");
  EXPECT_EQ(line("*%proc.name", 6), "<NA>");
  EXPECT_EQ(line("%test.fails"), "<NA>");
  EXPECT_THAT(catalog->last_error(), HasSubstr("cannot be extracted"));
}

TEST_F(FormatterTest, PercentSignsAndPunctuation) {
  EXPECT_EQ(line("100%% of %proc.pid."), "100% of 5.");
  EXPECT_EQ(line("%proc.pid-%proc.ppid"), "5-1");
  EXPECT_EQ(line("no fields"), "no fields");
  EXPECT_EQ(line(""), "");
}

TEST_F(FormatterTest, ErrorsNameTheFieldAndTheNearestOnes) {
  EXPECT_THAT(error("%proc.nam"), HasSubstr("'proc.nam'; did you mean proc.name"));
  EXPECT_THAT(error("%test.tekst"), HasSubstr("test.text"));
  EXPECT_THAT(error("%test.echo"), HasSubstr("needs an argument"));
  EXPECT_THAT(error("%completely.unknown.thing"), HasSubstr("there is no field"));
  EXPECT_THAT(error("%"), HasSubstr("must follow"));
  EXPECT_THAT(error("50% off"), HasSubstr("must follow"));
  EXPECT_THAT(error("%test.echo[abc"), HasSubstr("closing bracket"));
  EXPECT_THAT(error("%..."), HasSubstr("there is no field"));
}

TEST_F(FormatterTest, JsonHasEveryFieldWithItsType) {
  const auto value =
      boost::json::parse(json("%evt.num %proc.name %test.flag %test.list %test.echo[k]")).as_object();
  EXPECT_EQ(value.size(), 5u);
  EXPECT_TRUE(value.at("evt.num").is_number());
  EXPECT_EQ(value.at("proc.name").as_string(), "sh\x1b[31m");
  EXPECT_TRUE(value.at("test.flag").as_bool());
  EXPECT_EQ(value.at("test.list").as_array().size(), 2u);
  EXPECT_EQ(value.at("test.echo[k]").as_string(), "k/0");
  EXPECT_TRUE(boost::json::parse(json("%proc.name", 6)).at("proc.name").is_null());
}

TEST_F(FormatterTest, JsonIsValidWhateverBytesTheValueHolds) {
  host::ThreadData data;
  data.tid = data.pid = 7;
  data.comm = "a\xff\xfe\"b";
  session.threads().put(data);
  boost::system::error_code failed;
  const auto value = boost::json::parse(json("%proc.name", 7), failed);
  ASSERT_FALSE(failed);
  EXPECT_THAT(std::string(value.at("proc.name").as_string()), HasSubstr("\xef\xbf\xbd"));
}

TEST(NearestNames, RanksByDistance) {
  const std::vector<std::string> names{"container.id", "container.name", "container.image", "k8s.pod.name"};
  EXPECT_THAT(host::nearest_names("container.nam", names, 1), testing::ElementsAre("container.name"));
  EXPECT_THAT(host::nearest_names("pod.name", names, 1), testing::ElementsAre("k8s.pod.name"));
  EXPECT_TRUE(host::nearest_names("zzz", names, 3).empty());
  EXPECT_TRUE(host::nearest_names("", names, 3).empty());
}

TEST(ToText, AddressesAndLists) {
  using host::FieldValue;
  EXPECT_EQ(host::to_text(FieldValue{api::kFieldIpAddr, {std::string("\x7f\0\0\1", 4)}}), "127.0.0.1");
  EXPECT_EQ(host::to_text(FieldValue{api::kFieldIpAddr, {std::string("\x01\x02", 2)}}), "0102");
  EXPECT_EQ(host::to_text(FieldValue{api::kFieldReltime, {uint64_t{15}}}), "15");
  EXPECT_EQ(host::to_text(FieldValue{}), "<NA>");
}

}  // namespace
