// A second look at threads that were there before somebody told that their cgroup is a container's. Paths are
// asked about first, and threads are looked at only when one of them has become another container; both in
// portions, for there may be many. Owned by Attribution; Falco's thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "api/plugin_api.h"
#include "core/cgroup/known_paths.h"
#include "core/cgroup/resolver.h"
#include "core/limits.h"
#include "plugin/thread_table.h"

namespace plugin {

class SecondLook {
 public:
  // All must outlive this. resolver: asks `paths`.
  SecondLook(const core::cgroup::KnownPaths& paths, core::cgroup::Resolver& resolver,
             const ThreadTable& threads)
      : paths_(paths), resolver_(resolver), threads_(threads) {}

  // Goes on by a portion, and calls look_at(api::TableEntry*) for the threads of this one. Begins at most
  // once in a second, and more rarely the more threads there are; costs a comparison when nothing was told.
  template <typename LookAt>
  void go_on(const api::TableReader* reader, uint64_t now_ns, LookAt&& look_at) {
    if (step_ == Step::kIdle && !begin(now_ns)) return;
    if (step_ == Step::kPaths) {
      if (!resolver_.refresh(core::limits::kPathsPerCall)) return;
      collect(reader, now_ns);
    }
    for (size_t i = 0; i < core::limits::kThreadsPerCall && !waiting_.empty(); ++i) {
      const ThreadEntry thread = threads_.find(reader, waiting_.back());
      waiting_.pop_back();
      if (thread) look_at(thread.get());
    }
    if (waiting_.empty()) step_ = Step::kIdle;
  }

 private:
  enum class Step : uint8_t { kIdle, kPaths, kThreads };
  // The next one waits for so long, and for each thread of this one.
  static constexpr uint64_t kRestNs = 1'000'000'000;
  static constexpr uint64_t kRestPerThreadNs = 100'000;

  bool begin(uint64_t now_ns) {
    if (looked_at_ == paths_.generation()) return false;
    // A clock that runs backwards (captures may) does not stop it for good.
    if (now_ns < next_ns_ && next_ns_ - now_ns <= rest_ns_) return false;
    looked_at_ = paths_.generation();
    resolver_.begin_refresh();
    step_ = Step::kPaths;
    return true;
  }

  void collect(const api::TableReader* reader, uint64_t now_ns) {
    if (resolver_.has_moved()) {
      threads_.for_each(reader, [this, reader](api::TableEntry* thread) {
        waiting_.push_back(threads_.tid(reader, thread));
      });
    }
    step_ = waiting_.empty() ? Step::kIdle : Step::kThreads;
    rest_ns_ = std::max(kRestNs, waiting_.size() * kRestPerThreadNs);
    next_ns_ = now_ns + rest_ns_;
  }

  const core::cgroup::KnownPaths& paths_;
  core::cgroup::Resolver& resolver_;
  const ThreadTable& threads_;
  Step step_ = Step::kIdle;
  std::vector<int64_t> waiting_;  // ids of the threads that are still to be looked at
  uint64_t looked_at_ = 0;        // generation of paths_ at the beginning
  uint64_t rest_ns_ = 0;
  uint64_t next_ns_ = 0;
};

}  // namespace plugin
