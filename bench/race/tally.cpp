// See tally.h.
#include "bench/race/tally.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace bench::race {
namespace {

constexpr double kPerMicrosecond = 1e3, kPerMillisecond = 1e6;

bool is_container(const std::string& id) {
  return !id.empty() && id != "host";
}

bool differs(const std::string& answer, const std::string& truth) {
  return !answer.empty() && !truth.empty() && answer != truth;
}

double microseconds(uint64_t ns) {
  return static_cast<double>(ns) / kPerMicrosecond;
}

}  // namespace

struct Samples {
  std::vector<double> to_full_ms, start_wall_us, start_cpu_us, event_wall_us, announce_wall_us,
      announce_cpu_us;
};

Known judge(const Answers& answers, const Answers& truth) {
  if (!is_container(answers.id)) return Known::kNothing;
  if (differs(answers.id, truth.id) || differs(answers.name, truth.name) ||
      differs(answers.image, truth.image)) {
    return Known::kWrong;
  }
  if (answers.name.empty() && answers.image.empty()) return Known::kIdOnly;
  return answers.name.empty() || answers.image.empty() ? Known::kPart : Known::kFull;
}

void Counts::add(Known known) {
  switch (known) {
    case Known::kFull:
      ++full;
      break;
    case Known::kPart:
      ++part;
      break;
    case Known::kIdOnly:
      ++id_only;
      break;
    case Known::kNothing:
      ++nothing;
      break;
    case Known::kWrong:
      ++wrong;
      break;
  }
}

Spread spread(std::vector<double> numbers) {
  if (numbers.empty()) return {};
  std::sort(numbers.begin(), numbers.end());
  const auto at = [&](double percent) {
    const double rank = std::ceil(percent / 100.0 * static_cast<double>(numbers.size()));
    return numbers[static_cast<size_t>(std::max(rank, 1.0)) - 1];
  };
  return {at(50), at(99), numbers.back(), numbers.size()};
}

void Tally::announced(const std::string& key, const Cost& cost, uint64_t handled_ns) {
  announcements_[key].push_back({cost, handled_ns});
}

std::span<const Tally::Announcement> Tally::announcements_of(const Start& start) const {
  const auto found = announcements_.find(start.full_id);
  if (found == announcements_.end()) return {};
  return found->second;
}

void Tally::seen(const std::string& key, Sighting sighting) {
  sightings_[key].push_back(std::move(sighting));
}

void Tally::published(const std::string& full_id, uint64_t when_ns) {
  published_.emplace(full_id, when_ns);
}

std::vector<const Sighting*> Tally::sightings_of(const Start& start) const {
  std::vector<const Sighting*> out;
  const auto add = [&](const std::string& key) {
    const auto found = sightings_.find(key);
    if (found == sightings_.end()) return;
    for (const Sighting& sighting : found->second) out.push_back(&sighting);
  };
  add(start.full_id);
  if (start.name != start.full_id) add(start.name);
  add(by_marker(start.name));
  std::stable_sort(out.begin(), out.end(),
                   [](const Sighting* a, const Sighting* b) { return a->handled_ns < b->handled_ns; });
  return out;
}

void Tally::judge_container(const Start& start, Outcome& outcome, Samples& samples) const {
  const std::vector<const Sighting*> sightings = sightings_of(start);
  if (sightings.empty()) {
    ++outcome.unseen;
    return;
  }
  std::optional<uint64_t> full_at;
  if (const auto found = published_.find(start.full_id); found != published_.end()) full_at = found->second;
  bool first = true, command_seen = false;
  Cost cost;
  for (const Sighting* sighting : sightings) {
    samples.event_wall_us.push_back(microseconds(sighting->cost.wall_ns));
    if (!command_seen) cost += sighting->cost;
    command_seen = command_seen || sighting->command;
    const Known known = judge(sighting->answers, start.truth);
    if (known == Known::kFull) {
      full_at = std::min(full_at.value_or(std::numeric_limits<uint64_t>::max()), sighting->handled_ns);
    }
    if (sighting->unread) {
      ++outcome.unread;
      continue;
    }
    outcome.all.add(known);
    if (std::exchange(first, false)) outcome.first.add(known);
    if (sighting->command) outcome.command.add(known);
  }
  if (full_at) {
    const uint64_t begin = sightings.front()->handled_ns;
    const uint64_t took = *full_at > begin ? *full_at - begin : 0;
    samples.to_full_ms.push_back(static_cast<double>(took) / kPerMillisecond);
  } else {
    ++outcome.never_full;
  }
  const auto announcements = announcements_of(start);
  Cost dearest;
  for (const Announcement& announcement : announcements) {
    cost += announcement.cost;
    dearest.wall_ns = std::max(dearest.wall_ns, announcement.cost.wall_ns);
    dearest.cpu_ns = std::max(dearest.cpu_ns, announcement.cost.cpu_ns);
  }
  if (!announcements.empty()) {
    samples.announce_wall_us.push_back(microseconds(dearest.wall_ns));
    samples.announce_cpu_us.push_back(microseconds(dearest.cpu_ns));
  }
  const bool in_time =
      !announcements.empty() && announcements.front().handled_ns <= sightings.front()->handled_ns;
  if (!in_time) ++outcome.unannounced;
  samples.start_wall_us.push_back(microseconds(cost.wall_ns));
  samples.start_cpu_us.push_back(microseconds(cost.cpu_ns));
}

Outcome Tally::evaluate(std::span<const Start> starts) const {
  Outcome outcome;
  Samples samples;
  for (const Start& start : starts) {
    if (start.full_id.empty()) {
      ++outcome.failed;
      continue;
    }
    ++outcome.started;
    judge_container(start, outcome, samples);
    const auto found = elsewhere_.find(start.truth.id);
    if (found != elsewhere_.end()) outcome.elsewhere += found->second;
  }
  outcome.to_full_ms = spread(std::move(samples.to_full_ms));
  outcome.start_wall_us = spread(std::move(samples.start_wall_us));
  outcome.start_cpu_us = spread(std::move(samples.start_cpu_us));
  outcome.event_wall_us = spread(std::move(samples.event_wall_us));
  outcome.announce_wall_us = spread(std::move(samples.announce_wall_us));
  outcome.announce_cpu_us = spread(std::move(samples.announce_cpu_us));
  return outcome;
}

}  // namespace bench::race
