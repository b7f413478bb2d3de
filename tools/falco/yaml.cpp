// See yaml.h.
#include "tools/falco/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace falco {
namespace {

namespace json = boost::json;

constexpr size_t kMaxDepth = 64;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Whether quoted or not, a scalar becomes the first of these that it can be: a whole number that fits 32 bits
// (decimal, 0x… or 0…), a number, a boolean, a text.
json::value as_json(const std::string& scalar) {
  char* end = nullptr;
  if (!scalar.empty() && scalar.front() != ' ') {
    const long long whole = std::strtoll(scalar.c_str(), &end, 0);
    if (*end == '\0' && whole >= INT32_MIN && whole <= INT32_MAX) return whole;
    const double number = std::strtod(scalar.c_str(), &end);
    if (*end == '\0' && std::isfinite(number)) return number;
  }
  static const std::set<std::string> kTrue{"y", "yes", "true", "on"};
  static const std::set<std::string> kFalse{"n", "no", "false", "off"};
  std::string lower = scalar;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (kTrue.contains(lower)) return true;
  if (kFalse.contains(lower)) return false;
  return json::string(scalar);
}

struct Line {
  size_t number = 0;
  size_t indent = 0;
  std::string text;   // without indent, comment and blanks at the end; "" for a line without content
  std::string whole;  // as written, for block scalars
};

// Where a comment begins; quotes that open a scalar hide it.
size_t end_of_content(std::string_view line) {
  char quote = '\0';
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool at_start = i == 0 || std::string_view(" \t[{,:-").find(line[i - 1]) != std::string_view::npos;
    if (quote != '\0') {
      if (c == '\\' && quote == '"')
        ++i;
      else if (c == quote)
        quote = '\0';
    } else if ((c == '\'' || c == '"') && at_start) {
      quote = c;
    } else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return i;
    }
  }
  return line.size();
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    const bool ends = line.starts_with("---") || line.starts_with("...");
    if (ends && std::any_of(lines.begin(), lines.end(), [](const Line& one) { return !one.text.empty(); }))
      break;
    if (ends || line.starts_with('%')) continue;
    const std::string_view content = trim(line.substr(0, end_of_content(line)));
    const size_t indent = line.find_first_not_of(' ');
    lines.push_back(
        {number, indent == std::string_view::npos ? 0 : indent, std::string(content), std::string(line)});
  }
  return lines;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : lines_(lines_of(text)) { skip_empty(); }

  json::value document() {
    json::value value = at_ == lines_.size() ? json::value(nullptr) : block(lines_[at_].indent, 0);
    if (at_ != lines_.size()) fail("does not belong there");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const size_t at = std::min(at_, lines_.size() - 1);
    throw std::runtime_error(fmt::format("line {}: '{}' {}", lines_[at].number, lines_[at].text, what));
  }
  void skip_empty() {
    while (at_ < lines_.size() && lines_[at_].text.empty()) ++at_;
  }
  void next() {
    ++at_;
    skip_empty();
  }
  static bool is_item(const std::string& text) { return text == "-" || text.starts_with("- "); }
  bool ends_here(size_t indent) const { return at_ == lines_.size() || lines_[at_].indent != indent; }

  // "key: rest" of a map's line, nullopt for other lines.
  std::optional<std::pair<std::string, std::string>> pair_of(const std::string& line) const {
    size_t from = 0;
    std::string key;
    const char first = line.front();
    if (first == '"' || first == '\'') {
      const size_t end = line.find(first, 1);
      if (end == std::string::npos) return std::nullopt;
      key = line.substr(1, end - 1);
      from = end + 1;
      if (line.compare(from, 1, ":") != 0) return std::nullopt;
    } else if (first == '[' || first == '{') {
      return std::nullopt;
    }
    size_t colon = line.find(": ", from);
    if (colon == std::string::npos && line.ends_with(':')) colon = line.size() - 1;
    if (colon == std::string::npos) return std::nullopt;
    if (from == 0) key = std::string(trim(line.substr(0, colon)));
    return std::pair{key, std::string(trim(std::string_view(line).substr(colon + 1)))};
  }

  json::value block(size_t indent, size_t depth) {
    if (depth > kMaxDepth) fail("is nested too deeply");
    if (is_item(lines_[at_].text)) return list(indent, depth);
    if (!pair_of(lines_[at_].text)) return value_of(lines_[at_].text, indent, true);
    json::object map;
    while (!ends_here(indent) && !is_item(lines_[at_].text)) {
      const auto pair = pair_of(lines_[at_].text);
      if (!pair) fail("is no 'key: value'");
      map[pair->first] = pair->second.empty() ? below(indent, depth) : value_of(pair->second, indent, false);
    }
    return map;
  }

  // The value of a key that has none on its line.
  json::value below(size_t indent, size_t depth) {
    next();
    if (at_ == lines_.size()) return nullptr;
    const Line& line = lines_[at_];
    const bool list_at_the_key = line.indent == indent && is_item(line.text);
    return line.indent > indent || list_at_the_key ? block(line.indent, depth + 1) : json::value(nullptr);
  }

  json::value list(size_t indent, size_t depth) {
    json::array items;
    while (!ends_here(indent) && is_item(lines_[at_].text)) {
      Line& line = lines_[at_];
      const std::string_view rest = trim(std::string_view(line.text).substr(1));
      if (rest.empty()) {
        next();
        const bool has_value = at_ < lines_.size() && lines_[at_].indent > indent;
        items.push_back(has_value ? block(lines_[at_].indent, depth + 1) : json::value(nullptr));
        continue;
      }
      // The item begins where its text does.
      line.indent = indent + line.text.find(rest);
      line.text = std::string(rest);
      items.push_back(block(line.indent, depth + 1));
    }
    return items;
  }

  // What begins with `text` on this line: a scalar or a flow, which may go on in deeper lines. indent: of the
  // line's block. alone: the line has no key.
  json::value value_of(std::string text, size_t indent, bool alone) {
    if (text.front() == '|' || text.front() == '>') return block_scalar(text, indent);
    if (text.front() == '&' || text.front() == '*' || text.front() == '!')
      fail("has an anchor, alias or tag");
    const bool quoted = text.front() == '"' || text.front() == '\'';
    const bool flow = text.front() == '[' || text.front() == '{';
    const size_t begin = at_;
    next();
    while (at_ < lines_.size()) {
      const Line& line = lines_[at_];
      const bool open = flow ? !is_closed(text) : quoted && !has_closing_quote(text);
      const bool plain = !flow && !quoted && line.indent > indent;
      if (!open && !(plain && !alone)) break;
      if (plain && pair_of(line.text)) fail("has a key where the text before it goes on");
      text += ' ' + line.text;
      next();
    }
    flow_ = std::move(text);
    flow_at_ = 0;
    const size_t after = std::exchange(at_, begin);  // for messages
    json::value value = flow_value("", 0);
    if (!trim(std::string_view(flow_).substr(flow_at_)).empty()) fail("goes on after its end");
    at_ = after;
    return value;
  }

  static bool is_closed(const std::string& text) {
    int depth = 0;
    char quote = '\0';
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else {
        depth += (c == '[' || c == '{') ? 1 : (c == ']' || c == '}') ? -1 : 0;
      }
    }
    return depth <= 0;
  }
  static bool has_closing_quote(const std::string& text) {
    return closing_quote(text, 1, text.front()) != std::string::npos;
  }
  static size_t closing_quote(const std::string& text, size_t from, char quote) {
    for (size_t i = from; i < text.size(); ++i) {
      if (quote == '"' && text[i] == '\\')
        ++i;
      else if (quote == '\'' && text.compare(i, 2, "''") == 0)
        ++i;
      else if (text[i] == quote)
        return i;
    }
    return std::string::npos;
  }

  // "|" keeps the lines, ">" folds them; "-" drops the last line's end, "+" and indents in figures are as the
  // default.
  json::value block_scalar(const std::string& head, size_t indent) {
    const bool folds = head.front() == '>';
    const bool strips = head.find('-') != std::string::npos;
    std::vector<std::string> rows;
    size_t inner = 0;
    for (++at_; at_ < lines_.size(); ++at_) {
      const std::string& whole = lines_[at_].whole;
      const bool blank = trim(whole).empty();
      if (!blank && lines_[at_].indent <= indent) break;
      if (!blank && inner == 0) inner = lines_[at_].indent;
      rows.push_back(blank ? std::string() : whole.substr(std::min(inner, whole.size())));
    }
    skip_empty();
    while (!rows.empty() && rows.back().empty()) rows.pop_back();
    std::string text;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) text += folds && !rows[i].empty() && !rows[i - 1].empty() ? ' ' : '\n';
      text += rows[i];
    }
    if (!strips && !rows.empty()) text += '\n';
    return json::string(text);
  }

  bool take(char c) {
    while (flow_at_ < flow_.size() && (flow_[flow_at_] == ' ' || flow_[flow_at_] == '\t')) ++flow_at_;
    if (flow_at_ == flow_.size() || flow_[flow_at_] != c) return false;
    ++flow_at_;
    return true;
  }

  static std::string unescaped(std::string_view text, char quote) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (quote == '\'' && text[i] == '\'') ++i;
      if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
        const char c = text[++i];
        out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
        continue;
      }
      if (i < text.size()) out += text[i];
    }
    return out;
  }

  std::string scalar(std::string_view ends) {
    for (const char quote : {'\'', '"'}) {
      if (!take(quote)) continue;
      const size_t begin = flow_at_;
      const size_t end = closing_quote(flow_, begin, quote);
      if (end == std::string::npos) fail("has no closing quote");
      flow_at_ = end + 1;
      return unescaped(std::string_view(flow_).substr(begin, end - begin), quote);
    }
    const size_t begin = flow_at_;
    flow_at_ = ends.empty() ? flow_.size() : std::min(flow_.find_first_of(ends, begin), flow_.size());
    return std::string(trim(std::string_view(flow_).substr(begin, flow_at_ - begin)));
  }

  // ends: the characters that end a plain scalar here. An empty map or list becomes null, as no value does.
  json::value flow_value(std::string_view ends, size_t depth) {
    if (depth > kMaxDepth) fail("is nested too deeply");
    if (take('[')) return flow_list(depth);
    if (take('{')) return flow_map(depth);
    const bool quoted = flow_at_ < flow_.size() && (flow_[flow_at_] == '\'' || flow_[flow_at_] == '"');
    const std::string text = scalar(ends);
    if (!quoted && (text.empty() || text == "~" || text == "null")) return nullptr;
    return as_json(text);
  }
  json::value flow_list(size_t depth) {
    json::array items;
    while (!take(']')) {
      items.push_back(flow_value(",]", depth + 1));
      if (!take(',') && flow_.find(']', flow_at_) == std::string::npos) fail("has no ]");
    }
    return items.empty() ? json::value(nullptr) : json::value(std::move(items));
  }
  json::value flow_map(size_t depth) {
    json::object map;
    while (!take('}')) {
      const std::string key = scalar(":}");
      if (!take(':')) fail("has no : after a key");
      map[key] = flow_value(",}", depth + 1);
      if (!take(',') && flow_.find('}', flow_at_) == std::string::npos) fail("has no }");
    }
    return map.empty() ? json::value(nullptr) : json::value(std::move(map));
  }

  std::vector<Line> lines_;
  size_t at_ = 0;
  std::string flow_;
  size_t flow_at_ = 0;
};

}  // namespace

base::Result<json::value> read_yaml(std::string_view text) {
  try {
    return Reader(text).document();
  } catch (const std::exception& error) {
    return base::Error{error.what()};
  }
}

}  // namespace falco
