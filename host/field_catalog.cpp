// See field_catalog.h.
#include "host/field_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "host/builtin_fields.h"

namespace host {
namespace {

constexpr size_t kLongestCompared = 128;

// Levenshtein distance.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row.back();
}

std::string_view without_argument(std::string_view text) {
  return text.substr(0, text.find('['));
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view text, const std::vector<std::string>& names,
                                       size_t count) {
  text = text.substr(0, kLongestCompared);
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const std::string& name : names) {
    // A name that holds the text ("label" in "container.label") is near, however long it is.
    const bool part = !text.empty() && name.find(text) != std::string::npos;
    const size_t steps = part ? 1 : distance(text, name);
    if (steps * 2 <= std::max(text.size(), size_t{2})) ranked.emplace_back(steps, name);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (size_t i = 0; i < ranked.size() && i < count; ++i) out.push_back(ranked[i].second);
  return out;
}

base::Result<FieldRef> FieldCatalog::resolve(std::string_view text) const {
  const auto builtin = builtin_fields();
  for (size_t i = 0; i < builtin.size(); ++i) {
    if (text == builtin[i].name) return FieldRef{std::string(text), true, i, {}};
  }
  for (size_t i = 0; i < session_.plugins().size(); ++i) {
    auto request = parse_field_request(session_.plugins()[i]->fields(), text);
    if (!request) return base::Error{request.error()};
    if (*request) return FieldRef{std::string(text), false, i, std::move(**request)};
  }
  const auto near = nearest_names(without_argument(text), names(), 3);
  if (near.empty()) return base::Error{fmt::format("there is no field '{}'", text)};
  return base::Error{fmt::format("there is no field '{}'; did you mean {}?", text, fmt::join(near, " or "))};
}

FieldValue FieldCatalog::value(const FieldRef& field, const EventContext& context) {
  if (field.builtin) return builtin_fields()[field.source].get(context);
  PluginInstance& plugin = *session_.plugins()[field.source];
  auto value = plugin.extract(context.event, context.number, field.request);
  if (value) return std::move(*value);
  last_error_ = value.error();
  return {plugin.fields()[field.request.field].type, {}};
}

std::vector<std::string> FieldCatalog::names() const {
  std::vector<std::string> out;
  for (const BuiltinField& field : builtin_fields()) out.emplace_back(field.name);
  for (const auto& plugin : session_.plugins()) {
    for (const PluginField& field : plugin->fields()) out.push_back(field.name);
  }
  return out;
}

}  // namespace host
