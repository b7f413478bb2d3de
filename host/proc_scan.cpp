// See proc_scan.h.
#include "host/proc_scan.h"

namespace host {

ScanResult scan_proc(ProcReader& proc, ThreadTable& threads) {
  ScanResult result;
  proc.learn_pid_namespaces();
  for (const int64_t pid : proc.pids()) {
    const auto process = proc.process(pid);
    if (!process) {
      ++result.vanished;
      continue;
    }
    ++result.processes;
    ++result.threads;
    threads.put(*process);
    for (const int64_t tid : proc.tids(pid)) {
      if (tid == pid) continue;
      const auto thread = proc.thread(*process, tid);
      if (!thread) {
        ++result.vanished;
        continue;
      }
      ++result.threads;
      threads.put(*thread);
    }
  }
  return result;
}

}  // namespace host
