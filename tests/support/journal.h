// Remembers what a worker reported, for tests. Thread-safe.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "worker/worker.h"

namespace support {

class Journal : public worker::Listener {
 public:
  struct Entry {
    bool removed = false;
    std::shared_ptr<const core::Container> container;
  };

  void on_container(std::shared_ptr<const core::Container> container) override {
    const std::lock_guard lock(mutex_);
    entries_.push_back({false, std::move(container)});
  }
  void on_removed(std::shared_ptr<const core::Container> container) override {
    const std::lock_guard lock(mutex_);
    entries_.push_back({true, std::move(container)});
  }

  std::vector<Entry> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  // How often that container was reported (removed).
  int reports(const std::string& id) const { return count(id, false); }
  int removals(const std::string& id) const { return count(id, true); }
  // Its newest record, or nullptr.
  std::shared_ptr<const core::Container> newest(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (!entry->removed && entry->container->full_id == id) return entry->container;
    }
    return nullptr;
  }
  // The newest record of that name, or nullptr.
  std::shared_ptr<const core::Container> named(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (!entry->removed && entry->container->name == name) return entry->container;
    }
    return nullptr;
  }

 private:
  int count(const std::string& id, bool removed) const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.removed == removed && entry.container->full_id == id;
    }));
  }

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

// Remembers log lines. Thread-safe; must outlive its loggers.
class LogBook {
 public:
  base::Logger logger(base::Severity threshold = base::Severity::kTrace) {
    return {[this](base::Severity severity, const std::string& line) {
              const std::lock_guard lock(mutex_);
              lines_.push_back({severity, line});
            },
            threshold};
  }
  // Lines at least as severe as `severity` that contain `part`.
  int count(base::Severity severity, const std::string& part = "") const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count_if(lines_.begin(), lines_.end(), [&](const Line& line) {
      return line.severity <= severity && line.text.find(part) != std::string::npos;
    }));
  }

 private:
  struct Line {
    base::Severity severity;
    std::string text;
  };
  mutable std::mutex mutex_;
  std::vector<Line> lines_;
};

}  // namespace support
