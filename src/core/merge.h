// One record from several sources. Spec: docs/engines.md, "One record from several sources".
// Pure functions; any thread.
#pragma once

#include "core/container.h"

namespace core {

// False when both records say in which of their engine's namespaces the container is, and these differ: then
// they are two containers, whatever their ids.
bool same_namespace(const Container& left, const Container& right);

// What is known of a container after `news` arrived; both are records of the same container. When they are
// not (same_namespace), it is `news` alone.
// Member by member the record of the richer Source wins where it says something (a non-empty text or list, an
// optional that is set, a type other than kUnknown); where it says nothing the other's member stays. Of two
// equally rich records the newer, `news`, counts as the richer. Numbers and booleans have no way of saying
// nothing and come from the richer record, except that a `size` of -1 and a `created_time` of 0 are
// "unknown". Labels count as one member. The result's source is the richer one.
Container merge(const Container& known, const Container& news);

// True when no field, table entry or event payload differs: then there is nothing to report.
bool same_for_users(const Container& left, const Container& right);

}  // namespace core
