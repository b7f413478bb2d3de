// A support archive: a tar of small texts, for its owner alone to read. Main thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tools::doctor {

// name: below the archive's one directory.
using ArchiveEntry = std::pair<std::string, std::string>;

// Writes `file` anew (mode 0600; a link is not followed) with the entries below `directory`.
base::Status write_archive(const std::string& file, const std::string& directory,
                           const std::vector<ArchiveEntry>& entries);

}  // namespace tools::doctor
