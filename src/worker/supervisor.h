// Follows one socket for as long as the worker lives: waits for it, runs one engine session after the other,
// and keeps the list of containers known from it. docs/engines.md, "Life of a connection".
// Shared by its coroutines; worker's thread.
#pragma once

#include <array>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engines/engine.h"
#include "engines/registry.h"
#include "net/signal.h"
#include "worker/backoff.h"
#include "worker/followers.h"
#include "worker/lookup_queue.h"

namespace worker {

class Supervisor final : public engines::Observer, public std::enable_shared_from_this<Supervisor> {
 public:
  // board_id: its row on the board.
  Supervisor(std::shared_ptr<Shared> shared, const engines::EngineRow& row, SocketPlace place, int board_id);

  // Until retired, or for good.
  boost::asio::awaitable<void> run();
  // No longer wanted once the socket is gone: forgets its containers and ends.
  void retire();

  // Asks the engine for one container and waits for the answer; what it says is reported like any other.
  // id: a full id, the beginning of one, or a handle (engines::handle_of).
  // Returns at once while there is no session.
  boost::asio::awaitable<void> ask(std::string id);
  // Its engine is away for good and the container is seen to be gone: forgets it. report: and says so.
  void orphan_is_gone(const core::Container& container, bool report);

  bool is_connected() const { return connected_; }
  bool has_type(core::ContainerType type) const;
  bool has_namespaces() const { return row_.has_namespaces; }
  // The record of a container, or nullptr. Of several with one id that of `engine_namespace`, or, when that
  // is
  // "", of the first.
  std::shared_ptr<const core::Container> known(std::string_view full_id,
                                               std::string_view engine_namespace = {}) const;
  const std::string& path() const { return place_.path; }
  // What stands at the path; nullopt while there is nothing.
  std::optional<Identity> socket() const { return found_; }
  // Whose word its records are: of who could have put the socket there and of who answers at it (known once
  // connected); at a place that the configuration names the machine's. They speak of that owner's containers
  // only, and answer for nobody else's.
  core::Owner owner() const { return owner_; }
  const std::string& display_path() const { return display_path_; }
  std::string_view engine_name() const { return row_.name; }

  // engines::Observer
  void connected() override;
  void listed(std::vector<engines::Sighting> all, engines::Extent extent) override;
  void part(engines::Part part, const std::string& why) override;
  void changed(engines::Sighting sighting) override;
  void removed(std::string_view handle) override;
  void heard() override;
  bool is_followed(core::ContainerType type) const override;

 private:
  // A part of the engine's API, as this session finds it.
  struct PartState {
    std::string trouble;  // why it fails; empty when it does not
    bool said = false;    // in the log, once until it works again; also when the session is another one
  };

  // A look-up that is under way.
  struct Flight {
    std::chrono::steady_clock::time_point begin;
    bool parked = false;
  };
  struct Known {
    std::shared_ptr<const core::Container> record;
    uint64_t report = 0;  // its number: of two containers with one id the listener has the later
  };

  boost::asio::awaitable<void> follow(Located located);
  boost::asio::awaitable<base::Error> run_session();
  boost::asio::awaitable<void> guard_session(std::shared_ptr<engines::Engine> engine,
                                             std::shared_ptr<net::Signal> poked);
  boost::asio::awaitable<void> show_sightings(uint64_t session);
  boost::asio::awaitable<void> look_up_all(LookupQueue::Started started);
  boost::asio::awaitable<void> mind_slow();
  boost::asio::awaitable<void> retry_later(LookupQueue::Started started, unsigned attempts);
  boost::asio::awaitable<void> wait_for_change(std::chrono::milliseconds limit);

  void begin_session(const Located& located);
  net::UnixAddress address();
  void meet(uint32_t uid);
  void end_session(const Located& located, const std::string& reason, bool lived);
  void watch(const Located& located, const std::shared_ptr<net::Signal>& signal);
  bool outranks(const Supervisor& other) const;
  const Supervisor* holder_of(const Identity& identity) const;
  bool claim();
  void release_claim();
  void give_way(const Supervisor& other);
  std::string held_by(const Supervisor& other) const;
  void report_obstacle(bool denied);
  void problem(const std::string& why, base::Severity severity);
  void not_followed(const std::string& why, base::Severity severity);
  void answer(const LookupQueue::Started& started,
              const base::Result<std::optional<core::Container>>& result);
  void pump();
  void initial_done(const std::string& id);
  void look_up_listed(std::vector<engines::Sighting> all, bool first);
  void doubt(const std::set<std::string>& present);
  void publish_parts();
  void accept(core::Container container, bool complete);
  void forget_known(std::string_view key);
  const Known* namesake_of(const core::Container& container) const;
  bool is_dockers(const core::Container& container) const;
  bool may_be_ours(const core::Container& container) const;
  size_t most_containers() const;
  void leave_out(std::vector<engines::Sighting>& all) const;
  void leave_to_docker(std::string_view full_id);
  void publish();

  std::shared_ptr<Shared> shared_;
  const engines::EngineRow& row_;
  SocketPlace place_;
  std::string display_path_;  // with HOST_ROOT
  int board_id_;

  std::shared_ptr<engines::Engine> engine_;  // shared with what is in flight
  ConnectPath connect_path_;                 // that engine_ connects to
  std::optional<Identity> found_;            // at the path, when it was looked at last
  std::optional<Identity> following_;        // the socket of this session
  std::optional<Identity> claimed_;          // the one that is ours to follow, after its engine's handshake
  core::Owner owner_;
  std::shared_ptr<PathWatcher::Watch> watch_;
  std::shared_ptr<net::Signal> changed_;  // between sessions: the path, or the wish to follow it, changed
  std::shared_ptr<net::Signal> poked_;    // during one: the path changed, or the session ended
  std::string closed_because_;            // we ended the session ourselves
  bool gave_way_ = false;                 // to another supervisor
  Backoff backoff_;
  LookupQueue queue_;
  std::list<Flight> flights_;
  bool minding_ = false;  // mind_slow() runs

  uint64_t session_ = 0;  // counts sessions, so that helpers of an old one notice
  std::chrono::steady_clock::time_point session_begin_;
  bool connected_ = false;
  bool listed_ = false;
  bool retired_ = false;
  std::set<std::string, std::less<>> initial_;  // handles that were listed, and are not answered yet
  // By full id, a slash and the namespace behind it where there is one: namesakes stand side by side.
  std::map<std::string, Known, std::less<>> known_;
  // Handles that a list of only some did not show: gone when the engine does not know them.
  std::set<std::string, std::less<>> doubted_;
  std::string doubt_from_;  // the key in known_ after which the next are doubted
  std::array<PartState, engines::kParts> parts_;
  // What the last list of this session, or a look at its cgroup before it, showed to be gone. Events of the
  // time before tell of it once more: it is not to be reported a second time.
  std::set<std::string, std::less<>> departed_;
  std::string last_problem_;  // logged; said again only after it changed
  unsigned sessions_listed_ = 0;
};

}  // namespace worker
