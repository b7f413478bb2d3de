// Which labels are kept, and how they are shown.
#include "core/labels.h"

#include <algorithm>
#include <array>

namespace core {
namespace {

constexpr std::array<std::string_view, 4> kIdentityLabels{kPodNameLabel, kPodNamespaceLabel, kPodUidLabel,
                                                          kPodSandboxIdLabel};

// Prefixes of labels that container.labels leaves out: the kubelet's own, and annotations in labels' clothes.
constexpr std::array<std::string_view, 2> kHiddenPrefixes{"annotation.", "io.kubernetes."};

bool is_hidden(std::string_view key) {
  return std::any_of(kHiddenPrefixes.begin(), kHiddenPrefixes.end(),
                     [key](std::string_view prefix) { return key.starts_with(prefix); });
}

void fill(const Labels& labels, std::string_view key, std::string& member) {
  if (!member.empty()) return;
  if (const auto label = labels.find(key); label != labels.end()) member = label->second;
}

}  // namespace

std::string join_labels(const Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) {
    if (is_hidden(key)) continue;
    if (!text.empty()) text += ", ";
    text += key;
    if (!value.empty()) {
      text += ':';
      text += value;
    }
  }
  return text;
}

bool keep_label(std::string_view key, std::string_view value, size_t label_max_len) {
  return value.size() <= label_max_len ||
         std::find(kIdentityLabels.begin(), kIdentityLabels.end(), key) != kIdentityLabels.end();
}

void take_k8s_identity(Container& container) {
  fill(container.labels, kPodNameLabel, container.pod_name);
  fill(container.labels, kPodNamespaceLabel, container.pod_namespace);
  fill(container.labels, kPodUidLabel, container.pod_uid);
  fill(container.labels, kPodSandboxIdLabel, container.pod_sandbox_id);
  const auto sandbox = container.labels.find(kPodSandboxIdLabel);
  if (sandbox != container.labels.end() && sandbox->second.starts_with(container.pod_sandbox_id)) {
    container.pod_sandbox_id = sandbox->second;
  }
}

}  // namespace core
