// See report.h.
#include "bench/race/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace bench::race {
namespace {

std::string percent_full(const Counts& counts) {
  if (counts.total() == 0) return "-";
  // Rounded down: 100.00 is all of them.
  const double percent = 100.0 * static_cast<double>(counts.full) / static_cast<double>(counts.total());
  const double shown = counts.full == counts.total() ? 100.0 : std::min(percent, 99.99);
  return fmt::format("{:.2f}", shown);
}

std::string counts_columns(const Counts& counts) {
  return fmt::format("{:>7}{:>6}{:>7}{:>6}{:>6}", percent_full(counts), counts.part, counts.id_only,
                     counts.nothing, counts.wrong);
}

std::string times_columns(const Spread& spread) {
  if (spread.count == 0) return fmt::format("{:>8}{:>8}{:>7}", "-", "-", "-");
  return fmt::format("{:>8.1f}{:>8.1f}{:>7.0f}", spread.p50, spread.p99, spread.max);
}

std::string json_of(const Counts& counts) {
  return fmt::format(R"({{"full":{},"part":{},"id_only":{},"nothing":{},"wrong":{}}})", counts.full,
                     counts.part, counts.id_only, counts.nothing, counts.wrong);
}

std::string json_of(const Spread& spread) {
  return fmt::format(R"({{"count":{},"p50":{:.3f},"p99":{:.3f},"max":{:.3f}}})", spread.count, spread.p50,
                     spread.p99, spread.max);
}

std::string json_of(const Row& row) {
  const Outcome& outcome = row.outcome;
  return fmt::format(
      R"({{"load":"{}","sockets":"{}","local_sources":{},"asked_per_second":{:.1f},)"
      R"("reached_per_second":{:.2f},"started":{},"failed":{},"unseen":{},"first":{},"command":{},"all":{},)"
      R"("elsewhere":{},"unannounced":{},"unread":{},"to_full_ms":{},"never_full":{},"start_wall_us":{},"start_cpu_us":{},)"
      R"("announce_wall_us":{},"announce_cpu_us":{},"event_wall_us":{},"lag_ms":{},"overruns":{},"refused":{}}})",
      row.load, name_of(row.sockets), row.local_sources, row.asked_per_second, row.reached_per_second,
      outcome.started, outcome.failed, outcome.unseen, json_of(outcome.first), json_of(outcome.command),
      json_of(outcome.all), outcome.elsewhere, outcome.unannounced, outcome.unread,
      json_of(outcome.to_full_ms), outcome.never_full, json_of(outcome.start_wall_us),
      json_of(outcome.start_cpu_us), json_of(outcome.announce_wall_us), json_of(outcome.announce_cpu_us),
      json_of(outcome.event_wall_us), json_of(row.lag_ms), row.overruns, row.refused);
}

}  // namespace

std::string table_header() {
  constexpr const char* kCounts = "  full%  part     id  none wrong";
  return fmt::format(
      "{:<40}|{:<32}|{:<32}|{:<29}|{:<52}|\n{:<14}{:<8}{:<4}{:>6}{:>8}|{}|{}|{:>8}{:>8}{:>7}{:>6}|{:>7}{:>7}{"
      ":>7}"
      "{:>7}{:>7}{:>7}{:>10}|{:>6}{:>7}{:>6}",
      "", " first event of each container", " all events", " to full record (ms)", " plugin per start (us)",
      "load", "sockets", "loc", "starts", "/s", kCounts, kCounts, "p50", "p99", "max", "never", "p50", "p99",
      "max", "cpu99", "exec50", "exec99", "execcpu99", "lag99", "unread", "other");
}

std::string table_line(const Row& row) {
  const Outcome& outcome = row.outcome;
  std::string line = fmt::format(
      "{:<14}{:<8}{:<4}{:>6}{:>8.1f}|{}|{}|{}{:>6}|{:>7.0f}{:>7.0f}{:>7.0f}{:>7.0f}{:>"
      "7.0f}{:>7.0f}{:>10.0f}|"
      "{:>6.1f}{:>7}{:>6}",
      row.load, name_of(row.sockets), row.local_sources ? "on" : "off", outcome.started,
      row.reached_per_second, counts_columns(outcome.first), counts_columns(outcome.all),
      times_columns(outcome.to_full_ms), outcome.never_full, outcome.start_wall_us.p50,
      outcome.start_wall_us.p99, outcome.start_wall_us.max, outcome.start_cpu_us.p99,
      outcome.announce_wall_us.p50, outcome.announce_wall_us.p99, outcome.announce_cpu_us.p99, row.lag_ms.p99,
      outcome.unread, outcome.elsewhere);
  // What makes a row doubtful stands behind it.
  if (outcome.failed > 0) line += fmt::format("  {} starts failed", outcome.failed);
  if (outcome.unseen > 0) line += fmt::format("  {} containers without an event", outcome.unseen);
  if (outcome.unannounced > 0) line += fmt::format("  {} not announced in time", outcome.unannounced);
  if (row.overruns > 0) line += fmt::format("  the kernel lost events {} times", row.overruns);
  if (row.refused > 0) line += fmt::format("  {} events refused", row.refused);
  return line;
}

std::string to_json(std::span<const Row> rows) {
  std::string out = "[";
  for (const Row& row : rows) out += (out.size() > 1 ? ",\n " : "\n ") + json_of(row);
  return out + "\n]";
}

}  // namespace bench::race
