// All fields of a session: the host's own and those of its plugins. Resolves a field as people write it and
// fetches its value. The session must outlive it. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/event_context.h"
#include "host/field_value.h"
#include "host/plugin_fields.h"
#include "host/session.h"

namespace host {

struct FieldRef {
  std::string text;  // as written
  bool builtin = false;
  size_t source = 0;     // index of the builtin row, or of the plugin
  FieldRequest request;  // of a plugin's field
};

class FieldCatalog {
 public:
  explicit FieldCatalog(const Session& session) : session_(session) {}

  // text: `name`, `name[argument]` or `name.argument`. The error of an unknown field names the nearest ones.
  base::Result<FieldRef> resolve(std::string_view text) const;
  // A plugin that fails to extract gives an unset value and its error to `last_error()`.
  FieldValue value(const FieldRef& field, const EventContext& context);
  const std::string& last_error() const { return last_error_; }

  // Names of every field, the host's own first.
  std::vector<std::string> names() const;

 private:
  const Session& session_;
  std::string last_error_;
};

// Up to `count` of `names` that differ least from `text`, nearest first; none that differ by more than half.
std::vector<std::string> nearest_names(std::string_view text, const std::vector<std::string>& names,
                                       size_t count);

}  // namespace host
