// Columns of text, as wide as their longest cell. Pure.
#pragma once

#include <string>
#include <vector>

namespace tools {

// One line per row, without trailing blanks or control characters. Widths are counted in code points.
std::vector<std::string> columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace tools
