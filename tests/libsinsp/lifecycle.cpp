#include "lifecycle.h"

#include <libsinsp/plugin_manager.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "library.h"
#include "runner.h"
#include "scratch.h"
#include "thread_facts.h"

#if __has_include(<libsinsp/plugin_tables.h>)
#include <libsinsp/plugin_tables.h>
#endif

namespace sinsp_host {
namespace {

using scenarios::docker_v2;
using scenarios::full_id;
using scenarios::payload;
using scenarios::process;
using scenarios::short_id;
using scenarios::What;

const std::string kQuiet(scenarios::kQuietConfig);

// A process of container 'a', an event that describes it, and one event of the process.
struct SmallCapture {
  explicit SmallCapture(const std::string& members)
      : threads{process(1, 0, "/"), process(100, 1, docker_v2('a'))},
        events{
            make_event({.what = What::kContainer, .text = payload('a', members)}, scenarios::ts_of_step(0)),
            make_event({.what = What::kOther, .tid = 100}, scenarios::ts_of_step(1))} {}
  std::vector<scenarios::Thread> threads;
  std::vector<EventBytes> events;
};

// Reads to the end; calls visit for the events of thread 100.
template <typename Visit>
int read(Library& library, Visit visit) {
  int seen = 0;
  for (;;) {
    sinsp_evt* event = nullptr;
    const Library::Next next = library.next(event);
    if (next == Library::Next::kEnd) return seen;
    if (next != Library::Next::kEvent || event->get_tid() != 100) continue;
    visit(event);
    ++seen;
  }
}

void two_opens(const std::string& plugin, Report& report) {
  const SmallCapture capture(R"("type":0,"name":"web")");
  const ScratchDirectory scratch;
  Library library(plugin, kQuiet);
  for (int round = 0; round < 2; ++round) {
    Library writer("", "");
    writer.open_test(capture.threads, capture.events);
    const std::string file = scratch.path() + "/" + std::to_string(round);
    writer.start_writing(file);
    read(writer, [&](sinsp_evt* event) { writer.write(event); });
    writer.stop_writing();
    library.open_capture(file);
    const int seen = read(library, [&](sinsp_evt* event) {
      report.compare("capture " + std::to_string(round), short_id('a'),
                     library.answer(event, "container.id"));
    });
    report.check(seen > 0, "capture " + std::to_string(round) + " has an event of the process");
    library.close();
  }
  // Live after captures, twice: the worker starts and ends with each.
  for (int round = 0; round < 2; ++round) {
    library.open_live();
    sinsp_evt* event = nullptr;
    for (int i = 0; i < 3; ++i) library.next(event);
    library.close();
    report.check(true, "opened live");
  }
}

// The worker has sockets that never answer while the host goes away.
void destroyed_while_busy(const std::string& plugin, Report& report) {
  const std::string config =
      R"({"startup_wait_ms":200,"engines":{"docker":{"sockets":["/dev/log","/nonexistent/a","/tmp/none/b"]}}})";
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    {
      Library library(plugin, config);
      library.open_live();
      sinsp_evt* event = nullptr;
      library.next(event);
      if (round % 2 == 0) library.close();  // else the destructor does it
    }
    const auto took = std::chrono::steady_clock::now() - begin;
    report.check(took < std::chrono::seconds(8),
                 "opening and destroying takes no longer than the start may wait");
  }
}

// As in a hot reload: the second instance is made and used while the first still runs.
void two_instances(const std::string& plugin, Report& report) {
  const SmallCapture old_one(R"("type":0,"name":"old")"), new_one(R"("type":0,"name":"new")");
  auto first = std::make_unique<Library>(plugin, kQuiet);
  first->open_test(old_one.threads, old_one.events);
  auto second = std::make_unique<Library>(plugin, kQuiet);
  second->open_test(new_one.threads, new_one.events);
  read(*second, [&](sinsp_evt* event) {
    report.compare("second instance", "new", second->answer(event, "container.name"));
  });
  read(*first, [&](sinsp_evt* event) {
    report.compare("first instance", "old", first->answer(event, "container.name"));
  });
  first.reset();
  const SmallCapture third(R"("type":0,"name":"third")");
  Library again(plugin, kQuiet);
  again.open_test(third.threads, third.events);
  read(again, [&](sinsp_evt* event) {
    report.compare("after the first is gone", "third", again.answer(event, "container.name"));
  });
}

// Configurations that the library or the plugin refuses, with words that name the key.
void refused_configurations(const std::string& plugin, Report& report) {
  struct Case {
    const char* config;
    const char* names;
  };
  for (const Case& each : {Case{R"({"label_max_len":"x"})", "label_max_len"},
                           Case{R"({"engines":{"docker":{"enabled":3}}})", "enabled"}, Case{"{", "json"}}) {
    try {
      Library library(plugin, each.config);
      report.check(false, std::string("accepted: ") + each.config);
    } catch (const std::exception& error) {
      const std::string words = error.what();
      report.check(words.find(each.names) != std::string::npos,
                   std::string(each.config) + " is refused with: " + words);
    }
  }
  for (const char* config : {"", "{}", R"({"nonsense":1})", R"({"hooks":null,"engines":null})",
                             R"({"verbosity":"warning","engines":{"lxc":{"enabled":false}}})"}) {
    Library library(plugin, config);
    report.check(true, "accepted");
  }
}

// What the library finds out about the plugin when it loads it.
void identity(const std::string& plugin, Report& report) {
  Library library(plugin, kQuiet);
  const sinsp_plugin& info = *library.plugin();
  report.compare("name", "container", info.name());
  report.compare("required API", "3.10.0", info.required_api_version().as_string());
  report.check((info.caps() & CAP_EXTRACTION) && (info.caps() & CAP_PARSING) && (info.caps() & CAP_ASYNC) &&
                   !(info.caps() & CAP_SOURCING),
               "extracts, parses and sends events, and is no source");
  report.check(info.async_event_names().contains("container") &&
                   info.async_event_names().contains("container_removed"),
               "declares its events");
  for (const char* name : {"container.id", "container.name", "container.image.repository", "k8s.pod.name"}) {
    const auto& fields = info.fields();
    const auto field =
        std::find_if(fields.begin(), fields.end(), [&](const auto& each) { return each.m_name == name; });
    report.check(field != fields.end() && (field->m_flags & EPF_FORMAT_SUGGESTED),
                 std::string(name) + " is a suggested output field");
  }
  report.check(info.parse_event_codes().size() == 15, "asks for its fifteen event types only");
#if __has_include(<libsinsp/plugin_tables.h>)
  // Libraries of this age ask which schema of events the plugin was written for.
  std::string words;
  report.check(library.plugin()->check_required_schema_version(sinsp_version("4.0.0"), words),
               "fits event schema 4.0.0: " + words);
  report.check(!library.plugin()->check_required_schema_version(sinsp_version("3.9.0"), words),
               "does not fit the schema before");
#endif
}

// Argument forms that rules may and may not write.
void field_arguments(const std::string& plugin, Report& report) {
  const SmallCapture capture(R"("type":0,"name":"web")");
  Library library(plugin, kQuiet);
  library.open_test(capture.threads, capture.events);
  read(library, [&](sinsp_evt* event) {
    for (const char* good : {"container.label[a.b/c-d_e]", "container.mount[0]", "container.mount[/a/*]",
                             "k8s.pod.label[app.kubernetes.io/name]"}) {
      try {
        report.compare(good, scenarios::kNothing, library.answer(event, good));
      } catch (const std::exception& error) {
        report.check(false, std::string(good) + ": " + error.what());
      }
    }
    for (const char* bad : {"container.label", "container.mount", "container.nothing", "container.id[1]"}) {
      try {
        library.matches(event, std::string(bad) + " = x");
        report.check(false, std::string(bad) + " compiles");
      } catch (const std::exception&) {
        report.check(true, "refused");
      }
    }
  });
}

// The table of containers as libsinsp reads it for user.name and addresses.
void containers_table(const std::string& plugin, Report& report) {
#if __has_include(<libsinsp/plugin_tables.h>)
  const SmallCapture capture(R"("type":7,"name":"web","image":"x:1","User":"nobody","ip":"10.9.8.7")");
  Library library(plugin, kQuiet);
  library.open_test(capture.threads, capture.events);
  plugin_tables tables;
  tables.init(library.inspector());
  read(library, [&](sinsp_evt*) {
    sinsp_threadinfo* inside = library.inspector().m_thread_manager->find_thread(100, true).get();
    sinsp_threadinfo* host = library.inspector().m_thread_manager->find_thread(1, true).get();
    report.compare("id of the process", short_id('a'), tables.get_container_id(*inside));
    report.compare("user of its container", "nobody", tables.get_container_user(*inside));
    report.compare("ip of its container", "10.9.8.7", tables.get_container_ip(*inside));
    report.compare("id of the host's process", "", tables.get_container_id(*host));
    report.compare("ip of the host's process", "", tables.get_container_ip(*host));
    std::vector<std::string> ips;
    tables.foreach_container_ip([&](const std::string& ip) {
      ips.push_back(ip);
      return true;
    });
    report.check(ips == std::vector<std::string>{"10.9.8.7"}, "walking the table meets one container");
  });
#else
  (void)plugin;
  // Libraries of this age do not read the table; that it is published is what can be seen.
  Library library(plugin, kQuiet);
  const auto& tables = library.inspector().get_table_registry()->tables();
  report.check(tables.contains("containers"), "the table is published");
  report.check(tables.contains("threads"), "beside the library's own");
#endif
}

// The state goes into a capture that is begun in the middle, and a replay of it knows the containers.
void dumped_state(const std::string& plugin, Report& report) {
  SmallCapture capture(
      R"("type":11,"name":"web","image":"fedora:38","labels":{"foo":"bar"},"pod_sandbox_labels":null)");
  capture.events.push_back(make_event({.what = What::kOther, .tid = 100}, scenarios::ts_of_step(2)));
  const ScratchDirectory scratch;
  const std::string file = scratch.path() + "/late.scap";
  {
    Library library(plugin, kQuiet);
    library.open_test(capture.threads, capture.events);
    bool writing = false;
    read(library, [&](sinsp_evt* event) {
      if (!writing) {
        library.start_writing(file);
        writing = true;
        return;
      }
      library.write(event);
    });
    library.stop_writing();
  }
  Library library(plugin, kQuiet);
  library.open_capture(file);
  const int seen = read(library, [&](sinsp_evt* event) {
    report.compare("id in the replay", short_id('a'), library.answer(event, "container.id"));
    report.compare("name in the replay", "web", library.answer(event, "container.name"));
    report.compare("type in the replay", "podman", library.answer(event, "container.type"));
    report.compare("label in the replay", "bar", library.answer(event, "container.label[foo]"));
  });
  report.check(seen == 1, "the replay has the one event written");
}

// A container that needs no engine is told to the host by an event of the plugin's own.
void own_events_arrive(const std::string& plugin, Report& report) {
  std::vector<scenarios::Thread> threads = {process(1, 0, "/")};
  std::vector<EventBytes> events;
  scenarios::Thread inside = process(100, 1, "/lxc.payload.web");
  events.push_back(
      make_event({.what = What::kClone, .tid = 100, .thread = inside}, scenarios::ts_of_step(0)));
  for (size_t i = 1; i < 50; ++i) {
    events.push_back(make_event({.what = What::kOther, .tid = 1}, scenarios::ts_of_step(i)));
  }
  Library library(plugin, kQuiet);
  library.open_test(threads, events);
  int arrived = 0;
  for (;;) {
    sinsp_evt* event = nullptr;
    const Library::Next next = library.next(event);
    if (next == Library::Next::kEnd) break;
    if (next != Library::Next::kEvent || event->get_type() != PPME_ASYNCEVENT_E) continue;
    ++arrived;
    report.compare("name of the event", "container", library.answer(event, "evt.asynctype"));
    report.compare("its container", "web", library.answer(event, "container.id"));
    report.compare("its thread", "0", std::to_string(event->get_tid()));
  }
  report.check(arrived == 1, "one event arrives, not " + std::to_string(arrived));
}

// Metrics under the names that dashboards use.
void metrics(const std::string& plugin, Report& report) {
  const SmallCapture capture(R"("type":0,"name":"web")");
  Library library(plugin, kQuiet);
  library.open_test(capture.threads, capture.events);
  read(library, [](sinsp_evt*) {});
  std::map<std::string, uint64_t> found;
  for (const auto& metric : library.plugin()->get_metrics()) found[metric.name] = metric.value.u64;
  report.check(found.contains("container.n_containers") && found["container.n_containers"] == 1,
               "one container");
  report.check(found.contains("container.n_missing_container_images") &&
                   found["container.n_missing_container_images"] == 1,
               "it has no image");
}

constexpr LifecycleTest kTests[] = {
    {"two_opens", two_opens},
    {"destroyed_while_busy", destroyed_while_busy},
    {"two_instances", two_instances},
    {"refused_configurations", refused_configurations},
    {"identity", identity},
    {"field_arguments", field_arguments},
    {"containers_table", containers_table},
    {"dumped_state", dumped_state},
    {"own_events_arrive", own_events_arrive},
    {"metrics", metrics},
    {"thread_facts", thread_facts},
};

}  // namespace

std::span<const LifecycleTest> lifecycle_tests() {
  return kTests;
}

}  // namespace sinsp_host
