// What a getter is asked, and where it puts its answer. Lives for one field of one event on Falco's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/plugin_api.h"
#include "core/rendered.h"
#include "plugin/thread_table.h"

namespace plugin::fields {

// What the event is about.
enum class Where : uint8_t {
  kUnknown,    // no thread, or the host knows nothing of it: every field is n/a
  kHost,       // a thread outside every container
  kContainer,  // a thread in a container, or an event that describes one
};

struct Question {
  Where where = Where::kUnknown;
  const core::Record* record = nullptr;  // set for kContainer
  // Of its pod's sandbox, where the container itself does not say all about the pod; else nullptr.
  const core::Record* pod = nullptr;
  bool has_metadata = false;  // false: only the cgroup is known, an engine has yet to tell the rest
  uint64_t event_ts = 0;      // ns since the epoch
  int64_t tid = 0;            // 0 when the event has no thread to look at
  const char* key = nullptr;  // the field's argument, NUL-terminated; nullptr without one
  // Ways to the thread; reader is never null.
  const ThreadTable* threads = nullptr;
  const api::TableReader* reader = nullptr;

  bool host() const { return where == Where::kHost; }
  const core::Container* container() const {
    return where == Where::kContainer ? &record->container : nullptr;
  }
  // The record that says something about the pod: the container's own, else its sandbox's.
  template <typename Says>
  const core::Record* telling(Says says) const {
    return pod == nullptr || says(*record) ? record : pod;
  }
};

// One value, or none. Texts are not copied: they must outlive the event (the record's and literals do).
class Answer {
 public:
  void text(const char* value) {
    text_ = value;
    set_ = true;
  }
  // An empty text is no value.
  void text(const std::string& value) {
    if (!value.empty()) text(value.c_str());
  }
  void number(uint64_t value) {
    number_ = value;
    set_ = true;
  }
  void flag(bool value) {
    flag_ = value ? 1 : 0;
    set_ = true;
  }
  // One more of a list; one without elements is no value.
  void element(const char* value) {
    elements_.push_back(value);
    set_ = true;
  }
  void clear() {
    set_ = false;
    elements_.clear();  // and keeps its room, for the next event
  }

  bool set() const { return set_; }
  // Where the value lies, for the host; only when set().
  const char** text_slot() { return &text_; }
  uint64_t* number_slot() { return &number_; }
  api::Bool* flag_slot() { return &flag_; }
  std::vector<const char*>& elements() { return elements_; }

 private:
  const char* text_ = nullptr;
  uint64_t number_ = 0;
  api::Bool flag_ = 0;
  bool set_ = false;
  std::vector<const char*> elements_;
};

}  // namespace plugin::fields
