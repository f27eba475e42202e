// What the golden test prints when it fails, and the check that it makes of edited bytes: a checker
// that finds nothing would let everything pass.
#include <gmock/gmock.h>

#include "golden/edited_bytes.h"
#include "golden/golden_text.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFile[] = "# plain\na/c baseline: allow\na/c restricted: deny\n  words\n";

TEST(DiffText, ShowsTheBlocksThatDifferAndNoOthers) {
  EXPECT_THAT(DiffText(kFile, kFile), IsEmpty());
  EXPECT_EQ(DiffText(kFile, "# plain\na/c baseline: allow\na/c restricted: deny\n  other\n"),
            "- a/c restricted: deny\n-   words\n+ a/c restricted: deny\n+   other\n");
  EXPECT_EQ(DiffText(kFile, "# plain\na/c baseline: allow\n"),
            "- a/c restricted: deny\n-   words\n");
  EXPECT_EQ(DiffText("# plain\na/c baseline: allow\n", kFile),
            "+ a/c restricted: deny\n+   words\n");
  EXPECT_EQ(DiffText(kFile, "# other\na/c baseline: allow\na/c restricted: deny\n  words\n"),
            "- # plain\n+ # other\n");
}

TEST(DiffText, ShowsThatOnlyTheOrderDiffers) {
  EXPECT_THAT(DiffText("a b: allow\nc d: allow\n", "c d: allow\na b: allow\n"),
              HasSubstr("another order"));
}

class Contradiction : public ::testing::Test {
 protected:
  Contradiction() {
    Context(before_).mutable_seccomp()->set_profile_type(runtime::v1::SecurityProfile::Unconfined);
    after_ = before_;
    Context(after_).mutable_capabilities()->add_drop_capabilities("NET_RAW");
    Context(after_).mutable_seccomp()->set_profile_type(
        runtime::v1::SecurityProfile::RuntimeDefault);
  }
  static runtime::v1::LinuxContainerSecurityContext& Context(
      runtime::v1::CreateContainerRequest& request) {
    return *request.mutable_config()->mutable_linux()->mutable_security_context();
  }
  static policy::EditRecord Edit(const std::string& field, const std::string& was,
                                 const std::string& is) {
    return {"config.linux.security_context." + field, was, is};
  }

  runtime::v1::CreateContainerRequest before_;
  runtime::v1::CreateContainerRequest after_;
  const policy::EditRecord seccomp_ = Edit("seccomp", "Unconfined", "RuntimeDefault");
  const policy::EditRecord drop_ = Edit("capabilities.drop_capabilities", "[]", "[NET_RAW]");
};

TEST_F(Contradiction, NoneWhereEveryEditIsRecordedAsItWas) {
  EXPECT_THAT(ContradictionOf(before_, after_, {seccomp_, drop_}), IsEmpty());
  EXPECT_THAT(ContradictionOf(before_, before_, {}), IsEmpty());
}

TEST_F(Contradiction, FindsWhatIsWrongWithEitherSide) {
  EXPECT_THAT(ContradictionOf(before_, after_, {seccomp_}), HasSubstr("NET_RAW"));
  EXPECT_THAT(ContradictionOf(before_, after_,
                              {seccomp_, Edit("capabilities.drop_capabilities", "[]", "[ALL]")}),
              HasSubstr("recorded: [] -> [ALL]"));
  EXPECT_THAT(
      ContradictionOf(before_, after_, {drop_, Edit("seccomp", "absent", "RuntimeDefault")}),
      HasSubstr("was really Unconfined"));
  EXPECT_THAT(ContradictionOf(before_, before_, {Edit("no_new_privs", "false", "true")}),
              HasSubstr("is false"));
  EXPECT_THAT(ContradictionOf(before_, before_, {Edit("no_such_field", "", "")}),
              HasSubstr("no such field"));
}

}  // namespace
}  // namespace sekisho::testing
