// See http_engine.h.
#include "engines/http_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace engines {

namespace asio = boost::asio;

namespace {

constexpr int64_t kNanoseconds = 1'000'000'000;
// NetworkMode "container:X", whose X may share Y's network in turn.
constexpr int kMaxBorrowDepth = 3;
constexpr size_t kMaxVersion = 64;
// A stream of events that ends without one before that has never worked.
constexpr int64_t kWorkedNs = 1 * kNanoseconds;
// Containers of one page of a list; and of all pages, which a liar may make endless.
constexpr size_t kPage = 500;
constexpr size_t kMaxPaged = 65536;
constexpr size_t kMaxQuote = 200;
// Containers whose address, or whose network's other users, are remembered.
constexpr size_t kRemembered = 4096;
constexpr size_t kMaxBorrowers = 64;
constexpr unsigned kOk = 200;
constexpr unsigned kNotFound = 404;

net::HttpLimits limits_for(const Settings& settings) {
  net::HttpLimits limits;
  limits.timeout = settings.timeout;
  limits.max_idle = kMaxLookups;
  return limits;
}

// The number that a version begins with: "5.0.0" of "5.0.0-dev" and "5.0.0-rc7". "" when it is none, for it
// goes into targets.
std::string_view version_number(std::string_view text) {
  const std::string_view number = text.substr(0, text.find_first_not_of("0123456789."));
  std::string_view rest = text.substr(number.size());
  if (number.empty() || number.front() == '.' || text.size() > kMaxVersion) return {};
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+' || rest.front() == '~')) {
    rest.remove_prefix(1);
    if (rest.empty()) return {};
  } else if (!rest.empty()) {
    return {};
  }
  const bool plain = std::all_of(rest.begin(), rest.end(), [](char c) {
    return c == '+' || net::is_plain_in_target(std::string_view(&c, 1));
  });
  return plain ? number : std::string_view();
}

int64_t now_ns() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
}

// What an engine says about its own failure: {"message": "..."}, Podman also {"cause": "..."}.
std::string_view words_of(const json::object& error) {
  const std::string_view message = json::text(error, "message");
  return message.empty() ? json::text(error, "cause") : message;
}

// The reason in an error's answer, or its first bytes.
std::string reason(const net::HttpResponse& response) {
  const base::Result<json::object> parsed = json::parse_object(response.body, "error");
  std::string_view words = parsed ? words_of(*parsed) : std::string_view();
  if (words.empty()) words = response.body;
  while (words.ends_with('\n') || words.ends_with(' ')) words.remove_suffix(1);
  return fmt::format("answered {}: {}", response.status, words.substr(0, kMaxQuote));
}

// An object in the place of an event that is none: Podman without events answers 200 and this.
std::optional<std::string> refusal_in(std::string_view object) {
  const base::Result<json::object> parsed = json::parse_object(object, "event");
  if (!parsed || parsed->contains("Type") || parsed->contains("status")) return std::nullopt;
  const std::string_view words = words_of(*parsed);
  if (words.empty()) return std::nullopt;
  return fmt::format("answered {}: {}", json::number(*parsed, "response"), words.substr(0, kMaxQuote));
}

}  // namespace

