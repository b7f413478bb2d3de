// Merging two records of one container, member by member.
#include "core/merge.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace core {
namespace {

// Whether a member says something.
bool says(ContainerType type) {
  return type != ContainerType::kUnknown;
}
bool says(YesNo answer) {
  return answer != YesNo::kUnknown;
}
bool says(const std::string& text) {
  return !text.empty();
}
bool says(const Labels& labels) {
  return !labels.empty();
}
template <typename T>
bool says(const std::vector<T>& list) {
  return !list.empty();
}
template <typename T>
bool says(const std::optional<T>& value) {
  return value.has_value();
}

template <typename T>
void keep(T Container::*member, const Container& other, Container& result) {
  if (!says(result.*member)) result.*member = other.*member;
}

template <typename T, size_t Count>
void keep(const std::array<T Container::*, Count>& members, const Container& other, Container& result) {
  for (T Container::*member : members) keep(member, other, result);
}

constexpr std::array kFlags{&Container::privileged, &Container::host_pid, &Container::host_network,
                            &Container::host_ipc};
constexpr std::array kNumbers{&Container::cpu_period,       &Container::cpu_quota,    &Container::cpu_shares,
                              &Container::cpuset_cpu_count, &Container::memory_limit, &Container::swap_limit};
// Those of the image go together: keep_image().
constexpr std::array kTexts{&Container::name,           &Container::user,     &Container::ip,
                            &Container::cni_json,       &Container::pod_name, &Container::pod_namespace,
                            &Container::pod_sandbox_id, &Container::pod_uid};

// What no answer can deny.
void keep_undeniable(const Container& other, Container& result) {
  keep(&Container::type, other, result);
  keep(&Container::engine_namespace, other, result);
  keep(&Container::cgroup_path, other, result);
  keep(kFlags, other, result);
  result.posture.fill(other.posture);
  keep(kNumbers, other, result);
  if (result.size < 0) result.size = other.size;
  if (result.created_time == 0) result.created_time = other.created_time;
  if (result.pod_sandbox_id == other.pod_sandbox_id) keep(&Container::pod_sandbox_labels, other, result);
  // An id cut off by a poorer path or an old capture is completed by whoever knows the rest.
  if (other.full_id.size() > result.full_id.size() && other.full_id.starts_with(result.full_id)) {
    result.full_id = other.full_id;
  }
}

void keep_image(const Container& other, Container& result) {
  keep(&Container::image, other, result);
  keep(&Container::image_id, other, result);
  if (result.image_repository.empty() && !other.image_repository.empty()) {
    result.image_repository = other.image_repository;
    result.image_tag = other.image_tag;
    keep(&Container::image_digest, other, result);
  } else if (result.image_repository == other.image_repository) {
    keep(&Container::image_digest, other, result);
  }
}

}  // namespace

bool same_namespace(const Container& left, const Container& right) {
  return left.engine_namespace.empty() || right.engine_namespace.empty() ||
         left.engine_namespace == right.engine_namespace;
}

void fill(Container& container, const Container& other) {
  keep(kTexts, other, container);  // first: they tell which pod it is
  keep_undeniable(other, container);
  keep_image(other, container);
  keep(&Container::env, other, container);
  keep(&Container::labels, other, container);
  keep(&Container::port_mappings, other, container);
  keep(&Container::mounts, other, container);
  keep(&Container::healthcheck, other, container);
  keep(&Container::startup_healthcheck, other, container);
  keep(&Container::liveness_probe, other, container);
  keep(&Container::readiness_probe, other, container);
  container.is_pod_sandbox = container.is_pod_sandbox || other.is_pod_sandbox;
}

Container merge(const Container& known, const Container& news) {
  if (!same_namespace(known, news)) return news;
  const bool news_is_richer = news.source >= known.source;
  const Container& poorer = news_is_richer ? known : news;
  Container result = news_is_richer ? news : known;
  if (result.source == Source::kApi) {
    keep_undeniable(poorer, result);
  } else {
    fill(result, poorer);
  }
  return result;
}

bool same_for_users(const Container& left, const Container& right) {
  if (left.source == right.source && left.owner == right.owner &&
      left.engine_namespace == right.engine_namespace) {
    return left == right;
  }
  // Where a record came from and whose it is are all that no field, table or payload shows.
  Container copy = left;
  copy.source = right.source;
  copy.owner = right.owner;
  copy.engine_namespace = right.engine_namespace;
  return copy == right;
}

}  // namespace core
