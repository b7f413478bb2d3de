// Answers and events of containerd and of CRI, from bytes to records. The first byte chooses which.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engines/containerd/containerd_mapping.h"
#include "engines/cri/cri_mapping.h"
#include "fuzz/input.h"
#include "fuzz/record.h"

namespace {

constexpr auto kCri = core::ContainerType::kCri;

void containerd(uint8_t choice, std::string_view bytes, const engines::Settings& settings) {
  using namespace engines::containerd;
  switch (choice) {
    case 'v':
      (void)decode_version(bytes);
      break;
    case 'n':
      (void)decode_namespaces(bytes);
      break;
    case 'i':
      (void)decode_image_digest(bytes);
      break;
    case 'c':
      if (const auto one = decode_container(bytes); one.ok())
        fuzz::check_record(map_container(*one, settings));
      break;
    case 'l':
      if (const auto all = decode_containers(bytes); all.ok()) {
        for (const auto& one : *all) fuzz::check_record(map_container(one, settings));
      }
      break;
    case 'e':
      if (const auto event = decode_event(bytes); event.ok()) fuzz::check_record(map_event(*event));
      break;
    default:
      break;
  }
}

void cri(uint8_t choice, std::string_view bytes, const engines::Settings& settings) {
  using namespace engines::cri;
  switch (choice) {
    case 'V':
      (void)decode_version(bytes);
      break;
    case 'E':
      (void)decode_event(bytes);
      break;
    case 'C':
      if (const auto one = decode_container_status(bytes); one.ok()) {
        const core::Container mapped = map_container(*one, kCri, settings);
        core::Container known;
        known.full_id = "0123456789ab";
        engines::containerd::add_cri(known, mapped);
        fuzz::check_record(known);
        fuzz::check_record(mapped);
      }
      break;
    case 'P':
      if (const auto one = decode_sandbox_status(bytes); one.ok()) {
        const Pod pod = map_pod(*one, kCri, settings);
        core::Container container;
        apply_pod(pod, container);
        fuzz::check_record(container);
        fuzz::check_record(pod.record);
      }
      break;
    case 'L':
      if (const auto all = decode_containers(bytes); all.ok()) {
        for (const auto& one : *all) fuzz::check_record(map_listed(one, kCri, settings));
      }
      break;
    case 'S':
      if (const auto all = decode_sandboxes(bytes); all.ok()) {
        for (const auto& one : *all) fuzz::check_record(map_listed(one, kCri, settings));
      }
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  engines::Settings settings;
  settings.with_env = (choice & 0x80) != 0;
  const std::string_view bytes = input.rest();
  containerd(choice & 0x7f, bytes, settings);
  cri(choice & 0x7f, bytes, settings);
  return 0;
}
