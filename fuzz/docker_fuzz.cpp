// Answers and events of Docker and Podman. The first byte chooses which.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engines/docker/docker_mapping.h"
#include "engines/podman/podman_mapping.h"
#include "fuzz/input.h"
#include "fuzz/record.h"

namespace {

using engines::Settings;

template <typename Inspect>
void inspect(Inspect map, std::string_view body, const Settings& settings) {
  auto found = map(body, settings);
  if (!found.ok()) return;
  fuzz::check(!found->container.full_id.empty());
  engines::borrow(*found, *found);
  fuzz::check_record(found->container);
}

template <typename List>
void list(List map, std::string_view body, const Settings& settings) {
  const auto all = map(body, settings);
  if (!all.ok()) return;
  for (const engines::Sighting& each : *all) {
    fuzz::check(!each.container.full_id.empty());
    fuzz::check_record(each.container);
  }
}

void event(std::string_view body, std::span<const std::string_view> not_labels, const Settings& settings) {
  const auto told = engines::map_event(body, not_labels, settings);
  if (!told.ok()) return;
  engines::meaning_of(*told);
  fuzz::check_record(told->container);
}

void image(std::string_view body) {
  const auto told = engines::docker::map_image(body);
  if (!told.ok()) return;
  core::Container container;
  container.image = "busybox:1";
  engines::docker::apply_image(*told, container);
  fuzz::check_record(container);
}

base::Result<engines::Inspected> inspect_docker(std::string_view body, const Settings& settings) {
  return engines::docker::map_inspect(body, settings);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  Settings settings;
  settings.with_env = settings.with_size = (choice & 0x80) != 0;
  const std::string_view body = input.rest();
  switch (choice & 0x7f) {
    case 'i':
      inspect(inspect_docker, body, settings);
      break;
    case 'l':
      list(engines::docker::map_list, body, settings);
      break;
    case 'e':
      event(body, engines::docker::event_keys(), settings);
      break;
    case 'm':
      image(body);
      break;
    case 'I':
      inspect(engines::podman::map_inspect, body, settings);
      break;
    case 'L':
      list(engines::podman::map_list, body, settings);
      break;
    case 'E':
      event(body, engines::podman::event_keys(), settings);
      break;
    default:
      break;
  }
  return 0;
}
