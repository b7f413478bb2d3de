// Makes libscap events of scenario events, by the library's own event table, so that the same scenario fits
// every version of it. Owned by the test host, one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scenario.h"

namespace sinsp_host {

// Bytes of one event as the drivers write it: header, lengths, values.
using EventBytes = std::string;

// Fills every parameter of the type by its name in the library's table; those not given are zero or empty.
EventBytes make_event(uint16_t type, uint64_t ts, int64_t tid,
                      const std::map<std::string, std::string>& values);

// Number of the library's event for `what`.
uint16_t event_type(scenarios::What what);

EventBytes make_event(const scenarios::Event& event, uint64_t ts);

// Values as events carry them.
std::string text_value(const std::string& text);                 // with its NUL
std::string texts_value(const std::vector<std::string>& texts);  // each with its NUL
std::string cgroups_value(
    const std::vector<scenarios::Cgroup>& cgroups);  // "subsystem=path", each with its NUL

}  // namespace sinsp_host
