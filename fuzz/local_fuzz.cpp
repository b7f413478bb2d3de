// OCI specs, bundles and what engines keep on disk. The first byte chooses which.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engines/local/bundle.h"
#include "engines/local/docker_state.h"
#include "engines/local/podman_state.h"
#include "engines/oci/oci_spec.h"
#include "fuzz/input.h"
#include "fuzz/record.h"

namespace {

constexpr std::string_view kId = "aaaaaaaaaaaa0123456789abcdef0123456789abcdef0123456789abcdef0123";
// Where engines put bundles; the texts get all of them.
constexpr const char* kPlaces[] = {"/run/containerd/io.containerd.runtime.v2.task/moby/",
                                   "/run/containerd/io.containerd.runtime.v2.task/k8s.io/",
                                   "/var/lib/containers/storage/overlay-containers/", "/somewhere/"};

void spec(std::string_view text, const engines::Settings& settings) {
  core::Container container;
  container.full_id = kId;
  if (engines::oci::take_spec(text, settings, container).ok()) fuzz::check_record(container);
}

void bundle(std::string_view text, const engines::Settings& settings) {
  for (const std::string begin : kPlaces) {
    std::string directory = begin + std::string(kId);
    if (begin.ends_with("overlay-containers/")) directory += "/userdata";
    const auto found = engines::local::map_bundle(kId, text, engines::local::place_of(directory), settings);
    if (!found.ok()) continue;
    fuzz::check(found->found.container.full_id == kId);
    fuzz::check_record(found->found.container);
  }
}

// The text up to the first NUL, and what follows it.
void docker(std::string_view text, const engines::Settings& settings) {
  const size_t end = std::min(text.find('\0'), text.size());
  const std::string_view host_config = end < text.size() ? text.substr(end + 1) : "";
  const auto found = engines::local::map_docker_state(kId, text.substr(0, end), host_config, settings);
  if (!found.ok()) return;
  fuzz::check(found->full_id == kId);
  fuzz::check_record(*found);
}

void podman(std::string_view text) {
  const std::string_view entry = engines::local::find_storage_entry(text, kId);
  if (entry.empty()) return;
  fuzz::check(entry.data() >= text.data() && entry.data() + entry.size() <= text.data() + text.size());
  const auto found = engines::local::map_storage_entry(kId, entry);
  if (found) fuzz::check_record(*found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  engines::Settings settings;
  settings.with_env = (choice & 0x80) != 0;
  const std::string_view text = input.rest();
  switch (choice & 0x7f) {
    case 's':
      spec(text, settings);
      break;
    case 'b':
      bundle(text, settings);
      break;
    case 'd':
      docker(text, settings);
      break;
    case 'p':
      podman(text);
      break;
    default:
      break;
  }
  return 0;
}
