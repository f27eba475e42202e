#include "seccomp/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "base/sha256.h"
#include "seccomp/profile_facts.h"
#include "store_fixture.h"

namespace sekisho::seccomp {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using State = ProfileFacts::State;

using StoreTest = StoreFixture;

TEST_F(StoreTest, JudgesAndPins) {
  const std::string text = Allowing({"read", "write"});
  Write("x.json", text);
  const auto store = Open();
  const auto facts = store->Look(InRoot("x.json"), Nothing(), {});
  EXPECT_EQ(facts->state, State::kUsable) << facts->fault;
  EXPECT_EQ(facts->fault, "");
  EXPECT_EQ(facts->path, InRoot("x.json"));
  EXPECT_EQ(facts->digest, base::Sha256Hex(text));
  EXPECT_FALSE(facts->docker_format);
  EXPECT_FALSE(facts->unconfined_in_disguise);
  EXPECT_THAT(facts->refused_but_needed, Contains("execve"));
  const std::string pinned = testing::ReadText(facts->pinned_path);
  EXPECT_EQ(facts->pinned_path,
            base::StrCat(StateDirectory(), "/", base::Sha256Hex(pinned), ".json"));
  EXPECT_THAT(pinned, AllOf(HasSubstr("\"read\""), HasSubstr("\"write\"")));
}

TEST_F(StoreTest, SaysWhatIsWrong) {
  Write("cut.json", R"({"defaultAction": )");
  Write("key.json", R"({"defaultAction": "SCMP_ACT_ERRNO", "sysCalls": []})");
  Write("group.json", Allowing({"read"}));
  ::chmod(InRoot("group.json").c_str(), 0664);
  std::filesystem::create_symlink("group.json", InRoot("link.json"));
  std::filesystem::create_directory(InRoot("directory"));
  testing::WriteText(InRoot("long.json"), std::string((size_t{1} << 20) + 1, ' '));
  const struct {
    std::string path;
    State state;
    std::string words;
  } kCases[] = {
      {InRoot("missing.json"), State::kMissing, "does not exist"},
      {InRoot("cut.json"), State::kInvalid, "line 1, column"},
      {InRoot("key.json"), State::kInvalid, "sysCalls"},
      {InRoot("long.json"), State::kInvalid, "is longer than the 1048576 bytes"},
      {InRoot("group.json"), State::kUntrusted, "is writable by group or others"},
      {InRoot("link.json"), State::kUntrusted, "is a symbolic link"},
      {InRoot("directory"), State::kUntrusted, "is not a regular file"},
      {InRoot("../root"
              "/x.json"),
       State::kUntrusted, "leads out of the directory"},
      {"/etc/passwd", State::kUntrusted, "does not lie below"},
      {"x.json", State::kUntrusted, "does not lie below"},
      {Root(), State::kUntrusted, "does not lie below"},
      {"", State::kUntrusted, "does not lie below"},
  };
  const auto store = Open();
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.path);
    for (int again = 0; again < 2; ++again) {
      const auto facts = store->Look(row.path, Nothing(), {});
      EXPECT_EQ(facts->state, row.state);
      EXPECT_THAT(facts->fault, HasSubstr(row.words));
      EXPECT_EQ(facts->pinned_path, "");
      EXPECT_EQ(facts->path, row.path);
    }
  }
  EXPECT_EQ(store->stats().compiled, 0u);
  EXPECT_EQ(store->stats().pins, 0u);
}

TEST_F(StoreTest, AFaultIsForgottenWhenItIsMended) {
  const auto store = Open();
  EXPECT_EQ(store->Look(InRoot("x.json"), Nothing(), {})->state, State::kMissing);
  Write("x.json", "{");
  EXPECT_EQ(store->Look(InRoot("x.json"), Nothing(), {})->state, State::kInvalid);
  Write("x.json", Allowing({"read"}));
  EXPECT_EQ(store->Look(InRoot("x.json"), Nothing(), {})->state, State::kUsable);
  ::chmod(InRoot("x.json").c_str(), 0666);
  EXPECT_EQ(store->Look(InRoot("x.json"), Nothing(), {})->state, State::kUntrusted);
  ::chmod(InRoot("x.json").c_str(), 0644);
  EXPECT_EQ(store->Look(InRoot("x.json"), Nothing(), {})->state, State::kUsable);
  ::chmod(Root().c_str(), 0777);
  EXPECT_EQ(store->Look(InRoot("x.json"), Nothing(), {})->state, State::kUntrusted);
}

