// For requests at random: a process that is exactly as expected, or tighter, differs in nothing;
// one that is weaker in one thing differs in that thing.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "verify/verifier.h"

namespace sekisho::verify {
namespace {

using procfs::Process;
using procfs::SeccompMode;

constexpr uint32_t kRequests = 1500;
constexpr auto kNamespaces =
    std::to_array<const char*>({"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"});

struct Sample {
  Expected expected;
  Process process;
  Process host;

  std::string Differences() const {
    std::string names;
    for (const Difference& difference : Compare(expected, process, host)) {
      EXPECT_FALSE(difference.expected.empty());
      EXPECT_FALSE(difference.found.empty());
      names += (names.empty() ? "" : " ") + difference.what;
    }
    return names;
  }
};

// Requests of every kind, mostly sensible ones. Nothing of the standard library's distributions,
// which differ between implementations.
class RandomPod {
 public:
  explicit RandomPod(uint32_t seed) : random_(seed) {
    container_.privileged = Chance(5);
    container_.no_new_privs = Chance(60);
    container_.readonly_rootfs = Chance(50);
    container_.capabilities_add = Names();
    container_.capabilities_drop = Names();
    container_.capabilities_ambient = Chance(10) ? Names() : std::vector<std::string>();
    container_.seccomp = Profile();
    container_.seccomp_profile_path = Deprecated();
    container_.apparmor = Profile();
    container_.apparmor_profile = Deprecated();
    if (Chance(70)) {
      container_.run_as_user = Chance(30) ? 0 : 1 + Below(70000);
    }
    container_.run_as_username = Chance(90) ? "" : OneOf({"root", "0", "1000", "7:8", "web"});
    for (auto* namespaces : {&sandbox_.namespaces, &container_.namespaces}) {
      namespaces->network = Mode();
      namespaces->pid = Mode();
      namespaces->ipc = Mode();
    }
    MapUsers();
  }

  Expected MustBe() const { return ExpectedOf(sandbox_, container_); }

 private:
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_()) % bound; }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  const char* OneOf(std::initializer_list<const char*> texts) {
    return std::data(texts)[Below(static_cast<uint32_t>(texts.size()))];
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (uint32_t i = Below(4); i > 0; --i) {
      names.emplace_back(OneOf({"ALL", "all", "NET_RAW", "net_admin", "CAP_SYS_ADMIN", "KILL",
                                "CHOWN", "NET_BIND_SERVICE", "FLY", ""}));
    }
    return names;
  }
  policy::SecurityProfile Profile() {
    return {static_cast<policy::ProfileType>(Below(4)), Chance(50) ? "web" : "localhost/web"};
  }
  std::string Deprecated() {
    return Chance(60) ? "" : OneOf({"runtime/default", "unconfined", "localhost/web", "odd"});
  }
  policy::NamespaceMode Mode() {
    return Chance(85) ? policy::NamespaceMode::kPod : static_cast<policy::NamespaceMode>(Below(4));
  }
  void MapUsers() {
    if (Chance(60)) {
      return;
    }
    const uint32_t host_id = 65536 * (1 + Below(100));
    const policy::IdMapping mapping{host_id, Chance(80) ? 0U : 1U, Chance(90) ? 65536U : 0U};
    const policy::UserNamespace userns{
        Chance(90) ? policy::NamespaceMode::kPod : policy::NamespaceMode::kNode,
        {mapping},
        {mapping}};
    container_.namespaces.userns = userns;
    if (Chance(90)) {
      sandbox_.namespaces.userns = userns;
    }
  }

  std::mt19937 random_;
  policy::SandboxFacts sandbox_;
  policy::ContainerFacts container_;
};

