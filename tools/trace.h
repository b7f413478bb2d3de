// Every step from a process to the values of its container fields: what `explain` prints and `doctor` judges.
// Main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/cgroup/choice.h"
#include "tools/engines.h"
#include "tools/settings.h"

namespace tools {

struct CgroupLine {
  std::string subsystem;
  std::string path;
  std::string meaning;  // "host", or "docker 0123456789ab"
};

// One field: its value, "" for none, and where it comes from or why it is empty.
struct FieldAnswer {
  std::string field;
  std::string value;
  std::string because;
};

struct Trace {
  enum class Verdict : unsigned char {
    kHost,         // no cgroup path names a container
    kStatic,       // the configuration puts every process into one
    kNobodyToAsk,  // of an engine without an interface: id and type are all there is
    kUnconfirmed,  // looks like a name of containerd's, which does not know it: the host
    kContainer,
  };
  int64_t pid = 0;
  std::string comm;
  int64_t vpid = 0;
  std::vector<CgroupLine> cgroups;
  core::cgroup::Choice choice;
  Verdict verdict = Verdict::kHost;
  Record record;  // what answered; nullptr: nobody
  std::vector<worker::SocketStatus> sockets;
  std::vector<FieldAnswer> fields;
};

const char* source_name(core::Source source);
// Whether an engine of that layout can be asked about its containers.
bool can_be_asked(const core::cgroup::Match& match);
// The container fields of a record, or why all are empty where there is none.
std::vector<FieldAnswer> answers_of(const core::cgroup::Match& match, const core::Container* record);

// engines: those that run already; nullptr to start some when they are needed. The error says that there is
// no such process.
base::Result<Trace> trace_process(const Settings& settings, int64_t pid, std::chrono::milliseconds limit,
                                  Engines* engines);

}  // namespace tools
