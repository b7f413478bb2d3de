// A yes or no that may not be known. No bool, so that "not known" is never taken for one of them.
#pragma once

#include <cstdint>

namespace core {

enum class YesNo : uint8_t { kUnknown, kNo, kYes };
constexpr YesNo yes_no(bool yes) {
  return yes ? YesNo::kYes : YesNo::kNo;
}
// Yes when one of them is, no when both are.
constexpr YesNo either(YesNo left, YesNo right) {
  if (left == YesNo::kYes || right == YesNo::kYes) return YesNo::kYes;
  return left == right ? left : YesNo::kUnknown;
}

}  // namespace core
