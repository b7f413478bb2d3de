// The table of limits against its documentation, and against itself.
#include "core/limits.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace {

namespace limits = core::limits;

// UPDATE_DOCS=1 writes the file anew (make docs).
TEST(Limits, DocumentationIsUpToDate) {
  const std::string text = limits::to_markdown();
  if (std::getenv("UPDATE_DOCS") != nullptr) std::ofstream(LIMITS_DOC) << text;
  std::ifstream file(LIMITS_DOC);
  std::stringstream content;
  content << file.rdbuf();
  EXPECT_EQ(content.str(), text) << "run `make docs`";
}

TEST(Limits, EachIsNamedOnceAndSaysWhatHappensBeyond) {
  std::set<std::pair<std::string_view, std::string_view>> names;
  std::string_view after;
  for (const limits::Row& row : limits::kTable) {
    // "of them, one user's" belongs to the row before it.
    if (!row.what.starts_with("of ")) after = row.what;
    EXPECT_TRUE(names.emplace(after, row.what).second) << row.of << ": " << row.what;
    EXPECT_GT(row.value, 0U) << row.what;
    EXPECT_FALSE(row.beyond.empty()) << row.what;
  }
}

// One user can never have all there is.
TEST(Limits, AUsersShareIsSmall) {
  EXPECT_LE(limits::kUserLookupsAtOnce * 4, limits::kLookupsAtOnce);
}

}  // namespace
