// Labels of containers and pods: which are kept, how they are shown, which carry the Kubernetes identity.
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/container.h"

namespace core {

// The labels in which the kubelet writes the identity of a container's pod.
inline constexpr std::string_view kPodNameLabel = "io.kubernetes.pod.name";
inline constexpr std::string_view kPodNamespaceLabel = "io.kubernetes.pod.namespace";
inline constexpr std::string_view kPodUidLabel = "io.kubernetes.pod.uid";
inline constexpr std::string_view kPodSandboxIdLabel = "io.kubernetes.sandbox.id";

// What container.labels answers: "k1:v1, k2:v2", sorted by key. Keys starting with "annotation." or
// "io.kubernetes." are left out; a label with an empty value prints its key alone.
std::string join_labels(const Labels& labels);

// Whether a label goes into the record: its value has at most label_max_len bytes, or it carries the
// Kubernetes identity (those four are never dropped).
bool keep_label(std::string_view key, std::string_view value, size_t label_max_len);

// Fills pod_name, pod_namespace, pod_uid and pod_sandbox_id from the labels. A member that is set already
// stays, but a sandbox id that is only the beginning of the label's is completed. The labels stay as they
// are.
void take_k8s_identity(Container& container);

}  // namespace core
