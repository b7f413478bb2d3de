// See status_board.h.
#include "worker/status_board.h"

#include <algorithm>

namespace worker {

int StatusBoard::add(std::string engine, std::string path, bool optional) {
  const std::lock_guard lock(mutex_);
  Row row;
  row.status.engine = std::move(engine);
  row.status.path = std::move(path);
  row.hidden = optional;
  rows_.emplace(next_id_, std::move(row));
  return next_id_++;
}

void StatusBoard::remove(int id) {
  const std::lock_guard lock(mutex_);
  rows_.erase(id);
  changed_.notify_all();
}

void StatusBoard::show(int id) {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(id);
  if (found != rows_.end()) found->second.hidden = false;
}

void StatusBoard::settle(int id) {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(id);
  if (found == rows_.end()) return;
  found->second.settled = true;
  changed_.notify_all();
}

void StatusBoard::begin_discovery() {
  const std::lock_guard lock(mutex_);
  ++discovering_;
}

void StatusBoard::end_discovery() {
  const std::lock_guard lock(mutex_);
  --discovering_;
  changed_.notify_all();
}

void StatusBoard::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool StatusBoard::all_settled() const {
  return discovering_ == 0 &&
         std::all_of(rows_.begin(), rows_.end(), [](const auto& row) { return row.second.settled; });
}

bool StatusBoard::wait_until_settled(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return closed_ || all_settled(); });
  return all_settled();
}

std::vector<SocketStatus> StatusBoard::sockets() const {
  const std::lock_guard lock(mutex_);
  std::vector<SocketStatus> result;
  for (const auto& [id, row] : rows_) {
    if (!row.hidden) result.push_back(row.status);
  }
  return result;
}

LookupStatus StatusBoard::lookups() const {
  const std::lock_guard lock(mutex_);
  return lookups_;
}

}  // namespace worker
