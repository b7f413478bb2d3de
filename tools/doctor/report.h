// What `ctrmeta doctor` found, as data, and how it is shown: a page for people, JSON for programs (its form
// is in docs/ctrmeta.md). Main thread.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/console.h"

namespace tools::doctor {

enum class Level : uint8_t {
  kGood,
  kInfo,     // neither good nor bad: not there, not wanted
  kWarning,  // worth a look; metadata may suffer
  kBad,      // metadata is missing because of it: exit code 1
};

struct Finding {
  std::string id;  // what was looked at, for programs; never renamed: "engines.socket"
  Level level = Level::kGood;
  std::string subject;  // which one of several: a path, a file; "" when there is only one
  std::string text;     // one sentence without a full stop
  std::string advice;   // what mends it: a sentence, or a line to copy; "" when there is nothing to mend
  boost::json::object facts = {};
};

struct Section {
  std::string id;
  std::string title;
  std::vector<Finding> findings = {};

  void add(Finding finding) { findings.push_back(std::move(finding)); }
};

struct Report {
  std::vector<Section> sections = {};

  size_t count(Level level) const;
  bool healthy() const { return count(Level::kBad) == 0; }
};

const char* level_name(Level level);

// One page, its last line the verdict. console: that it is for; nullptr for plain text.
std::vector<std::string> page(const Report& report, const Console* console);
boost::json::object to_json(const Report& report);

}  // namespace tools::doctor
