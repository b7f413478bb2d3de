// See http_engine.h.
#include "engines/http_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace engines {

namespace asio = boost::asio;

namespace {

constexpr int64_t kNanoseconds = 1'000'000'000;
// NetworkMode "container:X", whose X may share Y's network in turn.
constexpr int kMaxBorrowDepth = 3;
constexpr size_t kMaxVersion = 32;
constexpr size_t kMaxQuote = 200;
constexpr unsigned kOk = 200;
constexpr unsigned kNotFound = 404;

net::HttpLimits limits_for(const Settings& settings) {
  net::HttpLimits limits;
  limits.timeout = settings.timeout;
  limits.max_idle = kMaxLookups;
  return limits;
}

bool is_version(std::string_view text) {
  return !text.empty() && text.size() <= kMaxVersion &&
         text.find_first_not_of("0123456789.") == std::string_view::npos;
}

int64_t now_ns() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
}

// The reason in an error's answer, {"message": "..."}, or its first bytes.
std::string reason(const net::HttpResponse& response) {
  base::Result<json::object> parsed = json::parse_object(response.body, "error");
  std::string_view message = parsed ? json::text(*parsed, "message") : std::string_view(response.body);
  return fmt::format("answered {}: {}", response.status, message.substr(0, kMaxQuote));
}

}  // namespace

HttpEngine::HttpEngine(const Context& context, const Dialect& dialect)
    : dialect_(dialect),
      settings_(context.settings),
      client_(context.executor, context.socket_path, limits_for(context.settings)) {}

asio::awaitable<base::Result<net::HttpResponse>> HttpEngine::get(const std::string& target) {
  std::string full = base_ + target;
  return client_.get(std::move(full));
}

asio::awaitable<base::Status> HttpEngine::probe() {
  std::string target(dialect_.ping);
  base::Result<net::HttpResponse> answer = co_await client_.get(std::move(target));
  if (!answer) co_return base::Error{answer.error()};
  if (answer->status != kOk) {
    co_return base::Error{fmt::format("GET {} at {}: {}", dialect_.ping, client_.path(), reason(*answer))};
  }
  co_return base::Ok{};
}

asio::awaitable<base::Status> HttpEngine::negotiate() {
  std::string target(dialect_.ping);
  base::Result<net::HttpResponse> answer = co_await client_.get(std::move(target));
  if (!answer) co_return base::Error{answer.error()};
  const std::string where = fmt::format("GET {} at {}", dialect_.ping, client_.path());
  if (answer->status != kOk) co_return base::Error{where + ": " + reason(*answer)};
  if (!dialect_.foreign_header.empty() && !answer->header(dialect_.foreign_header).empty()) {
    co_return base::Error{fmt::format("{}: this is {}'s socket, which the engine {} follows", where,
                                      dialect_.foreign_name, dialect_.foreign_name)};
  }
  const std::string_view version = answer->header(dialect_.version_header);
  if (!is_version(version)) {
    co_return base::Error{fmt::format("{}: not {}'s API, it tells no version", where, dialect_.name)};
  }
  base_ = fmt::format("/v{}{}", version, dialect_.prefix);
  co_return base::Ok{};
}

std::string HttpEngine::event_target(int64_t session_begin_ns) const {
  // From the last event seen, so that none is lost in between. Never from the future: Podman would stay
  // silent until then when the clock was set back.
  const int64_t since = last_event_ns_ > 0 ? std::min(last_event_ns_, session_begin_ns) : session_begin_ns;
  return fmt::format("{}/events?{}since={}.{:09}&filters={}", base_, dialect_.event_query,
                     since / kNanoseconds, since % kNanoseconds, event_filters());
}

asio::awaitable<base::Error> HttpEngine::session(Observer& observer) {
  const int64_t begin = now_ns();
  forget();
  base::Status ready = co_await negotiate();
  if (!ready) co_return base::Error{ready.error()};
  std::string target = event_target(begin);
  base::Result<std::unique_ptr<net::HttpStream>> stream = co_await client_.stream(std::move(target));
  if (!stream) co_return base::Error{stream.error()};
  // From here on events count as seen, even before the first.
  if (last_event_ns_ == 0) last_event_ns_ = begin;
  observer.connected();
  list_asked_ns_ = now_ns();
  base::Status listed = co_await list(observer);
  if (!listed) co_return base::Error{listed.error()};
  co_return co_await follow(**stream, observer);
}

