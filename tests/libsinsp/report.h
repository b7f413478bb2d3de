// What a run of the test host found. One thread.
#pragma once

#include <string>
#include <vector>

namespace sinsp_host {

class Report {
 public:
  // Counts one comparison; a wrong one is kept with what it was about.
  void compare(const std::string& about, const std::string& expected, const std::string& actual) {
    check(expected == actual, about + ": expected '" + expected + "', got '" + actual + "'");
  }
  void check(bool right, const std::string& about) {
    ++checks_;
    if (!right) failures_.push_back(about);
  }

  int checks() const { return checks_; }
  bool failed() const { return !failures_.empty() || checks_ == 0; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  int checks_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace sinsp_host
