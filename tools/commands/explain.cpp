// `ctrmeta explain`: for one process, why each container field has its value or is empty.
#include <fmt/format.h>

#include "core/cgroup/resolver.h"
#include "tools/commands/commands.h"
#include "tools/engines.h"
#include "tools/table_printer.h"
#include "tools/trace.h"

namespace tools {
namespace {

using core::cgroup::Match;
using Verdict = Trace::Verdict;

void print_cgroups(const Trace& trace, Console& console) {
  std::vector<std::vector<std::string>> rows;
  for (const CgroupLine& line : trace.cgroups) {
    rows.push_back({"  " + line.subsystem, line.path, "-> " + line.meaning});
  }
  console.data(console.bold("cgroups"));
  if (rows.empty()) console.data("  none: /proc tells no cgroup of this process");
  for (const std::string& line : columns(rows)) console.data(line);
}

void print_sockets(const Trace& trace, Console& console) {
  console.data(console.bold("engines asked"));
  if (trace.sockets.empty()) console.data("  none: no engine with a socket is enabled");
  for (const worker::SocketStatus& socket : trace.sockets) {
    std::string state = socket.connected ? fmt::format("connected, {} containers", socket.containers)
                                         : "not connected: " + state_of(socket);
    if (socket.connected && !socket.trouble.empty()) state += "; " + state_of(socket);
    console.data(fmt::format("  {} {}: {}", socket.engine, printable(socket.path), printable(state)));
    if (socket.errors > 0) {
      console.data(
          fmt::format("    {} failed requests, {} of them timeouts", socket.errors, socket.timeouts));
    }
  }
}

void print_fields(const Trace& trace, Console& console) {
  std::vector<std::vector<std::string>> rows;
  for (const FieldAnswer& answer : trace.fields) {
    rows.push_back({"  " + answer.field, answer.value.empty() ? "<NA>" : answer.value, answer.because});
  }
  console.data(console.bold("fields"));
  for (const std::string& line : columns(rows)) console.data(line);
}

void print_container(const Trace& trace, Console& console) {
  const Match& match = *trace.choice.match();
  console.data(fmt::format("container: {} ({}), decided by {}", printable(match.id()),
                           core::cgroup::engine_name(match.engine), printable(trace.choice.path())));
  console.data(trace.record ? fmt::format("answered by: {}", source_name(trace.record->source))
                            : "answered by: nobody");
  print_sockets(trace, console);
  print_fields(trace, console);
}

void print_verdict(const Trace& trace, Console& console) {
  switch (trace.verdict) {
    case Verdict::kHost:
      console.data(
          "container: host (no cgroup path names a container), so container.* answer 'host' or nothing");
      return;
    case Verdict::kStatic:
      console.data(fmt::format(
          "container: {} (static): the configuration puts every process in it, with name '{}' "
          "and image '{}'",
          printable(trace.record->id()), printable(trace.record->name), printable(trace.record->image)));
      return;
    case Verdict::kNobodyToAsk:
      console.data(fmt::format(
          "container: {} ({}); this engine has nobody to ask, so id and type are all there is",
          printable(trace.choice.match()->id()), core::cgroup::engine_name(trace.choice.match()->engine)));
      print_fields(trace, console);
      return;
    case Verdict::kUnconfirmed:
      console.data(
          fmt::format("container: host ('{}' looks like a name of containerd's, which does not know it)",
                      printable(trace.choice.match()->full_id)));
      print_sockets(trace, console);
      return;
    case Verdict::kContainer:
      print_container(trace, console);
  }
}

}  // namespace

ExitCode explain(const ExplainOptions& options, Console& console) {
  const auto settings = load_settings(options.common);
  if (!settings) {
    console.error(settings.error());
    return kUsage;
  }
  const auto trace = trace_process(*settings, options.pid, to_milliseconds(options.timeout_s), nullptr);
  if (!trace) {
    console.error(trace.error());
    return kRuntimeFailure;
  }
  console.data(fmt::format(
      "process {}: {}{}", trace->pid, printable(trace->comm),
      trace->vpid == trace->pid ? std::string() : fmt::format(", pid {} in its own namespace", trace->vpid)));
  print_cgroups(*trace, console);
  print_verdict(*trace, console);
  console.flush();
  return console.failed() ? kRuntimeFailure : kFine;
}

}  // namespace tools
