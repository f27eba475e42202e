// Real mounts in a mount namespace of this process alone: they go when it ends, however it ends.
#include <gtest/gtest.h>

#include "integration/mounts/kubelet_dir.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests)) {
    sekisho::testing::MakeMountsPrivate();
  }
  return RUN_ALL_TESTS();
}
