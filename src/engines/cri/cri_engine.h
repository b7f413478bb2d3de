// A container runtime's CRI (CRI-O, cri-dockerd, ...). Spec: docs/engines.md, "CRI". Owned by a supervisor;
// worker's thread.
#pragma once

#include <memory>

#include "engines/engine.h"

namespace engines::cri {

std::unique_ptr<Engine> create(const Context& context);

}  // namespace engines::cri