asio::awaitable<base::Status> HttpEngine::list(Observer& observer) {
  const std::string target = "/containers/json?all=true";
  base::Result<net::HttpResponse> answer = co_await get(target);
  if (!answer) co_return base::Error{answer.error()};
  const std::string where = fmt::format("GET {}{} at {}", base_, target, client_.path());
  if (answer->status != kOk) co_return base::Error{where + ": " + reason(*answer)};
  base::Result<std::vector<Sighting>> all = dialect_.map_list(answer->body, settings_);
  if (!all) co_return base::Error{where + ": " + all.error()};
  observer.listed(std::move(*all));
  co_return base::Ok{};
}

asio::awaitable<base::Error> HttpEngine::follow(net::HttpStream& stream, Observer& observer) {
  while (true) {
    base::Result<std::string> object = co_await stream.next();
    if (!object) co_return base::Error{object.error()};
    base::Status told = tell(*object, observer);
    if (!told) co_return base::Error{told.error()};
  }
}

base::Status HttpEngine::tell(const std::string& object, Observer& observer) {
  base::Result<Event> event = map_event(object, dialect_.event_keys(), settings_);
  if (!event) return base::Error{"events at " + client_.path() + ": " + event.error()};
  observer.heard();
  last_event_ns_ = std::max(last_event_ns_, event->time_ns);
  const Meaning meaning = meaning_of(*event);
  if (meaning == Meaning::kRemoved) {
    observer.removed(event->id);
  } else if (meaning == Meaning::kChanged || (meaning == Meaning::kCreated && settings_.hook_create)) {
    Sighting sighting;
    sighting.container = std::move(event->container);
    sighting.container.type = dialect_.type;
    sighting.running = true;
    sighting.past = event->time_ns < list_asked_ns_;
    observer.changed(std::move(sighting));
  }
  return base::Ok{};
}

asio::awaitable<base::Result<std::optional<Inspected>>> HttpEngine::inspect(const std::string& id) {
  const std::string target =
      fmt::format("/containers/{}/json{}", id, settings_.with_size ? "?size=true" : "");
  base::Result<net::HttpResponse> answer = co_await get(target);
  if (!answer) co_return base::Error{answer.error()};
  if (answer->status == kNotFound) co_return std::optional<Inspected>();
  const std::string where = fmt::format("GET {}{} at {}", base_, target, client_.path());
  if (answer->status != kOk) co_return base::Error{where + ": " + reason(*answer)};
  base::Result<Inspected> inspected = dialect_.map_inspect(answer->body, settings_);
  if (!inspected) co_return base::Error{where + ": " + inspected.error()};
  std::optional<Inspected> found = std::move(*inspected);
  co_return std::move(found);
}

asio::awaitable<base::Result<std::optional<core::Container>>> HttpEngine::lookup(std::string id) {
  // The target also finds names: only ids are asked for, and only an id that was meant is taken.
  if (!is_container_id(id)) co_return std::optional<core::Container>();
  base::Result<std::optional<Inspected>> inspected = co_await inspect(id);
  if (!inspected) co_return base::Error{inspected.error()};
  if (!inspected->has_value() || !(*inspected)->container.full_id.starts_with(id)) {
    co_return std::optional<core::Container>();
  }
  Inspected& found = **inspected;
  co_await complete(found);
  co_await borrow_network(found);
  std::optional<core::Container> record = std::move(found.container);
  co_return std::move(record);
}

asio::awaitable<void> HttpEngine::complete(Inspected&) {
  co_return;
}

asio::awaitable<void> HttpEngine::borrow_network(Inspected& inspected) {
  std::string owner_id = inspected.network_of;
  for (int depth = 0; depth < kMaxBorrowDepth && is_container_id(owner_id); ++depth) {
    base::Result<std::optional<Inspected>> owner = co_await inspect(owner_id);
    if (!owner || !owner->has_value()) co_return;
    borrow(inspected, **owner);
    owner_id = (*owner)->network_of;
  }
}

}  // namespace engines
