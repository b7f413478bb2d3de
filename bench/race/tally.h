// What the harness counts: every event of the containers that it started, by how much the plugin knew about
// it, and what the plugin's calls cost. Pure; one owner, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bench::race {

// container.id, container.name and container.image; "" where the plugin has no answer.
struct Answers {
  std::string id;
  std::string name;
  std::string image;
};

// Time of the plugin's calls for one event (parse and extraction of the three fields).
struct Cost {
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;  // of the calling thread: without the time in which others had the processor

  Cost& operator+=(const Cost& other) {
    wall_ns += other.wall_ns;
    cpu_ns += other.cpu_ns;
    return *this;
  }
};

// One event of a container's thread.
struct Sighting {
  uint64_t handled_ns = 0;  // monotonic: when the plugin got it
  bool command = false;     // the exec of the container's own command
  bool unread = false;      // the host could not read /proc: what it knows of the thread is the parent's
  Answers answers;
  Cost cost;
};

// One container that the harness started, and what is true about it whatever the plugin says.
struct Start {
  std::string name;     // given by the harness; its command carries it too
  std::string full_id;  // as the engine's command line tool printed it; "" when the start failed
  Answers truth;        // an empty member: nothing to compare with
};

enum class Known : uint8_t {
  kFull,     // name and image, both true
  kPart,     // one of the two
  kIdOnly,   //
  kNothing,  // no container, or the host
  kWrong,    // any member that is not what is true
};
Known judge(const Answers& answers, const Answers& truth);

struct Counts {
  uint64_t full = 0, part = 0, id_only = 0, nothing = 0, wrong = 0;

  void add(Known known);
  uint64_t total() const { return full + part + id_only + nothing + wrong; }
};

// Of a set of numbers; all 0 when it is empty.
struct Spread {
  double p50 = 0, p99 = 0, max = 0;
  uint64_t count = 0;
};
// p-th percentile: the smallest number that at least p % are not above.
Spread spread(std::vector<double> numbers);

struct Outcome {
  uint64_t started = 0;  // containers whose start succeeded
  uint64_t failed = 0;
  uint64_t unseen = 0;  // started, and not one event of theirs reached the host
  Counts first;         // the first event of each container
  Counts command;       // the exec of each container's command
  Counts all;
  uint64_t elsewhere = 0;    // events of other processes that the plugin said to be in one of the containers
  uint64_t unannounced = 0;  // containers that no exec had named before their first event
  uint64_t unread = 0;       // events left out of all three, see Sighting
  Spread to_full_ms;        // from a container's first event to its full record; 0 when that was there before
  uint64_t never_full = 0;  // containers without a full record until the end of the run
  Spread start_wall_us;     // per container: see Tally::announced
  Spread start_cpu_us;      //
  Spread event_wall_us;     // per event of a container
  // Per container: the dearest of the execs that announced it, the one in which its bundle was read.
  Spread announce_wall_us;
  Spread announce_cpu_us;
};

class Tally {
 public:
  // An exec outside of containers whose arguments name this id or name: monitor, shim, runtime. What it cost
  // counts for the container's start, and so do its own events up to the exec of its command.
  void announced(const std::string& key, const Cost& cost, uint64_t handled_ns);
  // key: the full id or the name of the container, or by_marker() of its name.
  void seen(const std::string& key, Sighting sighting);
  // An event of a process that is in no container of ours was answered with this container.id.
  void elsewhere(const std::string& shown_id) { ++elsewhere_[shown_id]; }
  // A record with name and image was published.
  void published(const std::string& full_id, uint64_t when_ns);

  // Containers that are not among `starts` belong to somebody else and do not count.
  Outcome evaluate(std::span<const Start> starts) const;

  // The key of a container that is known by its command, not by its cgroup.
  static std::string by_marker(std::string_view name) { return "#" + std::string(name); }
  static bool is_marker(std::string_view key) { return key.starts_with('#'); }

 private:
  struct Announcement {
    Cost cost;
    uint64_t handled_ns = 0;
  };

  std::vector<const Sighting*> sightings_of(const Start& start) const;
  std::span<const Announcement> announcements_of(const Start& start) const;
  void judge_container(const Start& start, Outcome& outcome, struct Samples& samples) const;

  std::map<std::string, std::vector<Sighting>, std::less<>> sightings_;
  std::map<std::string, std::vector<Announcement>, std::less<>> announcements_;
  std::map<std::string, uint64_t, std::less<>> published_;  // the first time
  std::map<std::string, uint64_t, std::less<>> elsewhere_;  // events by the id that was shown
};

}  // namespace bench::race
