// The static fields of the table `threads`: one row each. Used by thread_table.cpp only.
#pragma once

#include <span>

#include "host/thread_table.h"

namespace host {

struct ThreadField {
  const char* name;
  api::StateType type;
  void (*get)(Thread&, api::StateData& out);
  void (*set)(Thread&, const api::StateData& in);  // nullptr: read-only
};

std::span<const ThreadField> thread_fields();

}  // namespace host