TEST_F(StoreTest, CompilesAContentOnce) {
  Write("x.json", Allowing({"read"}));
  Write("same.json", Allowing({"read"}));
  const auto store = Open();
  const auto first = store->Look(InRoot("x.json"), Nothing(), {});
  const auto again = store->Look(InRoot("x.json"), Nothing(), Admin());
  EXPECT_EQ(*again, *first);
  Demands other = Nothing();
  other.must_deny = {"read"};
  EXPECT_THAT(store->Look(InRoot("x.json"), other, {})->must_deny_allowed, ElementsAre("read"));
  const auto same = store->Look(InRoot("same.json"), Nothing(), {});
  EXPECT_EQ(same->pinned_path, first->pinned_path);
  Write("x.json", Allowing({"read"}));  // another file, the same text
  EXPECT_EQ(*store->Look(InRoot("x.json"), Nothing(), {}), *first);
  EXPECT_EQ(store->stats().compiled, 1u);
  EXPECT_EQ(store->stats().pins, 1u);
  EXPECT_EQ(store->stats().looks, 5u);
}

TEST_F(StoreTest, ASwapAfterTheLookChangesNothing) {
  Write("x.json", Allowing({"read"}));
  const auto store = Open();
  const auto before = store->Look(InRoot("x.json"), Nothing(), {});
  const std::string judged = testing::ReadText(before->pinned_path);
  Write("x.json", Allowing({"read", "mount"}));
  EXPECT_EQ(testing::ReadText(before->pinned_path), judged);
  const auto after = store->Look(InRoot("x.json"), Nothing(), {});
  EXPECT_NE(after->pinned_path, before->pinned_path);
  EXPECT_EQ(testing::ReadText(before->pinned_path), judged);
  EXPECT_THAT(testing::ReadText(after->pinned_path), HasSubstr("mount"));
}

TEST_F(StoreTest, SeesARewriteWithTheOldLengthAndTimes) {
  Write("x.json", Allowing({"read"}));
  const auto store = Open();
  Demands demands = Nothing();
  demands.must_deny = {"bind", "read"};
  // Also one that comes at once, within the same tick of the clock.
  for (int i = 0; i < 50; ++i) {
    const std::string name = i % 2 == 0 ? "read" : "bind";
    struct stat info {};
    ASSERT_EQ(::stat(InRoot("x.json").c_str(), &info), 0);
    testing::WriteText(InRoot("x.json"), Allowing({name}));
    const timespec times[] = {info.st_atim, info.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, InRoot("x.json").c_str(), times, 0), 0);
    const auto facts = store->Look(InRoot("x.json"), demands, {});
    ASSERT_THAT(facts->must_deny_allowed, ElementsAre(name)) << i;
  }
}

TEST_F(StoreTest, DockersFormatIsResolvedForTheContainer) {
  Write("d.json", kMountForAdmins);
  const auto store = Open();
  const auto plain = store->Look(InRoot("d.json"), {}, {});
  const auto admin = store->Look(InRoot("d.json"), {}, Admin());
  EXPECT_TRUE(plain->docker_format);
  EXPECT_FALSE(plain->refused_docker_format);
  EXPECT_NE(plain->pinned_path, admin->pinned_path);
  EXPECT_THAT(testing::ReadText(plain->pinned_path),
              AllOf(Not(HasSubstr("mount")), Not(HasSubstr("includes"))));
  EXPECT_THAT(testing::ReadText(admin->pinned_path),
              AllOf(HasSubstr("mount"), Not(HasSubstr("includes"))));
  EXPECT_THAT(plain->beyond_floor, IsEmpty());
  EXPECT_THAT(admin->beyond_floor, IsEmpty()) << "RuntimeDefault allows it to such a container";
  EXPECT_EQ(store->Look(InRoot("d.json"), Nothing(), Admin())->pinned_path, admin->pinned_path);
  // Other capabilities are none of the profile's business.
  EXPECT_EQ(store->Look(InRoot("d.json"), Nothing(), caps::CapSet::Of({"NET_RAW"}))->pinned_path,
            plain->pinned_path);
  EXPECT_EQ(store->stats().compiled, 2u);
}

