// Status codes and messages of gRPC, see status.h.
#include "net/grpc/status.h"

#include <array>

#include "base/utf8.h"

namespace net::grpc {
namespace {

constexpr std::array<const char*, 17> kNames = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

struct HttpRow {
  int http_status;
  Code code;
};
constexpr HttpRow kHttpRows[] = {
    {400, Code::kInternal},      {401, Code::kUnauthenticated}, {403, Code::kPermissionDenied},
    {404, Code::kUnimplemented}, {429, Code::kUnavailable},     {502, Code::kUnavailable},
    {503, Code::kUnavailable},   {504, Code::kUnavailable},
};

struct ResetRow {
  uint32_t error;
  Code code;
};
// RFC 9113: REFUSED_STREAM 7, CANCEL 8, ENHANCE_YOUR_CALM 11, INADEQUATE_SECURITY 12; all others are
// INTERNAL.
constexpr ResetRow kResetRows[] = {
    {7, Code::kUnavailable},
    {8, Code::kCancelled},
    {11, Code::kResourceExhausted},
    {12, Code::kPermissionDenied},
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

const char* code_name(Code code) {
  const auto index = static_cast<size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

Code parse_status(std::string_view text) {
  if (text.empty() || text.size() > 2) return Code::kUnknown;
  size_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return Code::kUnknown;
    number = number * 10 + static_cast<size_t>(c - '0');
  }
  return number < kNames.size() ? static_cast<Code>(number) : Code::kUnknown;
}

std::string decode_message(std::string_view text) {
  // Three bytes of escape give one of text: what is beyond this is cut off anyway.
  text = text.substr(0, 3 * (kMaxMessageBytes + 4));
  std::string raw;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      raw.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      raw.push_back(text[i]);
    }
  }
  return base::excerpt(raw, kMaxMessageBytes);
}

Code code_of_http_status(int http_status) {
  for (const HttpRow& row : kHttpRows) {
    if (row.http_status == http_status) return row.code;
  }
  return Code::kUnknown;
}

Code code_of_reset(uint32_t http2_error) {
  for (const ResetRow& row : kResetRows) {
    if (row.error == http2_error) return row.code;
  }
  return Code::kInternal;
}

}  // namespace net::grpc
