// Logging by threshold.
#include "base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace base {
namespace {

TEST(Logger, PassesOnWhatIsSevereEnough) {
  std::vector<std::string> lines;
  const Logger logger([&](Severity, const std::string& line) { lines.push_back(line); }, Severity::kWarning);
  logger.error("error");
  logger.warning("warning");
  logger.info("info");
  logger.trace("trace");
  EXPECT_EQ(lines, (std::vector<std::string>{"error", "warning"}));
  EXPECT_TRUE(logger.enabled(Severity::kCritical));
  EXPECT_FALSE(logger.enabled(Severity::kDebug));
}

TEST(Logger, SaysNothingWithoutASink) {
  const Logger logger;
  EXPECT_FALSE(logger.enabled(Severity::kCritical));
  logger.error("nobody hears this");
}

}  // namespace
}  // namespace base
