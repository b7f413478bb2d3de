// See plugin_session.h.
#include "tools/plugin_session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <vector>

namespace tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libcontainer.so";
constexpr std::array kDirectories{".", "../lib", "../share/falco/plugins"};  // from the program's own
constexpr const char* kFalcoDirectory = "/usr/share/falco/plugins";

std::vector<fs::path> candidates() {
  std::vector<fs::path> out;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    for (const char* directory : kDirectories) {
      out.push_back((program.parent_path() / directory / kLibrary).lexically_normal());
    }
  }
  out.push_back(fs::path(kFalcoDirectory) / kLibrary);
  return out;
}

}  // namespace

base::Result<std::shared_ptr<const host::PluginLibrary>> load_plugin(const std::string& plugin_file) {
  if (!plugin_file.empty()) {
    // A bare name would be looked up in the system's library directories.
    return host::PluginLibrary::load(fs::absolute(plugin_file).string());
  }
  std::string tried;
  for (const fs::path& path : candidates()) {
    std::error_code error;
    if (fs::exists(path, error)) return host::PluginLibrary::load(path.string());
    tried += fmt::format("\n  {}: it is not there", path.string());
  }
  return base::Error{fmt::format("{} is not found; name it with --plugin FILE. Tried:{}", kLibrary, tried)};
}

base::Status add_plugin(host::Session& session, std::shared_ptr<const host::PluginLibrary> library,
                        const Settings& settings) {
  host::InstanceOptions options;
  options.config = settings.config_text;
  options.logger = settings.logger;
  return session.add_plugin(std::move(library), std::move(options));
}

}  // namespace tools
