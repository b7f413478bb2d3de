// See unknown_keys.h.
#include "config/unknown_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "config/options.h"

namespace config {
namespace {

namespace json = boost::json;

constexpr size_t kMaxWarnings = 16;
// No option is longer; what is compared is cut there, so that a hostile key costs nothing.
constexpr size_t kMaxCompared = 32;

struct KnownKey {
  std::string parent;  // "engines.docker", "" for the whole configuration
  std::string name;

  std::string path() const { return parent.empty() ? name : fmt::format("{}.{}", parent, name); }
};

std::vector<KnownKey> known_keys() {
  std::vector<KnownKey> known;
  const auto add = [&known](std::string parent, std::string_view name) {
    known.push_back({std::move(parent), std::string(name)});
  };
  const auto engine = [](std::string_view name) { return fmt::format("{}.{}", kEnginesKey, name); };
  for (const std::string_view key : kVerbosityKeys) add("", key);
  for (const CountOption& option : kCountOptions) add("", option.key);
  add("", kTimeoutSecondsKey);
  for (const BoolOption& option : kBoolOptions) add("", option.key);
  for (const std::string_view key : {kHooksKey, kEnginesKey}) add("", key);
  const std::string engines(kEnginesKey);
  for (const SocketEngineOption& option : kSocketEngines) {
    add(engines, option.key);
    for (const std::string_view key : {kEnabledKey, kSocketsKey}) add(engine(option.key), key);
  }
  for (const SwitchEngineOption& option : kSwitchEngines) {
    add(engines, option.key);
    add(engine(option.key), kEnabledKey);
  }
  add(engines, kStaticKey);
  add(engine(kStaticKey), kEnabledKey);
  for (const StaticText& text : kStaticTexts) add(engine(kStaticKey), text.key);
  return known;
}

// What two spellings of one key have in common: labelMaxLen, label-max-len and label_max_len are the same.
std::string plain(std::string_view key) {
  std::string letters;
  for (const char c : key.substr(0, kMaxCompared)) {
    if (c == '_' || c == '-') continue;
    letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return letters;
}

// How many letters must be put in, left out, replaced or swapped with their neighbour to make `a` of `b`.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last;
  std::vector<size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    std::vector<size_t> row(b.size() + 1);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last.back();
}

size_t depth(std::string_view parent) {
  return parent.empty() ? 0 : 1 + static_cast<size_t>(std::count(parent.begin(), parent.end(), '.'));
}

// The key that was meant: nearly the same name here, or the same name in an object above or below. What
// another engine has is no answer.
const KnownKey* nearest(std::string_view parent, std::string_view name, const std::vector<KnownKey>& known) {
  const std::string given = plain(name);
  const KnownKey* best = nullptr;
  size_t best_cost = 0;
  for (const KnownKey& key : known) {
    const std::string its = plain(key.name);
    const size_t letters = distance(given, its);
    const bool here = key.parent == parent;
    if (here ? letters > (given.size() + 2) / 3 : letters > 0 || depth(key.parent) == depth(parent)) continue;
    // Of several that are as near, the one that begins alike: container_img is container_image, not
    // container_id.
    const auto differ = std::mismatch(given.begin(), given.end(), its.begin(), its.end()).first;
    const size_t alike = static_cast<size_t>(differ - given.begin());
    const size_t cost = (2 * letters + (here ? 0 : 1)) * kMaxCompared + (kMaxCompared - alike);
    if (best == nullptr || cost < best_cost) {
      best = &key;
      best_cost = cost;
    }
  }
  return best;
}

std::string sentence(std::string_view parent, std::string_view name, const std::vector<KnownKey>& known) {
  const std::string path = parent.empty() ? std::string(name) : fmt::format("{}.{}", parent, name);
  std::string text = fmt::format("init_config: unknown key '{}' is passed over; ", base::excerpt(path));
  if (const KnownKey* meant = nearest(parent, name, known)) {
    return text + fmt::format("did you mean '{}'?", meant->path());
  }
  text += "known here:";
  const char* comma = " ";
  for (const KnownKey& key : known) {
    if (key.parent != parent) continue;
    text += fmt::format("{}'{}'", comma, key.name);
    comma = ", ";
  }
  return text;
}

class Search {
 public:
  void look_into(const std::string& parent, const json::object& object) {
    for (const auto& [key, value] : object) {
      const std::string_view name(key);
      const auto is_it = [&](const KnownKey& one) { return one.parent == parent && one.name == name; };
      const auto found = std::find_if(known_.begin(), known_.end(), is_it);
      if (found == known_.end()) {
        if (++unknown_ <= kMaxWarnings) warnings_.push_back(sentence(parent, name, known_));
      } else if (const json::object* inner = value.if_object()) {
        look_into(found->path(), *inner);
      }
    }
  }

  std::vector<std::string> warnings() && {
    if (unknown_ > kMaxWarnings) {
      warnings_.push_back(fmt::format("init_config: {} unknown keys in all are passed over", unknown_));
    }
    return std::move(warnings_);
  }

 private:
  const std::vector<KnownKey> known_ = known_keys();
  std::vector<std::string> warnings_;
  size_t unknown_ = 0;
};

}  // namespace

std::vector<std::string> warn_of_unknown_keys(const json::value& root) {
  Search search;
  if (const json::object* object = root.if_object()) search.look_into("", *object);
  return std::move(search).warnings();
}

}  // namespace config
