// RFC 3339 without the C library's calendar: no locale, no time zone of the machine, no allocation.
#include "core/timestamps.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace core {
namespace {

// Reads `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// Year, month, day, hour, minute, second; nullopt when the text is none of the form YYYY-MM-DDThh:mm:ss.
std::optional<std::array<int, 6>> take_date_time(std::string_view& text) {
  constexpr std::array<std::string_view, 5> kAfter{"-", "-", "Tt ", ":", ":"};
  std::array<int, 6> values{};
  for (size_t i = 0; i < values.size(); ++i) {
    const auto value = take_number(text, i == 0 ? 4 : 2);
    if (!value) return std::nullopt;
    values[i] = *value;
    if (i < kAfter.size() && !take(text, kAfter[i])) return std::nullopt;
  }
  return values;
}

// Seconds east of UTC of "Z" or "+hh:mm"; the text must end there.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return text.empty() ? std::optional<int>(0) : std::nullopt;
  if (text.empty()) return std::nullopt;
  const int sign = text.front() == '-' ? -1 : 1;
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

int64_t parse_rfc3339(std::string_view text) {
  const auto parts = take_date_time(text);
  if (!parts) return 0;
  if (take(text, ".,")) {
    const size_t end = text.find_first_not_of("0123456789");
    if (end == 0 || end == std::string_view::npos) return 0;
    text.remove_prefix(end);
  }
  const auto offset = take_offset(text);
  if (!offset) return 0;

  const auto [year, month, day, hour, minute, second] = *parts;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  constexpr int kLeapSecond = 60;
  if (!date.ok() || hour > 23 || minute > 59 || second > kLeapSecond) return 0;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - *offset;
  return seconds > 0 ? seconds : 0;
}

}  // namespace core
