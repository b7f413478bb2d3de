#include "engine_watch.h"

#include <chrono>
#include <fstream>

#include "library.h"
#include "scratch.h"

namespace sinsp_host {
namespace {

constexpr auto kLimit = std::chrono::seconds(60);

uint64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// An event as the thread would make it now: nodriver has none of its own, the thread table is /proc's.
class EventOfThread {
 public:
  EventOfThread(sinsp& inspector, int64_t tid)
      : bytes_(make_event({.what = scenarios::What::kOther, .tid = tid}, now_ns())), event_(&inspector) {
    event_.set_scap_evt(reinterpret_cast<scap_evt*>(bytes_.data()));
    event_.init();
    event_.set_num(1'000'000'000 + tid);
    event_.set_source_idx(0);
    event_.set_source_name("syscall");
    event_.set_tinfo(inspector.m_thread_manager->find_thread(tid, true).get());
  }
  sinsp_evt* get() { return &event_; }

 private:
  EventBytes bytes_;
  sinsp_evt event_;
};

}  // namespace

void run_engine_watch(const std::string& plugin, const EngineWatch& watch, Report& report) {
  Library library(plugin, watch.config);
  library.open_live();
  {
    EventOfThread event(library.inspector(), watch.pid);
    report.compare("name of the running container, at the open", watch.name,
                   library.answer(event.get(), "container.name"));
    report.compare("its type", watch.type, library.answer(event.get(), "container.type"));
    report.check(library.matches(event.get(), "container.id != host and container.image exists"),
                 "its image");
  }
  std::ofstream(watch.ready) << "ready";

  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  bool arrived = false;
  while (!arrived && std::chrono::steady_clock::now() < deadline) {
    sinsp_evt* event = nullptr;
    if (library.next(event) != Library::Next::kEvent || event->get_type() != PPME_ASYNCEVENT_E) continue;
    if (library.answer(event, "container.name") != watch.later) continue;
    arrived = true;
    report.compare("kind of the event", "container", library.answer(event, "evt.asynctype"));
    report.compare("type of the new container", watch.type, library.answer(event, "container.type"));
    report.compare("its label", "blue", library.answer(event, "container.label[colour]"));
    report.check(library.answer(event, "container.image") != scenarios::kNothing, "its image");
  }
  report.check(arrived, "an event of the new container arrives");

  // The state written now is known to a replay without any engine.
  const ScratchDirectory scratch;
  const std::string file = scratch.path() + "/state.scap";
  library.start_writing(file);
  library.stop_writing();
  library.close();
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  for (const std::string& name : {watch.name, watch.later}) {
    report.check(bytes.find("\"name\":\"" + name + "\"") != std::string::npos,
                 name + " is in the dumped state");
  }
}

}  // namespace sinsp_host
