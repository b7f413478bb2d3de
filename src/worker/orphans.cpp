// See orphans.h.
#include "worker/orphans.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "worker/followers.h"
#include "worker/supervisor.h"

namespace worker {

namespace asio = boost::asio;

namespace {

// The containers of that id, each with the supervisor that knows it.
struct Holder {
  std::shared_ptr<Supervisor> supervisor;
  std::shared_ptr<const core::Container> record;
};

std::vector<Holder> holders_of(const Shared& shared, core::Owner owner, const std::string& full_id,
                               std::string_view engine_namespace) {
  std::vector<Holder> holders;
  for (const std::shared_ptr<Supervisor>& supervisor : shared.supervisors) {
    if (supervisor->owner() != owner) continue;
    if (auto record = supervisor->known(full_id, engine_namespace)) {
      holders.push_back({supervisor, std::move(record)});
    }
  }
  return holders;
}

// A path of containerd ends in "/namespace/id"; "" for any other.
std::string_view namespace_in(std::string_view cgroup_path, std::string_view full_id) {
  if (!cgroup_path.ends_with(full_id)) return {};
  cgroup_path.remove_suffix(full_id.size());
  if (cgroup_path.size() < 2 || cgroup_path.back() != '/') return {};
  cgroup_path.remove_suffix(1);
  return cgroup_path.substr(cgroup_path.rfind('/') + 1);
}

}  // namespace

void Orphans::note(std::string full_id, std::string cgroup_path, core::Owner owner) {
  const std::shared_ptr<Shared> shared = shared_.lock();
  if (!shared || holders_of(*shared, owner, full_id, {}).empty()) return;
  Key key{owner, std::move(full_id)};
  const auto entry = notes_.find(key);
  if (entry != notes_.end()) {
    entry->second = Note{std::move(cgroup_path)};
  } else if (notes_.size() < kMaxNotes) {
    notes_.emplace(std::move(key), Note{std::move(cgroup_path)});
  }
  if (running_) return;
  running_ = true;
  spawn(shared, run(shared), "the look at orphans");
}

// As long as there are notes.
asio::awaitable<void> Orphans::run(std::shared_ptr<Shared> shared) {
  const std::shared_ptr<Orphans> self = shared_from_this();
  while (!notes_.empty()) {
    co_await net::pause(shared->timing.orphans);
    cgroups_ = CgroupPresence::read(shared->config.host_root);
    look(*shared);
  }
  running_ = false;
}

void Orphans::look(Shared& shared) {
  auto entry = notes_.upper_bound(looked_at_);
  for (size_t looks = std::min(notes_.size(), kLooks); looks > 0 && !notes_.empty(); --looks) {
    if (entry == notes_.end()) entry = notes_.begin();
    looked_at_ = entry->first;
    entry = settle(shared, entry->first, entry->second) ? notes_.erase(entry) : std::next(entry);
  }
}

bool Orphans::settle(Shared& shared, const Key& key, Note& note) {
  const auto& [owner, full_id] = key;
  std::vector<Holder> holders = holders_of(shared, owner, full_id, namespace_in(note.cgroup_path, full_id));
  if (holders.empty()) holders = holders_of(shared, owner, full_id, {});
  bool any_connected = false;
  for (const Holder& holder : holders) any_connected = any_connected || holder.supervisor->is_connected();
  // Connected: its engine decides.
  if (holders.empty() || any_connected) return true;
  if (!std::exchange(note.seen_gone, cgroups_.is_gone(note.cgroup_path)) || !note.seen_gone) return false;
  bool report = true;
  for (const Holder& holder : holders) {
    holder.supervisor->orphan_is_gone(*holder.record, report);
    report = false;
  }
  return true;
}

}  // namespace worker
