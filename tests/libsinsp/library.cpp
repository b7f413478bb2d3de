#include "library.h"

#include <libsinsp/filterchecks.h>
#include <libsinsp/plugin_manager.h>
#include <libsinsp/sinsp_int.h>

#include <cstring>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace sinsp_host {
namespace {

constexpr int kIdleAtEnd = 100;

// The library's logger takes a plain function, so the lines are kept here.
struct Log {
  std::mutex mutex;
  std::vector<std::string> lines;
};
Log& log() {
  static Log log;
  return log;
}
void keep_line(std::string&& line, sinsp_logger::severity) {
  const std::lock_guard lock(log().mutex);
  log().lines.push_back(std::move(line));
}

// The plugin's checks come first: 0.20 still has container.* and k8s.* of its own, and the first one wins.
class PluginFirst : public filter_check_list {
 public:
  explicit PluginFirst(const std::shared_ptr<sinsp_plugin>& plugin) {
    if (plugin) add_filter_check(sinsp_plugin::new_filtercheck(plugin));
    add_filter_check(std::make_unique<sinsp_filter_check_gen_event>());
    add_filter_check(std::make_unique<sinsp_filter_check_event>());
    add_filter_check(std::make_unique<sinsp_filter_check_thread>());
    add_filter_check(std::make_unique<sinsp_filter_check_user>());
    add_filter_check(std::make_unique<sinsp_filter_check_fd>());
  }
};

template <size_t N>
void copy_text(char (&to)[N], const std::string& text) {
  std::memcpy(to, text.data(), std::min(text.size(), N - 1));
}

scap_threadinfo to_scap(const scenarios::Thread& thread) {
  scap_threadinfo info;
  std::memset(&info, 0, sizeof info);
  info.tid = thread.tid;
  info.pid = thread.pid ? thread.pid : thread.tid;
  info.ptid = thread.ptid;
  info.vtid = thread.vtid ? thread.vtid : thread.tid;
  info.vpid = thread.vpid ? thread.vpid : static_cast<int64_t>(info.pid);
  info.pidns_init_start_ts = thread.pidns_init_start_ts;
  copy_text(info.comm, thread.comm);
  copy_text(info.exe, thread.exe);
  copy_text(info.exepath, thread.exe);
  copy_text(info.cwd, thread.cwd);
  info.uid = thread.uid;
  const std::string args = texts_value(thread.args);
  copy_text(info.args, args);
  info.args_len = args.size();
  const std::string cgroups = cgroups_value(thread.cgroups);
  copy_text(info.cgroups.path, cgroups);
  info.cgroups.len = cgroups.size();
  return info;
}

}  // namespace

std::vector<std::string> take_log() {
  const std::lock_guard lock(log().mutex);
  return std::exchange(log().lines, {});
}

Library::Library(const std::string& plugin, const std::string& config)
    : inspector_(std::make_unique<sinsp>()) {
  libsinsp_logger()->set_severity(sinsp_logger::SEV_DEBUG);
  static std::once_flag once;
  std::call_once(once, [] { libsinsp_logger()->add_callback_log(keep_line); });
  // Old events in tests must not make the library drop threads that were quiet for half an hour.
  inspector_->set_auto_threads_purging(false);
  if (!plugin.empty()) {
    plugin_ = inspector_->register_plugin(plugin);
    std::string error;
    if (!plugin_->init(config, error)) throw std::runtime_error("the plugin's init fails: " + error);
  }
  checks_ = std::make_unique<PluginFirst>(plugin_);
  factory_ = std::make_shared<sinsp_filter_factory>(inspector_.get(), *checks_);
}

// Filters and formatters point into the inspector; the dumper is closed while it is still open.
Library::~Library() {
  dumper_.reset();
  filters_.clear();
  formatters_.clear();
}

void Library::open_test(const std::vector<scenarios::Thread>& threads,
                        const std::vector<EventBytes>& events) {
  for (const scenarios::Thread& thread : threads) threads_.push_back(to_scap(thread));
  files_.assign(threads_.size(), {});
  for (const EventBytes& event : events) {
    events_.push_back(reinterpret_cast<scap_evt*>(const_cast<char*>(event.data())));
  }
  input_.threads = threads_.data();
  input_.thread_count = threads_.size();
  input_.fdinfo_data = files_.data();
  input_.events = events_.data();
  input_.event_count = events_.size();
  inspector_->open_test_input(&input_);
}

void Library::open_capture(const std::string& file) {
  inspector_->open_savefile(file);
}
void Library::open_live() {
  inspector_->open_nodriver(true);
}
void Library::close() {
  inspector_->close();
}

void Library::set_filter(const std::string& condition) {
  sinsp_filter_compiler compiler(factory_, condition);
  inspector_->set_filter(compiler.compile(), condition);
}

void Library::start_writing(const std::string& file) {
  dumper_ = std::make_unique<sinsp_dumper>();
  dumper_->open(inspector_.get(), file, false);
}
void Library::write(sinsp_evt* event) {
  dumper_->dump(event);
}
void Library::stop_writing() {
  dumper_->close();
  dumper_.reset();
}

Library::Next Library::next(sinsp_evt*& event) {
  switch (inspector_->next(&event)) {
    case SCAP_SUCCESS:
      idle_ = 0;
      return Next::kEvent;
    case SCAP_TIMEOUT:
      return !events_.empty() && ++idle_ > kIdleAtEnd ? Next::kEnd : Next::kNothing;
    case SCAP_FILTERED_EVENT:
      idle_ = 0;
      return Next::kKeptBack;
    case SCAP_EOF:
      return Next::kEnd;
    default:
      throw std::runtime_error("reading fails: " + inspector_->getlasterr());
  }
}

std::string Library::answer(sinsp_evt* event, const std::string& field) {
  auto& formatter = formatters_[field];
  if (!formatter) formatter = std::make_unique<sinsp_evt_formatter>(inspector_.get(), "*%" + field, *checks_);
  std::string text;
  formatter->tostring(event, text);
  return text;
}

bool Library::matches(sinsp_evt* event, const std::string& condition) {
  auto& filter = filters_[condition];
  if (!filter) filter = sinsp_filter_compiler(factory_, condition).compile();
  return filter->run(event);
}

}  // namespace sinsp_host
