// A record with every text that a field may answer, made once, so that extraction only hands out pointers.
// Made by whoever stores a container; read-only afterwards and shared by pointer: any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/container.h"

namespace core {

// All texts are NUL-terminated and live as long as the record.
struct Record {
  // What is beyond the limits of a record is left out (core/fit.h).
  static std::shared_ptr<const Record> make(Container container);

  Container container;    // name, image, labels, mounts' members ... are handed out from here
  const char* type = "";  // type_name(container.type)

  std::string id;                    // first 12 characters
  std::string pod_sandbox_id_short;  // first 12 characters, "" outside Kubernetes

  std::string mounts;                    // container.mounts; "" without any
  std::vector<std::string> mount_texts;  // container.mount[i], parallel to container.mounts
  std::string labels;                    // container.labels
  std::string pod_labels;                // k8s.pod.labels; "" when the pod's labels are not known

  std::optional<std::string> healthcheck;  // nullopt: there is none, the field is n/a
  std::optional<std::string> liveness_probe;
  std::optional<std::string> readiness_probe;

  std::string cni_json;  // container.cni.json: shortened, valid JSON

  size_t bytes = 0;  // about what the record takes in memory, for metrics
};

}  // namespace core
