// A Docker (or Podman) API whose containers and faults a test decides. For what a real engine cannot be made
// to do on time: hang, lie, die in the middle.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/fake_peer.h"

namespace support {

class FakeDocker {
 public:
  enum class Kind { kDocker, kPodman };

  // Listens at once.
  explicit FakeDocker(std::string path, Kind kind = Kind::kDocker);
  ~FakeDocker() { stop(); }
  FakeDocker(const FakeDocker&) = delete;
  FakeDocker& operator=(const FakeDocker&) = delete;

  // A container that exists from now on; no event. ip: as inspect tells it.
  void add(const std::string& id, const std::string& name, const std::string& ip = "172.17.0.2");
  void remove(const std::string& id);
  // It ended: lists without all=true leave it out, and it has no address any more. add() starts it again.
  void end(const std::string& id);
  // Asked first, for every request: true when it has answered in place of the engine. nullptr: a healthy one.
  using Fault = std::function<bool(FakeConnection&, const std::string& target)>;
  void set_fault(Fault fault);
  // What inspect lists as "Mounts" of every container, JSON without the brackets.
  void set_mounts(const std::string& mounts);
  // An event for everybody who listens, or listens later and asks for events `since` then.
  void tell(const std::string& action, const std::string& id, const std::string& name = "told");
  // The same of a network that the container joined or left: "connect", "disconnect".
  void tell_network(const std::string& action, const std::string& id);
  // The container uses the network of `owner` and has no address of its own.
  void share_network(const std::string& id, const std::string& owner);
  // Ends all connections and the socket, or brings them back; containers stay.
  void stop(bool remove_path = true);
  void start();
  // Ends the event streams, politely.
  void end_streams() { ++stream_epoch_; }

  void hang_inspects(bool on) { hang_inspects_ = on; }
  void hang_pings(bool on) { hang_pings_ = on; }
  // Removes all images; containers stay.
  void remove_images() { no_images_ = true; }
  // Accepts connections and answers nothing; streams fall silent. What was asked for meanwhile stays
  // unanswered.
  void hang(bool on) { hang_ = on; }

  // How many events were sent so far, over all streams.
  int sent() const { return sent_; }
  // How often a target that contains `part` was asked for.
  int asked(const std::string& part) const;
  int connections() const { return peer_ == nullptr ? 0 : peer_->connections(); }

 private:
  struct Entry {
    std::string name;
    std::string ip;
    bool running = true;
    std::string network_mode = {};
  };
  struct Event {
    int64_t time_ns;
    std::string text;
  };
  void serve(FakeConnection& connection);
  void tell_text(const std::string& members);
  void stream_events(FakeConnection& connection, const std::string& target);
  std::string list(const std::string& query) const;
  bool has_fault(FakeConnection& connection, const std::string& target) const;
  std::string inspect(const std::string& id) const;

  std::string path_;
  Kind kind_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> containers_;
  std::string mounts_;
  Fault fault_;
  std::vector<Event> events_;
  std::vector<std::string> asked_;
  std::atomic<bool> hang_inspects_ = false;
  std::atomic<bool> hang_pings_ = false;
  std::atomic<bool> no_images_ = false;
  std::atomic<bool> hang_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> stream_epoch_ = 0;
  std::atomic<int> sent_ = 0;
  std::unique_ptr<FakePeer> peer_;
};

// A 64-digit id that begins with `seed`.
std::string container_id(const std::string& seed);

}  // namespace support
