// A live capture next to a real container engine: threads that exist, and containers that come.
#pragma once

#include <string>

#include "report.h"

namespace sinsp_host {

struct EngineWatch {
  std::string config;
  int64_t pid = 0;    // first process of a container that runs already
  std::string name;   // of that container
  std::string type;   // word that container.type answers
  std::string later;  // name of a container that is started once `ready` exists
  std::string ready;  // file made when the capture is open and the first container was asked for
};

void run_engine_watch(const std::string& plugin, const EngineWatch& watch, Report& report);

}  // namespace sinsp_host
