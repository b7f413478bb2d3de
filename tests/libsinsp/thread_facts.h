// What the library itself does with a thread's directory and with fields that plugins add, without the
// plugin: the ground that attribution by descent and relative bundles stand on (docs/libsinsp.md).
#pragma once

#include <string>

#include "report.h"

namespace sinsp_host {

void thread_facts(const std::string& plugin, Report& report);

}  // namespace sinsp_host
