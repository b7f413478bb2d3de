// Image references: [host[:port]/]path[:tag][@digest]. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace core {

struct ImageRef {
  std::string repository;  // host and path, as written
  std::string tag;         // empty when none is written
  std::string digest;      // "sha256:...", empty when none is written
};

// Takes a reference apart. A port is not a tag ("host:5000/x"). An image id ("sha256:<hex>" or 64 hex digits)
// gives an empty ImageRef. The schemes that cri-dockerd writes ("docker-pullable://", "docker://") are no
// part of it. Never fails: text that is no reference comes back as repository.
ImageRef parse_image_ref(std::string_view text);

// True for "sha256:<hex...>" and for 64 hex digits: an id, not a name.
bool is_image_id(std::string_view text);

// `text` without a leading "sha256:".
std::string_view strip_sha256(std::string_view text);

}  // namespace core
