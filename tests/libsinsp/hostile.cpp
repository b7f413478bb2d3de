#include "hostile.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>

#include "library.h"
#include "runner.h"
#include "scratch.h"

namespace sinsp_host {
namespace {

using scenarios::What;

constexpr unsigned kSecondsPerTry = 20;
constexpr int kTruncations = 60;
constexpr int kFlips = 150;
constexpr const char* kScenarios[] = {"legacy_json_2", "rich_container", "kubernetes_pod",
                                      "healthcheck_process", "removed_still_answers"};

// What a rule set asks of every event.
void read_everything(Library& library) {
  for (;;) {
    sinsp_evt* event = nullptr;
    const Library::Next next = library.next(event);
    if (next == Library::Next::kEnd) return;
    if (next != Library::Next::kEvent) continue;
    for (const char* field : {"container.id", "container.name", "container.mounts", "container.labels",
                              "container.duration", "proc.is_container_healthcheck", "k8s.pod.name"}) {
      library.answer(event, field);
    }
  }
}

enum class End { kByItself, kInLibrary, kInPlugin };
constexpr int kStatusInLibrary = 98;
constexpr int kStatusInPlugin = 99;

// Of a process that crashes or whose time is up: whether the plugin is at work.
void on_signal(int) {
  void* frames[64];
  const int count = backtrace(frames, 64);
  for (int i = 0; i < count; ++i) {
    Dl_info info;
    if (dladdr(frames[i], &info) != 0 && std::strstr(info.dli_fname, "libcontainer.so") != nullptr) {
      _exit(kStatusInPlugin);
    }
  }
  _exit(kStatusInLibrary);
}

// Does `work` in a process of its own. Exceptions are fine: an error that is told is the right answer to a
// lie.
End try_apart(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    void* first = nullptr;
    backtrace(&first, 1);  // loads what it needs while memory is sound
    for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM}) signal(number, on_signal);
    alarm(kSecondsPerTry);
    try {
      work();
    } catch (const std::exception&) {
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return End::kByItself;
  return WIFEXITED(status) && WEXITSTATUS(status) == kStatusInLibrary ? End::kInLibrary : End::kInPlugin;
}

struct Tally {
  int tried = 0;
  int in_library = 0;
};

void try_one(const std::string& about, const std::function<void()>& work, Tally& tally, Report& report) {
  ++tally.tried;
  const End end = try_apart(work);
  tally.in_library += end == End::kInLibrary;
  report.check(end != End::kInPlugin, about + ": crashes or hangs in the plugin");
}

void replay(const std::string& plugin, const std::string& file) {
  Library library(plugin, std::string(scenarios::kQuietConfig));
  library.open_capture(file);
  read_everything(library);
}

void write_file(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

std::string read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void each_capture(const std::function<void(const std::string& name, const std::string& bytes)>& visit) {
  const ScratchDirectory scratch;
  const std::string file = scratch.path() + "/whole.scap";
  for (const char* name : kScenarios) {
    // In a process of its own, so that this one forks without having threads.
    try_apart([&] { write_capture(*find_scenario(name), "", file); });
    visit(name, read_file(file));
  }
}

void truncated(const std::string& plugin, Tally& tally, Report& report) {
  const ScratchDirectory scratch;
  const std::string file = scratch.path() + "/cut.scap";
  each_capture([&](const std::string& name, const std::string& bytes) {
    for (int i = 1; i <= kTruncations; ++i) {
      const size_t length = bytes.size() * i / (kTruncations + 1);
      write_file(file, bytes.substr(0, length));
      try_one(
          name + " cut off at " + std::to_string(length), [&] { replay(plugin, file); }, tally, report);
    }
  });
}

void flipped(const std::string& plugin, Tally& tally, Report& report) {
  const ScratchDirectory scratch;
  const std::string file = scratch.path() + "/flipped.scap";
  std::mt19937 random(20240601);  // the same lies each time
  each_capture([&](const std::string& name, const std::string& bytes) {
    for (int i = 0; i < kFlips; ++i) {
      std::string changed = bytes;
      std::string where;
      // Up to four bits, mostly in the second half where the events are.
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
        const size_t half = random() % 4 == 0 ? 0 : bytes.size() / 2;
        const size_t at = half + random() % (bytes.size() - half);
        changed[at] = static_cast<char>(changed[at] ^ (1 << (random() % 8)));
        where += " " + std::to_string(at);
      }
      write_file(file, changed);
      try_one(
          name + " with bits flipped at" + where, [&] { replay(plugin, file); }, tally, report);
    }
  });
}

// One event of each type that the plugin parses.
std::vector<scenarios::Event> true_events() {
  std::vector<scenarios::Event> events;
  const scenarios::Thread thread = scenarios::process(100, 1, scenarios::docker_v2('a'));
  for (What what : {What::kClone, What::kFork, What::kVfork, What::kClone3, What::kExecve16, What::kExecve17,
                    What::kExecve18, What::kExecve19, What::kExecveat}) {
    events.push_back({.what = what, .tid = 100, .thread = thread});
  }
  events.push_back({.what = What::kChroot, .tid = 100, .text = "/x"});
  events.push_back({.what = What::kProcexit, .tid = 100});
  const std::string payload = scenarios::payload('a', R"("type":0,"name":"web")");
  for (What what : {What::kContainer, What::kContainerRemoved, What::kContainerJson, What::kContainerJson2}) {
    events.push_back({.what = what, .text = payload});
  }
  events.push_back({.what = What::kContainerOld, .text = "aaaaaaaaaaaa|0|web|x"});
  return events;
}

// Memory behind an event, so that a reader who believes a long length meets bytes and not the end of the
// page.
constexpr size_t kSlack = 1 << 17;

struct Lie {
  std::string about;
  EventBytes bytes;
};

std::vector<Lie> lies_about(const scenarios::Event& event, uint64_t ts) {
  const EventBytes truth = make_event(event, ts);
  const uint16_t type = event_type(event.what);
  const ppm_event_info& info = *libsinsp::events::info(static_cast<ppm_event_code>(type));
  const size_t width = (info.flags & EF_LARGE_PAYLOAD) ? 4 : 2;
  std::vector<Lie> lies;
  const auto lie = [&](const std::string& about, const std::function<void(EventBytes&)>& change) {
    EventBytes bytes = truth;
    change(bytes);
    bytes.append(kSlack, 'x');
    lies.push_back({"type " + std::to_string(type) + " with " + about, std::move(bytes)});
  };
  const auto set = [](EventBytes& bytes, size_t at, uint32_t value, size_t size) {
    std::memcpy(&bytes[at], &value, size);
  };
  for (uint32_t i = 0; i < info.nparams; ++i) {
    const size_t at = sizeof(ppm_evt_hdr) + i * width;
    lie("parameter " + std::to_string(i) + " longer than the event",
        [&](EventBytes& bytes) { set(bytes, at, 0xfff0, width); });
    lie("parameter " + std::to_string(i) + " empty", [&](EventBytes& bytes) { set(bytes, at, 0, width); });
  }
  lie("no parameters", [&](EventBytes& bytes) { set(bytes, 22, 0, 4); });
  lie("a length of the header alone", [&](EventBytes& bytes) { set(bytes, 16, sizeof(ppm_evt_hdr), 4); });
  lie("a length that ends in a parameter", [&](EventBytes& bytes) { set(bytes, 16, truth.size() - 5, 4); });
  lie("a text without its NUL", [&](EventBytes& bytes) { bytes[truth.size() - 1] = 'x'; });
  return lies;
}

std::vector<Lie> all_lies() {
  std::vector<Lie> lies;
  size_t step = 1;
  for (const scenarios::Event& event : true_events()) {
    for (Lie& lie : lies_about(event, scenarios::ts_of_step(step))) {
      lies.push_back(std::move(lie));
      ++step;
    }
  }
  return lies;
}

void play(const std::string& plugin, std::vector<EventBytes> events) {
  const std::vector<scenarios::Thread> threads = {scenarios::process(1, 0, "/"),
                                                  scenarios::process(100, 1, scenarios::docker_v2('a'))};
  events.push_back(make_event({.what = What::kOther, .tid = 100}, scenarios::ts_of_step(100000)));
  Library library(plugin, std::string(scenarios::kQuietConfig));
  library.open_test(threads, events);
  // The library gives up some lies with an exception and goes on with the next event when asked again.
  for (int given_up = 0; given_up < 1000; ++given_up) {
    try {
      read_everything(library);
      return;
    } catch (const std::exception&) {
    }
  }
}

void lying(const std::string& plugin, Tally& tally, Report& report) {
  for (const Lie& lie : all_lies()) {
    try_one(
        lie.about, [&] { play(plugin, {lie.bytes}); }, tally, report);
  }
}

}  // namespace

void run_hostile(const std::string& plugin, const std::string& name, Report& report) {
  Tally tally;
  if (name == "truncated_captures") truncated(plugin, tally, report);
  if (name == "flipped_captures") flipped(plugin, tally, report);
  if (name == "lying_lengths") lying(plugin, tally, report);
  std::printf("%d tried, %d of them end in the library's own code\n", tally.tried, tally.in_library);
}

void run_lies_at_once(const std::string& plugin, Report& report) {
  std::vector<EventBytes> events;
  for (const Lie& lie : all_lies()) events.push_back(lie.bytes);
  play(plugin, events);
  std::printf("%zu lies\n", events.size());
  report.check(events.size() > 100, "many lies");
}

}  // namespace sinsp_host
