// Configurations: refused with a sentence, or accepted within the bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/config.h"
#include "fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = config::parse({reinterpret_cast<const char*>(data), size}, "/host");
  if (!config.ok()) {
    fuzz::check(config.error().starts_with("init_config: "));
    fuzz::check(config.error().find('\n') == std::string_view::npos);
    return 0;
  }
  fuzz::check(config->cache_max > 0 && config->engine_timeout_ms > 0);
  for (const auto* engine : {&config->docker, &config->podman, &config->containerd, &config->cri}) {
    for (const std::string& socket : engine->sockets) fuzz::check(socket.starts_with('/'));
  }
  fuzz::check(config->warnings.size() <= 32);
  for (const std::string& warning : config->warnings) {
    fuzz::check(warning.starts_with("init_config: "));
    fuzz::check(warning.find('\n') == std::string::npos);
    fuzz::check(warning.size() < 1024);
  }
  return 0;
}