TEST_F(StoreTest, DockersFormatIsReadAsContainerdDoes) {
  Write("d.json", kMountForAdmins);
  const auto store = Open();
  const Demands demands = {.docker_format = DockerFormat::kWarn};
  const auto facts = store->Look(InRoot("d.json"), demands, {});
  EXPECT_EQ(facts->state, State::kUsable);
  EXPECT_TRUE(facts->docker_format);
  EXPECT_THAT(facts->beyond_floor, Contains(StartsWith("mount")));
  EXPECT_THAT(testing::ReadText(facts->pinned_path),
              AllOf(HasSubstr("mount"), Not(HasSubstr("includes"))));
  EXPECT_EQ(store->Look(InRoot("d.json"), demands, caps::CapSet::Of({"CHOWN"})), facts);
}

TEST_F(StoreTest, DockersFormatIsRefused) {
  Write("d.json", kMountForAdmins);
  Write("o.json", Allowing({"read"}));
  const auto store = Open();
  const Demands demands = {.docker_format = DockerFormat::kDeny};
  for (int again = 0; again < 2; ++again) {
    const auto facts = store->Look(InRoot("d.json"), demands, {});
    EXPECT_EQ(facts->state, State::kUsable);
    EXPECT_TRUE(facts->docker_format);
    EXPECT_TRUE(facts->refused_docker_format);
    EXPECT_EQ(facts->pinned_path, "");
  }
  EXPECT_EQ(store->stats().compiled, 0u);
  EXPECT_FALSE(store->Look(InRoot("o.json"), demands, {})->refused_docker_format);
}

TEST_F(StoreTest, NamesWhatGoesBeyondRuntimeDefault) {
  Write("x.json", Allowing({"read", "mount", "bpf", "kexec_load"}));
  const auto store = Open();
  EXPECT_THAT(store->Look(InRoot("x.json"), {}, {})->beyond_floor,
              AllOf(Contains(StartsWith("mount")), Contains(StartsWith("bpf")),
                    Contains(StartsWith("kexec_load")), Not(Contains(StartsWith("read")))));
  EXPECT_THAT(store->Look(InRoot("x.json"), {}, Admin())->beyond_floor,
              AllOf(Not(Contains(StartsWith("mount"))), Contains(StartsWith("kexec_load"))));
  EXPECT_EQ(store->stats().compiled, 1u);
}

TEST_F(StoreTest, ComparesWithAFileAsItIsNow) {
  Write("x.json", Allowing({"read", "write"}));
  const std::string floor = dir_.File("floor.json");
  const Demands demands = {.floor = {.kind = Floor::Kind::kFile, .path = floor}};
  const auto store = Open();
  const auto look = [&] { return store->Look(InRoot("x.json"), demands, {}); };
  const auto put = [&](std::string_view text) {
    ASSERT_TRUE(base::WriteFileAtomically(floor, text, 0644).ok());
  };
  put(Allowing({"read"}));
  EXPECT_THAT(look()->beyond_floor, ElementsAre(StartsWith("write")));
  put(Allowing({"read", "write"}));
  EXPECT_THAT(look()->beyond_floor, IsEmpty());
  put(kMountForAdmins);
  EXPECT_THAT(look()->beyond_floor, IsEmpty());
  EXPECT_EQ(look()->state, State::kUsable);

  const auto invalid = AllOf(HasSubstr("the floor"), HasSubstr(floor));
  put("{");
  EXPECT_EQ(look()->state, State::kInvalid);
  EXPECT_THAT(look()->fault, AllOf(invalid, HasSubstr("is no valid profile")));
  std::filesystem::remove(floor);
  EXPECT_EQ(look()->state, State::kInvalid);
  EXPECT_THAT(look()->fault, AllOf(invalid, HasSubstr("does not exist")));
  testing::WriteText(dir_.File("other.json"), Allowing({"read", "write"}));
  std::filesystem::create_symlink("other.json", floor);
  EXPECT_THAT(look()->fault, AllOf(invalid, HasSubstr("symbolic link")));
  EXPECT_EQ(look()->pinned_path, "");
  put(Allowing({"read", "write"}));
  EXPECT_EQ(look()->state, State::kUsable) << "nothing of it sticks";
}

