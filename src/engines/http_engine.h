// What Docker and Podman have in common: an HTTP API with a version prefix, a stream of events, a list and an
// inspect. The differences are a Dialect and what complete() adds. Owned by a supervisor; worker's thread.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/lru.h"
#include "engines/engine.h"
#include "engines/inspect_json.h"
#include "engines/list_keeper.h"
#include "engines/size_keeper.h"
#include "net/http_client.h"

namespace engines {

struct Dialect {
  std::string_view name;            // "Docker", for messages
  std::string_view ping;            // target that answers with the version
  std::string_view version_header;  // that holds it; in lower case
  std::string_view
      foreign_header;             // present in another engine's answer: the socket is not ours; may be empty
  std::string_view foreign_name;  // that engine
  std::string_view prefix;        // of every target, after "/v<version>"
  std::string_view event_query;   // before "since" and "filters"
  core::ContainerType type;
  base::Result<Inspected> (*map_inspect)(std::string_view body, const Settings& settings);
  base::Result<std::vector<Sighting>> (*map_list)(std::string_view body, const Settings& settings);
  std::span<const std::string_view> (*event_keys)();
};

class HttpEngine : public Engine, public Lister, public SizeSource {
 public:
  HttpEngine(const Context& context, const Dialect& dialect);

  boost::asio::awaitable<base::Error> session(Observer& observer) override;
  boost::asio::awaitable<base::Result<std::optional<core::Container>>> lookup(std::string id) override;
  boost::asio::awaitable<base::Status> probe() override;
  void close() override;
  net::Counters counters() const override { return client_.counters(); }

 protected:
  // Adds what takes more requests. A failure there leaves the record as it is.
  virtual boost::asio::awaitable<void> complete(Inspected& inspected);
  // A new session begins: what was remembered of the peer may be out of date.
  virtual void forget() {}
  // GET /v<version><prefix><target>.
  boost::asio::awaitable<base::Result<net::HttpResponse>> get(const std::string& target);

  const Settings& settings() const { return settings_; }

 private:
  // Lister
  boost::asio::awaitable<base::Result<std::vector<Sighting>>> list(Extent extent) override;
  boost::asio::awaitable<base::Status> is_there() override { return probe(); }
  void end_waiting() override { client_.close(); }

  boost::asio::awaitable<base::Status> negotiate();
  boost::asio::awaitable<base::Error> follow(Observer& observer);
  boost::asio::awaitable<EventsEnd> read_events(net::HttpStream& stream, Observer& observer);
  boost::asio::awaitable<base::Result<std::vector<Sighting>>> page(std::string query);
  boost::asio::awaitable<base::Result<std::vector<Sighting>>> list_in_pages();
  boost::asio::awaitable<base::Result<std::optional<Inspected>>> inspect(const std::string& id,
                                                                         bool with_size);
  boost::asio::awaitable<base::Result<std::optional<core::Container>>> look_up(std::string id,
                                                                               bool with_size);
  // SizeSource
  boost::asio::awaitable<base::Result<std::optional<core::Container>>> lookup_with_size(
      std::string id) override {
    return look_up(std::move(id), true);
  }
  boost::asio::awaitable<void> borrow_network(Inspected& inspected);
  base::Status tell(const std::string& object, Observer& observer);
  void changed(Event event, Observer& observer);
  void network_changed(const std::string& id, Meaning meaning, Observer& observer);
  void ask_again(const std::string& id, Observer& observer);
  void note_borrower(const std::string& owner_id, const std::string& id);
  void keep_address(Inspected& found);
  std::string event_target(int64_t session_begin_ns) const;

  // What a container's network gave it.
  struct Address {
    std::string ip;
    std::vector<core::PortMapping> port_mappings;
  };

  Dialect dialect_;
  Settings settings_;
  net::HttpClient client_;
  std::string base_;                               // "/v1.41" and the prefix
  std::shared_ptr<ListKeeper> keeper_;             // of this session
  std::shared_ptr<SizeKeeper> sizes_;              // of this session; nullptr without the option
  bool closed_ = false;                            // the session is to end
  std::set<std::string, std::less<>> starting_;    // created, as events told, and not started yet
  base::Lru<Address> addresses_;                   // of those that ran when they were looked up, by id
  base::Lru<std::vector<std::string>> borrowers_;  // who uses the network of that id
  int64_t last_event_ns_ = 0;  // by the engine's clock, since the epoch; 0 before the first session
  int64_t list_asked_ns_ = 0;  // by our clock, which is the engine's: when the last list was asked for
};

}  // namespace engines
