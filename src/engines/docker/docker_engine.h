// Docker's HTTP API. Spec: docs/engines.md, "Docker". Owned by a supervisor; worker's thread.
#pragma once

#include <memory>

#include "engines/engine.h"

namespace engines::docker {

std::unique_ptr<Engine> create(const Context& context);

}  // namespace engines::docker
