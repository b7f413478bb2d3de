// Output lines in Falco's syntax: "%proc.name in %container.name %container.label[app]". `%%` is a percent
// sign; a leading `*` is accepted and changes nothing: a value that is not set prints <NA>. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/field_catalog.h"

namespace host {

class Formatter {
 public:
  // catalog must outlive it. Fails on an unknown field, an unclosed bracket, or a `%` without a name.
  static base::Result<Formatter> compile(std::string_view format, FieldCatalog& catalog);

  // The line without a newline. Control characters in values come out as \xNN: values are made by whoever
  // makes containers, and the reader may be a terminal.
  std::string line(const EventContext& context) const;
  // One JSON object with a member for each field of the format; null for values that are not set.
  std::string json(const EventContext& context) const;

  const std::vector<FieldRef>& fields() const { return fields_; }

 private:
  explicit Formatter(FieldCatalog& catalog) : catalog_(&catalog) {}
  base::Status add_field(std::string_view format, size_t& at);

  // Literal text and fields in turn: literals_[0] fields_[0] literals_[1] ...
  FieldCatalog* catalog_;
  std::vector<std::string> literals_;
  std::vector<FieldRef> fields_;
};

// "<NA>" when it is not set; times in nanoseconds, addresses as text, lists as "(a,b)".
std::string to_text(const FieldValue& value);

}  // namespace host
