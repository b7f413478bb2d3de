// See fake_docker.h.
#include "support/fake_docker.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace support {

namespace {

constexpr const char* kImage = "4d81be1e2f89d1f0c4bd85385ecde30f8e2bb62ed954ea41475f92e2c16dea20";
constexpr std::chrono::milliseconds kLookForEvents{2};

}  // namespace

std::string container_id(const std::string& seed) {
  std::string id = seed;
  id.resize(64, '0');
  return id;
}

FakeDocker::FakeDocker(std::string path, Kind kind) : path_(std::move(path)), kind_(kind) {
  start();
}

void FakeDocker::start() {
  stopping_ = false;
  peer_ = std::make_unique<FakePeer>(path_, [this](FakeConnection& connection) { serve(connection); });
}

void FakeDocker::stop(bool remove_path) {
  stopping_ = true;
  peer_->stop(remove_path);
}

void FakeDocker::add(const std::string& id, const std::string& name, const std::string& ip) {
  const std::lock_guard lock(mutex_);
  containers_[id] = {name, ip, true, {}};
}

void FakeDocker::share_network(const std::string& id, const std::string& owner) {
  const std::lock_guard lock(mutex_);
  containers_[id].ip.clear();
  containers_[id].network_mode = "container:" + owner;
}

void FakeDocker::tell_network(const std::string& action, const std::string& id) {
  tell_text(R"("Type":"network","Action":")" + action +
            R"(","Actor":{"ID":"77","Attributes":{"container":")" + id +
            R"(","name":"netb","type":"bridge"}})");
}

void FakeDocker::end(const std::string& id) {
  const std::lock_guard lock(mutex_);
  containers_[id].running = false;
  containers_[id].ip.clear();
}

void FakeDocker::set_fault(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

bool FakeDocker::has_fault(FakeConnection& connection, const std::string& target) const {
  Fault fault;
  {
    const std::lock_guard lock(mutex_);
    fault = fault_;
  }
  return fault != nullptr && fault(connection, target);
}

void FakeDocker::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  containers_.erase(id);
}

void FakeDocker::set_mounts(const std::string& mounts) {
  const std::lock_guard lock(mutex_);
  mounts_ = mounts;
}

void FakeDocker::tell(const std::string& action, const std::string& id, const std::string& name) {
  tell_text(R"("Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id +
            R"(","Attributes":{"name":")" + name + R"(","image":"busybox:1.36","app":"told"}})");
}

void FakeDocker::tell_text(const std::string& members) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  const std::lock_guard lock(mutex_);
  events_.push_back({ns, "{" + members + R"(,"timeNano":)" + std::to_string(ns) + "}\n"});
}

int FakeDocker::asked(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(asked_.begin(), asked_.end(), [&](const std::string& target) {
    return target.find(part) != std::string::npos;
  }));
}

void FakeDocker::serve(FakeConnection& connection) {
  const std::string prefix = kind_ == Kind::kDocker ? "/v1.41" : "/v4.3.1/libpod";
  const std::string ping = kind_ == Kind::kDocker ? "/_ping" : "/libpod/_ping";
  const std::string versions =
      kind_ == Kind::kDocker ? "Api-Version: 1.41\r\n" : "Api-Version: 1.41\r\nLibpod-API-Version: 4.3.1\r\n";
  for (std::string target = connection.read_request(); !target.empty(); target = connection.read_request()) {
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(target);
    }
    if (hang_) return connection.hold();
    if (has_fault(connection, target)) continue;
    // Podman answers Docker's ping, too.
    if (target == ping || target == "/_ping") {
      if (hang_pings_) return connection.hold();
      connection.answer(200, "OK", versions);
      continue;
    }
    if (!target.starts_with(prefix)) {
      connection.answer(404, R"({"message":"page not found"})");
      continue;
    }
    target.erase(0, prefix.size());
    if (target.starts_with("/events?")) return stream_events(connection, target);
    if (target.starts_with("/containers/json")) {
      connection.answer(200, list(target));
    } else if (target.starts_with("/containers/")) {
      if (hang_inspects_) return connection.hold();
      const std::string id = target.substr(12, target.find('/', 12) - 12);
      std::string body = inspect(id);
      if (!body.empty() && target.ends_with("?size=true")) body.insert(1, R"("SizeRw":4711,)");
      connection.answer(body.empty() ? 404 : 200, body.empty() ? R"({"message":"No such container"})" : body);
    } else if (no_images_) {
      connection.answer(404, R"({"message":"No such image"})");
    } else {
      connection.answer(200, R"({"RepoTags":["busybox:1.36"],"RepoDigests":["busybox@sha256:aa"]})");
    }
  }
}

