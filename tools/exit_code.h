// What ctrmeta's exit codes mean; also in `ctrmeta --help` and docs/ctrmeta.md.
#pragma once

namespace tools {

enum ExitCode : int {
  kFine = 0,
  kRuntimeFailure = 1,
  kUsage = 2,             // command line or configuration
  kNothingReachable = 3,  // no engine answered
  kNoPermission = 4,
};

}  // namespace tools
