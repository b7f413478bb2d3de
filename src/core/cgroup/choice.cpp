// See choice.h.
#include "core/cgroup/choice.h"

namespace core::cgroup {

void Choice::offer(const Match& match, std::string_view path) {
  if (any_ && !goes_before(match, path)) return;
  any_ = true;
  match_ = match;
  path_ = path;
}

bool Choice::goes_before(const Match& match, std::string_view path) const {
  if (match.needs_confirmation) return false;
  if (match_.needs_confirmation) return true;
  // Users make cgroups as they like, below their own and inside of containers.
  if (match.owner.is_machine() != match_.owner.is_machine()) return match.owner.is_machine();
  const auto is_below = [](std::string_view inner, std::string_view outer) {
    return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/';
  };
  const std::string_view root = path.substr(0, match.root);
  const std::string_view chosen = std::string_view(path_).substr(0, match_.root);
  if (is_below(root, chosen)) return true;
  return match.told && !match_.told && !is_below(chosen, root);
}

}  // namespace core::cgroup
