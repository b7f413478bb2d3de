// The JSON of one container: payload of the `container` events. Spec: docs/event-json.md.
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/container.h"

namespace core {

// {"container":{...}} on one line, every key of the format. The Kubernetes identity is written into
// "labels" under io.kubernetes.pod.{name,namespace,uid} and io.kubernetes.sandbox.id.
// The text is valid UTF-8 JSON whatever bytes the record holds.
std::string to_json(const Container& container);

// The inner object only (what `ctrmeta list --json` prints).
std::string to_json_object(const Container& container);

// Reads {"container":{...}}, and the inner object alone, also beside "container":null: libsinsp 0.23 and old
// versions of the existing plugin wrote that. Words of older Falco versions for "none" (ip "0.0.0.0", User
// "<NA>") are taken for none. Unknown keys are ignored, missing ones, null and members of a wrong type take
// the default. What is beyond the limits of a record is left out (core/fit.h). Fails when the text is longer
// than limits::kEventBytes, is not JSON, nests deeper than 32 levels, or has no container.id / full_id; the
// error names what is wrong and quotes at most 64 bytes of it.
base::Result<Container> from_json(std::string_view json);

// Whether such a text has the member `owner`. Without it the container is the machine's, or the text is from
// before there were owners.
bool has_owner(std::string_view json);

}  // namespace core
