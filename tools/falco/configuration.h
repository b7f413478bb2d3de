// How Falco comes to a plugin's init_config, as a model that a person can follow: merging the files of
// config_files, choosing the plugins. Of falcosecurity/falco 0.40 to 0.45: userspace/engine/yaml_helper.h and
// userspace/falco/configuration.{h,cpp}; each rule stands at its function. Reads files; one thread.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace falco {

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
  std::string file;         // that its entry is in; "" when not known
};

// What a configuration is made of, after all is merged.
struct Configuration {
  boost::json::object merged;
  std::vector<std::string> files;  // in the order in which they were read, without HOST_ROOT
  std::vector<Plugin> entries;     // of the list `plugins`, in its order
};

// falco.yaml at `file` (without host_root) and what its config_files name, merged. host_root: "" or where the
// host's files are. The error names the file.
base::Result<Configuration> load_configuration(const std::string& host_root, const std::string& file);

// The plugins that Falco loads with that configuration, or why it ends.
base::Result<std::vector<Plugin>> plugins_of(const boost::json::object& config);
base::Result<std::vector<Plugin>> plugins_of(const Configuration& configuration);

// The texts of a list, or of the one scalar in its place.
std::vector<std::string> texts_of(const boost::json::object& config, const char* key);

// Up to a megabyte of a file. The error names it.
base::Result<std::string> read_text(const std::string& path);

}  // namespace falco
