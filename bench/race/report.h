// The rows as a table for people and as JSON for comparisons. Pure.
#pragma once

#include <span>
#include <string>

#include "bench/race/run.h"

namespace bench::race {

// Two lines, without a newline at the end.
std::string table_header();
std::string table_line(const Row& row);

// An array with one object a row.
std::string to_json(std::span<const Row> rows);

}  // namespace bench::race
