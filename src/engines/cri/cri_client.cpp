// See cri_client.h.
#include "engines/cri/cri_client.h"

#include <algorithm>
#include <array>
#include <utility>

namespace engines::cri {

using net::grpc::CallResult;
using net::grpc::Code;

namespace {

constexpr size_t kRememberedPods = 1024;
// cri-dockerd passes Docker's words on with the code UNKNOWN.
constexpr std::array<std::string_view, 3> kMissing{"No such container", "not found", "does not exist"};

bool says_missing(const net::grpc::Status& status) {
  if (status.code == Code::kNotFound) return true;
  return status.code == Code::kUnknown &&
         std::any_of(kMissing.begin(), kMissing.end(),
                     [&](std::string_view words) { return status.message.find(words) != std::string::npos; });
}

}  // namespace

CriClient::CriClient(net::grpc::Client& client, const Settings& settings)
    : client_(client), settings_(settings), pods_(kRememberedPods) {}

void CriClient::forget() {
  served_ = true;
  pods_.clear();
}

CriClient::Answer<Version> CriClient::version() {
  CallResult<std::string> answer = co_await client_.call(std::string(kVersionMethod), encode_version(), {});
  if (!answer.ok()) {
    if (answer.code() == Code::kUnimplemented) served_ = false;
    co_return base::Error{client_.sentence(kVersionMethod, answer.status())};
  }
  base::Result<Version> version = decode_version(*answer);
  if (version.ok()) {
    type_ = type_of_runtime(version->runtime_name);
  } else {
    client_.failed_to_decode();
  }
  co_return std::move(version);
}

CriClient::Answer<std::vector<ContainerMessage>> CriClient::containers(Extent extent) {
  std::string request = extent == Extent::kWhole ? std::string() : encode_running();
  CallResult<std::string> answer =
      co_await client_.call(std::string(kListContainersMethod), std::move(request), {});
  if (!answer.ok()) co_return base::Error{client_.sentence(kListContainersMethod, answer.status())};
  base::Result<std::vector<ContainerMessage>> all = decode_containers(*answer);
  if (!all.ok()) client_.failed_to_decode();
  co_return std::move(all);
}

CriClient::Answer<std::vector<SandboxMessage>> CriClient::sandboxes(Extent extent) {
  std::string request = extent == Extent::kWhole ? std::string() : encode_ready();
  CallResult<std::string> answer =
      co_await client_.call(std::string(kListPodSandboxMethod), std::move(request), {});
  if (!answer.ok()) co_return base::Error{client_.sentence(kListPodSandboxMethod, answer.status())};
  base::Result<std::vector<SandboxMessage>> all = decode_sandboxes(*answer);
  if (!all.ok()) client_.failed_to_decode();
  co_return std::move(all);
}

// The bytes of an answer about one container or pod; nullopt when there is none.
CriClient::Answer<std::optional<std::string>> CriClient::ask_for_one(std::string_view method,
                                                                     std::string id) {
  std::optional<std::string> bytes;
  if (!served_) co_return std::move(bytes);
  CallResult<std::string> answer = co_await client_.call(std::string(method), encode_status(id), {});
  if (answer.ok()) {
    bytes = *std::move(answer);
  } else if (answer.code() == Code::kUnimplemented) {
    served_ = false;
  } else if (!says_missing(answer.status())) {
    co_return base::Error{client_.sentence(method, answer.status())};
  }
  co_return std::move(bytes);
}

CriClient::Answer<std::optional<core::Container>> CriClient::container(std::string id) {
  base::Result<std::optional<std::string>> bytes =
      co_await ask_for_one(kContainerStatusMethod, std::move(id));
  if (!bytes.ok()) co_return base::Error{bytes.error()};
  std::optional<core::Container> record;
  if (!bytes->has_value()) co_return std::move(record);
  base::Result<ContainerAnswer> answer = decode_container_status(**bytes);
  if (!answer.ok()) {
    client_.failed_to_decode();
    co_return base::Error{answer.error()};
  }
  record = map_container(*answer, type_, settings_);
  co_return std::move(record);
}

CriClient::Answer<std::shared_ptr<const Pod>> CriClient::pod(std::string id) {
  const std::shared_ptr<const Pod>* known = pods_.get(id);
  if (known != nullptr && *known != nullptr) co_return *known;
  std::shared_ptr<const Pod> pod;
  base::Result<std::optional<std::string>> bytes = co_await ask_for_one(kPodSandboxStatusMethod, id);
  if (!bytes.ok()) co_return base::Error{bytes.error()};
  if (!bytes->has_value()) co_return std::move(pod);
  base::Result<SandboxAnswer> answer = decode_sandbox_status(**bytes);
  if (!answer.ok()) {
    client_.failed_to_decode();
    co_return base::Error{answer.error()};
  }
  pod = std::make_shared<const Pod>(map_pod(*answer, type_, settings_));
  const bool whole = !pod->record.ip.empty() || pod->record.host_network == core::YesNo::kYes;
  if (whole && pod->record.full_id == id) pods_.put(id, pod);
  co_return std::move(pod);
}

}  // namespace engines::cri
