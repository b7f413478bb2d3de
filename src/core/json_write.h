// Writing JSON straight into a text, for records that are written while Falco waits.
// Pure functions; any thread.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace core {

// Appends `text` as a string of JSON, with its quotes; bytes that are no UTF-8 as U+FFFD.
void append_json(std::string_view text, std::string& out);

inline void append_json(bool flag, std::string& out) {
  out += flag ? "true" : "false";
}

template <typename Int>
requires(std::integral<Int> && !std::same_as<Int, bool>) void append_json(Int number, std::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// The comma in front of all members, or elements, but the first.
class JsonComma {
 public:
  void append(std::string& out) {
    if (!first_) out += ',';
    first_ = false;
  }

 private:
  bool first_ = true;
};

// Appends `elements` as an array. append: void(const Element&, std::string& out).
template <typename Element, typename Append>
void append_json_array(const std::vector<Element>& elements, std::string& out, Append append) {
  JsonComma comma;
  out += '[';
  for (const Element& element : elements) {
    comma.append(out);
    append(element, out);
  }
  out += ']';
}

inline void append_json(const std::vector<std::string>& texts, std::string& out) {
  append_json_array(texts, out, [](const std::string& text, std::string& to) { append_json(text, to); });
}

// Appends the members of an object one by one; its braces are the caller's.
class JsonMembers {
 public:
  explicit JsonMembers(std::string& out) : out_(out) {}

  // Appends the name and the colon; the value is the caller's.
  std::string& name(std::string_view name) {
    comma_.append(out_);
    append_json(name, out_);
    return out_ += ':';
  }
  template <typename Value>
  void add(std::string_view name, const Value& value) {
    append_json(value, this->name(name));
  }

 private:
  std::string& out_;
  JsonComma comma_;
};

}  // namespace core