TEST_F(StoreTest, NamesWhatMustBeDenied) {
  Write("x.json", R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["read", "bpf"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["clone"], "action": "SCMP_ACT_LOG",
     "args": [{"index": 0, "value": 268435456, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["ptrace"], "action": "SCMP_ACT_TRACE"},
    {"names": ["setns"], "action": "SCMP_ACT_KILL"}]})");
  Write("all.json", R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]})");
  Demands demands = Nothing();
  demands.must_deny = {"bpf", "clone", "frobnicate", "mount", "ptrace", "setns"};
  const auto store = Open();
  EXPECT_THAT(store->Look(InRoot("x.json"), demands, {})->must_deny_allowed,
              ElementsAre("bpf", "clone", "ptrace"));
  EXPECT_THAT(store->Look(InRoot("all.json"), demands, {})->must_deny_allowed,
              ElementsAre("bpf", "clone", "frobnicate", "ptrace", "setns"))
      << "a call that nobody knows is as the default has it";
}

#ifdef __x86_64__
TEST_F(StoreTest, WhatMustBeDeniedIsLookedForOnEveryArchitecture) {
  const auto profile = [](const std::string& arches, const std::string& rules) {
    return base::StrCat(R"({"defaultAction": "SCMP_ACT_ERRNO", "architectures": [)", arches,
                        R"(], "syscalls": [)", rules, "]}");
  };
  const std::string kBoth = R"("SCMP_ARCH_X86_64", "SCMP_ARCH_X86")";
  const std::string kGate = R"({"names": ["socketcall"], "action": "SCMP_ACT_ALLOW"})";
  const std::string kGateForBind =
      R"({"names": ["socketcall"], "action": "SCMP_ACT_ALLOW",
          "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]})";
  // i386 has it, x86_64 has not.
  const std::string kOld = R"({"names": ["umount"], "action": "SCMP_ACT_ALLOW"})";
  const struct {
    std::string name;
    std::string text;
    std::vector<std::string> allowed;
  } kCases[] = {
      {"native.json", profile(R"("SCMP_ARCH_X86_64")", kGate), {}},
      {"gate.json", profile(kBoth, kGate), {"bind", "socket"}},
      {"bind.json", profile(kBoth, kGateForBind), {"bind"}},
      {"old.json", profile(kBoth, kOld), {"umount"}},
      {"not-old.json", profile(R"("SCMP_ARCH_X86_64")", kOld), {}},
      {"allow.json",
       R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"]})",
       {"bind", "socket"}},
  };
  Demands demands = Nothing();
  demands.must_deny = {"bind", "socket", "umount"};
  const auto store = Open();
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.name);
    Write(row.name, row.text);
    const auto facts = store->Look(InRoot(row.name), demands, {});
    EXPECT_EQ(facts->state, State::kUsable) << facts->fault;
    EXPECT_EQ(facts->must_deny_allowed, row.allowed);
  }
}
#endif

TEST_F(StoreTest, NamesThatNothingCanBeSaidOfAreNotAllowed) {
  Write("x.json", R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["read", "frobnicate"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["grobnicate"], "action": "SCMP_ACT_LOG"},
    {"names": ["hrobnicate", "mount"], "action": "SCMP_ACT_KILL_PROCESS"}]})");
  const auto facts = Open()->Look(InRoot("x.json"), Nothing(), {});
  ASSERT_EQ(facts->state, State::kUsable) << facts->fault;
  EXPECT_THAT(testing::ReadText(facts->pinned_path),
              AllOf(HasSubstr("read"), Not(HasSubstr("frobnicate")), Not(HasSubstr("grobnicate")),
                    Not(HasSubstr("SCMP_ACT_LOG")), HasSubstr("hrobnicate")));
}

