// SIGINT and SIGTERM as a readable file descriptor, so that commands end on their own terms, with their
// summary. Main thread; one per process.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace tools {

// A reader of standard output that goes away is then an error of write(), not the end of the program.
void ignore_broken_pipes();

class StopSignal {
 public:
  // Blocks the two signals in this thread and in all that it starts later.
  static base::Result<StopSignal> create();
  // Readable once a signal has come.
  int fd() const { return fd_.get(); }
  // Waits until then or for that long (-1: for ever); true when a signal has come.
  bool wait(int timeout_ms) const;

 private:
  explicit StopSignal(base::UniqueFd fd) : fd_(std::move(fd)) {}
  base::UniqueFd fd_;
};

}  // namespace tools
