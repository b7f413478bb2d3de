// What happens around events: opening and closing, several instances, configurations, tables, dumps.
#pragma once

#include <span>
#include <string>

#include "report.h"

namespace sinsp_host {

struct LifecycleTest {
  const char* name;
  void (*run)(const std::string& plugin, Report& report);
};

std::span<const LifecycleTest> lifecycle_tests();

}  // namespace sinsp_host
