// See cri_engine.h.
#include "engines/cri/cri_engine.h"

#include <chrono>
#include <map>
#include <utility>

#include "engines/cri/cri_client.h"
#include "net/grpc/client.h"
#include "net/signal.h"

namespace engines::cri {

namespace asio = boost::asio;
using net::grpc::CallResult;
using net::grpc::Code;

namespace {

using Clock = std::chrono::steady_clock;

// Between two lists of a runtime without events; and of one with events, which may have missed some or,
// although it takes the request, never send any.
constexpr std::chrono::seconds kListEvery{1};
constexpr std::chrono::seconds kListEveryWithEvents{10};

// A container or sandbox as the last list showed it.
struct Seen {
  int64_t state = 0;
  std::string sandbox_id;
  bool operator==(const Seen&) const = default;
};

class CriEngine final : public Engine {
 public:
  explicit CriEngine(const Context& context)
      : settings_(context.settings),
        logger_(context.logger),
        client_(context.socket_path, context.settings.timeout),
        cri_(client_, context.settings),
        woken_(context.executor) {}

  asio::awaitable<base::Error> session(Observer& observer) override;
  asio::awaitable<base::Result<std::optional<core::Container>>> lookup(std::string id) override;
  asio::awaitable<base::Status> probe() override;
  void close() override {
    client_.close();
    woken_.notify();
  }
  net::Counters counters() const override { return client_.counters(); }

 private:
  asio::awaitable<base::Result<std::vector<Sighting>>> list();
  asio::awaitable<base::Error> follow(std::shared_ptr<net::grpc::Stream> events, Observer& observer);
  asio::awaitable<base::Error> poll(Observer& observer);
  asio::awaitable<base::Status> list_again(Observer& observer);
  base::Status tell(const std::string& bytes, Observer& observer);
  void changed(const EventMessage& event, Observer& observer);
  asio::awaitable<base::Result<std::optional<core::Container>>> look_up_pod(std::string id);

