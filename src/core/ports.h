// Ports and IPv4 addresses in the engines' spellings. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core {

// The port number of "8080": decimal digits only, 0 to 65535.
std::optional<uint16_t> parse_port(std::string_view text);

struct PortKey {
  uint16_t port = 0;
  std::string_view
      protocol;  // "tcp", "udp", "sctp"; "tcp" when none is written; points into the text or is static
  bool operator==(const PortKey&) const = default;
};

// Takes a key of the engines' port tables, "80/tcp", apart. nullopt for anything else.
std::optional<PortKey> parse_port_key(std::string_view text);

// "127.0.0.1" as a number, first octet most significant (0x7f000001). nullopt when it is no IPv4 address.
std::optional<uint32_t> parse_ipv4(std::string_view text);

// The reverse.
std::string ipv4_text(uint32_t address);

}  // namespace core
