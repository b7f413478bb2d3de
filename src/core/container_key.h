// What tells one container from another: whose it is, and its id. Everything that is kept per container (the
// plugin's cache and lineage, the key on a thread) is kept by this, so that one owner's word cannot reach
// another's container. Spec: docs/security.md. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/container.h"
#include "core/owner.h"

namespace core {

// An id is unique only within its owner, and a name (lxc, libvirt-lxc, bpm, static) only within its type: the
// `falco` of bpm is not the one of lxc.
template <typename Text>
struct BasicContainerKey {
  Text full_id{};
  Owner owner = {};
  ContainerType names = ContainerType::kUnknown;  // whose name full_id is; kUnknown: an id, of any engine

  auto operator<=>(const BasicContainerKey&) const = default;
};
using ContainerKey = BasicContainerKey<std::string_view>;  // a view
using StoredContainerKey = BasicContainerKey<std::string>;

// An id as engines give it, which no name that people choose is taken for: 64 hex digits.
inline bool is_whole_id(std::string_view full_id) {
  constexpr size_t kDigits = 64;
  return full_id.size() == kDigits && full_id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// 64 digits are an id whatever type an event says with them: then the cgroup that names them finds the record.
inline ContainerKey make_key(std::string_view full_id, Owner owner, ContainerType type) {
  return {full_id, owner, id_is_name(type) && !is_whole_id(full_id) ? type : ContainerType::kUnknown};
}
inline ContainerKey key_of(const Container& container) {
  return make_key(container.full_id, container.owner, container.type);
}
inline ContainerKey view(const StoredContainerKey& key) {
  return {key.full_id, key.owner, key.names};
}
inline StoredContainerKey store(const ContainerKey& key) {
  return {std::string(key.full_id), key.owner, key.names};
}

// Whether a word about the owner's container of that key can be believed at all. What a user calls his
// containers could be called after anything of the machine's, so his ids have 64 hex digits, as all engines
// give them; names that cgroups tell are their type's own.
inline bool may_exist(const ContainerKey& key) {
  if (key.owner.is_machine() || key.names != ContainerType::kUnknown) return true;
  return key.owner.is_user() && is_whole_id(key.full_id);
}

// For hash tables that are keyed by StoredContainerKey and asked with either.
struct ContainerKeyHash {
  using is_transparent = void;
  size_t operator()(const ContainerKey& key) const {
    // Nearly all are the machine's ids, whose hash is the text's alone.
    const uint64_t rest = (uint64_t{key.owner.uid()} << 16) ^ (key.owner.is_nobody() ? 0x8000U : 0U) ^
                          (static_cast<uint32_t>(key.names) ^ static_cast<uint32_t>(ContainerType::kUnknown));
    return std::hash<std::string_view>{}(key.full_id) ^ (rest * 0x9E3779B97F4A7C15U);
  }
  size_t operator()(const StoredContainerKey& key) const { return (*this)(view(key)); }
};
struct ContainerKeyEqual {
  using is_transparent = void;
  template <typename Left, typename Right>
  bool operator()(const BasicContainerKey<Left>& left, const BasicContainerKey<Right>& right) const {
    return left.owner == right.owner && left.names == right.names && left.full_id == right.full_id;
  }
};

}  // namespace core
