// A host session with libcontainer.so in it, for commands that go through the plugin.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "host/session.h"
#include "tools/settings.h"

namespace tools {

// plugin_file: empty to look beside the program, in ../lib and where Falco keeps its plugins. The error lists
// what was tried.
base::Result<std::shared_ptr<const host::PluginLibrary>> load_plugin(const std::string& plugin_file);

// The plugin initialised with the settings' configuration.
base::Status add_plugin(host::Session& session, std::shared_ptr<const host::PluginLibrary> library,
                        const Settings& settings);

}  // namespace tools
