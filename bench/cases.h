// What is measured: calls of the plugin's C functions, prepared so that each run() is one call (or one
// event).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace bench {

struct Case {
  std::string name;
  std::function<void()> run;
};

// The cases, with the plugin loaded and its tables filled; everything lives as long as the result.
class Cases {
 public:
  // plugin: path of libcontainer.so.
  static base::Result<std::unique_ptr<Cases>> load(const std::string& plugin);
  ~Cases();

  const std::vector<Case>& all() const { return cases_; }

 private:
  struct State;
  Cases();
  void add_extraction();
  void add_parsing();
  void add_resolution();

  std::unique_ptr<State> state_;
  std::vector<Case> cases_;
};

}  // namespace bench
