// A result for people.
#include <array>
#include <cstdint>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "base/style.h"
#include "base/utf8.h"
#include "base/wrapped.h"
#include "verify/hex_mask.h"
#include "verify/result.h"

namespace sekisho::verify {
namespace {

// What is to be said of a container as a whole: one of these each, so that the counts add up.
enum class Verdict {
  kAsDecided,
  kAsToday,
  kNotSeen,
  kWeaker,
  kOlderDiffers,
  kPast,
  kForeign,
};

struct VerdictText {
  Verdict verdict;
  std::string_view word;
  base::Tone tone;
  std::string_view counted;  // behind the number, in the closing line
  std::string_view origin;   // among the details
};

constexpr auto kVerdicts = std::to_array<VerdictText>({
    {Verdict::kAsDecided, "ok", base::Tone::kGood, "as decided", "passed the agent"},
    {Verdict::kAsToday, "ok", base::Tone::kGood, "older than the agent and as today's policy says",
     "older than the agent"},
    {Verdict::kNotSeen, "unseen", base::Tone::kChanged, "that could not be looked at", ""},
    {Verdict::kWeaker, "drift", base::Tone::kBad, "weaker than decided", "passed the agent"},
    {Verdict::kOlderDiffers, "older", base::Tone::kBad,
     "older than the agent and not as today's policy says", "older than the agent"},
    {Verdict::kPast, "past", base::Tone::kBad, "that never passed the agent",
     "never passed the agent"},
    {Verdict::kForeign, "foreign", base::Tone::kBad, "not known to CRI", "not known to CRI"},
});

Verdict VerdictOf(const Container& container) {
  switch (container.origin) {
    case Origin::kForeign:
      return Verdict::kForeign;
    case Origin::kPast:
      return Verdict::kPast;
    case Origin::kDecided:
    case Origin::kOlder:
      break;
  }
  const bool older = container.origin == Origin::kOlder;
  if (!container.conforms()) {
    return older ? Verdict::kOlderDiffers : Verdict::kWeaker;
  }
  if (!container.process.has_value()) {
    return Verdict::kNotSeen;
  }
  return older ? Verdict::kAsToday : Verdict::kAsDecided;
}

const VerdictText& TextOf(Verdict verdict) {
  return kVerdicts.at(static_cast<size_t>(verdict));
}

// A coloured word cannot go through Wrapped(), which would count the colour and print it.
std::string Headed(base::Tone tone, std::string_view word, std::string_view text, bool colour) {
  constexpr size_t kWidth = 10;  // as Wrapped() has it
  std::string blanks(word.size() < kWidth ? kWidth - word.size() : 1, ' ');
  return base::StrCat(base::Styled(tone, word, colour), blanks, text, "\n");
}

std::string NameOf(const Container& container) {
  return base::Printable(
      container.origin == Origin::kForeign
          ? base::StrCat(container.runtime, "/", container.name)
          : base::StrCat(container.namespace_, "/", container.pod, "/", container.name));
}

std::string KernelText(const procfs::Process& process, std::string_view separator) {
  const std::string filters =
      process.seccomp_filters.has_value() && process.seccomp == procfs::SeccompMode::kFilter
          ? base::StrCat(", ", *process.seccomp_filters)
          : "";
  return base::StrCat("Seccomp ", static_cast<int>(process.seccomp), " (",
                      procfs::SeccompModeName(process.seccomp), filters, ")", separator, "CapEff ",
                      HexMask(process.effective.mask()), separator, "NoNewPrivs ",
                      process.no_new_privs ? 1 : 0, separator, "uid ", process.uid.effective);
}

// "ns/net, ns/pid" of "ns/net: Permission denied" and so on.
std::string UnseenNames(const Container& container) {
  return base::Printable(base::StrJoin(container.unseen, ", ", [](const std::string& what) {
    return std::string_view(what).substr(0, what.find(':'));
  }));
}

std::string GoodLine(const Container& container, const VerdictText& verdict, bool colour) {
  std::string text = NameOf(container);
  if (container.process.has_value()) {
    text += base::StrCat("  ", KernelText(*container.process, "  "));
  }
  if (!container.unseen.empty()) {
    text += base::StrCat("  not seen: ", UnseenNames(container));
  }
  return Headed(verdict.tone, verdict.word, text, colour);
}

std::string Detailed(const Container& container, const VerdictText& verdict, size_t columns,
                     bool colour) {
  std::string text = Headed(verdict.tone, verdict.word, NameOf(container), colour);
  const auto add = [&text, columns](std::string_view label, std::string_view value) {
    if (!value.empty()) {
      text += base::Wrapped(base::StrCat("  ", base::Printable(label)), value, columns);
    }
  };
  add("origin", verdict.origin);
  add("id", container.id);
  add("image", container.image);
  add("level", container.level);
  for (const Difference& difference : container.drift) {
    add(difference.what,
        base::StrCat("expected ", difference.expected, "; found ", difference.found));
  }
  add("refused", container.refusal);
  add("kernel",
      container.process.has_value() ? KernelText(*container.process, ", ") : "not looked at");
  for (const std::string& what : container.unseen) {
    add("unseen", what);
  }
  return text;
}

std::string Summary(const Result& result, const std::array<size_t, kVerdicts.size()>& counts) {
  if (result.containers.empty()) {
    return "no containers";
  }
  const size_t all = result.containers.size();
  std::string text = base::StrCat(all, all == 1 ? " container" : " containers");
  std::string_view separator = ": ";
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts.at(i) > 0) {
      text += base::StrCat(separator, counts.at(i), " ", kVerdicts.at(i).counted);
      separator = ", ";
    }
  }
  return text;
}

}  // namespace

std::string ToText(const Result& result, size_t columns, bool colour) {
  std::string text;
  std::array<size_t, kVerdicts.size()> counts{};
  for (const Container& container : result.containers) {
    const VerdictText& verdict = TextOf(VerdictOf(container));
    ++counts.at(static_cast<size_t>(verdict.verdict));
    text += container.conforms() ? GoodLine(container, verdict, colour)
                                 : Detailed(container, verdict, columns, colour);
  }
  for (const std::string& error : result.errors) {
    std::string line = base::Wrapped("error", error, columns);
    line.replace(0, std::string_view("error").size(),
                 base::Styled(base::Tone::kBad, "error", colour));
    text += line;
  }
  std::string summary = Summary(result, counts);
  if (!result.errors.empty()) {
    summary +=
        base::StrCat("; ", result.errors.size(), result.errors.size() == 1 ? " error" : " errors");
  }
  return base::StrCat(text, text.empty() ? "" : "\n", base::Wrapped("", summary, columns));
}

}  // namespace sekisho::verify
