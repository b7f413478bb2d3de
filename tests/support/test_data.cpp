// See test_data.h.
#include "support/test_data.h"

namespace support {

std::string test_data(const std::string& name) {
  return std::string(TEST_DATA_DIR) + "/" + name;
}

}  // namespace support
