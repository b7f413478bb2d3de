// The engine behind a socket that is configured for CRI. containerd serves CRI and its own API on one socket:
// there both are used, so that containers without a pod are known as well. Owned by a supervisor; worker's
// thread.
#pragma once

#include <memory>

#include "engines/engine.h"

namespace engines {

std::unique_ptr<Engine> create_cri_socket(const Context& context);

}  // namespace engines
