// Bundles and engines' state on disk, read for those who must not wait: reports what they tell. Owned by
// Shared; worker's thread.
//
// A read holds up the loop. Files are bounded (local_max_bytes), on local disks only (base/local_files.h) and
// few, so that is a moment: some ten microseconds from memory, some milliseconds from a disk. A thread of its
// own would cost more than it saves.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/limits.h"
#include "engines/local/local_state.h"
#include "worker/followers.h"
#include "worker/worker.h"

namespace worker {

class LocalReader : public std::enable_shared_from_this<LocalReader> {
 public:
  // Bundles that are read at once; beyond that a request is dropped, for there is the look-up on demand.
  static constexpr size_t kMaxReading = core::limits::kBundlesPending;

  explicit LocalReader(const std::shared_ptr<Shared>& shared);

  // See Worker::read_bundle().
  void read_bundle(BundleRequest request);
  // Reports what engines keep on disk about that container. False when there is nothing.
  bool report_by_id(const LookupRequest& request);

 private:
  boost::asio::awaitable<void> pursue(std::shared_ptr<Shared> shared, BundleRequest request);
  void report(Shared& shared, core::Container container, core::Owner owner);
  void refused(Shared& shared, const std::string& why);

  std::weak_ptr<Shared> shared_;  // it owns this
  engines::local::State state_;
  std::set<std::pair<core::Owner, std::string>> reading_;  // whose container, id
};

}  // namespace worker
