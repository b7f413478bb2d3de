// See containerd_engine.h.
#include "engines/containerd/containerd_engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <utility>

#include "core/merge.h"
#include "engines/containerd/containerd_client.h"
#include "engines/containerd/containerd_mapping.h"
#include "engines/cri/cri_client.h"
#include "engines/list_keeper.h"
#include "net/signal.h"

namespace engines::containerd {

namespace asio = boost::asio;
using net::grpc::CallResult;
using net::grpc::Code;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kMaxNamespaces = 256;
// Docker's own connection may take a moment longer than this one: a list with Docker's containers waits for
// it.
constexpr milliseconds kWaitForDocker{300};
constexpr milliseconds kWaitStep{10};
// CRI learns of a pod a moment after containerd has started its sandbox, and it starts after containerd
// itself. And it learns of a container a moment after containerd announced it, before anything of it runs:
// asked again after this long, doubling, so many times. That early only just after an event of Kubernetes.
constexpr milliseconds kRevisitFirst{20};
constexpr milliseconds kRevisitLimit{500};
constexpr int kMaxRevisits = 20;
constexpr std::chrono::seconds kQuick{1};
// How long after an event of Kubernetes a look-up may still find that there is something to revisit.
constexpr std::chrono::seconds kWatchful{15};
// A CRI that let a request time out is left alone for so long: containerd's own answers must not wait for it.
constexpr std::chrono::seconds kCriPause{30};

// Looked into when containerd does not tell which namespaces there are.
constexpr std::array<std::string_view, 3> kUsualNamespaces{"default", kCriNamespace, kDockerNamespace};

class ContainerdEngine final : public Engine, public Lister {
 public:
  explicit ContainerdEngine(const Context& context)
      : executor_(context.executor),
        settings_(context.settings),
        client_(context.socket, context.settings.timeout),
        containerd_(client_),
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
  asio::awaitable<base::Result<std::vector<std::string>>> names_to_list(Extent extent);
  asio::awaitable<base::Status> list_namespace(std::string name, std::vector<Sighting>& all);
  base::Status tell(const std::string& bytes, Observer& observer);
  void tell_of_container(const EventMessage& event, Observer& observer);
  void revisit(Observer& observer);

  asio::awaitable<void> wait_for_docker();
  asio::awaitable<base::Result<std::optional<ContainerMessage>>> find(std::string id, std::string& found_in);
  asio::awaitable<base::Result<std::optional<ContainerMessage>>> find_in(std::string name, std::string id);
  asio::awaitable<void> complete_from_cri(core::Container& container);
  asio::awaitable<bool> complete_sandbox(core::Container& sandbox);
  asio::awaitable<bool> complete_container(core::Container& container);
  bool has_unfinished() const;
  Clock::time_point next_revisit() const;
  void remember_namespace(const std::string& name);
  bool is_left_out(std::string_view container_namespace) const;

