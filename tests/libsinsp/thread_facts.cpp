#include "thread_facts.h"

#include "library.h"
#include "runner.h"

namespace sinsp_host {
namespace {

using scenarios::Event;
using scenarios::Thread;
using scenarios::What;

// A thread of the process 100.
Thread thread_of_100(int64_t tid) {
  Thread thread = scenarios::process(tid, 1, "/");
  thread.pid = 100;
  thread.cwd = "";
  return thread;
}
Thread without_cwd(int64_t tid, int64_t ptid) {
  Thread thread = scenarios::process(tid, ptid, "/");
  thread.cwd = "";
  return thread;
}

// A field of our own on threads, as a plugin adds one.
class OwnField {
 public:
  explicit OwnField(sinsp_threadinfo& any)
      : accessor_(any.dynamic_fields()->add_field<std::string>("test_mark").new_accessor<std::string>()) {}
  void set(sinsp_threadinfo& thread, const std::string& text) { thread.set_dynamic_field(accessor_, text); }
  std::string get(sinsp_threadinfo& thread) {
    std::string text;
    thread.get_dynamic_field(accessor_, text);
    return text;
  }

 private:
  libsinsp::state::dynamic_struct::field_accessor<std::string> accessor_;
};

}  // namespace

void thread_facts(const std::string&, Report& report) {
  Thread process = scenarios::process(100, 1, "/");
  process.cwd = "/srv";
  Thread program = without_cwd(100, 1);
  Thread elsewhere = program;
  elsewhere.cwd = "/opt";
  Thread child_elsewhere = without_cwd(120, 100);
  child_elsewhere.cwd = "/opt";
  const std::vector<Event> steps = {
      {.what = What::kOther, .tid = 100, .text = "web"},
      {.what = What::kClone, .tid = 110, .thread = without_cwd(110, 100)},
      {.what = What::kClone, .tid = 102, .thread = thread_of_100(102)},
      {.what = What::kOther, .tid = 102, .text = "/var"},
      {.what = What::kExecve19, .tid = 100, .thread = program},
      {.what = What::kExecve19, .tid = 100, .thread = elsewhere},
      {.what = What::kClone, .tid = 120, .thread = child_elsewhere},
  };
  std::vector<EventBytes> events;
  for (size_t i = 0; i < steps.size(); ++i) events.push_back(make_event(steps[i], scenarios::ts_of_step(i)));

  Library library("", "");
  library.open_test({scenarios::process(1, 0, "/"), process, thread_of_100(101)}, events);
  const auto thread = [&](int64_t tid) {
    return library.inspector().m_thread_manager->find_thread(tid, true).get();
  };
  const auto fields = thread(100)->static_fields();
  report.check(fields.find("cwd") != fields.end(), "threads have a field cwd that plugins can read");
  OwnField mark(*thread(100));
  // As plugins read it: of that entry alone, where get_cwd() asks the process.
  const auto cwd = fields.at("cwd").new_accessor<std::string>();
  const auto field_cwd = [&](int64_t tid) {
    std::string text;
    thread(tid)->get_static_field(cwd, text);
    return text;
  };
  report.compare("field cwd after the scan", "/srv/", field_cwd(100));

  const auto step = [&] {
    sinsp_evt* event = nullptr;
    while (library.next(event) == Library::Next::kNothing) continue;
  };
  step();
  report.compare("cwd after a relative chdir", "/srv/web/", thread(100)->get_cwd());
  mark.set(*thread(100), "inside");
  step();
  report.compare("mark of a child", "", mark.get(*thread(110)));
  report.compare("cwd of a child whose event has none", "/srv/web/", thread(110)->get_cwd());
  step();
  report.compare("mark of a thread of the process", "", mark.get(*thread(102)));
  report.compare("cwd of a thread of the process", "/srv/web/", thread(102)->get_cwd());
  step();
  report.compare("cwd of the process after a thread's chdir", "/var/", thread(100)->get_cwd());
  report.compare("field cwd of the process then", "/var/", field_cwd(100));
  report.compare("field cwd of a thread that is not the process", "", field_cwd(102));
  step();
  report.compare("mark after an exec", "inside", mark.get(*thread(100)));
  report.compare("cwd after an exec whose event has none", "/var/", thread(100)->get_cwd());
  report.check(thread(101) == nullptr && thread(102) == nullptr, "an exec ends the process's other threads");
  step();
  report.compare("cwd after an exec whose event has one", "/var/", thread(100)->get_cwd());
  step();
  report.compare("cwd of a child whose event has one", "/var/", thread(120)->get_cwd());
  library.close();
}

}  // namespace sinsp_host
