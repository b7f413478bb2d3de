// The table of scenarios in our own host: what libsinsp answers, it answers too. (It has no filter language,
// so conditions are asked in libsinsp only.)
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <sstream>

#include "api/events.h"
#include "host/event_builder.h"
#include "host/formatter.h"
#include "host/session.h"
#include "scenario.h"
#include "scenario_files.h"

namespace {

using scenarios::Scenario;
using scenarios::What;

constexpr uint16_t kEventChdirExit = 95;  // PPME_SYSCALL_CHDIR_X

host::ThreadData to_host(const scenarios::Thread& thread) {
  host::ThreadData data;
  data.tid = thread.tid;
  data.pid = thread.pid != 0 ? thread.pid : thread.tid;
  data.ptid = thread.ptid;
  data.vtid = thread.vtid != 0 ? thread.vtid : thread.tid;
  data.vpid = thread.vpid != 0 ? thread.vpid : data.pid;
  data.comm = thread.comm;
  data.exe = data.exe_path = thread.exe;
  data.cwd = thread.cwd;
  data.uid = thread.uid;
  data.args = thread.args;
  for (const scenarios::Cgroup& cgroup : thread.cgroups)
    data.cgroups.push_back({cgroup.subsystem, cgroup.path});
  data.pidns_init_start_ts = thread.pidns_init_start_ts;
  return data;
}

host::EventBytes old_container(const std::string& text, uint64_t ts) {
  std::istringstream in(text);
  std::string id, type, name, image;
  std::getline(in, id, '|');
  std::getline(in, type, '|');
  std::getline(in, name, '|');
  std::getline(in, image, '|');
  return host::make_container(ts, id, static_cast<uint32_t>(std::stoul(type)), name, image);
}

struct ProcessEvent {
  What what;
  uint16_t type;
  bool execs;
};
constexpr ProcessEvent kProcessEvents[] = {
    {What::kClone, api::kEventCloneExit, false},      {What::kFork, api::kEventForkExit, false},
    {What::kVfork, api::kEventVforkExit, false},      {What::kClone3, api::kEventClone3Exit, false},
    {What::kExecve16, api::kEventExecve16Exit, true}, {What::kExecve17, api::kEventExecve17Exit, true},
    {What::kExecve18, api::kEventExecve18Exit, true}, {What::kExecve19, api::kEventExecve19Exit, true},
    {What::kExecveat, api::kEventExecveatExit, true},
};

host::EventBytes to_host(const scenarios::Event& event, uint64_t ts) {
  for (const ProcessEvent& each : kProcessEvents) {
    if (each.what != event.what) continue;
    const host::ThreadData thread = to_host(event.thread);
    return each.execs ? host::make_exec_exit(each.type, thread, ts, event.res)
                      : host::make_clone_exit(each.type, thread, ts, event.res);
  }
  switch (event.what) {
    case What::kChroot:
      return host::make_chroot_exit(event.tid, ts, event.text, event.res);
    case What::kProcexit:
      return host::make_procexit(event.tid, ts);
    case What::kContainer:
      return host::make_async(ts, "container", event.text);
    case What::kContainerRemoved:
      return host::make_async(ts, "container_removed", event.text);
    case What::kContainerJson:
      return host::make_container_json(api::kEventContainerJson, ts, event.text);
    case What::kContainerJson2:
      return host::make_container_json(api::kEventContainerJson2, ts, event.text);
    case What::kContainerOld:
      return old_container(event.text, ts);
    default:
      return host::EventBuilder(kEventChdirExit, event.tid, ts)
          .i64(event.res)
          .text(event.text.empty() ? "/" : event.text)
          .build();
  }
}

// Scenarios that need no capture filter: this host has none.
std::vector<Scenario> possible_scenarios() {
  std::vector<Scenario> possible;
  for (const Scenario& scenario : scenarios::all()) {
    if (scenario.capture_filter.empty()) possible.push_back(scenario);
  }
  return possible;
}

class OwnHost : public testing::TestWithParam<Scenario> {};
INSTANTIATE_TEST_SUITE_P(Scenarios, OwnHost, testing::ValuesIn(possible_scenarios()),
                         [](const testing::TestParamInfo<Scenario>& each) { return each.param.name; });

TEST_P(OwnHost, AnswersAsLibsinspDoes) {
  const scenarios::Placed placed(GetParam());
  const Scenario& scenario = placed.scenario();
  auto library = host::PluginLibrary::load(LIBSINSP_PLUGIN);
  ASSERT_TRUE(library.ok()) << library.error();
  host::Session session;
  host::InstanceOptions options;
  options.config = scenario.config.empty() ? std::string(scenarios::kQuietConfig) : scenario.config;
  const auto added = session.add_plugin(*library, options);
  ASSERT_TRUE(added.ok()) << added.error();
  for (const scenarios::Thread& thread : scenario.before) session.threads().put(to_host(thread));
  const auto opened = session.open(true);
  ASSERT_TRUE(opened.ok()) << opened.error();

  host::FieldCatalog catalog(session);
  size_t number = 0;
  for (const scenarios::Step& step : scenario.steps) {
    bool seen = false;
    const uint64_t ts = scenarios::ts_of_step(number);
    const auto fed = session.feed(to_host(step.event, ts), [&](const host::EventContext& context) {
      seen = true;
      for (const scenarios::Expect& expect : step.expect) {
        auto field = catalog.resolve(expect.field);
        ASSERT_TRUE(field.ok()) << field.error();
        EXPECT_EQ(host::to_text(catalog.value(*field, context)), expect.value)
            << "step " << number << ", " << expect.field;
      }
    });
    EXPECT_TRUE(fed.ok()) << fed.error();
    EXPECT_TRUE(seen) << "step " << number << " is not handed out";
    ++number;
  }
  session.close();
}

}  // namespace

namespace scenarios {
// What GoogleTest prints of a parameter.
std::ostream& operator<<(std::ostream& out, const Scenario& scenario) {
  return out << scenario.name;
}
}  // namespace scenarios