  asio::any_io_executor executor_;
  Settings settings_;
  net::grpc::Client client_;
  ContainerdClient containerd_;
  cri::CriClient cri_;
  const Observer* observer_ = nullptr;  // the supervisor that owns this; set once a session began
  std::shared_ptr<ListKeeper> keeper_;  // of this session
  bool closed_ = false;                 // the session is to end
  bool waited_for_docker_ = false;
  std::vector<std::string> namespaces_;  // seen so far, for look-ups of ids that nobody told of
  Clock::time_point watchful_until_;     // a look-up may still add to unfinished_
  Clock::time_point cri_again_;          // not asked before
  // Containers that CRI could not complete yet, how often they were revisited, and when they are next.
  struct Unfinished {
    int revisits = 0;
    Clock::time_point next;
  };
  std::map<std::string, Unfinished> unfinished_;
};

asio::awaitable<base::Error> ContainerdEngine::session(Observer& observer) {
  observer_ = &observer;
  cri_.forget();
  containerd_.forget_images();
  unfinished_.clear();
  cri_again_ = {};
  watchful_until_ = Clock::now() + kWatchful;
  closed_ = false;
  base::Status connected = co_await client_.connect();
  if (!connected.ok()) co_return base::Error{connected.error()};
  keeper_ = std::make_shared<ListKeeper>(executor_, settings_.pace, *this, observer);
  base::Error ended = co_await follow(observer);
  client_.close();
  co_await keeper_->stop();
  co_return ended;
}

bool ContainerdEngine::is_left_out(std::string_view container_namespace) const {
  return container_namespace == kDockerNamespace && observer_ != nullptr &&
         observer_->is_followed(core::ContainerType::kDocker);
}

void ContainerdEngine::remember_namespace(const std::string& name) {
  const bool known = std::find(namespaces_.begin(), namespaces_.end(), name) != namespaces_.end();
  if (!known && namespaces_.size() < kMaxNamespaces) namespaces_.push_back(name);
}

asio::awaitable<void> ContainerdEngine::wait_for_docker() {
  const auto end = Clock::now() + kWaitForDocker;
  while (!observer_->is_followed(core::ContainerType::kDocker) && Clock::now() < end) {
    co_await net::pause(kWaitStep);
  }
}

asio::awaitable<base::Result<std::vector<std::string>>> ContainerdEngine::names_to_list(Extent extent) {
  base::Result<std::vector<std::string>> names = co_await containerd_.namespaces();
  if (names.ok() || extent == Extent::kWhole) co_return std::move(names);
  for (const std::string_view usual : kUsualNamespaces) remember_namespace(std::string(usual));
  co_return namespaces_;
}

asio::awaitable<base::Result<std::vector<Sighting>>> ContainerdEngine::list(Extent extent) {
  base::Result<std::vector<std::string>> names = co_await names_to_list(extent);
  if (!names.ok()) co_return base::Error{names.error()};
  const bool has_docker = std::find(names->begin(), names->end(), kDockerNamespace) != names->end();
  if (has_docker && !std::exchange(waited_for_docker_, true)) co_await wait_for_docker();
  if (extent == Extent::kWhole) namespaces_.clear();
  std::vector<Sighting> all;
  bool any = names->empty();
  std::string why;
  for (const std::string& name : *names) {
    if (!is_identifier(name)) continue;
    remember_namespace(name);
    if (is_left_out(name)) continue;
    base::Status listed = co_await list_namespace(name, all);
    any = any || listed.ok();
    if (listed.ok()) continue;
    why = listed.error();
    if (extent == Extent::kWhole) break;
  }
  if (!why.empty() && (extent == Extent::kWhole || !any)) co_return base::Error{why};
  co_return std::move(all);
}

asio::awaitable<base::Status> ContainerdEngine::list_namespace(std::string name, std::vector<Sighting>& all) {
  base::Result<std::vector<ContainerMessage>> messages = co_await containerd_.containers(name);
  if (!messages.ok()) co_return base::Error{messages.error()};
  for (const ContainerMessage& message : *messages) {
    if (!is_identifier(message.id)) continue;
    Sighting sighting{map_container(message, settings_), true, false};
    sighting.container.engine_namespace = name;
    // Outside of Kubernetes only the image's digest is missing.
    sighting.complete = name != kCriNamespace;
    if (sighting.complete && sighting.container.image_digest.empty()) {
      sighting.container.image_digest = co_await containerd_.image_digest(name, message.image);
    }
    all.push_back(std::move(sighting));
  }
  co_return base::Ok{};
}

// Events, for as long as the session lives; while there are none the lists alone tell.
asio::awaitable<base::Error> ContainerdEngine::follow(Observer& observer) {
  bool listing = false;
  while (true) {
    keeper_->events_begin();
    CallResult<std::shared_ptr<net::grpc::Stream>> events = containerd_.subscribe();
    if (!std::exchange(listing, true)) {
      // A round trip between subscribing and listing: the subscription is in force before the list is made.
      base::Status spoken = co_await containerd_.is_containerd();
      if (!spoken.ok()) co_return base::Error{spoken.error()};
      observer.connected();
      keeper_->start();
    }
    EventsEnd end;
    if (events.ok()) {
      end = co_await read_events(**events, observer);
    } else {
      end = {base::Error{client_.sentence(kSubscribeMethod, events.status())}, events.status().broken};
    }
    if (keeper_->lost()) co_return *keeper_->lost();
    if (end.session_ends || closed_) co_return end.why;
    keeper_->events_fail(end.why.message);
    co_await keeper_->wait_without_events();
    if (keeper_->lost()) co_return *keeper_->lost();
    if (closed_) co_return end.why;
  }
}

asio::awaitable<EventsEnd> ContainerdEngine::read_events(net::grpc::Stream& events, Observer& observer) {
  bool heard = false;  // one came: the stream was to be relied on
  while (true) {
    CallResult<std::optional<std::string>> event = co_await events.next(next_revisit());
    revisit(observer);
    if (event.code() == Code::kDeadlineExceeded) continue;
    if (event.ok() && event->has_value()) {
      heard = true;
      base::Status told = tell(**event, observer);
      if (told.ok()) continue;
      co_return EventsEnd{base::Error{told.error()}, true};
    }
    std::string why = event.ok() ? client_.path() + ": the stream of events ended"
                                 : client_.sentence(kSubscribeMethod, event.status());
    const bool lost = !event.ok() && (event.status().broken || event.code() == Code::kCancelled);
    if (!event.ok()) client_.failed(event.status());
    // We ourselves hung up on a peer whose list was garbage: that is the reason.
    if (event.code() == Code::kCancelled && !closed_ && !keeper_->trouble().empty()) why = keeper_->trouble();
    co_return EventsEnd{base::Error{std::move(why)}, lost || heard};
  }
}

base::Status ContainerdEngine::tell(const std::string& bytes, Observer& observer) {
  base::Result<EventMessage> event = decode_event(bytes);
  if (!event.ok()) {
    client_.failed_to_decode();
    return base::Error{client_.path() + ": " + event.error()};
  }
  observer.heard();
  keeper_->event_heard();
  if (event->topic.starts_with("/images/")) containerd_.forget_images();
  if (is_identifier(event->container_id) && is_identifier(event->container_namespace)) {
    tell_of_container(*event, observer);
  }
  return base::Ok{};
}

void ContainerdEngine::tell_of_container(const EventMessage& event, Observer& observer) {
  const bool is_kubernetes = event.container_namespace == kCriNamespace;
  if (event.topic == "/containers/delete") {
    if (is_kubernetes) {
      unfinished_.erase(event.container_id);
      cri_.forget_pod(event.container_id);
    }
    const std::string handle = handle_of(event.container_namespace, event.container_id);
    keeper_->gone(handle);
    observer.removed(handle);
    return;
  }
  // A removal counts all the same: what was told while Docker was away may be none of its own.
  if (is_left_out(event.container_namespace)) return;
  // Whatever the hooks say, a start is when a pod has its address.
  const bool is_start = event.topic == "/tasks/start";
  const bool is_create = event.topic == "/containers/create";
  const bool wanted =
      is_start ? !settings_.hook_create || is_kubernetes : !is_create || settings_.hook_create;
  if (!wanted) return;
  if (is_kubernetes) watchful_until_ = Clock::now() + kWatchful;
  remember_namespace(event.container_namespace);
  Sighting sighting{map_event(event), true, false};
  keeper_->told(sighting.container, true);
  observer.changed(std::move(sighting));
}

bool ContainerdEngine::has_unfinished() const {
  return std::any_of(unfinished_.begin(), unfinished_.end(),
                     [](const auto& entry) { return entry.second.revisits < kMaxRevisits; });
}

// When to look at unfinished_, which a look-up may still add to.
Clock::time_point ContainerdEngine::next_revisit() const {
  const auto now = Clock::now();
  if (!has_unfinished() && now >= watchful_until_) return net::grpc::kNoDeadline;
  const bool quick = now + kWatchful < watchful_until_ + kQuick;
  return now + (quick ? kRevisitFirst : kRevisitLimit);
}

void ContainerdEngine::revisit(Observer& observer) {
  const auto now = Clock::now();
  for (auto& [id, unfinished] : unfinished_) {
    if (unfinished.revisits >= kMaxRevisits || now < unfinished.next) continue;
    constexpr int kMaxDoublings = 5;
    unfinished.next =
        now + std::min(kRevisitFirst * (2 << std::min(unfinished.revisits, kMaxDoublings)), kRevisitLimit);
    ++unfinished.revisits;
    EventMessage event;
    event.container_namespace = kCriNamespace;
    event.container_id = id;
    observer.changed({map_event(event), true, false});
  }
}

asio::awaitable<base::Result<std::optional<ContainerMessage>>> ContainerdEngine::find_in(std::string name,
                                                                                         std::string id) {
  std::optional<ContainerMessage> nothing;
  if (is_left_out(name)) co_return std::move(nothing);
  co_return co_await containerd_.container(std::move(name), std::move(id));
}

// id: a handle, or a full id, which is looked for in every namespace.
asio::awaitable<base::Result<std::optional<ContainerMessage>>> ContainerdEngine::find(std::string id,
                                                                                      std::string& found_in) {
  std::optional<ContainerMessage> nothing;
  std::vector<std::string> candidates = namespaces_;
  if (const size_t slash = id.find('/'); slash != std::string::npos) {
    candidates = {id.substr(0, slash)};
    id.erase(0, slash + 1);
  }
  if (!is_identifier(id)) co_return std::move(nothing);
  for (const std::string& candidate : candidates) {
    if (!is_identifier(candidate)) continue;
    base::Result<std::optional<ContainerMessage>> found = co_await find_in(candidate, id);
    if (!found.ok()) co_return base::Error{found.error()};
    if (!found->has_value()) continue;
    found_in = candidate;
    co_return std::move(found);
  }
  co_return std::move(nothing);
}

asio::awaitable<base::Result<std::optional<core::Container>>> ContainerdEngine::lookup(std::string id) {
  std::string found_in;
  base::Result<std::optional<ContainerMessage>> message = co_await find(std::move(id), found_in);
  if (!message.ok()) co_return base::Error{message.error()};
  std::optional<core::Container> record;
  if (!message->has_value()) co_return std::move(record);
  record = map_container(**message, settings_);
  record->engine_namespace = found_in;
  if (record->image_digest.empty()) {
    std::string image = (*message)->image;
    record->image_digest = co_await containerd_.image_digest(found_in, std::move(image));
  }
  if (found_in == kCriNamespace) co_await complete_from_cri(*record);
  if (keeper_ != nullptr) keeper_->told(*record, false);
  co_return std::move(record);
}

// A failure there leaves the record as it is, to be revisited.
asio::awaitable<void> ContainerdEngine::complete_from_cri(core::Container& container) {
  // Until CRI has told its part, what it told before stays.
  container.source = core::Source::kSighting;
  if (Clock::now() < cri_again_) co_return;
  const uint64_t timeouts = client_.counters().timeouts;
  bool whole = false;
  if (container.is_pod_sandbox) {
    whole = co_await complete_sandbox(container);
  } else {
    whole = co_await complete_container(container);
  }
  if (whole || !cri_.is_served()) {
    unfinished_.erase(container.full_id);
    container.source = core::Source::kApi;
  } else {
    unfinished_.try_emplace(container.full_id, Unfinished{0, Clock::now() + kRevisitFirst});
  }
  if (client_.counters().timeouts > timeouts) cri_again_ = Clock::now() + kCriPause;
}

// True when there is nothing more to be had.
asio::awaitable<bool> ContainerdEngine::complete_sandbox(core::Container& sandbox) {
  std::string id = sandbox.full_id;
  base::Result<std::shared_ptr<const cri::Pod>> pod = co_await cri_.pod(std::move(id));
  if (!pod.ok() || *pod == nullptr) co_return false;
  const core::Container& record = (*pod)->record;
  add_cri(sandbox, record);
  co_return !record.ip.empty() || record.host_network == core::YesNo::kYes;
}

// True when there is nothing more to be had: CRI knows the container, and its pod.
asio::awaitable<bool> ContainerdEngine::complete_container(core::Container& container) {
  std::string id = container.full_id;
  std::string pod_id = container.pod_sandbox_id;
  base::Result<std::optional<core::Container>> status = co_await cri_.container(std::move(id));
  if (!status.ok()) co_return false;
  if (status->has_value()) add_cri(container, **status);
  if (pod_id.empty()) pod_id = container.pod_sandbox_id;
  if (pod_id.empty()) co_return status->has_value();
  base::Result<std::shared_ptr<const cri::Pod>> pod = co_await cri_.pod(std::move(pod_id));
  if (pod.ok() && *pod != nullptr) cri::apply_pod(**pod, container);
  co_return status->has_value() && pod.ok();
}

asio::awaitable<base::Status> ContainerdEngine::probe() {
  base::Result<std::string> version = co_await containerd_.version();
  if (!version.ok()) co_return base::Error{version.error()};
  co_return base::Ok{};
}

}  // namespace

std::unique_ptr<Engine> create(const Context& context) {
  return std::make_unique<ContainerdEngine>(context);
}

}  // namespace engines::containerd
