// The field table against the contract that rules files rely on, and against its own documentation.
#include "plugin/fields/field_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "host/plugin_fields.h"

namespace {

using plugin::fields::Argument;

struct Contract {
  const char* name;
  api::FieldType type;
  Argument argument;
};

constexpr auto S = api::kFieldString;
constexpr auto B = api::kFieldBool;
constexpr Contract kContract[] = {
    {"container.id", S, Argument::kNone},
    {"container.full_id", S, Argument::kNone},
    {"container.name", S, Argument::kNone},
    {"container.image", S, Argument::kNone},
    {"container.image.id", S, Argument::kNone},
    {"container.type", S, Argument::kNone},
    {"container.privileged", B, Argument::kNone},
    {"container.mounts", S, Argument::kNone},
    {"container.mount", S, Argument::kIndexOrKey},
    {"container.mount.source", S, Argument::kIndexOrKey},
    {"container.mount.dest", S, Argument::kIndexOrKey},
    {"container.mount.mode", S, Argument::kIndexOrKey},
    {"container.mount.rdwr", S, Argument::kIndexOrKey},
    {"container.mount.propagation", S, Argument::kIndexOrKey},
    {"container.image.repository", S, Argument::kNone},
    {"container.image.tag", S, Argument::kNone},
    {"container.image.digest", S, Argument::kNone},
    {"container.healthcheck", S, Argument::kNone},
    {"container.liveness_probe", S, Argument::kNone},
    {"container.readiness_probe", S, Argument::kNone},
    {"container.start_ts", api::kFieldAbstime, Argument::kNone},
    {"container.duration", api::kFieldReltime, Argument::kNone},
    {"container.ip", S, Argument::kNone},
    {"container.cni.json", S, Argument::kNone},
    {"container.host_pid", B, Argument::kNone},
    {"container.host_network", B, Argument::kNone},
    {"container.host_ipc", B, Argument::kNone},
    {"container.label", S, Argument::kKey},
    {"container.labels", S, Argument::kNone},
    {"proc.is_container_healthcheck", B, Argument::kNone},
    {"proc.is_container_liveness_probe", B, Argument::kNone},
    {"proc.is_container_readiness_probe", B, Argument::kNone},
    {"k8s.pod.name", S, Argument::kNone},
    {"k8s.ns.name", S, Argument::kNone},
    {"k8s.pod.id", S, Argument::kNone},
    {"k8s.pod.uid", S, Argument::kNone},
    {"k8s.pod.sandbox_id", S, Argument::kNone},
    {"k8s.pod.full_sandbox_id", S, Argument::kNone},
    {"k8s.pod.label", S, Argument::kKey},
    {"k8s.pod.labels", S, Argument::kNone},
    {"k8s.pod.ip", S, Argument::kNone},
    {"k8s.pod.cni.json", S, Argument::kNone},
    {"k8s.rc.name", S, Argument::kNone},
    {"k8s.rc.id", S, Argument::kNone},
    {"k8s.rc.label", S, Argument::kKey},
    {"k8s.rc.labels", S, Argument::kNone},
    {"k8s.svc.name", S, Argument::kNone},
    {"k8s.svc.id", S, Argument::kNone},
    {"k8s.svc.label", S, Argument::kKey},
    {"k8s.svc.labels", S, Argument::kNone},
    {"k8s.ns.id", S, Argument::kNone},
    {"k8s.ns.label", S, Argument::kKey},
    {"k8s.ns.labels", S, Argument::kNone},
    {"k8s.rs.name", S, Argument::kNone},
    {"k8s.rs.id", S, Argument::kNone},
    {"k8s.rs.label", S, Argument::kKey},
    {"k8s.rs.labels", S, Argument::kNone},
    {"k8s.deployment.name", S, Argument::kNone},
    {"k8s.deployment.id", S, Argument::kNone},
    {"k8s.deployment.label", S, Argument::kKey},
    {"k8s.deployment.labels", S, Argument::kNone},
    {"container.capabilities", S, Argument::kNone},
    {"container.capability", B, Argument::kKey},
    {"container.seccomp", S, Argument::kNone},
    {"container.apparmor", S, Argument::kNone},
    {"container.selinux", S, Argument::kNone},
    {"container.no_new_privs", B, Argument::kNone},
    {"container.readonly_rootfs", B, Argument::kNone},
    {"container.user_ns", B, Argument::kNone},
    {"container.host_uts", B, Argument::kNone},
    {"container.host_cgroup", B, Argument::kNone},
    {"container.user", S, Argument::kNone},
    {"container.cmd", S, Argument::kNone},
    {"container.runtime", S, Argument::kNone},
    {"container.devices", S, Argument::kNone},
    {"container.cgroup", S, Argument::kNone},
};

TEST(FieldTable, HoldsTheContract) {
  const auto table = plugin::fields::table();
  EXPECT_EQ(table.size(), std::size(kContract));
  for (const Contract& row : kContract) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& field) {
      return std::string_view(field.name) == row.name;
    });
    ASSERT_NE(found, table.end()) << row.name;
    EXPECT_EQ(found->type, row.type) << row.name;
    EXPECT_EQ(found->argument, row.argument) << row.name;
    EXPECT_NE(found->getter, nullptr) << row.name;
  }
}

TEST(FieldTable, SuggestedOutputFields) {
  std::set<std::string> suggested;
  for (const auto& field : plugin::fields::table()) {
    if (field.suggested) suggested.insert(field.name);
  }
  EXPECT_EQ(suggested, (std::set<std::string>{"container.id", "container.name", "container.image.repository",
                                              "container.image.tag", "k8s.pod.name", "k8s.ns.name"}));
}

TEST(FieldTable, TheHostReadsTheJson) {
  const auto fields = host::parse_plugin_fields(plugin::fields::to_json());
  ASSERT_TRUE(fields.ok()) << fields.error();
  const auto table = plugin::fields::table();
  ASSERT_EQ(fields->size(), table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ((*fields)[i].name, table[i].name);
    EXPECT_EQ((*fields)[i].type, table[i].type);
    EXPECT_EQ((*fields)[i].arg_required, table[i].argument != Argument::kNone);
    EXPECT_FALSE((*fields)[i].arg_is_index) << "libsinsp 0.20 then refuses keys";
    EXPECT_EQ((*fields)[i].is_list, table[i].form == plugin::fields::Form::kList);
    EXPECT_FALSE((*fields)[i].description.empty());
  }
}

// UPDATE_DOCS=1 writes the file anew (make docs).
TEST(FieldTable, DocumentationIsUpToDate) {
  const std::string text = plugin::fields::to_markdown();
  if (std::getenv("UPDATE_DOCS") != nullptr) std::ofstream(FIELDS_DOC) << text;
  std::ifstream file(FIELDS_DOC);
  std::stringstream content;
  content << file.rdbuf();
  EXPECT_EQ(content.str(), text) << "run `make docs`";
}

}  // namespace
