// Reads whole tables into plain values, for tests and for people. Event loop's thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "host/table.h"

namespace host {

// Numbers are widened; fields of type table are left out.
using CellValue = std::variant<int64_t, uint64_t, bool, std::string>;
using TableRow = std::map<std::string, CellValue>;

// Every entry with every field; goes through the table's own functions.
base::Result<std::vector<TableRow>> read_rows(Table& table);

// The entry at a key, for tables with string keys.
base::Result<TableRow> read_row(Table& table, const char* key);

}  // namespace host
