// See formatter.h.
#include "host/formatter.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "base/utf8.h"

namespace host {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == '/';
}

std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out.push_back(c);
  }
  return out;
}

// Four or sixteen bytes in network order; another size is shown in hex.
std::string address_text(const std::string& bytes) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if ((bytes.size() == 4 || bytes.size() == 16) &&
      ::inet_ntop(family, bytes.data(), out.data(), out.size()) != nullptr) {
    return out.data();
  }
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

bool is_address(api::FieldType type) {
  return type == api::kFieldIpAddr || type == api::kFieldIpNet;
}

std::string scalar_text(const Scalar& scalar, api::FieldType type) {
  if (const bool* flag = std::get_if<bool>(&scalar)) return *flag ? "true" : "false";
  if (const uint64_t* number = std::get_if<uint64_t>(&scalar)) return std::to_string(*number);
  const std::string& text = std::get<std::string>(scalar);
  return is_address(type) ? address_text(text) : without_controls(text);
}

boost::json::value scalar_json(const Scalar& scalar, api::FieldType type) {
  if (const bool* flag = std::get_if<bool>(&scalar)) return *flag;
  if (const uint64_t* number = std::get_if<uint64_t>(&scalar)) return *number;
  const std::string& text = std::get<std::string>(scalar);
  return boost::json::string(is_address(type) ? address_text(text) : base::to_utf8(text));
}

boost::json::value to_json(const FieldValue& value, bool list) {
  if (!value.is_set()) return nullptr;
  if (!list && value.values.size() == 1) return scalar_json(value.values.front(), value.type);
  boost::json::array items;
  for (const Scalar& scalar : value.values) items.push_back(scalar_json(scalar, value.type));
  return items;
}

}  // namespace

std::string to_text(const FieldValue& value) {
  if (!value.is_set()) return "<NA>";
  if (value.values.size() == 1) return scalar_text(value.values.front(), value.type);
  std::string out = "(";
  for (size_t i = 0; i < value.values.size(); ++i) {
    if (i > 0) out += ',';
    out += scalar_text(value.values[i], value.type);
  }
  return out + ")";
}

base::Result<Formatter> Formatter::compile(std::string_view format, FieldCatalog& catalog) {
  Formatter out(catalog);
  if (format.starts_with('*')) format.remove_prefix(1);
  out.literals_.emplace_back();
  size_t at = 0;
  while (at < format.size()) {
    const char c = format[at++];
    if (c != '%') {
      out.literals_.back().push_back(c);
    } else if (at < format.size() && format[at] == '%') {
      out.literals_.back().push_back('%');
      ++at;
    } else if (const auto added = out.add_field(format, at); !added) {
      return base::Error{added.error()};
    }
  }
  return out;
}

// at: just after the `%`; left behind the field.
base::Status Formatter::add_field(std::string_view format, size_t& at) {
  const size_t begin = at;
  while (at < format.size() && is_name_character(format[at])) ++at;
  if (at == begin) {
    return base::Error{
        fmt::format("position {} of the format: a field's name must follow '%' (write '%%' for a "
                    "percent sign)",
                    begin)};
  }
  if (at < format.size() && format[at] == '[') {
    const size_t close = format.find(']', at);
    if (close == std::string_view::npos) {
      return base::Error{
          fmt::format("the argument of '{}' has no closing bracket", format.substr(begin, at - begin))};
    }
    at = close + 1;
  }
  // Punctuation that may be part of a label's name, but more often ends a sentence: shorter readings are
  // tried until one is a field.
  const std::string_view whole = format.substr(begin, at - begin);
  std::string_view text = whole;
  auto field = catalog_->resolve(text);
  while (!field && !text.empty() && std::string_view(".-/_").find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
    field = catalog_->resolve(text);
  }
  if (!field) return base::Error{text.empty() ? fmt::format("there is no field '{}'", whole) : field.error()};
  at = begin + text.size();
  fields_.push_back(std::move(*field));
  literals_.emplace_back();
  return base::Ok{};
}

std::string Formatter::line(const EventContext& context) const {
  std::string out = literals_.front();
  for (size_t i = 0; i < fields_.size(); ++i) {
    out += to_text(catalog_->value(fields_[i], context));
    out += literals_[i + 1];
  }
  return out;
}

std::string Formatter::json(const EventContext& context) const {
  boost::json::object object;
  for (const FieldRef& field : fields_) {
    const FieldValue value = catalog_->value(field, context);
    object[base::to_utf8(field.text)] = to_json(value, value.values.size() > 1);
  }
  return boost::json::serialize(object);
}

}  // namespace host
