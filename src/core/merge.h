// One record from several sources. Spec: docs/engines.md, "One record from several sources".
// Pure functions; any thread.
#pragma once

#include "core/container.h"

namespace core {

// False when both records say in which of their engine's namespaces the container is, and these differ: then
// they are two containers, whatever their ids.
bool same_namespace(const Container& left, const Container& right);

// What is known of a container after `news` arrived; both are records of the same container. When they are
// not (same_namespace), it is `news` alone. The one rule:
//   - The record of the richer Source decides; of two equally rich ones the newer, `news`.
//   - An engine's whole answer (Source::kApi) replaces all that was known: a text, a list or a probe that is
//     empty in it is not there, whatever poorer sources said, or the engine itself before. What they said is
//     forgotten with them.
//   - A record that is no whole answer keeps what it leaves empty as the poorer one said it: fill().
//   - What no answer can deny stays in any case: numbers, yes-or-nos and members of its posture that it
//     does not know, the time of creation, the size, the type, the engine's namespace, the rest of a
//     shortened id, and the labels of the pod as long as it is the same pod.
// The result's source is the richer one.
Container merge(const Container& known, const Container& news);

// Adds to `container` what it does not say and `other` does, whatever their sources. Labels, mounts, ports
// and environment count as one member each. Repository, tag and digest of the image are of one and the same
// reference: they are taken together, the digest alone only for the same repository.
void fill(Container& container, const Container& other);

// True when no field, table entry or event payload differs: then there is nothing to report.
bool same_for_users(const Container& left, const Container& right);

}  // namespace core
