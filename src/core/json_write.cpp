// Escaping.
#include "core/json_write.h"

#include <array>

#include "base/utf8.h"

namespace core {
namespace {

// What stands behind the backslash for a byte that JSON does not allow in a string as it is: 'u' for four
// digits, 0 for a byte that needs none.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (size_t control = 0; control < 0x20; ++control) escapes[control] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

void append_escaped(unsigned char byte, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '\\';
  out += kEscapes[byte];
  if (kEscapes[byte] != 'u') return;
  out += "00";
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 15U];
}

}  // namespace

void append_json(std::string_view text, std::string& out) {
  if (!base::is_utf8(text)) return append_json(std::string_view(base::to_utf8(text)), out);
  out += '"';
  size_t plain = 0;  // begin of what can be copied
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (kEscapes[byte] == 0) continue;
    out.append(text.substr(plain, i - plain));
    append_escaped(byte, out);
    plain = i + 1;
  }
  out.append(text.substr(plain)) += '"';
}

}  // namespace core
