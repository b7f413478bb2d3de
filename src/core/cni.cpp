// Shortening CNI results.
#include "core/cni.h"

#include <map>
#include <optional>
#include <utility>

#include "core/json_read.h"

namespace core {
namespace {

namespace json = boost::json;

// Whether an interface says nothing about the pod: its loopback, or the host's end of its veth pair, which
// unlike the pod's end is in no sandbox. The key is "Sandbox" with containerd and "sandbox" with CNI.
bool is_left_out(std::string_view name, const json::value& interface, std::string_view sandbox_key) {
  if (name == "lo") return true;
  return name.starts_with("veth") && as_text(member(&interface, sandbox_key)).value_or("").empty();
}

bool looks_like_interface(const json::value& value) {
  return member(&value, "IPConfigs") != nullptr || member(&value, "Mac") != nullptr ||
         member(&value, "Sandbox") != nullptr;
}

// containerd: interfaces keyed by name. Members that are no interfaces stay.
void filter_by_name(json::object& interfaces) {
  json::object kept(interfaces.storage());
  for (auto& [name, interface] : interfaces) {
    if (!is_left_out(name, interface, "Sandbox")) kept.emplace(name, std::move(interface));
  }
  interfaces = std::move(kept);
}

// CNI: the addresses of interfaces that are gone go too; the others' numbers follow.
void renumber_addresses(json::object& result, const std::map<int64_t, int64_t>& new_numbers) {
  json::value* ips = result.if_contains("ips");
  if (ips == nullptr || !ips->is_array()) return;
  json::array kept(ips->storage());
  for (json::value& address : ips->get_array()) {
    const auto number = as_integer<int64_t>(member(&address, "interface"));
    if (number) {
      const auto renumbered = new_numbers.find(*number);
      if (renumbered == new_numbers.end()) continue;
      address.get_object()["interface"] = renumbered->second;
    }
    kept.push_back(std::move(address));
  }
  *ips = std::move(kept);
}

void filter_list(json::object& result, json::array& interfaces) {
  json::array kept(interfaces.storage());
  std::map<int64_t, int64_t> new_numbers;
  int64_t number = -1;
  for (json::value& interface : interfaces) {
    ++number;
    if (is_left_out(as_text(member(&interface, "name")).value_or(""), interface, "sandbox")) continue;
    new_numbers.emplace(number, static_cast<int64_t>(kept.size()));
    kept.push_back(std::move(interface));
  }
  interfaces = std::move(kept);
  renumber_addresses(result, new_numbers);
}

void filter(json::object& root) {
  if (json::value* list = root.if_contains("interfaces"); list != nullptr && list->is_array()) {
    filter_list(root, list->get_array());
    return;
  }
  if (json::value* named = root.if_contains("Interfaces"); named != nullptr && named->is_object()) {
    filter_by_name(named->get_object());
    return;
  }
  for (const auto& [name, value] : root) {
    if (looks_like_interface(value)) {
      filter_by_name(root);
      return;
    }
  }
}

// Addresses whose interface was cut off at the end of the list.
void drop_dangling_addresses(json::value& root) {
  json::object* result = root.if_object();
  if (result == nullptr || result->if_contains("ips") == nullptr) return;
  const json::value* list = result->if_contains("interfaces");
  if (list == nullptr || !list->is_array()) return;
  std::map<int64_t, int64_t> numbers;
  const size_t left = list->get_array().size();
  for (size_t i = 0; i < left; ++i) numbers.emplace(static_cast<int64_t>(i), static_cast<int64_t>(i));
  renumber_addresses(*result, numbers);
}

size_t length_of(const json::value& value) {
  return json::serialize(value).size();
}

bool is_empty(const json::value& value) {
  if (const json::object* object = value.if_object()) return object->empty();
  if (const json::array* array = value.if_array()) return array->empty();
  return value.is_null();
}

// `value` with what does not fit into `budget` bytes dropped; nullopt when nothing of it fits.
std::optional<json::value> fit(const json::value& value, size_t budget);

std::optional<json::value> fit_object(const json::object& object, size_t budget) {
  json::object kept;
  size_t used = 2;  // the braces
  for (const auto& [key, element] : object) {
    const size_t overhead = length_of(json::value(key)) + 1 + (kept.empty() ? 0 : 1);  // key, colon, comma
    if (used + overhead >= budget) continue;
    auto part = fit(element, budget - used - overhead);
    if (!part) continue;
    used += overhead + length_of(*part);
    kept.emplace(key, std::move(*part));
  }
  if (kept.empty()) return std::nullopt;
  return kept;
}

// Only the end of an array may go: numbers elsewhere may count its elements.
std::optional<json::value> fit_array(const json::array& array, size_t budget) {
  json::array kept;
  size_t used = 2;  // the brackets
  for (const json::value& element : array) {
    const size_t overhead = kept.empty() ? 0 : 1;  // the comma
    if (used + overhead >= budget) break;
    auto part = fit(element, budget - used - overhead);
    if (!part) break;
    used += overhead + length_of(*part);
    kept.push_back(std::move(*part));
  }
  if (kept.empty()) return std::nullopt;
  return kept;
}

std::optional<json::value> fit(const json::value& value, size_t budget) {
  if (length_of(value) <= budget) return value;
  if (const json::object* object = value.if_object()) return fit_object(*object, budget);
  if (const json::array* array = value.if_array()) return fit_array(*array, budget);
  return std::nullopt;
}

}  // namespace

std::string shorten_cni_json(std::string_view raw, size_t max_bytes) {
  auto parsed = parse_json(raw);
  if (!parsed) return {};
  json::value& root = *parsed;
  if (json::object* object = root.if_object()) filter(*object);
  if (is_empty(root)) return {};
  std::string text = json::serialize(root);
  if (text.size() <= max_bytes) return text;
  auto shortened = fit(root, max_bytes);
  if (!shortened) return {};
  drop_dangling_addresses(*shortened);
  return is_empty(*shortened) ? std::string() : json::serialize(*shortened);
}

}  // namespace core
