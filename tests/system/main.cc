#include <gtest/gtest.h>

#include "support/isolation.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (GTEST_FLAG_GET(list_tests)) {
    return RUN_ALL_TESTS();
  }
  return sekisho::testing::RunIsolated([] { return RUN_ALL_TESTS(); });
}
