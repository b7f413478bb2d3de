// See podman_state.h.
#include "engines/local/podman_state.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <string>

#include "core/image_ref.h"
#include "core/timestamps.h"
#include "engines/inspect_json.h"
#include "engines/json_view.h"

namespace engines::local {

namespace {

// An entry takes about twice its text; most live here whole.
constexpr size_t kFirstBlock = 4096;

// The place behind the text that begins at `quote`; npos when it does not end.
size_t text_end(std::string_view json, size_t quote) {
  for (size_t i = quote + 1; i < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// The length of the object that `json` begins with; 0 when it does not end.
size_t object_end(std::string_view json) {
  size_t depth = 0;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      i = text_end(json, i);
      if (i == std::string_view::npos) return 0;
      --i;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

// The element whose member "id" is `id` (with its quotes), wherever in it, in JSON of any style.
std::string_view find_in_order(std::string_view list, std::string_view id) {
  size_t depth = 0;
  size_t begin = 0;
  bool ours = false;
  bool key_is_id = false;
  for (size_t i = list.find_first_of("\"{}[]"); i < list.size(); i = list.find_first_of("\"{}[]", i)) {
    const char c = list[i];
    if (c == '"') {
      const size_t end = text_end(list, i);
      if (end == std::string_view::npos) return {};
      const std::string_view text = list.substr(i, end - i);
      if (depth == 2 && key_is_id && text == id) ours = true;
      // Another container may have this one's id for its name.
      const size_t next = list.find_first_not_of(" \t\r\n", end);
      key_is_id = depth == 2 && text == "\"id\"" && next != std::string_view::npos && list[next] == ':';
      i = end;
      continue;
    }
    if (c == '{' || c == '[') {
      if (++depth == 2) {
        begin = i;
        ours = false;
      }
    } else {
      if (depth == 0) return {};
      if (depth-- == 2 && ours) return list.substr(begin, i + 1 - begin);
    }
    ++i;
  }
  return {};
}

}  // namespace

std::string_view find_storage_entry(std::string_view list, std::string_view full_id) {
  const std::string id = fmt::format("\"{}\"", full_id);
  if (list.find(id) == std::string_view::npos) return {};
  // As the storage writes it: an element of the list that begins with its id. Texts cannot hold such a
  // beginning, for their quotes are escaped.
  for (const std::string_view before : {"},", "["}) {
    const std::string beginning = fmt::format("{}{{\"id\":{}", before, id);
    const size_t place = list.find(beginning);
    if (place == std::string_view::npos) continue;
    list.remove_prefix(place + before.size());
    return list.substr(0, object_end(list));
  }
  return find_in_order(list, id);
}

std::optional<core::Container> map_storage_entry(std::string_view full_id, std::string_view entry) {
  std::array<unsigned char, kFirstBlock> block;
  boost::json::monotonic_resource memory(block.data(), block.size());
  const base::Result<json::object> parsed = json::parse_object(entry, "containers.json", &memory);
  if (!parsed || json::text(*parsed, "id") != full_id) return std::nullopt;
  const base::Result<json::object> metadata =
      json::parse_object(json::text(*parsed, "metadata"), "metadata", &memory);
  core::Container container;
  container.type = core::ContainerType::kPodman;
  container.source = core::Source::kDisk;
  container.full_id = full_id;
  container.image_id = core::strip_sha256(json::text(*parsed, "image"));
  const json::array& names = json::list(*parsed, "names");
  if (!names.empty()) container.name = json::text(names.front());
  if (metadata) {
    if (container.name.empty()) container.name = json::text(*metadata, "name");
    container.image = json::text(*metadata, "image-name");
    if (container.image_id.empty())
      container.image_id = core::strip_sha256(json::text(*metadata, "image-id"));
  }
  take_image_name(core::ImagePlace::kPodmanImageName, container);
  container.created_time = core::parse_rfc3339(json::text(*parsed, "created"));
  return container;
}

}  // namespace engines::local