// The request's expectations, and a process that is what they say and no more.
Sample SampleOf(uint32_t seed) {
  Sample sample{.expected = RandomPod(seed).MustBe(), .process = {}, .host = {}};
  const Expected& expected = sample.expected;
  Process& process = sample.process;
  process.seccomp = expected.seccomp_filter ? SeccompMode::kFilter : SeccompMode::kOff;
  process.seccomp_filters = expected.seccomp_filter ? 1 : 0;
  process.inheritable = process.permitted = process.effective = process.bounding = process.ambient =
      expected.bounding;
  process.no_new_privs = expected.no_new_privs;
  const int64_t uid = expected.non_root ? expected.root_uid + 1000 : expected.root_uid;
  process.uid = {uid, uid, uid, uid};
  process.root_read_only = expected.root_read_only;
  for (size_t i = 0; i < kNamespaces.size(); ++i) {
    const std::string name = kNamespaces.at(i);
    sample.host.namespaces[name] = i + 1;
    process.namespaces[name] = expected.own_namespaces.contains(name) ? i + 101 : i + 1;
  }
  sample.host.lsm_label = "unconfined";
  process.lsm_label = expected.apparmor.empty()  ? "unconfined"
                      : expected.apparmor == "*" ? "cri-containerd.apparmor.d (enforce)"
                                                 : expected.apparmor + " (enforce)";
  return sample;
}

TEST(CompareProperty, WhatIsExactlyAsExpectedDiffersInNothing) {
  for (uint32_t seed = 0; seed < kRequests; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_EQ(SampleOf(seed).Differences(), "");
  }
}

TEST(CompareProperty, WhatIsTighterDiffersInNothing) {
  for (uint32_t seed = 0; seed < kRequests; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Sample sample = SampleOf(seed);
    Process& process = sample.process;
    for (caps::CapSet* set : {&process.inheritable, &process.permitted, &process.effective,
                              &process.bounding, &process.ambient}) {
      *set = caps::CapSet(set->mask() & random());
    }
    process.seccomp = random() % 2 == 0 ? SeccompMode::kStrict : SeccompMode::kFilter;
    process.seccomp_filters = 1 + static_cast<int>(random() % 5);
    process.no_new_privs = true;
    process.uid = {5000000, 5000001, 5000002, 5000003};
    process.root_read_only = true;
    for (auto& [name, inode] : process.namespaces) {
      inode += 1000;
    }
    ASSERT_EQ(sample.Differences(), "");
  }
}

// One weakening. False: this sample expects nothing of the kind.
struct Weakening {
  const char* what;
  bool (*apply)(Sample&);
};

bool Share(Sample& sample, const char* name) {
  sample.process.namespaces[name] = sample.host.namespaces[name];
  return sample.expected.own_namespaces.contains(name);
}

// Gives the set the first capability that it must not have.
bool Widen(Sample& sample, caps::CapSet Process::*set) {
  for (int number = 0; number < 64; ++number) {
    if (!sample.expected.bounding.Has(number)) {
      sample.process.*set = (sample.process.*set).With(number);
      return true;
    }
  }
  return false;
}

bool BecomeRoot(Sample& sample, int64_t procfs::Ids::*id, int64_t root) {
  sample.process.uid.*id = root;
  return sample.expected.non_root;
}

