// UTF-8: checking, repairing, quoting.
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace base {
namespace {

TEST(Utf8, RepairsOnePerMaximalSubpart) {
  const std::string bad = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\x80", bad},
      {"a\xFF"
       "b",
       "a" + bad + "b"},
      {"\xC0\xAF", bad + bad},
      {"\xE0\x80\xAF", bad + bad + bad},
      {"\xED\xA0\x80", bad + bad + bad},
      {"\xF4\x90\x80\x80", bad + bad + bad + bad},
      {"\xE2\x82", bad},
      {"\xE2\x82x", bad + "x"},
      {"\xF0\x9F\x98", bad},
      {"\xF5\x80", bad + bad},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_EQ(to_utf8(text), expected);
    EXPECT_TRUE(is_utf8(to_utf8(text)));
  }
}

TEST(Utf8, LeavesGoodTextAlone) {
  const std::string nul("a\0b", 3);
  for (const std::string& text :
       {std::string(), std::string("plain"), std::string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), nul}) {
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(to_utf8(text), text);
  }
}

TEST(Utf8, IsCheckedAtEveryPlaceOfALongText) {
  for (size_t place = 0; place <= 40; ++place) {
    std::string text(40, 'a');
    EXPECT_FALSE(is_utf8(std::string(text).insert(place, "\xff"))) << place;
    EXPECT_FALSE(is_utf8(std::string(text).insert(place, "\xC3"))) << place;
    EXPECT_TRUE(is_utf8(text.insert(place, "\xC3\xA9"))) << place;
  }
}

TEST(Utf8, ExcerptsAreShortAndPrintable) {
  EXPECT_EQ(excerpt("plain"), "plain");
  EXPECT_EQ(excerpt("a\n\x1b[31m\x7f\xff"), "a??[31m??");
  EXPECT_EQ(excerpt("abcdef", 3), "abc...");
  EXPECT_EQ(excerpt("abc", 3), "abc");
  EXPECT_EQ(excerpt("ab\xC3\xA9", 3), "ab...") << "no half characters";
  EXPECT_EQ(excerpt(std::string(1000, 'x')), std::string(64, 'x') + "...");
  EXPECT_EQ(excerpt("", 0), "");
}

}  // namespace
}  // namespace base