TEST_F(StoreTest, NamesTheUnconfinedInDisguise) {
  Write("x.json", R"({"defaultAction": "SCMP_ACT_LOG"})");
  const auto facts = Open()->Look(InRoot("x.json"), {}, {});
  EXPECT_TRUE(facts->unconfined_in_disguise);
  EXPECT_THAT(facts->beyond_floor, Contains(StartsWith("mount")));
}

TEST_F(StoreTest, PinsSurviveARestartAndCorruptOnesAreMended) {
  Write("x.json", Allowing({"read"}));
  const auto before = Open()->Look(InRoot("x.json"), Nothing(), {});
  const std::string judged = testing::ReadText(before->pinned_path);
  ::chmod(before->pinned_path.c_str(), 0600);
  testing::WriteText(before->pinned_path, Allowing({"mount"}));
  const auto store = Open();
  EXPECT_EQ(store->stats().pins, 1u);
  EXPECT_EQ(*store->Look(InRoot("x.json"), Nothing(), {}), *before);
  EXPECT_EQ(testing::ReadText(before->pinned_path), judged);
  std::filesystem::remove(before->pinned_path);
  EXPECT_EQ(*store->Look(InRoot("x.json"), Nothing(), {}), *before);
  EXPECT_EQ(testing::ReadText(before->pinned_path), judged);
  EXPECT_EQ(store->stats().compiled, 1u);
}

TEST_F(StoreTest, CollectKeepsWhatContainersUse) {
  Write("a.json", Allowing({"read"}));
  Write("b.json", Allowing({"write"}));
  const auto store = Open();
  const auto used = store->Look(InRoot("a.json"), Nothing(), {});
  const auto unused = store->Look(InRoot("b.json"), Nothing(), {});
  ASSERT_TRUE(store->Use("c1", used->pinned_path).ok());
  EXPECT_FALSE(store->Use("c1", InRoot("a.json")).ok());
  store->Collect({"c1"}, 0);
  EXPECT_TRUE(std::filesystem::exists(used->pinned_path));
  EXPECT_FALSE(std::filesystem::exists(unused->pinned_path));
  EXPECT_EQ(store->stats().uses, 1u);
  EXPECT_EQ(*store->Look(InRoot("b.json"), Nothing(), {}), *unused);
  EXPECT_TRUE(std::filesystem::exists(unused->pinned_path)) << "and is there when it is wanted";
  EXPECT_EQ(store->stats().compiled, 2u);
  store->Release("c1");
  store->Collect({}, 0);
  EXPECT_EQ(store->stats().pins, 0u);
}

TEST_F(StoreTest, SaysSoWhenItIsFull) {
  Write("a.json", Allowing({"read"}));
  Write("b.json", Allowing({"write"}));
  const auto store = Open({.pins_max = 1});
  ASSERT_TRUE(store->Use("c1", store->Look(InRoot("a.json"), Nothing(), {})->pinned_path).ok());
  const auto full = store->Look(InRoot("b.json"), Nothing(), {});
  EXPECT_EQ(full->state, State::kNotPinned);
  EXPECT_THAT(full->fault, HasSubstr("containers use all of them"));
  EXPECT_EQ(full->pinned_path, "");
  store->Release("c1");
  EXPECT_EQ(store->Look(InRoot("b.json"), Nothing(), {})->state, State::kUsable);
}

TEST_F(StoreTest, SaysSoWhenItsDirectoryIsGone) {
  Write("x.json", Allowing({"read"}));
  const auto store = Open();
  std::filesystem::remove_all(StateDirectory());
  testing::WriteText(StateDirectory(), "");
  const auto facts = store->Look(InRoot("x.json"), Nothing(), {});
  EXPECT_EQ(facts->state, State::kNotPinned);
  EXPECT_THAT(facts->fault, AllOf(HasSubstr("cannot be copied"), HasSubstr(StateDirectory())));
  std::filesystem::remove(StateDirectory());
  std::filesystem::create_directory(StateDirectory());
  EXPECT_EQ(store->Look(InRoot("x.json"), Nothing(), {})->state, State::kUsable);
}

