#include "unit/config/config_files.h"

namespace sekisho::config {
namespace {

class Hash : public ConfigFiles {
 protected:
  std::string HashOf() const {
    const LoadResult<Snapshot> result = Load();
    EXPECT_TRUE(result.ok()) << ::testing::PrintToString(Texts(result.errors));
    return result.value.hash;
  }
};

TEST_F(Hash, IsStableAndChangesWithEveryByteAndName) {
  const std::string policy(kPolicyHeader);
  const std::string drop_in = std::string(kDropInHeader) + "rules: []\n";
  Write("policy.yaml", policy);
  const std::string alone = HashOf();
  EXPECT_EQ(alone.size(), 64u);
  EXPECT_EQ(alone.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(HashOf(), alone);

  Write("policy.yaml", policy + "# a comment\n");
  EXPECT_NE(HashOf(), alone);
  Write("policy.yaml", policy);
  EXPECT_EQ(HashOf(), alone);

  Write("policy.d/a.yaml", drop_in);
  const std::string with_a = HashOf();
  EXPECT_NE(with_a, alone);
  std::filesystem::rename(Path("policy.d/a.yaml"), Path("policy.d/b.yaml"));
  EXPECT_NE(HashOf(), with_a);
}

TEST_F(Hash, FramesNamesAndContents) {
  // sha256 of the 8-byte length 11, "policy.yaml", the 8-byte length 79, and the header, computed
  // with sha256sum(1).
  Write("policy.yaml", kPolicyHeader);
  EXPECT_EQ(HashOf(), "dfa5365ca25ef73136116f234183178b8ead9de08c3a21d3669766421f1bc3fc");
}

TEST_F(Hash, DoesNotDependOnTheDirectory) {
  Write("policy.yaml", kPolicyHeader);
  const std::string here = HashOf();
  MakeDirectory("elsewhere");
  Write("elsewhere/policy.yaml", kPolicyHeader);
  config_.policy_file = Path("elsewhere/policy.yaml");
  EXPECT_EQ(HashOf(), here);
}

TEST_F(Hash, GenerationIsLeftToTheCaller) {
  Write("policy.yaml", kPolicyHeader);
  EXPECT_EQ(Load().value.generation, 0u);
}

}  // namespace
}  // namespace sekisho::config
