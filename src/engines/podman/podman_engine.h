// Podman's libpod HTTP API. Spec: docs/engines.md, "Podman". Owned by a supervisor; worker's thread.
#pragma once

#include <memory>

#include "engines/engine.h"

namespace engines::podman {

std::unique_ptr<Engine> create(const Context& context);

}  // namespace engines::podman
