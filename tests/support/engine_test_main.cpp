// main() of the test programs that need an engine: 77 ("skipped" for ctest) when every test was skipped, so
// that an engine that cannot be had is never taken for one that passed; 1 when nothing ran at all.
#include <gtest/gtest.h>

#include <iostream>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  if (result != 0) return result;
  if (all.test_to_run_count() == 0) {
    std::cerr << "no test matches the filter\n";
    return 1;
  }
  return all.successful_test_count() == 0 ? 77 : 0;
}