void FakeDocker::stream_events(FakeConnection& connection, const std::string& target) {
  const int epoch = stream_epoch_;
  const size_t at = target.find("since=") + 6;
  const size_t dot = target.find('.', at);
  const int64_t since =
      std::stoll(target.substr(at, dot - at)) * 1'000'000'000 + std::stoll(target.substr(dot + 1, 9));
  if (!connection.begin_chunked()) return;
  size_t next = 0;
  {
    const std::lock_guard lock(mutex_);
    while (next < events_.size() && events_[next].time_ns < since) ++next;
  }
  while (!stopping_ && epoch == stream_epoch_) {
    std::string event;
    {
      const std::lock_guard lock(mutex_);
      if (next < events_.size() && !hang_) event = events_[next++].text;
    }
    if (event.empty()) {
      std::this_thread::sleep_for(kLookForEvents);
    } else if (connection.chunk(event)) {
      ++sent_;
    } else {
      return;
    }
  }
  connection.write("0\r\n\r\n");
}

// query: "?all=true", nothing, or "?limit=2&filters=..." with %22before%22%3A%5B%22<id>%22%5D in it.
std::string FakeDocker::list(const std::string& query) const {
  const std::lock_guard lock(mutex_);
  const bool all = query.find("all=true") != std::string::npos;
  const size_t limit_at = query.find("limit=");
  int left = limit_at == std::string::npos ? 1 << 20 : std::stoi(query.substr(limit_at + 6));
  constexpr std::string_view kBefore = "%22before%22%3A%5B%22";
  const size_t before_at = query.find(kBefore);
  auto next = containers_.begin();
  if (before_at != std::string::npos) {
    next = containers_.upper_bound(query.substr(before_at + kBefore.size(), container_id("").size()));
  }
  std::string text = "[";
  for (; next != containers_.end() && left > 0; ++next) {
    const auto& [id, entry] = *next;
    if (!all && !entry.running) continue;
    --left;
    if (text.size() > 1) text += ',';
    text += R"({"Id":")" + id + R"(","Names":[")" + entry.name +
            R"("],"Image":"busybox:1.36","ImageID":"sha256:)" + kImage + R"(","State":")" +
            (entry.running ? "running" : "exited") +
            R"(","NetworkSettings":{"Networks":{"bridge":{"IPAddress":")" + entry.ip + R"("}}}})";
  }
  return text + "]";
}

std::string FakeDocker::inspect(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = containers_.find(id);
  if (found == containers_.end()) return "";
  const std::string image = kind_ == Kind::kDocker
                                ? std::string(R"("Image":"sha256:)") + kImage + R"(")"
                                : std::string(R"("Image":")") + kImage + R"(","ImageName":"busybox:1.36")";
  return R"({"Id":")" + id + R"(","Name":"/)" + found->second.name + R"(",)" + image +
         R"(,"Config":{"Image":"busybox:1.36","User":"7"},"NetworkSettings":{"IPAddress":")" +
         found->second.ip + R"("},"State":{"Running":)" + (found->second.running ? "true" : "false") +
         R"(},"HostConfig":{"NetworkMode":")" + found->second.network_mode + R"("},"Mounts":[)" + mounts_ +
         "]}";
}

}  // namespace support
