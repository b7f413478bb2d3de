// Ports and IPv4 addresses: from text to numbers and back.
#include "core/ports.h"

#include <charconv>
#include <cstddef>

namespace core {
namespace {

// A decimal number without sign, 0 to max; at most max_digits long.
std::optional<uint32_t> parse_decimal(std::string_view text, uint32_t max, size_t max_digits) {
  if (text.empty() || text.size() > max_digits) return std::nullopt;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

}  // namespace

std::optional<uint16_t> parse_port(std::string_view text) {
  const auto port = parse_decimal(text, 65535, 5);
  if (!port) return std::nullopt;
  return static_cast<uint16_t>(*port);
}

std::optional<PortKey> parse_port_key(std::string_view text) {
  const size_t slash = text.find('/');
  const auto port = parse_port(text.substr(0, slash));
  if (!port) return std::nullopt;
  if (slash == std::string_view::npos) return PortKey{*port, "tcp"};
  const std::string_view protocol = text.substr(slash + 1);
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") return std::nullopt;
  return PortKey{*port, protocol};
}

std::optional<uint32_t> parse_ipv4(std::string_view text) {
  uint32_t address = 0;
  for (int octet = 0; octet < 4; ++octet) {
    const size_t dot = text.find('.');
    const bool last = octet == 3;
    if (last != (dot == std::string_view::npos)) return std::nullopt;
    const auto value = parse_decimal(text.substr(0, dot), 255, 3);
    if (!value) return std::nullopt;
    address = (address << 8) | *value;
    if (!last) text.remove_prefix(dot + 1);
  }
  return address;
}

std::string ipv4_text(uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (!text.empty()) text += '.';
    text += std::to_string((address >> shift) & 0xff);
  }
  return text;
}

}  // namespace core
