// Which of a thread's cgroup paths decides about its container. Pure; one thread.
#pragma once

#include <string>
#include <string_view>

#include "core/cgroup/resolver.h"

namespace core::cgroup {

// Of a thread's cgroup paths, one for each controller on cgroup v1, the one that decides: a name that needs
// confirmation gives way to a container that leaves no doubt, and a user's cgroup to one of the machine's; a
// container inside the one found so far (its cgroup is below that one's) is the nearer one, for controllers
// that somebody in between does not know stay with the outer; of two that have nothing to do with each other
// what was told goes before a guess; else the first. Allocates only for longer texts than before.
class Choice {
 public:
  void clear() { any_ = false; }
  // What the resolver says about `path`.
  void offer(const Match& match, std::string_view path);
  // nullptr: no path names a container.
  const Match* match() const { return any_ ? &match_ : nullptr; }
  // The path that decided; meaningless without match().
  const std::string& path() const { return path_; }

 private:
  bool goes_before(const Match& match, std::string_view path) const;

  bool any_ = false;
  Match match_;
  std::string path_;
};

}  // namespace core::cgroup
