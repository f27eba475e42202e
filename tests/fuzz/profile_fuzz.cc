// libFuzzer's way into profile_body.h. One program for each format: they share the body, and differ
// in their dictionary and in the corpus that they start from.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/profile_body.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const sekisho::testing::BodyResult result = sekisho::testing::CheckProfileText(bytes);
  if (!result.broken.empty()) {
    std::fprintf(stderr, "%s\n", result.broken.c_str());
    std::abort();
  }
  return 0;
}
