// containerd's gRPC API, completed from CRI on the same socket. Spec: docs/engines.md, "containerd". Owned by
// a supervisor; worker's thread.
#pragma once

#include <memory>

#include "engines/engine.h"

namespace engines::containerd {

std::unique_ptr<Engine> create(const Context& context);

}  // namespace engines::containerd
