// What holds for every record that a mapping makes of a stranger's bytes.
#pragma once

#include "core/container.h"
#include "core/container_json.h"
#include "core/fit.h"
#include "core/limits.h"
#include "core/rendered.h"
#include "fuzz/check.h"

namespace fuzz {

// It can be held to the limits, written, read again, written alike, and answered from.
inline void check_record(core::Container container) {
  if (container.full_id.empty()) container.full_id = "0123456789ab";
  core::fit(container);
  check(core::beyond_limits(container) == 0);
  const std::string text = core::to_json(container);
  const auto again = core::from_json(text);
  check(again.ok() || text.size() > core::limits::kEventBytes);
  if (again.ok()) check(core::from_json(core::to_json(*again)).ok());
  check(core::Record::make(std::move(container)) != nullptr);
}

}  // namespace fuzz
