#include "yaml/diagnostic.h"

#include <gmock/gmock.h>

namespace sekisho::yaml {
namespace {

TEST(Diagnostic, IsPrintedAsAPlaceToJumpTo) {
  EXPECT_EQ(MakeDiagnostic("f", {3, 5}, "a.b", "is wrong", "do it right").ToString(),
            "f:3:5: a.b: is wrong (do it right)");
  EXPECT_EQ(AboutFile("f", "is empty").ToString(), "f: is empty");
}

TEST(SortByPlace, OrdersByFileThenPlaceThenDiscovery) {
  std::vector<Diagnostic> found = {
      MakeDiagnostic("other", {1, 1}, {}, "1", {}), MakeDiagnostic("b", {1, 1}, {}, "2", {}),
      MakeDiagnostic("a", {2, 1}, {}, "3", {}),     MakeDiagnostic("a", {1, 9}, {}, "4", {}),
      MakeDiagnostic("a", {1, 9}, {}, "5", {}),     MakeDiagnostic("a", {1, 2}, {}, "6", {})};
  SortByPlace({"a", "b"}, found);
  std::string order;
  for (const Diagnostic& each : found) {
    order += each.message;
  }
  EXPECT_EQ(order, "645321");
}

}  // namespace
}  // namespace sekisho::yaml
