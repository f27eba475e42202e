// libFuzzer's way into a program's target. What is linked into the program says which that is.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const sekisho::testing::FuzzTarget& target : sekisho::testing::FuzzTargets()) {
    const sekisho::testing::FuzzResult result = target.check(bytes);
    if (!result.broken.empty()) {
      std::fprintf(stderr, "%s: %s\n", target.corpus.c_str(), result.broken.c_str());
      std::abort();
    }
  }
  return 0;
}
