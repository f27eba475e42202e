// Both formats of seccomp profiles: the programs differ in their dictionary and in the corpus that
// they start from. tests/unit/seccomp walks these corpora, and knows the formats.
#include "fuzz/profile_body.h"
#include "fuzz/target.h"

namespace sekisho::testing {
namespace {

FuzzResult CheckProfile(std::string_view bytes) {
  BodyResult result = CheckProfileText(bytes);
  return {.accepted = result.parsed, .broken = std::move(result.broken)};
}

const RegisterFuzzTarget kProfile("profile", CheckProfile);

}  // namespace
}  // namespace sekisho::testing
