// The CNI result of a pod sandbox, cut down to what a field may show. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace core {

// Longest answer of container.cni.json in bytes (spec: docs/fields.md).
inline constexpr size_t kCniJsonMax = 4096;

// `raw` without the loopback and the veth interface on the host's side, at most max_bytes long and always
// valid JSON, or "" when nothing is left. Understood are containerd's form (an object keyed by interface
// name) and the CNI specification's ("interfaces" and "ips"; the numbers that tie an address to its interface
// follow the removal). Any other JSON is passed on when it is short enough. What does not fit is dropped from
// the end, whole interfaces, addresses or members at a time. Text that is not JSON gives "".
std::string shorten_cni_json(std::string_view raw, size_t max_bytes = kCniJsonMax);

}  // namespace core