  Settings settings_;
  base::Logger logger_;
  net::grpc::Client client_;
  CriClient cri_;
  net::Signal woken_;                              // a pause between two lists ends early
  std::map<std::string, Seen, std::less<>> seen_;  // by id, containers and sandboxes
};

asio::awaitable<base::Error> CriEngine::session(Observer& observer) {
  cri_.forget();
  seen_.clear();
  base::Status connected = co_await client_.connect();
  if (!connected.ok()) co_return base::Error{connected.error()};
  base::Result<Version> version = co_await cri_.version();
  if (!version.ok()) co_return base::Error{version.error()};
  // Before the list: nothing that happens in between is missed.
  CallResult<std::shared_ptr<net::grpc::Stream>> events = client_.stream(kEventsMethod, {}, {});
  if (!events.ok()) co_return base::Error{client_.sentence(kEventsMethod, events.status())};
  base::Result<std::vector<Sighting>> all = co_await list();
  if (!all.ok()) co_return base::Error{all.error()};
  observer.connected();
  observer.listed(*std::move(all));
  co_return co_await follow(*events, observer);
}

// Also what seen_ is made from.
asio::awaitable<base::Result<std::vector<Sighting>>> CriEngine::list() {
  base::Result<std::vector<SandboxMessage>> sandboxes = co_await cri_.sandboxes();
  if (!sandboxes.ok()) co_return base::Error{sandboxes.error()};
  base::Result<std::vector<ContainerMessage>> containers = co_await cri_.containers();
  if (!containers.ok()) co_return base::Error{containers.error()};
  std::vector<Sighting> all;
  all.reserve(sandboxes->size() + containers->size());
  std::map<std::string, Seen, std::less<>> seen;
  for (const SandboxMessage& sandbox : *sandboxes) {
    if (sandbox.id.empty()) continue;
    all.push_back({map_listed(sandbox, cri_.type(), settings_), sandbox.state == kSandboxReady, false});
    seen[sandbox.id] = {sandbox.state, sandbox.id};
  }
  for (const ContainerMessage& container : *containers) {
    if (container.id.empty()) continue;
    all.push_back(
        {map_listed(container, cri_.type(), settings_), container.state == kContainerRunning, false});
    seen[container.id] = {container.state, container.sandbox_id};
  }
  seen_ = std::move(seen);
  co_return std::move(all);
}

asio::awaitable<base::Error> CriEngine::follow(std::shared_ptr<net::grpc::Stream> events,
                                               Observer& observer) {
  bool has_events = false;  // one came: the stream is to be relied on
  auto next_list = Clock::now() + kListEvery;
  while (true) {
    CallResult<std::optional<std::string>> event = co_await events->next(next_list);
    if (event.ok() && event->has_value()) {
      has_events = true;
      base::Status told = tell(**event, observer);
      if (!told.ok()) co_return base::Error{told.error()};
    } else if (event.code() != Code::kDeadlineExceeded) {
      const std::string why = event.ok() ? client_.path() + ": the stream of events ended"
                                         : client_.sentence(kEventsMethod, event.status());
      const bool lost = !event.ok() && (event.status().broken || event.code() == Code::kCancelled);
      if (lost) client_.failed(event.status());
      if (lost || has_events) co_return base::Error{why};
      logger_.debug(why + "; listing every second instead");
      break;
    }
    if (Clock::now() < next_list) continue;
    base::Status listed = co_await list_again(observer);
    if (!listed.ok()) co_return base::Error{listed.error()};
    next_list = Clock::now() + (has_events ? kListEveryWithEvents : kListEvery);
  }
  events.reset();
  co_return co_await poll(observer);
}

// For runtimes without events.
asio::awaitable<base::Error> CriEngine::poll(Observer& observer) {
  while (true) {
    co_await woken_.wait_for(kListEvery);
    base::Status listed = co_await list_again(observer);
    if (!listed.ok()) co_return base::Error{listed.error()};
  }
}

asio::awaitable<base::Status> CriEngine::list_again(Observer& observer) {
  const std::map<std::string, Seen, std::less<>> before = seen_;
  base::Result<std::vector<Sighting>> all = co_await list();
  if (!all.ok()) co_return base::Error{all.error()};
  for (Sighting& sighting : *all) {
    const std::string& id = sighting.container.full_id;
    const auto known = before.find(id);
    if (known == before.end() || known->second != seen_[id]) {
      if (sighting.container.is_pod_sandbox) cri_.forget_pod(id);
      observer.changed(std::move(sighting));
    }
  }
  for (const auto& [id, seen] : before) {
    if (!seen_.contains(id)) observer.removed(id);
  }
  co_return base::Ok{};
}

base::Status CriEngine::tell(const std::string& bytes, Observer& observer) {
  base::Result<EventMessage> event = decode_event(bytes);
  if (!event.ok()) {
    client_.failed_to_decode();
    return base::Error{event.error()};
  }
  observer.heard();
  if (event->container_id.empty()) return base::Ok{};
  if (event->container_id == event->sandbox_id) cri_.forget_pod(event->sandbox_id);
  switch (event->type) {
    case EventType::kDeleted:
      seen_.erase(event->container_id);
      cri_.forget_pod(event->container_id);
      observer.removed(event->container_id);
      break;
    case EventType::kCreated:
      if (settings_.hook_create) changed(*event, observer);
      break;
    case EventType::kStarted:
      // Whatever the hooks say: what a pod's network gave it is known only now.
      changed(*event, observer);
      break;
    case EventType::kStopped:
      break;
  }
  return base::Ok{};
}

void CriEngine::changed(const EventMessage& event, Observer& observer) {
  const bool is_sandbox = event.container_id == event.sandbox_id;
  const bool runs = event.type == EventType::kStarted;
  seen_[event.container_id] = {is_sandbox ? kSandboxReady : (runs ? kContainerRunning : 0), event.sandbox_id};
  Sighting sighting;
  sighting.container.type = cri_.type();
  sighting.container.full_id = event.container_id;
  sighting.container.pod_sandbox_id = event.sandbox_id;
  sighting.container.is_pod_sandbox = is_sandbox;
  sighting.running = true;
  observer.changed(std::move(sighting));
}

asio::awaitable<base::Result<std::optional<core::Container>>> CriEngine::lookup(std::string id) {
  const auto seen = seen_.find(id);
  const std::string sandbox_id = seen == seen_.end() ? std::string() : seen->second.sandbox_id;
  if (!sandbox_id.empty() && sandbox_id == id) co_return co_await look_up_pod(id);
  base::Result<std::optional<core::Container>> found = co_await cri_.container(id);
  if (!found.ok()) co_return base::Error{found.error()};
  if (!found->has_value()) co_return co_await look_up_pod(id);
  core::Container& container = **found;
  if (!container.full_id.starts_with(id)) co_return std::optional<core::Container>();
  if (container.pod_sandbox_id.empty()) container.pod_sandbox_id = sandbox_id;
  if (!container.pod_sandbox_id.empty()) {
    std::string pod_id = container.pod_sandbox_id;
    base::Result<std::shared_ptr<const Pod>> pod = co_await cri_.pod(std::move(pod_id));
    if (!pod.ok()) co_return base::Error{pod.error()};
    if (*pod != nullptr) apply_pod(**pod, container);
  }
  co_return std::move(found);
}

asio::awaitable<base::Result<std::optional<core::Container>>> CriEngine::look_up_pod(std::string id) {
  base::Result<std::shared_ptr<const Pod>> pod = co_await cri_.pod(id);
  if (!pod.ok()) co_return base::Error{pod.error()};
  std::optional<core::Container> record;
  if (*pod != nullptr && (*pod)->record.full_id.starts_with(id)) record = (*pod)->record;
  co_return std::move(record);
}

asio::awaitable<base::Status> CriEngine::probe() {
  base::Result<Version> version = co_await cri_.version();
  if (!version.ok()) co_return base::Error{version.error()};
  co_return base::Ok{};
}

}  // namespace

std::unique_ptr<Engine> create(const Context& context) {
  return std::make_unique<CriEngine>(context);
}

}  // namespace engines::cri
