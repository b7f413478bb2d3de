// See cri_engine.h.
#include "engines/cri/cri_engine.h"

#include <map>
#include <utility>

#include "engines/cri/cri_client.h"
#include "engines/list_keeper.h"
#include "net/grpc/client.h"

namespace engines::cri {

namespace asio = boost::asio;
using net::grpc::CallResult;
using net::grpc::Code;

namespace {

// A container or sandbox as the last list showed it.
struct Seen {
  int64_t state = 0;
  std::string sandbox_id;
  bool operator==(const Seen&) const = default;
};

// Runtimes take the request for events and then never send any: silence is no reason to list less often.
Pace pace_of(const Settings& settings) {
  Pace pace = settings.pace;
  pace.silent = pace.without_events;
  return pace;
}

class CriEngine final : public Engine, public Lister {
 public:
  explicit CriEngine(const Context& context)
      : executor_(context.executor),
        settings_(context.settings),
        client_(context.socket, context.settings.timeout),
        cri_(client_, context.settings) {}

  asio::awaitable<base::Error> session(Observer& observer) override;
  asio::awaitable<base::Result<std::optional<core::Container>>> lookup(std::string id) override;
  asio::awaitable<base::Status> probe() override;
  void close() override {
    closed_ = true;
    client_.close();
    if (keeper_ != nullptr) keeper_->end();
  }
  net::Counters counters() const override { return client_.counters(); }

 private:
  // Lister
  asio::awaitable<base::Result<std::vector<Sighting>>> list(Extent extent) override;
  asio::awaitable<base::Status> is_there() override { return probe(); }
  void end_waiting() override { client_.close(); }

  asio::awaitable<base::Error> follow(Observer& observer);
  asio::awaitable<EventsEnd> read_events(net::grpc::Stream& events, Observer& observer);
  base::Status tell(const std::string& bytes, Observer& observer);
  void changed(const EventMessage& event, Observer& observer);
  asio::awaitable<base::Result<std::optional<core::Container>>> look_up_pod(std::string id);

  void see(const std::string& id, Seen seen, std::map<std::string, Seen, std::less<>>& all);

