// Reads one event in the host's memory layout: a 26-byte header, the parameters' lengths (16 bits each, 32
// for large-payload types), then their values, nothing aligned. Every length is checked before it is used.
// Points into the caller's bytes, owns nothing; any thread. Layout: docs/plugin.md, "Event memory layout".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "api/plugin_api.h"
#include "base/result.h"

namespace host {

using EventBytes = std::vector<std::byte>;

// True for types whose parameter lengths take 32 bits.
bool is_large_payload(uint16_t type);

class EventView {
 public:
  // bytes: one whole event. Fails when a length does not fit into what is there.
  static base::Result<EventView> parse(std::span<const std::byte> bytes);

  const api::Event& header() const { return header_; }
  uint16_t type() const { return header_.type; }
  uint64_t ts() const { return header_.ts; }
  int64_t tid() const { return static_cast<int64_t>(header_.tid); }
  uint32_t param_count() const { return header_.nparams; }
  std::span<const std::byte> bytes() const { return bytes_; }

  // The value of parameter `index`, counted from 0; nothing when the event has fewer.
  std::optional<std::span<const std::byte>> param(uint32_t index) const;
  // A parameter of exactly this size, else nothing.
  std::optional<int64_t> i64(uint32_t index) const { return number<int64_t>(index); }
  std::optional<uint64_t> u64(uint32_t index) const { return number<uint64_t>(index); }
  std::optional<uint32_t> u32(uint32_t index) const { return number<uint32_t>(index); }
  // A string up to its NUL (or to its end, when there is none).
  std::optional<std::string_view> text(uint32_t index) const;
  // Strings that follow each other, each with its NUL.
  std::vector<std::string_view> texts(uint32_t index) const;

 private:
  template <typename T>
  std::optional<T> number(uint32_t index) const;

  api::Event header_{};
  std::span<const std::byte> bytes_;
};

}  // namespace host
