// See lookup_queue.h.
#include "worker/lookup_queue.h"

namespace worker {

LookupQueue::Job& LookupQueue::add(const std::string& id, bool urgent,
                                   std::optional<core::Container> fallback) {
  const auto [entry, fresh] = jobs_.try_emplace(id);
  Job& job = entry->second;
  if (fallback) job.fallback = std::move(fallback);
  if (job.in_flight) {
    job.again = true;
    job.urgent = job.urgent || urgent;
    return job;
  }
  if (fresh) job.serial = next_serial_++;
  if (fresh || (urgent && !job.urgent)) {
    job.urgent = urgent;
    (urgent ? urgent_ : later_).push_back({id, job.serial});
  }
  return job;
}

std::optional<LookupQueue::Started> LookupQueue::start() {
  while (in_flight_ - parked_ < limit_ && in_flight_ < most_ && !(urgent_.empty() && later_.empty())) {
    std::deque<Started>& line = urgent_.empty() ? later_ : urgent_;
    Started next = std::move(line.front());
    line.pop_front();
    const auto found = jobs_.find(next.id);
    // Dropped meanwhile, or started already from the other line.
    if (found == jobs_.end() || found->second.serial != next.serial || found->second.in_flight) continue;
    found->second.in_flight = true;
    ++in_flight_;
    return next;
  }
  return std::nullopt;
}

LookupQueue::Job* LookupQueue::answered(const Started& started, bool was_parked) {
  if (in_flight_ > 0) --in_flight_;
  if (was_parked && parked_ > 0) --parked_;
  const auto found = jobs_.find(started.id);
  if (found == jobs_.end() || found->second.serial != started.serial) return nullptr;
  found->second.in_flight = false;
  return &found->second;
}

void LookupQueue::finish(const std::string& id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  Job& job = found->second;
  if (!job.again) {
    end(found);
    return;
  }
  job.again = false;
  job.attempts = 0;
  (job.urgent ? urgent_ : later_).push_back({id, job.serial});
}

void LookupQueue::suspend(const std::string& id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  Job& job = found->second;
  ++job.attempts;
  job.again = false;  // the next attempt is later than whatever asked for it
  if (job.done != nullptr) job.done->notify();
  job.done.reset();
}

void LookupQueue::resume(const std::string& id, uint64_t serial) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second.serial != serial || found->second.in_flight) return;
  (found->second.urgent ? urgent_ : later_).push_back({id, serial});
}

std::optional<core::Container> LookupQueue::drop(std::string_view id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  std::optional<core::Container> fallback = std::move(found->second.fallback);
  end(found);
  return fallback;
}

void LookupQueue::clear() {
  urgent_.clear();
  later_.clear();
  while (!jobs_.empty()) end(jobs_.begin());
}

void LookupQueue::end(std::map<std::string, Job, std::less<>>::iterator job) {
  if (job->second.done != nullptr) job->second.done->notify();
  jobs_.erase(job);
}

}  // namespace worker