// In a mount namespace of its own, which not everybody may make.
class StoreOnAMountTest : public StoreFixture {
 protected:
  // Runs `look` in a child; it must return whether all was well.
  void InChild(const std::function<bool()>& look) {
    if (::geteuid() != 0) {
      GTEST_SKIP() << "only root can mount";
    }
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      if (::unshare(CLONE_NEWNS) != 0 ||
          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        ::_exit(2);
      }
      ::_exit(look() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
      GTEST_SKIP() << "no mount namespace can be made here";
    }
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  bool NotPinned(Store& store, const std::string& words) const {
    const auto facts = store.Look(InRoot("x.json"), Nothing(), {});
    return facts->state == State::kNotPinned && facts->pinned_path.empty() &&
           facts->fault.find(words) != std::string::npos;
  }
};

TEST_F(StoreOnAMountTest, SaysSoWhenItMayNotWrite) {
  Write("x.json", Allowing({"read"}));
  InChild([&] {
    const auto store = Open();
    const std::string path = StateDirectory();
    return ::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
           ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) ==
               0 &&
           NotPinned(*store, "Read-only file system");
  });
}

TEST_F(StoreOnAMountTest, SaysSoWhenThereIsNoSpace) {
  Write("x.json", Allowing({"read"}));
  InChild([&] {
    std::filesystem::create_directory(StateDirectory());
    if (::mount("tmpfs", StateDirectory().c_str(), "tmpfs", 0, "size=4096,mode=0700") != 0) {
      return false;
    }
    const auto store = Open();
    testing::WriteText(base::StrCat(StateDirectory(), "/ballast"), std::string(4096, 'x'));
    const bool full = NotPinned(*store, "No space left");
    // Nothing is left of the attempt, and the next one succeeds.
    std::filesystem::remove(base::StrCat(StateDirectory(), "/ballast"));
    return full && store->Look(InRoot("x.json"), Nothing(), {})->state == State::kUsable;
  });
}

TEST_F(StoreTest, JudgesAheadWhatIsWatched) {
  Write("here.json", Allowing({"read"}));
  Write("docker.json", kMountForAdmins);
  Write("bad.json", "{");
  const auto store = Open();
  ASSERT_TRUE(store->Watch().ok());
  ASSERT_TRUE(store->Watch().ok()) << "once more changes nothing";
  const auto wait_for = [&](uint64_t compiled) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (store->stats().compiled < compiled && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return store->stats().compiled;
  };
  ASSERT_EQ(wait_for(2), 2u);
  Write("new.json", Allowing({"write"}));
  ASSERT_EQ(wait_for(3), 3u);
  EXPECT_EQ(store->stats().pins, 0u) << "nobody asked for one";
  for (const char* name : {"here.json", "docker.json", "new.json"}) {
    const auto facts = store->Look(InRoot(name), {}, {});
    EXPECT_EQ(facts->state, State::kUsable) << name << facts->fault;
  }
  EXPECT_EQ(store->stats().compiled, 3u);
  EXPECT_EQ(store->stats().files, 4u);
}

TEST_F(StoreTest, NeedsAbsolutePaths) {
  EXPECT_FALSE(Store::Open({.seccomp_root = "root", .directory = StateDirectory()}).ok());
  EXPECT_FALSE(Store::Open({.seccomp_root = Root(), .directory = "state"}).ok());
  Write("x.json", Allowing({"read"}));
  const auto store =
      Store::Open({.seccomp_root = Root() + "//", .directory = StateDirectory() + "/"});
  ASSERT_TRUE(store.ok());
  const auto facts = (*store)->Look(InRoot("x.json"), Nothing(), {});
  EXPECT_EQ(facts->state, State::kUsable) << facts->fault;
  EXPECT_THAT(facts->pinned_path, StartsWith(StateDirectory() + "/"));
  EXPECT_THAT(facts->pinned_path, Not(HasSubstr("//")));
}

}  // namespace
}  // namespace sekisho::seccomp
