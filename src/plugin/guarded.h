// Keeps exceptions on this side of the C interface. Pure; Falco's thread.
#pragma once

namespace plugin {

// What `call` answers, or `otherwise` when it throws (memory may run out anywhere): the host is C to us.
template <typename Value, typename Call>
Value guarded(Value otherwise, Call&& call) noexcept {
  try {
    return call();
  } catch (...) {
    return otherwise;
  }
}

}  // namespace plugin
