// Merging two records of one container, member by member.
#include "core/merge.h"

#include <optional>
#include <string>
#include <vector>

namespace core {
namespace {

// Whether a member says something. Numbers and booleans always do.
bool says(ContainerType type) {
  return type != ContainerType::kUnknown;
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

// The members for which an empty value means "not known": they are taken over one by one.
template <typename T>
void keep(T Container::*member, const Container& poorer, Container& result) {
  if (!says(result.*member)) result.*member = poorer.*member;
}

void keep_texts(const Container& poorer, Container& result) {
  for (std::string Container::*member :
       {&Container::full_id, &Container::engine_namespace, &Container::name, &Container::image,
        &Container::image_id, &Container::image_repository, &Container::image_tag, &Container::image_digest,
        &Container::user, &Container::ip, &Container::pod_sandbox_id, &Container::cni_json,
        &Container::pod_name, &Container::pod_namespace, &Container::pod_uid}) {
    keep(member, poorer, result);
  }
}

}  // namespace

bool same_namespace(const Container& left, const Container& right) {
  return left.engine_namespace.empty() || right.engine_namespace.empty() ||
         left.engine_namespace == right.engine_namespace;
}

Container merge(const Container& known, const Container& news) {
  if (!same_namespace(known, news)) return news;
  const bool news_is_richer = news.source >= known.source;
  const Container& poorer = news_is_richer ? known : news;
  Container result = news_is_richer ? news : known;

  keep(&Container::type, poorer, result);
  keep_texts(poorer, result);
  keep(&Container::env, poorer, result);
  keep(&Container::labels, poorer, result);
  keep(&Container::port_mappings, poorer, result);
  keep(&Container::mounts, poorer, result);
  keep(&Container::pod_sandbox_labels, poorer, result);
  keep(&Container::healthcheck, poorer, result);
  keep(&Container::liveness_probe, poorer, result);
  keep(&Container::readiness_probe, poorer, result);
  if (result.size < 0) result.size = poorer.size;
  if (result.created_time == 0) result.created_time = poorer.created_time;
  // An id cut off by a poorer path or an old capture is completed by whoever knows the rest.
  if (poorer.full_id.size() > result.full_id.size() && poorer.full_id.starts_with(result.full_id)) {
    result.full_id = poorer.full_id;
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
