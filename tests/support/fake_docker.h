// A Docker (or Podman) API whose containers and faults a test decides. For what a real engine cannot be made
// to do on time: hang, lie, die in the middle.
#pragma once

#include <atomic>
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
  // What inspect lists as "Mounts" of every container, JSON without the brackets.
  void set_mounts(const std::string& mounts);
  // An event for everybody who listens, or listens later and asks for events `since` then.
  void tell(const std::string& action, const std::string& id, const std::string& name = "told");
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
  };
  struct Event {
    int64_t time_ns;
    std::string text;
  };
  void serve(FakeConnection& connection);
  void stream_events(FakeConnection& connection, const std::string& target);
  std::string list() const;
  std::string inspect(const std::string& id) const;

  std::string path_;
  Kind kind_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> containers_;
  std::string mounts_;
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
