// A FUSE mount whose server answers nothing, ever: whoever asks it for anything hangs. Needs root and
// /dev/fuse.
#pragma once

#include <fcntl.h>
#include <sys/mount.h>

#include <string>

#include "base/unique_fd.h"

namespace support {

class SilentFuse {
 public:
  // point: an existing directory or file, over which a FUSE directory or file is mounted. mounted() tells
  // whether that was possible here.
  SilentFuse(std::string point, bool is_directory)
      : point_(std::move(point)), server_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
    const std::string options =
        "fd=" + std::to_string(server_.get()) +
        ",user_id=0,group_id=0,allow_other,rootmode=" + (is_directory ? "40755" : "100644");
    mounted_ = server_.valid() &&
               ::mount("silent", point_.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) == 0;
  }
  ~SilentFuse() { abort(); }
  SilentFuse(const SilentFuse&) = delete;
  SilentFuse& operator=(const SilentFuse&) = delete;

  bool mounted() const { return mounted_; }
  // Everybody who hangs gets an error.
  void abort() {
    server_.reset();
    if (mounted_) ::umount2(point_.c_str(), MNT_DETACH);
    mounted_ = false;
  }

 private:
  std::string point_;
  base::UniqueFd server_;
  bool mounted_ = false;
};

}  // namespace support
