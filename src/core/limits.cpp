// The table of limits as text for people. See limits.h.
#include "core/limits.h"

#include <fmt/format.h>

namespace core::limits {

std::string to_markdown() {
  std::string text =
      "# Limits\n\n"
      "Made from the table of limits (`src/core/limits.h`) by `make docs`; do not edit.\n\n"
      "Whatever engines, containers and users of the machine do, the plugin reads, keeps and does no more "
      "than this. "
      "None of\nit needs to be set. What has a limit and is an option stands in "
      "[configuration.md](configuration.md); "
      "the limits of a\nconnection stand in [engines.md](engines.md).\n\n"
      "| of | what | limit | beyond it |\n| --- | --- | --- | --- |\n";
  for (const Row& row : kTable) {
    const bool in_kib = row.unit == "bytes" && row.value % kKiB == 0;
    const bool in_mib = row.unit == "bytes" && row.value % kMiB == 0;
    const uint64_t number = in_mib ? row.value / kMiB : in_kib ? row.value / kKiB : row.value;
    const std::string_view unit = in_mib ? "MiB" : in_kib ? "KiB" : row.unit;
    text += fmt::format("| {} | {} | {}{}{} | {} |\n", row.of, row.what, number, unit.empty() ? "" : " ",
                        unit, row.beyond);
  }
  return text;
}

}  // namespace core::limits
