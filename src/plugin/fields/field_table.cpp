// The rows; see field_table.h.
#include "plugin/fields/field_table.h"

#include <array>

#include "plugin/fields/getters.h"

namespace plugin::fields {
namespace {

using C = core::Container;
using R = core::Record;
using P = core::Posture;
using enum Argument;
using api::kFieldAbstime;
using api::kFieldBool;
using api::kFieldReltime;
using api::kFieldString;

constexpr const char* kDeprecated = "Deprecated: no value, kept so that rules compile.";

constexpr auto kFields = std::to_array<Field>({
    {"container.id", kFieldString, kNone, true,
     "First 12 characters of the container's id (the whole name for lxc, libvirt-lxc, bpm and static "
     "containers); `host` outside containers.",
     id},
    {"container.full_id", kFieldString, kNone, false, "Whole id of the container; `host` outside containers.",
     member_or_host<&C::full_id>},
    {"container.name", kFieldString, kNone, true,
     "Name of the container; in Kubernetes its name within the pod; `host` outside containers.",
     member_or_host<&C::name>},
    {"container.image", kFieldString, kNone, false,
     "Image as the engine names it, for example `docker.io/library/busybox:1.36`.", member<&C::image>},
    {"container.image.id", kFieldString, kNone, false, "Id of the image, without `sha256:`.",
     member<&C::image_id>},
    {"container.type", kFieldString, kNone, false,
     "Engine: `docker`, `podman`, `containerd`, `cri-o`, `cri`, `lxc`, `libvirt-lxc`, `bpm`, `static`; "
     "`host` outside containers.",
     type},
    {"container.privileged", kFieldBool, kNone, false,
     "True for a privileged container; false outside containers.", flag<&C::privileged>},
    {"container.mounts", kFieldString, kNone, false,
     "Every mount as `source:dest:mode:rdwr:propagation`, joined by commas; `rdwr` is `true` or `false`.",
     rendered<&R::mounts>},
    {"container.mount", kFieldString, kIndexOrKey, false,
     "One mount in the form of container.mounts, by its index (`container.mount[0]`) or its source, which "
     "may be a glob (`container.mount[/host/*]`).",
     mount},
    {"container.mount.source", kFieldString, kIndexOrKey, false,
     "Source of a mount, by its index or its destination, which may be a glob.", mount_source},
    {"container.mount.dest", kFieldString, kIndexOrKey, false,
     "Destination of a mount, by its index or its source, which may be a glob.", mount_dest},
    {"container.mount.mode", kFieldString, kIndexOrKey, false,
     "Mode of a mount, by its index or its source, which may be a glob.", mount_mode},
    {"container.mount.rdwr", kFieldString, kIndexOrKey, false,
     "`true` for a mount that can be written, else `false`, by its index or its source, which may be a glob.",
     mount_rdwr},
    {"container.mount.propagation", kFieldString, kIndexOrKey, false,
     "Propagation of a mount, by its index or its source, which may be a glob.", mount_propagation},
    {"container.image.repository", kFieldString, kNone, true,
     "Repository of the image, for example `docker.io/library/busybox`.", member<&C::image_repository>},
    {"container.image.tag", kFieldString, kNone, true, "Tag of the image, for example `1.36`.",
     member<&C::image_tag>},
    {"container.image.digest", kFieldString, kNone, false,
     "Digest of the image in its registry, `sha256:...`.", member<&C::image_digest>},
    {"container.healthcheck", kFieldString, kNone, false,
     "Command line of the healthcheck; `NONE` where it is disabled explicitly; no value where there is none.",
     rendered_optional<&R::healthcheck>},
    {"container.liveness_probe", kFieldString, kNone, false,
     "Command line of the Kubernetes liveness probe, where the engine passes it on; no value where there is "
     "none.",
     rendered_optional<&R::liveness_probe>},
    {"container.readiness_probe", kFieldString, kNone, false,
     "Command line of the Kubernetes readiness probe, where the engine passes it on; no value where there is "
     "none.",
     rendered_optional<&R::readiness_probe>},
    {"container.start_ts", kFieldAbstime, kNone, false,
     "Start of the container, taken as the later of its creation and the start of its pid namespace's first "
     "process, in ns since the epoch.",
     start_ts},
    {"container.duration", kFieldReltime, kNone, false,
     "Age of the container at the time of the event, in ns.", duration},
    {"container.ip", kFieldString, kNone, false, "Primary IPv4 address of the container.",
     pods_member<&C::ip>},
    {"container.cni.json", kFieldString, kNone, false,
     "Result of the pod's network set-up (CNI), without loopback and the host's side, at most 4096 bytes of "
     "JSON.",
     cni_json},
    {"container.host_pid", kFieldBool, kNone, false,
     "True for a container in the host's pid namespace; false outside containers.", flag<&C::host_pid>},
    {"container.host_network", kFieldBool, kNone, false,
     "True for a container in the host's network namespace; false outside containers.",
     flag<&C::host_network>},
    {"container.host_ipc", kFieldBool, kNone, false,
     "True for a container in the host's IPC namespace; false outside containers.", flag<&C::host_ipc>},
    {"container.label", kFieldString, kKey, false, "Value of one label, for example `container.label[app]`.",
     label},
    {"container.labels", kFieldString, kNone, false,
     "All labels as `key1:value1, key2:value2`, sorted by key; those of Kubernetes itself left out.",
     rendered<&R::labels>},
    {"proc.is_container_healthcheck", kFieldBool, kNone, false,
     "True for a process that runs as, or below, the container's healthcheck.", is_healthcheck},
    {"proc.is_container_liveness_probe", kFieldBool, kNone, false,
     "True for a process that runs as, or below, the container's liveness probe.", is_liveness_probe},
    {"proc.is_container_readiness_probe", kFieldBool, kNone, false,
     "True for a process that runs as, or below, the container's readiness probe.", is_readiness_probe},
    {"k8s.pod.name", kFieldString, kNone, true, "Name of the pod.", pods_member<&C::pod_name>},
    {"k8s.ns.name", kFieldString, kNone, true, "Namespace of the pod.", pods_member<&C::pod_namespace>},
    {"k8s.pod.id", kFieldString, kNone, false, "UID of the pod (older name of k8s.pod.uid).",
     pods_member<&C::pod_uid>},
    {"k8s.pod.uid", kFieldString, kNone, false, "UID of the pod.", pods_member<&C::pod_uid>},
    {"k8s.pod.sandbox_id", kFieldString, kNone, false, "First 12 characters of the id of the pod's sandbox.",
     pod_sandbox_id},
    {"k8s.pod.full_sandbox_id", kFieldString, kNone, false, "Whole id of the pod's sandbox.",
     pod_full_sandbox_id},
    {"k8s.pod.label", kFieldString, kKey, false,
     "Value of one label of the pod, for example `k8s.pod.label[app]`.", pod_label},
    {"k8s.pod.labels", kFieldString, kNone, false, "All labels of the pod, in the form of container.labels.",
     pod_labels},
    {"k8s.pod.ip", kFieldString, kNone, false, "Primary IPv4 address of the pod.", pod_ip},
    {"k8s.pod.cni.json", kFieldString, kNone, false,
     "Result of the pod's network set-up (CNI), as container.cni.json.", pod_cni_json},
    {"k8s.rc.name", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.rc.id", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.rc.label", kFieldString, kKey, false, kDeprecated, nothing},
    {"k8s.rc.labels", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.svc.name", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.svc.id", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.svc.label", kFieldString, kKey, false, kDeprecated, nothing},
    {"k8s.svc.labels", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.ns.id", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.ns.label", kFieldString, kKey, false, kDeprecated, nothing},
    {"k8s.ns.labels", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.rs.name", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.rs.id", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.rs.label", kFieldString, kKey, false, kDeprecated, nothing},
    {"k8s.rs.labels", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.deployment.name", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.deployment.id", kFieldString, kNone, false, kDeprecated, nothing},
    {"k8s.deployment.label", kFieldString, kKey, false, kDeprecated, nothing},
    {"k8s.deployment.labels", kFieldString, kNone, false, kDeprecated, nothing},
    // New rows come behind the others: numbers of fields stay what they are.
    {"container.capabilities", kFieldString, kNone, false,
     "Capabilities that the container's first process is given, `CAP_SYS_ADMIN` and their like, sorted: the "
     "effective ones, or the bounding ones where only these are told. No value where there are none.",
     capabilities, Form::kList},
    {"container.capability", kFieldBool, kKey, false,
     "Whether one is among container.capabilities: `container.capability[CAP_SYS_ADMIN]`, with or without "
     "`CAP_`, in any case.",
     capability},
    {"container.seccomp", kFieldString, kNone, false,
     "`unconfined`; the seccomp profile's name or path where the engine tells it; `default` for a profile "
     "that nobody names.",
     posture_text<&P::seccomp>},
    {"container.apparmor", kFieldString, kNone, false,
     "AppArmor profile that was asked for, or `unconfined`.", posture_text<&P::apparmor>},
    {"container.selinux", kFieldString, kNone, false, "SELinux label of the container's processes.",
     posture_text<&P::selinux>},
    {"container.no_new_privs", kFieldBool, kNone, false,
     "True where no process of the container can gain privileges by executing a program.",
     posture_flag<&P::no_new_privs>},
    {"container.readonly_rootfs", kFieldBool, kNone, false,
     "True for a container whose root file system cannot be written.", posture_flag<&P::readonly_rootfs>},
    {"container.user_ns", kFieldBool, kNone, false, "True for a container in a user namespace of its own.",
     posture_flag<&P::user_ns>},
    {"container.host_uts", kFieldBool, kNone, false, "True for a container in the host's UTS namespace.",
     posture_flag<&P::host_uts>},
    {"container.host_cgroup", kFieldBool, kNone, false,
     "True for a container in the host's cgroup namespace.", posture_flag<&P::host_cgroup>},
    {"container.user", kFieldString, kNone, false,
     "User of the container's first process as it was asked for: a name, a number, `user:group`.",
     member<&C::user>},
    {"container.cmd", kFieldString, kNone, false,
     "Command line of the container's first process, its words quoted as a shell needs them.",
     posture_text<&P::cmd>},
    {"container.runtime", kFieldString, kNone, false,
     "OCI runtime as the engine names it: `runc`, `crun`, `kata`, `runsc` and others.",
     posture_text<&P::runtime>},
    {"container.devices", kFieldString, kNone, false,
     "Paths of devices in the container, beside those that every one has. No value where there are none, and "
     "for privileged containers, which have all of the host's.",
     devices, Form::kList},
    {"container.cgroup", kFieldString, kNone, false,
     "Cgroup that was asked for: a path, or `slice:prefix:name` for systemd.", member<&C::cgroup_path>},
});

}  // namespace

std::span<const Field> table() {
  return kFields;
}

}  // namespace plugin::fields