  asio::any_io_executor executor_;
  Settings settings_;
  net::grpc::Client client_;
  CriClient cri_;
  std::shared_ptr<ListKeeper> keeper_;             // of this session
  bool closed_ = false;                            // the session is to end
  std::map<std::string, Seen, std::less<>> seen_;  // by id, containers and sandboxes
};

asio::awaitable<base::Error> CriEngine::session(Observer& observer) {
  closed_ = false;
  cri_.forget();
  seen_.clear();
  base::Status connected = co_await client_.connect();
  if (!connected.ok()) co_return base::Error{connected.error()};
  base::Result<Version> version = co_await cri_.version();
  if (!version.ok()) co_return base::Error{version.error()};
  observer.connected();
  keeper_ = std::make_shared<ListKeeper>(executor_, pace_of(settings_), *this, observer);
  base::Error ended = co_await follow(observer);
  client_.close();
  co_await keeper_->stop();
  co_return ended;
}

// Events, for as long as the session lives; while there are none the lists alone tell.
asio::awaitable<base::Error> CriEngine::follow(Observer& observer) {
  bool listing = false;
  while (true) {
    keeper_->events_begin();
    CallResult<std::shared_ptr<net::grpc::Stream>> events = client_.stream(kEventsMethod, {}, {});
    // Events are asked for before the list: nothing that happens in between is missed.
    if (!std::exchange(listing, true)) keeper_->start();
    EventsEnd end;
    if (events.ok()) {
      end = co_await read_events(**events, observer);
    } else {
      end = {base::Error{client_.sentence(kEventsMethod, events.status())}, events.status().broken};
    }
    if (keeper_->lost()) co_return *keeper_->lost();
    if (end.session_ends || closed_) co_return end.why;
    keeper_->events_fail(end.why.message);
    co_await keeper_->wait_without_events();
    if (keeper_->lost()) co_return *keeper_->lost();
    if (closed_) co_return end.why;
  }
}

asio::awaitable<EventsEnd> CriEngine::read_events(net::grpc::Stream& events, Observer& observer) {
  bool heard = false;  // one came: the stream was to be relied on
  while (true) {
    CallResult<std::optional<std::string>> event = co_await events.next();
    if (event.ok() && event->has_value()) {
      heard = true;
      base::Status told = tell(**event, observer);
      if (told.ok()) continue;
      co_return EventsEnd{base::Error{told.error()}, true};
    }
    std::string why = event.ok() ? client_.path() + ": the stream of events ended"
                                 : client_.sentence(kEventsMethod, event.status());
    const bool lost = !event.ok() && (event.status().broken || event.code() == Code::kCancelled);
    if (lost) client_.failed(event.status());
    // We ourselves hung up on a peer whose list was garbage: that is the reason.
    if (event.code() == Code::kCancelled && !closed_ && !keeper_->trouble().empty()) why = keeper_->trouble();
    co_return EventsEnd{base::Error{std::move(why)}, lost || heard};
  }
}

void CriEngine::see(const std::string& id, Seen seen, std::map<std::string, Seen, std::less<>>& all) {
  const auto before = seen_.find(id);
  // What is remembered of a pod that changed is out of date.
  if (seen.sandbox_id == id && before != seen_.end() && before->second != seen) cri_.forget_pod(id);
  all[id] = std::move(seen);
}

// Also what seen_ is made from. Of a smaller list one half does.
asio::awaitable<base::Result<std::vector<Sighting>>> CriEngine::list(Extent extent) {
  base::Result<std::vector<SandboxMessage>> sandboxes = co_await cri_.sandboxes(extent);
  if (!sandboxes.ok() && extent == Extent::kWhole) co_return base::Error{sandboxes.error()};
  base::Result<std::vector<ContainerMessage>> containers = co_await cri_.containers(extent);
  if (!containers.ok() && (extent == Extent::kWhole || !sandboxes.ok())) {
    co_return base::Error{containers.error()};
  }
  std::vector<Sighting> all;
  std::map<std::string, Seen, std::less<>> seen;
  if (sandboxes.ok()) {
    for (const SandboxMessage& sandbox : *sandboxes) {
      if (sandbox.id.empty()) continue;
      all.push_back({map_listed(sandbox, cri_.type(), settings_), sandbox.state == kSandboxReady, false});
      see(sandbox.id, {sandbox.state, sandbox.id}, seen);
    }
  }
  if (containers.ok()) {
    for (const ContainerMessage& container : *containers) {
      if (container.id.empty()) continue;
      all.push_back(
          {map_listed(container, cri_.type(), settings_), container.state == kContainerRunning, false});
      see(container.id, {container.state, container.sandbox_id}, seen);
    }
  }
  seen_ = std::move(seen);
  co_return std::move(all);
}

base::Status CriEngine::tell(const std::string& bytes, Observer& observer) {
  base::Result<EventMessage> event = decode_event(bytes);
  if (!event.ok()) {
    client_.failed_to_decode();
    return base::Error{event.error()};
  }
  observer.heard();
  keeper_->event_heard();
  if (event->container_id.empty()) return base::Ok{};
  if (event->container_id == event->sandbox_id) cri_.forget_pod(event->sandbox_id);
  switch (event->type) {
    case EventType::kDeleted:
      seen_.erase(event->container_id);
      cri_.forget_pod(event->container_id);
      keeper_->gone(event->container_id);
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
  keeper_->told(sighting.container, true);
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
  if (keeper_ != nullptr) keeper_->told(container, false);
  co_return std::move(found);
}

asio::awaitable<base::Result<std::optional<core::Container>>> CriEngine::look_up_pod(std::string id) {
  base::Result<std::shared_ptr<const Pod>> pod = co_await cri_.pod(id);
  if (!pod.ok()) co_return base::Error{pod.error()};
  std::optional<core::Container> record;
  if (*pod != nullptr && (*pod)->record.full_id.starts_with(id)) {
    record = (*pod)->record;
    if (keeper_ != nullptr) keeper_->told(*record, false);
  }
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
