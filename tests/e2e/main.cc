#include <gtest/gtest.h>

#include "support/isolation.h"
#include "support/outside.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (GTEST_FLAG_GET(list_tests)) {
    return RUN_ALL_TESTS();
  }
  const sekisho::testing::Outside outside;
  return sekisho::testing::RunIsolated([] { return RUN_ALL_TESTS(); });
}
