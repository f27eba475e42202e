// Whatever lies where the agent reads at its start: it starts, or says why not, soon, and believes
// nothing that it did not write.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "fault/node_fixture.h"
#include "kube/namespace_cache.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kApiServer[] = "https://127.0.0.1:1";  // nobody is there
constexpr uid_t kSomebody = 65534;
constexpr std::chrono::seconds kSoon{kSanitized ? 25 : 10};
// Of the pairs of a file and a damage: all, or what there is time for.
constexpr size_t kEachOf = kSanitized ? 3 : 1;
constexpr uintmax_t kHuge = uintmax_t{1} << 30;

struct Damage {
  const char* name;
  std::function<bool(const std::string& path)> make;  // false: it cannot be made here
};

bool Replaced(const std::string& path, bool made) {
  return made && ::access(path.c_str(), F_OK) == 0;
}

const Damage kDamages[] = {
    {"truncated to nothing",
     [](const std::string& path) { return ::truncate(path.c_str(), 0) == 0; }},
    {"truncated in the middle",
     [](const std::string& path) {
       return ::truncate(path.c_str(), static_cast<off_t>(ReadText(path).size() / 2)) == 0;
     }},
    {"with flipped bits",
     [](const std::string& path) {
       std::string text = ReadText(path);
       for (size_t at = text.size() / 3; at < text.size(); at += 1 + text.size() / 3) {
         text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ 4);
       }
       WriteText(path, text);
       return true;
     }},
    {"replaced by a directory",
     [](const std::string& path) {
       return fs::remove(path) && fs::create_directory(path) && Replaced(path, true);
     }},
    {"replaced by a FIFO",
     [](const std::string& path) {
       return fs::remove(path) && Replaced(path, ::mkfifo(path.c_str(), 0600) == 0);
     }},
    {"replaced by a link to /dev/zero",
     [](const std::string& path) {
       return fs::remove(path) && Replaced(path, ::symlink("/dev/zero", path.c_str()) == 0);
     }},
    {"owned by somebody else",
     [](const std::string& path) { return ::lchown(path.c_str(), kSomebody, kSomebody) == 0; }},
    {"of a GiB of nothing",
     [](const std::string& path) { return ::truncate(path.c_str(), kHuge) == 0; }},
};

class CorruptedStateTest : public FaultNodeTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) {
      GTEST_SKIP() << "only root can give files away";
    }
  }
  SekishoOptions OptionsWithCluster(int revision) const {
    SekishoOptions options =
        FaultOptions("revision: " + std::to_string(revision) + "\nnamespaceLabels: floor\n");
    options.more_config =
        "node: {name: worker-1}\nkubernetes: {serviceAccountDirectory: " + dir_.File("account") +
        ", server: \"" + kApiServer + "\"}\n";
    return options;
  }

  // What an agent leaves that has run here for a while. The files, below `dir_`.
  std::vector<std::string> LeaveFiles() {
    fs::create_directory(dir_.File("account"));
    const kube::NamespaceCache cache(state() + "/kube/namespaces.json", kApiServer);
    policy::NamespaceTable::Map namespaces;
    namespaces.emplace("shop", std::make_shared<const policy::PodSecurityLabels>());
    EXPECT_TRUE(cache
                    .Write({.table = std::make_shared<const policy::NamespaceTable>(namespaces),
                            .resource_version = "7",
                            .confirmed = std::chrono::floor<std::chrono::seconds>(
                                std::chrono::system_clock::now())})
                    .ok());
    WriteText(state() + "/kube/node-group", "worker-1 gpu\n");
    FaultOutcome ignored;
    StartNode(OptionsWithCluster(7));
    EXPECT_TRUE(AskAll(ignored)) << sekisho_->Log();
    EXPECT_EQ(sekisho_->Terminate(), 0);
    std::vector<std::string> files = {"kubelet/seccomp/web.json", "policy.yaml", "config.yaml",
                                      "audit.jsonl"};
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(state())) {
      if (!entry.is_directory()) {
        files.push_back(fs::relative(entry.path(), dir_.path()));
      }
    }
    return files;
  }
  // Everything as it was left, with one file damaged. False where that file cannot be.
  bool Damaged(const std::string& file, const Damage& damage) const {
    const std::string path = dir_.File(file);
    return (!fs::is_symlink(path) || std::string_view(damage.name).starts_with("replaced") ||
            std::string_view(damage.name).starts_with("owned")) &&
           damage.make(path);
  }
  void Keep() const { Copy(dir_.path(), kept_.path()); }
  void Restore() const { Copy(kept_.path(), dir_.path()); }

 private:
  static constexpr const char* kParts[] = {"state", "kubelet", "policy.yaml", "config.yaml",
                                           "audit.jsonl"};
  static void Copy(const std::string& from, const std::string& to) {
    for (const char* part : kParts) {
      fs::remove_all(to + "/" + part);
      fs::copy(from + "/" + part, to + "/" + part,
               fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    }
  }
  const TempDir kept_;
};

TEST_F(CorruptedStateTest, NothingDamagedHangsTheStartOrIsBelieved) {
  FaultOutcome outcome{.fault = "state-files-corrupted",
                       .must_hold =
                           "it starts or says which file keeps it from that, soon; nothing "
                           "forbidden is forwarded, and no lower revision is taken"};
  const std::vector<std::string> files = LeaveFiles();
  Keep();
  size_t refused_starts = 0;
  size_t pairs = 0;
  for (const Damage& damage : kDamages) {
    for (const std::string& file : files) {
      SCOPED_TRACE(file + " " + damage.name);
      if (pairs++ % kEachOf != 0) {
        continue;
      }
      Restore();
      fs::remove(dir_.File("sekisho.log"));
      if (!Damaged(file, damage)) {
        continue;
      }
      ++outcome.injected;
      const auto begun = std::chrono::steady_clock::now();
      const bool started = sekisho_->Start();
      EXPECT_LT(std::chrono::steady_clock::now() - begun, kSoon);
      if (!started) {
        ++refused_starts;
        EXPECT_EQ(sekisho_->Wait(kLong), 1);
        EXPECT_THAT(sekisho_->Log(), HasSubstr(fs::path(file).filename().string()));
        continue;
      }
      (void)AskAll(outcome);
      sekisho_->Signal(SIGTERM);
      EXPECT_EQ(sekisho_->Wait(kLong), 0) << sekisho_->Log();
    }
  }
  EXPECT_GT(refused_starts, 0u);
  outcome.wrongly_forwarded = WronglyForwarded();
  Restore();
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  WaitUntilWell(outcome);
  Report(outcome);
}

TEST_F(CorruptedStateTest, ADamagedRecordOfRevisionsLetsNoLowerOneIn) {
  FaultOutcome outcome{.fault = "revisions-corrupted",
                       .must_hold =
                           "no policy comes into force that cannot be compared with the "
                           "last one"};
  LeaveFiles();
  Keep();
  for (const Damage& damage : kDamages) {
    SCOPED_TRACE(damage.name);
    Restore();
    sekisho_->WritePolicy(OptionsWithCluster(6).policy);
    ASSERT_TRUE(Damaged("state/policy-revisions", damage));
    ++outcome.injected;
    EXPECT_FALSE(sekisho_->Start());
    EXPECT_EQ(sekisho_->Wait(kLong), 1);
    EXPECT_THAT(sekisho_->Log(), HasSubstr("no policy, no start"));
  }
  Restore();
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  WaitUntilWell(outcome);
  outcome.wrongly_forwarded = WronglyForwarded();
  Report(outcome);
}

}  // namespace
}  // namespace sekisho::testing
