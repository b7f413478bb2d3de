// What every command takes: the configuration and how talkative to be. Plain data after load().
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "config/config.h"

namespace tools {

struct CommonOptions {
  std::string config_file;  // empty: the defaults
  bool verbose = false;     // what plugin and worker have to say, on standard error
};

struct Settings {
  std::string config_text;  // the plugin's init_config, as the file has it
  config::Config config;
  base::Logger logger;
};

// Reads and checks the configuration; $HOST_ROOT is taken from the environment. The error names the file.
base::Result<Settings> load_settings(const CommonOptions& options);

// The same of a text. where: what the error calls it.
base::Result<Settings> settings_of(std::string config_text, const std::string& where, bool verbose);

}  // namespace tools
