// One table of scenarios for every host that can load the plugin: events go in, field answers come out.
// The real libsinsp runs it (sinsp_host.cpp, compiled in a chroot of another Debian) and so does our own host
// (own_host_test.cpp); where the two disagree, our host is wrong. Plain data without any host's types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scenarios {

struct Cgroup {
  std::string subsystem;
  std::string path;
};

// A thread as /proc or a process event tells it.
struct Thread {
  int64_t tid = 0;
  int64_t pid = 0;  // 0: same as tid
  int64_t ptid = 1;
  int64_t vtid = 0;  // 0: same as tid
  int64_t vpid = 0;  // 0: same as pid
  std::string comm = "sh";
  std::string exe = "/bin/sh";
  std::vector<std::string> args;
  std::vector<Cgroup> cgroups;
  uint64_t pidns_init_start_ts = 0;  // ns since the epoch
  std::string cwd = "/";             // "": the event does not tell, as Falco's drivers leave it
  uint32_t uid = 0;
};

enum class What {
  kOther,  // an event of no interest to the plugin (chdir), made by `tid`; `text`: where to, "" for "/"
  kClone,
  kFork,
  kVfork,
  kClone3,
  kExecve16,
  kExecve17,
  kExecve18,
  kExecve19,
  kExecveat,
  kChroot,
  kProcexit,
  kContainer,         // async event, `text` is its payload
  kContainerRemoved,  // the same
  kContainerJson,     // 272, u16 lengths
  kContainerJson2,    // 324, u32 lengths
  kContainerOld,      // 228, `text` is "id|type|name|image"
};

struct Event {
  What what = What::kOther;
  int64_t tid = 0;
  int64_t res = 0;     // of process events
  Thread thread = {};  // of clone, fork and exec events
  std::string text = {};
};

// value: as Falco prints it; kNothing when the field has no value.
inline constexpr const char* kNothing = "<NA>";
struct Expect {
  std::string field;
  std::string value;
  // In replays, when that differs: of captures that were written with the plugin, and without it.
  std::optional<std::string> replayed = std::nullopt;
  std::optional<std::string> replayed_bare = std::nullopt;
};

struct Filter {
  std::string condition;
  bool matches = true;
};

struct Step {
  Event event;
  std::vector<Expect> expect = {};  // asked when the event is handed out, in this order
  std::vector<Filter> filters = {};
  bool handed_out = true;  // false: the scenario's capture filter keeps it back
};

// A file that exists while the scenario runs. path: relative to the directory that kDirectory stands for in
// the arguments and directories of threads, in the texts of events and in `text`.
inline constexpr std::string_view kDirectory = "{dir}";
struct File {
  std::string path;
  std::string text;
};

struct Scenario {
  std::string name;            // lower case, digits and underscores
  std::string why;             // one sentence: what would break for a user
  std::vector<Thread> before;  // threads that exist when the capture opens
  std::vector<Step> steps;
  std::string config = {};          // of the plugin; empty: kQuietConfig
  std::string capture_filter = {};  // conditions checked before an event is handed out
  bool replays = true;              // the same answers come from a capture of it
  // Minor versions of the plugin API: of the oldest library that lets this happen, and of the newest that
  // takes the events from a driver and not only from captures. What the others do instead: docs/libsinsp.md.
  int needs_api = 10;
  int live_until_api = 99;
  std::vector<File> files = {};
};

// Every engine's layouts are known, none is listened to.
extern const std::string_view kQuietConfig;

// Time stamp of step `index`, ns since the epoch; steps are one second apart.
inline constexpr uint64_t kFirstTs = 1'700'000'000'000'000'000;
inline constexpr uint64_t kOneSecond = 1'000'000'000;
constexpr uint64_t ts_of_step(size_t index) {
  return kFirstTs + index * kOneSecond;
}

const std::vector<Scenario>& all();

// The parts of the table.
std::vector<Scenario> thread_scenarios();
std::vector<Scenario> event_scenarios();
std::vector<Scenario> field_scenarios();
std::vector<Scenario> probe_scenarios();
std::vector<Scenario> bundle_scenarios();

// Thread with one cgroup path on every subsystem a driver reports.
Thread process(int64_t tid, int64_t ptid, std::string_view cgroup_path);

// 64 hex digits; `digit` repeated after a prefix that makes short ids differ.
std::string full_id(char digit);
std::string short_id(char digit);

// Cgroup paths of container full_id(digit).
std::string docker_v1(char digit);  // /docker/<id>
std::string docker_v2(char digit);  // /system.slice/docker-<id>.scope

// Payload of a container event: the object's members are `members`, after id and full_id.
std::string payload(char digit, std::string_view members);

}  // namespace scenarios
