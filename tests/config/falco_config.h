// How Falco comes to a plugin's init_config, as a small model that a person can follow: reading YAML, merging
// the files of config_files, choosing the plugins, turning YAML into JSON. Of falcosecurity/falco 0.40 to
// 0.45: userspace/engine/yaml_helper.h and userspace/falco/configuration.{h,cpp}; each rule stands at its
// function.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace falco_model {

// The part of YAML that these files use: block maps and lists, flow maps and lists on one line, plain and
// quoted scalars, comments. Values are as Falco's JSON has them, see as_json() in the source file.
boost::json::value read_yaml(const std::string& text);

enum class Strategy {
  kReplace,  // Falco 0.40: every top-level key of the file replaces the one that is there
  kAppend,   // the default since 0.41: lists are appended to, all else is replaced
  kOverride,
  kAddOnly,
};

// What is left of `main` when `file` is included.
boost::json::object include(boost::json::object main, const boost::json::object& file, Strategy strategy);

struct Plugin {
  std::string name;
  std::string library_path;
  std::string init_config;  // as the plugin's init gets it
};

// The plugins that Falco loads with that configuration, or why it ends.
base::Result<std::vector<Plugin>> plugins_of(const boost::json::object& config);

}  // namespace falco_model
