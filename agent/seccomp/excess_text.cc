#include <linux/sched.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "seccomp/compare.h"

namespace sekisho::seccomp {
namespace {

using base::StrCat;

struct Named {
  uint32_t value;
  std::string_view name;
};

constexpr auto kNamespaceFlags = std::to_array<Named>({{CLONE_NEWTIME, "CLONE_NEWTIME"},
                                                       {CLONE_NEWNS, "CLONE_NEWNS"},
                                                       {CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
                                                       {CLONE_NEWUTS, "CLONE_NEWUTS"},
                                                       {CLONE_NEWIPC, "CLONE_NEWIPC"},
                                                       {CLONE_NEWUSER, "CLONE_NEWUSER"},
                                                       {CLONE_NEWPID, "CLONE_NEWPID"},
                                                       {CLONE_NEWNET, "CLONE_NEWNET"}});

constexpr auto kFamilies = std::to_array<Named>({
    {AF_UNSPEC, "AF_UNSPEC"},
    {AF_UNIX, "AF_UNIX"},
    {AF_INET, "AF_INET"},
    {AF_AX25, "AF_AX25"},
    {AF_IPX, "AF_IPX"},
    {AF_APPLETALK, "AF_APPLETALK"},
    {AF_NETROM, "AF_NETROM"},
    {AF_BRIDGE, "AF_BRIDGE"},
    {AF_ATMPVC, "AF_ATMPVC"},
    {AF_X25, "AF_X25"},
    {AF_INET6, "AF_INET6"},
    {AF_ROSE, "AF_ROSE"},
    {AF_DECnet, "AF_DECnet"},
    {AF_NETBEUI, "AF_NETBEUI"},
    {AF_SECURITY, "AF_SECURITY"},
    {AF_KEY, "AF_KEY"},
    {AF_NETLINK, "AF_NETLINK"},
    {AF_PACKET, "AF_PACKET"},
    {AF_ASH, "AF_ASH"},
    {AF_ECONET, "AF_ECONET"},
    {AF_ATMSVC, "AF_ATMSVC"},
    {AF_RDS, "AF_RDS"},
    {AF_SNA, "AF_SNA"},
    {AF_IRDA, "AF_IRDA"},
    {AF_PPPOX, "AF_PPPOX"},
    {AF_WANPIPE, "AF_WANPIPE"},
    {AF_LLC, "AF_LLC"},
    {AF_IB, "AF_IB"},
    {AF_MPLS, "AF_MPLS"},
    {AF_CAN, "AF_CAN"},
    {AF_TIPC, "AF_TIPC"},
    {AF_BLUETOOTH, "AF_BLUETOOTH"},
    {AF_IUCV, "AF_IUCV"},
    {AF_RXRPC, "AF_RXRPC"},
    {AF_ISDN, "AF_ISDN"},
    {AF_PHONET, "AF_PHONET"},
    {AF_IEEE802154, "AF_IEEE802154"},
    {AF_CAIF, "AF_CAIF"},
    {AF_ALG, "AF_ALG"},
    {AF_NFC, "AF_NFC"},
    {AF_VSOCK, "AF_VSOCK"},
    {AF_KCM, "AF_KCM"},
    {AF_QIPCRTR, "AF_QIPCRTR"},
    {AF_SMC, "AF_SMC"},
    {AF_XDP, "AF_XDP"},
    {45, "AF_MCTP"},
});
constexpr size_t kFamiliesTold = 6;

constexpr auto kPersonalities = std::to_array<Named>({{0, "PER_LINUX"},
                                                      {PER_LINUX32, "PER_LINUX32"},
                                                      {UNAME26, "UNAME26"},
                                                      {ADDR_NO_RANDOMIZE, "ADDR_NO_RANDOMIZE"},
                                                      {READ_IMPLIES_EXEC, "READ_IMPLIES_EXEC"}});

// asm-generic/ioctls.h, which most architectures have. TIOCSTI puts keystrokes into a terminal, and
// so does TIOCLINUX on consoles.
constexpr auto kTerminalRequests =
    std::to_array<Named>({{0x5412, "TIOCSTI"}, {0x541c, "TIOCLINUX"}, {0x5423, "TIOCSETD"}});

// The argument of a call that is worth reading as words.
struct Meaning {
  std::string_view syscall;
  int argument = 0;
  std::span<const Named> values;
  bool flags = false;  // of which several may be set
};
constexpr auto kMeanings = std::to_array<Meaning>({{"clone", 0, kNamespaceFlags, true},
                                                   {"unshare", 0, kNamespaceFlags, true},
                                                   {"setns", 1, kNamespaceFlags, true},
                                                   {"socket", 0, kFamilies, false},
                                                   {"socketpair", 0, kFamilies, false},
                                                   {"personality", 0, kPersonalities, false},
                                                   {"ioctl", 1, kTerminalRequests, false}});

std::optional<Meaning> MeaningOf(const Excess& excess) {
  const auto* const found = std::ranges::find(kMeanings, excess.syscall, &Meaning::syscall);
  if (found == kMeanings.end()) {
    return std::nullopt;
  }
  Meaning meaning = *found;
  if (meaning.syscall == "clone" && excess.arch.name.starts_with("SCMP_ARCH_S390")) {
    meaning.argument = 1;
  }
  return meaning;
}

std::string Names(uint32_t bits, std::string_view separator) {
  std::vector<std::string_view> names;
  for (const Named& flag : kNamespaceFlags) {
    if ((bits & flag.value) != 0) {
      names.push_back(flag.name);
    }
  }
  return base::StrJoin(names, separator);
}

// "with CLONE_NEWUSER", …; nothing for a test of other bits.
std::optional<std::string> FlagText(const WordTest& test) {
  uint32_t all = 0;
  for (const Named& flag : kNamespaceFlags) {
    all |= flag.value;
  }
  // The seven that clone takes; CLONE_NEWTIME is in the bits of its signal.
  const uint32_t of_clone = all & ~uint32_t{CLONE_NEWTIME};
  if ((test.mask & ~all) != 0 || test.mask == 0) {
    return std::nullopt;
  }
  const bool whole = test.mask == all || test.mask == of_clone;
  const bool one = (test.mask & (test.mask - 1)) == 0;
  const uint32_t set = test.value & test.mask;
  if (test.op == WordTest::Op::kEq && set == 0) {
    return StrCat("without ", whole ? "any CLONE_NEW* flag" : Names(test.mask, " or "));
  }
  if ((test.op == WordTest::Op::kNe || test.op == WordTest::Op::kGt) && set == 0) {
    return StrCat("with ", whole ? "a CLONE_NEW* flag" : Names(test.mask, " or "));
  }
  if (test.op == WordTest::Op::kNe && one) {
    return StrCat("without ", Names(test.mask, ""));
  }
  if (test.op == WordTest::Op::kEq) {
    const uint32_t unset = test.mask & ~set;
    return StrCat("with ", Names(set, " and "),
                  unset == 0 ? "" : StrCat(", without ", Names(unset, " or ")));
  }
  return std::nullopt;
}

std::optional<std::string> FlagsText(const WordTests& when, int low_word) {
  std::vector<std::string> parts;
  for (const WordTest& test : when) {
    if (test.word != low_word) {
      return std::nullopt;
    }
    const std::optional<std::string> part = FlagText(test);
    if (!part.has_value()) {
      return std::nullopt;
    }
    parts.push_back(*part);
  }
  return base::StrJoin(parts, " and ");
}

// The one value that the tests leave for an argument, when they say so outright.
std::optional<uint32_t> OnlyValue(const WordTests& when, int low_word) {
  std::optional<uint32_t> only;
  for (const WordTest& test : when) {
    const bool equal = test.op == WordTest::Op::kEq && test.mask == ~uint32_t{0};
    if (equal && test.word == low_word) {
      only = test.value;
    } else if (!(equal && test.word == low_word + 1 && test.value == 0)) {
      return std::nullopt;
    }
  }
  return only;
}

std::optional<std::string> ValueText(const WordTests& when, const Meaning& meaning) {
  const std::optional<uint32_t> only = OnlyValue(when, meaning.argument * 2);
  const auto named = std::ranges::find_if(
      meaning.values, [&](const Named& one) { return only.has_value() && one.value == *only; });
  return named == meaning.values.end() ? std::nullopt : std::optional(StrCat("with ", named->name));
}

// The families that the tests leave, when they are few and no unknown one is among them.
std::optional<std::string> FamiliesText(const WordTests& when) {
  const bool of_family = std::ranges::all_of(when, [](const WordTest& test) {
    return test.word == 0 || (test.word == 1 && Holds(test, 0));
  });
  if (!of_family) {
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  uint32_t beyond = 0;
  for (const Named& family : kFamilies) {
    if (Holds(when, {family.value})) {
      names.push_back(family.name);
    }
    beyond = std::max(beyond, family.value);
  }
  WordTests unknown = when;
  unknown.push_back({.word = 0, .op = WordTest::Op::kGt, .value = beyond});
  const absl::StatusOr<std::optional<Arguments>> others = Satisfy(unknown);
  if (names.empty() || names.size() > kFamiliesTold || !others.ok() || others->has_value()) {
    return std::nullopt;
  }
  return StrCat("with ", base::StrJoin(names, " or "));
}

std::optional<std::string> Words(const Excess& excess) {
  const std::optional<Meaning> meaning = MeaningOf(excess);
  if (!meaning.has_value()) {
    return std::nullopt;
  }
  if (meaning->flags) {
    return FlagsText(excess.when, meaning->argument * 2);
  }
  return meaning->syscall.starts_with("socket") ? FamiliesText(excess.when)
                                                : ValueText(excess.when, *meaning);
}

// "x86" for SCMP_ARCH_X86.
std::string ShortName(const Arch& arch) {
  std::string name(arch.name.substr(arch.name.rfind("ARCH_") + 5));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

std::string Prefix(const Arch& arch) {
  return arch == NativeArch() ? "" : StrCat("[", ShortName(arch), "] ");
}

std::string_view NameOf(const Excess& excess) {
  return excess.syscall.empty() ? "calls that have no name here" : std::string_view(excess.syscall);
}

}  // namespace

std::string ToText(const Excess& excess) {
  std::string call = StrCat(Prefix(excess.arch), NameOf(excess));
  if (excess.when.empty()) {
    return call;
  }
  if (const std::optional<std::string> words = Words(excess); words.has_value()) {
    return StrCat(call, " ", *words);
  }
  return StrCat(call, " (", ToText(excess.when), ")");
}

std::vector<Excess> OncePerCall(const std::vector<Excess>& excess) {
  std::map<std::string_view, uint32_t> first;
  std::vector<Excess> once;
  for (const Excess& one : excess) {
    if (first.emplace(one.syscall, one.arch.token).first->second == one.arch.token) {
      once.push_back(one);
    }
  }
  return once;
}

std::vector<std::string> Summary(const std::vector<Excess>& excess) {
  // Those of the native architecture come first, so a name gets the prefix of another one only when
  // it is nothing but there that it is in excess.
  struct Entry {
    std::string_view syscall;
    std::string name;
    bool always = false;
  };
  std::vector<Entry> entries;
  for (const Excess& one : excess) {
    auto entry = std::ranges::find(entries, one.syscall, &Entry::syscall);
    if (entry == entries.end()) {
      entries.push_back({one.syscall, StrCat(Prefix(one.arch), NameOf(one)), false});
      entry = std::prev(entries.end());
    }
    entry->always = entry->always || one.when.empty();
  }
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const Entry& entry : entries) {
    names.push_back(entry.always ? entry.name : StrCat(entry.name, " (some arguments)"));
  }
  return names;
}

}  // namespace sekisho::seccomp
