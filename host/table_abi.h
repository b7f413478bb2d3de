// The function tables that plugins get for state tables: each function turns the opaque pointers back into
// host::Table and forwards. No state; event loop's thread only.
#pragma once

#include "api/plugin_api.h"

namespace host {

// All three forms of the interface, ready to be pointed at. Plugins take non-const pointers, so each instance
// has its own copy.
struct TableFunctions {
  api::TableFields fields;
  api::TableReader reader;
  api::TableWriter writer;
  api::TableReaderOld reader_old;
};

TableFunctions table_functions();

}  // namespace host
