// What the decoders of protobuf messages share, on protozero: walking over fields whatever their wire type
// is, string maps, and errors as values. Pure functions; any thread. For source files only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/types.hpp>

#include "base/result.h"

namespace engines::protobuf {

// The fields of one message, in order. A field of another wire type than the one asked for reads as empty or
// 0: protozero itself would abort the process. Throws protozero's exceptions at broken bytes, see decoded().
class Fields {
 public:
  explicit Fields(std::string_view message) : reader_(message.data(), message.size()) {}

  bool next() {
    if (!reader_.next()) return false;
    tag_ = reader_.tag();  // protozero forgets it once the value is read
    bytes_ = {};
    number_ = 0;
    if (reader_.wire_type() == protozero::pbf_wire_type::length_delimited) {
      const protozero::data_view view = reader_.get_view();
      bytes_ = {view.data(), view.size()};
    } else if (reader_.wire_type() == protozero::pbf_wire_type::varint) {
      number_ = reader_.get_int64();
    } else {
      reader_.skip();
    }
    return true;
  }

  // tag: an enumerator whose value is the field's number.
  template <typename Tag>
  bool is(Tag tag) const {
    return tag_ == static_cast<uint32_t>(tag);
  }

  // Of a string, bytes or message field; points into the message.
  std::string_view bytes() const { return bytes_; }
  std::string text() const { return std::string(bytes_); }
  // Of an integer, enum or bool field.
  int64_t number() const { return number_; }
  bool flag() const { return number_ != 0; }

 private:
  protozero::pbf_reader reader_;
  uint32_t tag_ = 0;
  std::string_view bytes_;
  int64_t number_ = 0;
};

enum class MapEntry : uint32_t { kKey = 1, kValue = 2 };

// One entry of a map<string, string>.
inline std::pair<std::string, std::string> string_entry(std::string_view message) {
  std::pair<std::string, std::string> entry;
  for (Fields fields(message); fields.next();) {
    if (fields.is(MapEntry::kKey)) entry.first = fields.text();
    if (fields.is(MapEntry::kValue)) entry.second = fields.text();
  }
  return entry;
}

// Runs a decoder; protozero's exceptions become an error. what: names the message, "Containers/Get answer".
template <typename Decode>
auto decoded(std::string_view what, std::string_view message, Decode decode)
    -> base::Result<decltype(decode(message))> {
  try {
    return decode(message);
  } catch (const protozero::exception& error) {
    return base::Error{std::string(what) + ": broken protobuf: " + error.what()};
  }
}

}  // namespace engines::protobuf