constexpr auto kWeakenings = std::to_array<Weakening>({
    {"seccomp",
     [](Sample& sample) {
       sample.process.seccomp = SeccompMode::kOff;
       return sample.expected.seccomp_filter;
     }},
    {"seccompFilters",
     [](Sample& sample) {
       sample.process.seccomp_filters = 0;
       return sample.expected.seccomp_filter;
     }},
    {"capabilities.effective", [](Sample& sample) { return Widen(sample, &Process::effective); }},
    {"capabilities.permitted", [](Sample& sample) { return Widen(sample, &Process::permitted); }},
    {"capabilities.bounding", [](Sample& sample) { return Widen(sample, &Process::bounding); }},
    {"capabilities.ambient", [](Sample& sample) { return Widen(sample, &Process::ambient); }},
    {"capabilities.inheritable",
     [](Sample& sample) { return Widen(sample, &Process::inheritable); }},
    {"noNewPrivileges",
     [](Sample& sample) {
       sample.process.no_new_privs = false;
       return sample.expected.no_new_privs;
     }},
    {"user", [](Sample& sample) { return BecomeRoot(sample, &procfs::Ids::real, 0); }},
    {"user", [](Sample& sample) { return BecomeRoot(sample, &procfs::Ids::effective, 0); }},
    {"user",
     [](Sample& sample) {
       return BecomeRoot(sample, &procfs::Ids::saved, sample.expected.root_uid);
     }},
    {"user",
     [](Sample& sample) {
       return BecomeRoot(sample, &procfs::Ids::filesystem, sample.expected.root_uid);
     }},
    {"namespaces.mnt", [](Sample& sample) { return Share(sample, "mnt"); }},
    {"namespaces.net", [](Sample& sample) { return Share(sample, "net"); }},
    {"namespaces.pid", [](Sample& sample) { return Share(sample, "pid"); }},
    {"namespaces.ipc", [](Sample& sample) { return Share(sample, "ipc"); }},
    {"namespaces.uts", [](Sample& sample) { return Share(sample, "uts"); }},
    {"namespaces.user", [](Sample& sample) { return Share(sample, "user"); }},
    {"readOnlyRootFilesystem",
     [](Sample& sample) {
       sample.process.root_read_only = false;
       return sample.expected.root_read_only;
     }},
    {"appArmor",
     [](Sample& sample) {
       sample.process.lsm_label = "unconfined";
       return !sample.expected.apparmor.empty();
     }},
});

TEST(CompareProperty, EachSingleWeakeningIsNamedAndNothingElse) {
  for (const Weakening& weakening : kWeakenings) {
    SCOPED_TRACE(weakening.what);
    size_t applied = 0;
    for (uint32_t seed = 0; seed < kRequests; ++seed) {
      SCOPED_TRACE(seed);
      Sample sample = SampleOf(seed);
      const bool weaker = weakening.apply(sample);
      applied += weaker ? 1 : 0;
      ASSERT_EQ(sample.Differences(), weaker ? weakening.what : "");
    }
    EXPECT_GT(applied, kRequests / 50) << "the requests hardly ever expect this";
  }
}

TEST(ExpectedProperty, WhatIsWrittenReadsBack) {
  for (uint32_t seed = 0; seed < kRequests; ++seed) {
    SCOPED_TRACE(seed);
    const Expected expected = SampleOf(seed).expected;
    const std::string json = ToJson(expected);
    EXPECT_EQ(json.find('\n'), std::string::npos);
    const absl::StatusOr<Expected> read = ParseExpected(json);
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << json;
    ASSERT_EQ(*read, expected) << json;
  }
}

// Values that no request leads to are kept as well.
TEST(ExpectedProperty, AnyValuesReadBack) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    Expected expected{.seccomp_filter = random() % 2 == 0,
                      .bounding = caps::CapSet(random()),
                      .no_new_privs = random() % 2 == 0,
                      .non_root = random() % 2 == 0,
                      .root_uid = static_cast<int64_t>(random()),
                      .root_read_only = random() % 2 == 0};
    if (random() % 3 != 0) {
      expected.uid = static_cast<int64_t>(random());
    }
    for (uint64_t i = random() % 4; i > 0; --i) {
      expected.own_namespaces.insert(std::to_string(random()));
    }
    for (uint64_t i = random() % 9; i > 0; --i) {
      expected.apparmor += "a\"\\\n\t\x01\xc3\xa9 "[random() % 7];
    }
    if (expected.apparmor.find('\xc3') != std::string::npos) {
      expected.apparmor = "\xc3\xa9";  // the parser of JSON wants whole characters
    }
    const absl::StatusOr<Expected> read = ParseExpected(ToJson(expected));
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(*read, expected) << ToJson(expected);
  }
}

}  // namespace
}  // namespace sekisho::verify
