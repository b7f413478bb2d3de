// What matters of the files that Falco 0.41 to 0.45 come with.
#pragma once

namespace support {

inline constexpr const char* kFalcoYaml = R"(
config_files:
  - /etc/falco/config.d
rules_files:
  - /etc/falco/falco_rules.yaml
load_plugins: []
plugins:
  - name: container
    library_path: libcontainer.so
    init_config:
      label_max_len: 100
      with_size: false
)";
// config.d/falco.container_plugin.yaml
inline constexpr const char* kContainerPluginYaml = "load_plugins: [container]\n";

}  // namespace support
