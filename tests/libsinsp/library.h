// The real libsinsp around one instance of the plugin: opening engines, asking fields and filters, writing
// captures. Owned by the test host's main function, one thread.
// The API differs little between 0.20 and 0.23; what does differ is in library.cpp.
#pragma once

#include <libscap/engine/test_input/scap_test.h>
#include <libscap/scap.h>
#include <libsinsp/filter_check_list.h>
#include <libsinsp/sinsp.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "event_maker.h"
#include "scenario.h"

namespace sinsp_host {

class Library {
 public:
  // plugin: path of libcontainer.so; "" for none. config: its init_config. Throws what the library throws.
  Library(const std::string& plugin, const std::string& config);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // The test_input engine: these threads, then these events. The bytes must stay alive.
  void open_test(const std::vector<scenarios::Thread>& threads, const std::vector<EventBytes>& events);
  void open_capture(const std::string& file);
  void open_live();  // nodriver: /proc and the plugin's own events
  void close();

  // Events are handed out only when this holds (what `-f`/rule conditions do).
  void set_filter(const std::string& condition);

  // Everything seen goes to `file` too, thread table and the plugin's state first. After open_...
  void start_writing(const std::string& file);
  void write(sinsp_evt* event);
  void stop_writing();

  enum class Next { kEvent, kKeptBack, kNothing, kEnd };
  // kKeptBack: an event that the filter is against; kNothing: there is none now. kEnd: of a capture, or of
  // the test_input engine's events. Throws on errors, with the library's words.
  Next next(sinsp_evt*& event);

  // A field as Falco prints it, "<NA>" without a value.
  std::string answer(sinsp_evt* event, const std::string& field);
  bool matches(sinsp_evt* event, const std::string& condition);

  sinsp& inspector() { return *inspector_; }
  sinsp_plugin* plugin() { return plugin_.get(); }
  filter_check_list& checks() { return *checks_; }

 private:
  std::unique_ptr<sinsp> inspector_;
  std::shared_ptr<sinsp_plugin> plugin_;
  std::unique_ptr<filter_check_list> checks_;
  std::shared_ptr<sinsp_filter_factory> factory_;
  std::map<std::string, std::unique_ptr<sinsp_evt_formatter>> formatters_;
  std::map<std::string, std::unique_ptr<sinsp_filter>> filters_;
  std::unique_ptr<sinsp_dumper> dumper_;

  // What the test_input engine reads.
  std::vector<scap_threadinfo> threads_;
  std::vector<scap_test_fdinfo_data> files_;
  std::vector<scap_evt*> events_;
  scap_test_input_data input_{};
  int idle_ = 0;  // times in a row that test_input had nothing: it never says that it is at its end
};

// Lines of the library's and the plugin's log since the last call; the log is shared by all instances.
std::vector<std::string> take_log();

}  // namespace sinsp_host