HttpEngine::HttpEngine(const Context& context, const Dialect& dialect)
    : dialect_(dialect),
      settings_(context.settings),
      client_(context.executor, context.socket, limits_for(context.settings)),
      addresses_(kRemembered),
      borrowers_(kRemembered) {}

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
  const std::string_view version = version_number(answer->header(dialect_.version_header));
  if (version.empty()) {
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

void HttpEngine::close() {
  closed_ = true;
  client_.close();
  if (keeper_ != nullptr) keeper_->end();
}

asio::awaitable<base::Error> HttpEngine::session(Observer& observer) {
  closed_ = false;
  starting_.clear();
  forget();
  base::Status ready = co_await negotiate();
  if (!ready) co_return base::Error{ready.error()};
  observer.connected();
  keeper_ = std::make_shared<ListKeeper>(client_.executor(), settings_.pace, *this, observer);
  if (settings_.with_size) {
    sizes_ = std::make_shared<SizeKeeper>(client_.executor(), settings_.pace, *this, observer);
    sizes_->start();
  }
  base::Error ended = co_await follow(observer);
  client_.close();
  co_await keeper_->stop();
  if (sizes_ != nullptr) co_await sizes_->stop();
  co_return ended;
}

// Events, for as long as the session lives; while there are none the lists alone tell.
asio::awaitable<base::Error> HttpEngine::follow(Observer& observer) {
  bool listing = false;
  while (true) {
    const int64_t begin = now_ns();
    std::string target = event_target(begin);
    keeper_->events_begin();
    base::Result<std::unique_ptr<net::HttpStream>> stream = co_await client_.stream(std::move(target));
    // From here on events count as seen, even before the first.
    if (stream && last_event_ns_ == 0) last_event_ns_ = begin;
    // Events are asked for before the list: nothing that happens in between is lost.
    if (!std::exchange(listing, true)) keeper_->start();
    EventsEnd end;
    if (stream) {
      end = co_await read_events(**stream, observer);
    } else {
      end.why = base::Error{stream.error()};
    }
    if (keeper_->lost()) co_return *keeper_->lost();
    if (end.session_ends || closed_) co_return end.why;
    // What could not be read is not asked for again: the lists tell what it was about. Nor is what was
    // remembered relied on, for the engine may have been started anew.
    last_event_ns_ = now_ns();
    forget();
    keeper_->events_fail(end.why.message);
    co_await keeper_->wait_without_events();
    if (keeper_->lost()) co_return *keeper_->lost();
    if (closed_) co_return end.why;
  }
}

asio::awaitable<EventsEnd> HttpEngine::read_events(net::HttpStream& stream, Observer& observer) {
  const std::string where = fmt::format("GET {}/events at {}", base_, client_.path());
  const int64_t begin = now_ns();
  bool heard = false;
  while (true) {
    base::Result<std::string> object = co_await stream.next();
    if (!object && stream.refusal()) {
      co_return EventsEnd{base::Error{where + ": " + reason(*stream.refusal())}, false};
    }
    if (!object) {
      // One that did its work is followed by the next session's at once. One that ends before it has shown
      // anything never worked, unless its engine ended, too.
      bool ends = stream.is_garbled() ? false : heard || now_ns() - begin >= kWorkedNs;
      if (!ends && !stream.is_garbled() && !closed_) {
        base::Status there = co_await probe();
        ends = !there.ok();
      }
      co_return EventsEnd{base::Error{object.error()}, ends};
    }
    if (std::optional<std::string> refusal = refusal_in(*object)) {
      co_return EventsEnd{base::Error{where + ": " + *refusal}, false};
    }
    base::Status told = tell(*object, observer);
    if (!told) co_return EventsEnd{base::Error{told.error()}, false};
    heard = true;
  }
}

asio::awaitable<base::Result<std::vector<Sighting>>> HttpEngine::list(Extent extent) {
  list_asked_ns_ = now_ns();
  if (extent == Extent::kWhole) co_return co_await page("?all=true");
  base::Result<std::vector<Sighting>> running = co_await page("");
  if (running) co_return std::move(running);
  co_return co_await list_in_pages();
}

// Those that run, newest first, when even they do not fit into one answer.
asio::awaitable<base::Result<std::vector<Sighting>>> HttpEngine::list_in_pages() {
  std::vector<Sighting> all;
  std::string before;
  while (true) {
    std::string filters = R"({"status":["running"])";
    if (!before.empty()) filters.append(R"(,"before":[")").append(before).append("\"]");
    std::string query = fmt::format("?limit={}&filters={}", kPage, net::percent_encode(filters + "}"));
    base::Result<std::vector<Sighting>> next = co_await page(std::move(query));
    if (!next) co_return base::Error{next.error()};
    if (next->empty() || next->back().container.full_id == before) co_return std::move(all);
    before = next->back().container.full_id;
    all.insert(all.end(), std::make_move_iterator(next->begin()), std::make_move_iterator(next->end()));
    if (all.size() > kMaxPaged) co_return base::Error{"GET /containers/json: there is no end of pages"};
  }
}

asio::awaitable<base::Result<std::vector<Sighting>>> HttpEngine::page(std::string query) {
  const std::string target = "/containers/json" + query;
  base::Result<net::HttpResponse> answer = co_await get(target);
  if (!answer) co_return base::Error{answer.error()};
  const std::string where = fmt::format("GET {}{} at {}", base_, target, client_.path());
  if (answer->status != kOk) co_return base::Error{where + ": " + reason(*answer)};
  base::Result<std::vector<Sighting>> all = dialect_.map_list(answer->body, settings_);
  if (!all) co_return base::Error{where + ": " + all.error()};
  co_return std::move(all);
}

base::Status HttpEngine::tell(const std::string& object, Observer& observer) {
  base::Result<Event> event = map_event(object, dialect_.event_keys(), settings_);
  if (!event) return base::Error{"events at " + client_.path() + ": " + event.error()};
  observer.heard();
  keeper_->event_heard();
  last_event_ns_ = std::max(last_event_ns_, event->time_ns);
  const Meaning meaning = meaning_of(*event);
  switch (meaning) {
    case Meaning::kNothing:
      break;
    case Meaning::kRemoved:
      starting_.erase(event->id);
      keeper_->gone(event->id);
      if (sizes_ != nullptr) sizes_->forget(event->id);
      observer.removed(event->id);
      break;
    case Meaning::kConnected:
    case Meaning::kDisconnected:
      network_changed(event->id, meaning, observer);
      break;
    case Meaning::kCreated:
      if (starting_.size() >= kRemembered) starting_.clear();
      starting_.insert(event->id);
      if (settings_.hook_create) changed(*std::move(event), observer);
      break;
    case Meaning::kStarted:
    case Meaning::kChanged:
      if (meaning == Meaning::kStarted) {
        starting_.erase(event->id);
        // Its network is another one from now on.
        network_changed(event->id, Meaning::kNothing, observer);
      }
      changed(*std::move(event), observer);
      break;
  }
  return base::Ok{};
}

