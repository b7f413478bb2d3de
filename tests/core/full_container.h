// A container of which everything is known.
#pragma once

#include "core/container.h"

namespace core {

inline Container full() {
  Container container;
  container.type = ContainerType::kPodman;
  container.full_id = "32a1026ccb88a551";
  container.name = "web";
  container.image = "fedora:38";
  container.image_id = "0ca0fe";
  container.image_repository = "fedora";
  container.image_tag = "38";
  container.image_digest = "sha256:1";
  container.user = "1000";
  container.ip = "172.17.0.2";
  container.privileged = container.host_pid = container.host_network = container.host_ipc = YesNo::kYes;
  container.cpu_period = 1;
  container.cpu_quota = -1;
  container.cpu_shares = 2;
  container.cpuset_cpu_count = 3;
  container.memory_limit = 5368709120;
  container.swap_limit = -1;
  container.created_time = 1730971086;
  container.size = 12;
  container.env = {"A=1", "B"};
  container.labels = {{"k", "v"}};
  container.port_mappings = {{0x7f000001, 8080, 80}};
  container.mounts = {{"/a", "/b", "z", false, "rprivate"}};
  container.cgroup_path = "a.slice:b:c";
  container.is_pod_sandbox = true;
  container.pod_sandbox_labels = Labels{{"p", "q"}};
  container.cni_json = "{\"a\":\"b\"}";
  container.healthcheck = Probe{"NONE", {}};
  container.startup_healthcheck = Probe{"s", {}};
  container.liveness_probe = Probe{"/bin/sh", {"-c", "true"}};
  container.readiness_probe = Probe{"x", {""}};
  return container;
}

}  // namespace core
