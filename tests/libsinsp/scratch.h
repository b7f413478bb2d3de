// A directory that is gone when its owner is. One thread.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace sinsp_host {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = "/tmp/sinsp_host.XXXXXX";
    if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a directory below /tmp");
    path_ = pattern;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace sinsp_host