void HttpEngine::changed(Event event, Observer& observer) {
  Sighting sighting;
  sighting.container = std::move(event.container);
  sighting.container.type = dialect_.type;
  sighting.running = true;
  sighting.past = event.time_ns < list_asked_ns_;
  keeper_->told(sighting.container, true);
  observer.changed(std::move(sighting));
}

// The container itself, unless its start is told next, and all that share its network.
void HttpEngine::network_changed(const std::string& id, Meaning meaning, Observer& observer) {
  const bool about_to_start = meaning == Meaning::kConnected && starting_.contains(id);
  if (about_to_start) return;
  if (meaning != Meaning::kNothing) ask_again(id, observer);
  if (const std::vector<std::string>* borrowers = borrowers_.get(id)) {
    for (const std::string& borrower : *borrowers) ask_again(borrower, observer);
  }
}

void HttpEngine::ask_again(const std::string& id, Observer& observer) {
  Sighting sighting;
  sighting.container.full_id = id;
  sighting.container.type = dialect_.type;
  sighting.running = true;
  sighting.bare = true;
  observer.changed(std::move(sighting));
}

void HttpEngine::note_borrower(const std::string& owner_id, const std::string& id) {
  const std::vector<std::string>* known = borrowers_.get(owner_id);
  std::vector<std::string> all = known == nullptr ? std::vector<std::string>() : *known;
  if (all.size() >= kMaxBorrowers || std::find(all.begin(), all.end(), id) != all.end()) return;
  all.push_back(id);
  borrowers_.put(owner_id, std::move(all));
}

// A container that ended has no address any more; late events of it are still to come, and what it did it did
// at that address.
void HttpEngine::keep_address(Inspected& found) {
  core::Container& container = found.container;
  if (found.running) {
    addresses_.put(container.full_id, {container.ip, container.port_mappings});
  } else if (const Address* kept = addresses_.get(container.full_id);
             kept != nullptr && container.ip.empty()) {
    container.ip = kept->ip;
    if (container.port_mappings.empty()) container.port_mappings = kept->port_mappings;
  }
}

asio::awaitable<base::Result<std::optional<Inspected>>> HttpEngine::inspect(const std::string& id,
                                                                            bool with_size) {
  const std::string target = fmt::format("/containers/{}/json{}", id, with_size ? "?size=true" : "");
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
  base::Result<std::optional<core::Container>> found = co_await look_up(std::move(id), false);
  if (sizes_ != nullptr && found && found->has_value()) sizes_->add((*found)->full_id);
  co_return std::move(found);
}

asio::awaitable<base::Result<std::optional<core::Container>>> HttpEngine::look_up(std::string id,
                                                                                  bool with_size) {
  // The target also finds names: only ids are asked for, and only an id that was meant is taken.
  if (!is_container_id(id)) co_return std::optional<core::Container>();
  base::Result<std::optional<Inspected>> inspected = co_await inspect(id, with_size);
  if (!inspected) co_return base::Error{inspected.error()};
  if (!inspected->has_value() || !(*inspected)->container.full_id.starts_with(id)) {
    co_return std::optional<core::Container>();
  }
  Inspected& found = **inspected;
  co_await complete(found);
  if (is_container_id(found.network_owner)) note_borrower(found.network_owner, found.container.full_id);
  co_await borrow_network(found);
  keep_address(found);
  if (keeper_ != nullptr) keeper_->told(found.container, false);
  std::optional<core::Container> record = std::move(found.container);
  co_return std::move(record);
}

asio::awaitable<void> HttpEngine::complete(Inspected&) {
  co_return;
}

asio::awaitable<void> HttpEngine::borrow_network(Inspected& inspected) {
  std::string owner_id = inspected.network_of;
  for (int depth = 0; depth < kMaxBorrowDepth && is_container_id(owner_id); ++depth) {
    note_borrower(owner_id, inspected.container.full_id);
    base::Result<std::optional<Inspected>> owner = co_await inspect(owner_id, false);
    if (!owner || !owner->has_value()) co_return;
    borrow(inspected, **owner);
    owner_id = (*owner)->network_of;
  }
}

}  // namespace engines
