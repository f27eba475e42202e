// What the page says, of decisions and containers that are made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "html_reader.h"
#include "lines.h"
#include "report/report.h"

namespace sekisho::testing {
namespace {

using policy::Action;
using report::Builder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string PageOf(const std::vector<audit::Line>& lines) {
  Builder builder(ReportOptions());
  for (const audit::Line& line : lines) {
    builder.Add(line);
  }
  return builder.Html();
}

std::string PageOf(verify::Result result) {
  Builder builder(ReportOptions());
  result.time = kReportTime;
  builder.SetVerification(std::move(result), HostProcess());
  return builder.Html();
}

verify::Result ResultOf(std::vector<verify::Container> containers) {
  verify::Result result;
  result.containers = std::move(containers);
  return result;
}

std::string SectionOf(const std::string& page, const std::string& id) {
  const size_t begin = page.find("<section id=\"" + id + "\"");
  const size_t end = page.find("</section>", begin);
  return begin == std::string::npos ? "" : page.substr(begin, end - begin);
}

TEST(Page, NeedsNothingButItself) {
  Builder builder(ReportOptions());
  builder.Add(Refused({}, AddsNetAdmin()));
  builder.SetVerification(ResultOf({GoodContainer("app")}));
  const std::string page = builder.Html();
  size_t tables = 0;
  for (const Tag& tag : HtmlReader::Tags(page)) {
    tables += tag.name == "table" ? 1 : 0;
    for (const auto& [name, value] : tag.attributes) {
      EXPECT_NE(name, "src");
      EXPECT_NE(name, "style") << value;
      EXPECT_FALSE(name.starts_with("on")) << name;
      if (name == "href") {
        EXPECT_TRUE(value.starts_with("#")) << value;
        EXPECT_THAT(page, HasSubstr("id=\"" + value.substr(1) + "\""));
      }
    }
    EXPECT_NE(tag.name, "script");
    EXPECT_NE(tag.name, "link");
  }
  EXPECT_GE(tables, 5U);
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline'"));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST(Page, EveryTableIsNamedAndItsHeadersSayWhatTheyAreOf) {
  Builder builder(ReportOptions());
  builder.Add(Refused({}, AddsNetAdmin()));
  builder.SetVerification(ResultOf({GoodContainer("app")}));
  const std::vector<Tag> tags = HtmlReader::Tags(builder.Html());
  std::set<std::string> ids;
  for (size_t i = 0; i < tags.size(); ++i) {
    if (tags[i].name == "table") {
      EXPECT_EQ(tags[i + 1].name, "caption");
    }
    if (tags[i].name == "th") {
      EXPECT_TRUE(tags[i].attributes.contains("scope"));
    }
    if (const auto id = tags[i].attributes.find("id"); id != tags[i].attributes.end()) {
      EXPECT_TRUE(ids.insert(id->second).second) << id->second << " is there twice";
    }
    if (const auto id = tags[i].attributes.find("tabindex"); id != tags[i].attributes.end()) {
      EXPECT_TRUE(tags[i].attributes.contains("aria-label"));
    }
  }
}

TEST(Page, TheHeadSaysWhoWhenAndHowMany) {
  std::vector<audit::Line> lines(3, MakeLine({}));
  lines.push_back(Hardened({}, AddsNetAdmin()));
  lines.push_back(Refused({}, AddsNetAdmin()));
  lines.push_back(MakeLine({.ago = std::chrono::hours(25)}));
  const std::string page = PageOf(lines);
  EXPECT_THAT(page, AllOf(HasSubstr("<title>Pod security on node-7</title>"),
                          HasSubstr("policy.yaml 9e9eab657b61, baseline:latest"),
                          HasSubstr("by sekisho 1.2.3"), HasSubstr("<dt>Decisions</dt><dd>5</dd>"),
                          HasSubstr("<dt>Allowed</dt><dd>3</dd>"),
                          HasSubstr("<dt>Hardened</dt><dd class=\"warn\">1</dd>"),
                          HasSubstr("<dt>Refused</dt><dd class=\"bad\">1</dd>")));
  EXPECT_THAT(page, HasSubstr("Of 5 decisions in this time, 1 was a refusal and 1 was hardened"));
  EXPECT_THAT(page, HasSubstr("1 decision is older than the time looked at."));
  EXPECT_THAT(page, HasSubstr("2026-11-20 00:00:00</time> to"));
}

TEST(Page, APageOfNothingSaysSo) {
  const std::string page = PageOf(std::vector<audit::Line>{});
  EXPECT_NO_THROW(HtmlReader::Tags(page));
  EXPECT_THAT(page, AllOf(HasSubstr("No decision was recorded in this time."),
                          HasSubstr("No check failed in any decision."),
                          HasSubstr("There was no decision."), HasSubstr("Nothing was refused."),
                          HasSubstr("Nobody looked at the running containers.")));
}

TEST(Page, SaysWhyNobodyLooked) {
  Builder builder(ReportOptions());
  builder.SetNotVerified("the runtime <does> not answer");
  EXPECT_THAT(builder.Html(),
              HasSubstr("Nobody looked at what runs: the runtime &lt;does&gt; not answer."));
}

TEST(Page, TheHeadlineIsThePosture) {
  const verify::Container good = GoodContainer("app");
  verify::Container weak = good;
  weak.drift = {{"seccomp", "filter", "off"}};
  verify::Container past = good;
  past.origin = verify::Origin::kPast;
  verify::Container older = good;
  older.origin = verify::Origin::kOlder;
  older.refusal = "violates PodSecurity \"baseline:latest\": hostPort (…)";
  verify::Container older_weak = good;
  older_weak.origin = verify::Origin::kOlder;
  older_weak.drift = weak.drift;
  verify::Container blind = good;
  blind.process.reset();
  const struct {
    const char* name;
    std::vector<verify::Container> containers;
    const char* headline;
    const char* more;
  } kRows[] = {
      {"all is well",
       {good, good, good},
       "None of 3 running containers is weaker than decided.",
       ""},
      {"one, and well", {good}, "The one running container is not weaker than decided.", ""},
      {"nothing", {}, "No container is running.", ""},
      {"some are weaker",
       {good, weak, weak, good},
       "2 of 4 running containers are weaker than decided.",
       ""},
      {"the only one is weaker", {weak}, "The one running container is weaker than decided.", ""},
      {"one is weaker", {good, weak}, "1 of 2 running containers is weaker than decided.", ""},
      {"an older one is weaker than today's policy",
       {good, older_weak},
       "1 of 2 running containers is weaker than the policy asks for.",
       ""},
      {"nobody decided on it",
       {good, past},
       "1 of 2 running containers never passed the agent.",
       ""},
      {"all at once",
       {weak, past, older, older_weak, blind},
       "1 of 5 running containers is weaker than decided.",
       "1 that it did not decide on is weaker than the policy asks for. 1 never passed the agent. "
       "1 "
       "would be refused by today’s policy. 1 thing could not be looked at."},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const std::string page = PageOf(ResultOf(row.containers));
    EXPECT_THAT(page, HasSubstr("<span>" + std::string(row.headline) + "</span>"));
    EXPECT_THAT(page, HasSubstr(row.more));
  }
}

TEST(Page, AConformingNodeIsTheOnlyGoodOne) {
  EXPECT_THAT(PageOf(ResultOf({GoodContainer("a")})), HasSubstr("class=\"headline good\""));
  verify::Result blind = ResultOf({GoodContainer("a")});
  blind.errors = {"no answer for <x>"};
  const std::string page = PageOf(blind);
  EXPECT_THAT(page, HasSubstr("class=\"headline bad\""));
  EXPECT_THAT(page, HasSubstr("no answer for &lt;x&gt;"));
}

TEST(RunningTable, SaysWhatTheKernelSays) {
  verify::Container weak = GoodContainer("weak");
  weak.process->seccomp = procfs::SeccompMode::kOff;
  weak.process->effective = caps::CapSet::All();
  weak.process->no_new_privs = false;
  weak.process->uid = {0, 0, 0, 0};
  weak.process->namespaces["net"] = 10;
  weak.process->root_read_only = false;
  weak.process->lsm_label.clear();
  weak.drift = {{"seccomp", "filter", "off"}, {"namespaces.net", "of its own", "the host's"}};
  weak.unseen = {"ns/pid: Permission denied"};
  const std::string section = SectionOf(PageOf(ResultOf({GoodContainer("fine"), weak})), "running");
  // The weaker one stands first.
  EXPECT_LT(section.find(">weak<"), section.find(">fine<"));
  EXPECT_THAT(section,
              AllOf(HasSubstr("<b>off</b>"), HasSubstr("<b>all</b>"), HasSubstr("<b>no</b>"),
                    HasSubstr("<b>0</b>"), HasSubstr("<b>net</b>, user"), HasSubstr("writable")));
  EXPECT_THAT(section, AllOf(HasSubstr("filter ×1"), HasSubstr("CHOWN, NET_BIND_SERVICE"),
                             HasSubstr("CapEff 0000000000000401, 2 capabilities"),
                             HasSubstr("cri-containerd.apparmor.d (enforce)"),
                             HasSubstr("read&#8209;only"), HasSubstr("conforms")));
  EXPECT_THAT(section, HasSubstr("<b>seccomp</b>: found off, must be filter"));
  EXPECT_THAT(section, HasSubstr("found the host&#39;s, must be of its own"));
  EXPECT_THAT(section, HasSubstr("Not seen: ns/pid: Permission denied"));
}

TEST(RunningTable, WithoutTheHostNoNamespaceIsSaidToBeItsOwn) {
  Builder builder(ReportOptions());
  builder.SetVerification(ResultOf({GoodContainer("app")}));
  EXPECT_THAT(SectionOf(builder.Html(), "running"), HasSubstr("not known</span>"));
}

TEST(HeatMap, ACellHasItsNumberItsLetterAndItsWords) {
  std::vector<audit::Line> lines(11, Noted({.namespace_ = "blog"}, AddsNetAdmin()));
  lines.push_back(Refused({}, AddsNetAdmin()));
  lines.push_back(Hardened({}, AddsNetAdmin()));
  lines.push_back(Hardened({}, {"allowPrivilegeEscalation", "allowPrivilegeEscalation != false",
                                "container \"app\" must set …"}));
  lines.push_back(MakeLine({.namespace_ = "quiet"}));
  const std::string section = SectionOf(PageOf(lines), "posture");
  EXPECT_THAT(section,
              HasSubstr("<td class=\"r1\" title=\"shop · capabilities_baseline: 1 refused, "
                        "1 hardened\">2<b>R</b></td>"));
  EXPECT_THAT(section, HasSubstr("<td class=\"h1\" title=\"shop · allowPrivilegeEscalation: 1 "
                                 "hardened\">1<b>H</b></td>"));
  EXPECT_THAT(section, HasSubstr("<td class=\"a2\" title=\"blog · capabilities_baseline: 11 audit "
                                 "or warn only\">11<b>A</b></td>"));
  EXPECT_LT(section.find(">shop<"), section.find(">blog<")) << "a refusal is worse";
  EXPECT_THAT(section, HasSubstr("No check failed in 1 namespace: quiet."));
  // Baseline stands before restricted, whatever came first.
  EXPECT_LT(section.find("<span>capabilities_baseline"),
            section.find("<span>allowPrivilegeEscalation"));
  EXPECT_THAT(section, HasSubstr("<th scope=\"row\">All</th><td class=\"n\">15</td>"));
}

TEST(HeatMap, ARefusalCountsAgainstWhatItNamesAlone) {
  audit::Line line = Refused({}, AddsNetAdmin());
  line.violations.push_back({"procMount", "procMount", "container \"app\" must not set …"});
  line.audit = line.violations;  // the same again says nothing new
  const std::string section = SectionOf(PageOf({line}), "posture");
  EXPECT_THAT(section, HasSubstr("capabilities_baseline: 1 refused\">"));
  EXPECT_THAT(section, HasSubstr("procMount: 1 hardened\">"));
}

TEST(Timeline, ABarForEachTimeAndTheSameAsATable) {
  std::vector<audit::Line> lines;
  for (int hour = 0; hour < 24; ++hour) {
    lines.push_back(MakeLine({.ago = std::chrono::hours(hour) + std::chrono::seconds(1)}));
  }
  lines.push_back(Refused({.ago = std::chrono::hours(3)}, AddsNetAdmin()));
  lines.push_back(MakeLine({.ago = std::chrono::hours(-2)}));
  const std::string section = SectionOf(PageOf(lines), "timeline");
  EXPECT_THAT(section, HasSubstr("Decisions for each 30 minutes, in UTC."));
  EXPECT_THAT(
      section,
      HasSubstr("<title>2026-11-20 21:00:00 UTC: 0 allowed, 0 hardened, 1 refused</title>"));
  EXPECT_THAT(section, HasSubstr("2026-11-20 23:30:00</time></th><td class=\"n\">1</td>"));
  EXPECT_THAT(section, HasSubstr("1 decision has a time in the future, and no bar."));
  EXPECT_THAT(section, HasSubstr("11-20 "));
}

TEST(Timeline, TimesThatAreAgesApartDoNotMakeItLong) {
  Builder builder([] {
    Builder::Options options = ReportOptions();
    options.since = {};
    return options;
  }());
  for (int i = 0; i < 50'000; ++i) {
    builder.Add(MakeLine({.ago = std::chrono::minutes(i * 500)}));
  }
  const std::string section = SectionOf(builder.Html(), "timeline");
  EXPECT_LT(section.size(), 60'000U);
  EXPECT_THAT(section, HasSubstr("older than the first bar."));
}

TEST(Violations, HaveTheirMeaningTheirWorkloadsAndTheLines) {
  std::vector<audit::Line> lines(2, Refused({}, AddsNetAdmin()));
  lines.push_back(Hardened({.pod = "db-0", .container = "pg"}, AddsNetAdmin("pg")));
  const std::string section = SectionOf(PageOf(lines), "violations");
  EXPECT_THAT(section,
              HasSubstr("adds capabilities beyond those that a runtime gives by default."));
  EXPECT_THAT(section, HasSubstr("<span class=\"ns\">shop/</span>web <span class=\"of\">app"));
  EXPECT_THAT(section, HasSubstr("<span class=\"ns\">shop/</span>db <span class=\"of\">pg"));
  EXPECT_THAT(section, HasSubstr("<pre><code>spec:\n  containers:\n  - name: app\n"
                                 "    securityContext:\n      capabilities:\n"
                                 "        add: []  # or what is there, without "
                                 "&quot;NET_ADMIN&quot;\n</code></pre>"));
  EXPECT_THAT(section, HasSubstr("And the same for container <code>pg</code>."));
}

TEST(Violations, WhatNoLinesMendHasAdvice) {
  const std::string section =
      SectionOf(PageOf({Refused({}, {"devices", "devices of the node",
                                     "container \"app\" must not use device \"/dev/kvm\""})}),
                "violations");
  EXPECT_THAT(section, HasSubstr("devices.trusted of the policy"));
  EXPECT_THAT(section, HasSubstr("/dev/kvm"));
  EXPECT_THAT(section, Not(HasSubstr("<pre>")));
}

TEST(Violations, AnUnknownCheckIsSaidToBeOne) {
  const std::string section =
      SectionOf(PageOf({Noted({}, {"fromTheFuture", "reason", "what to <do>"})}), "violations");
  EXPECT_THAT(section, HasSubstr("A check that this release does not know."));
  EXPECT_THAT(section, HasSubstr("what to &lt;do&gt;"));
}

audit::DecidedFacts FactsWith(policy::ProfileType type,
                              std::vector<seccomp::ProfileFacts> profiles = {}) {
  audit::DecidedFacts facts;
  facts.container.emplace();
  facts.container->seccomp.type = type;
  facts.container->profiles = std::move(profiles);
  return facts;
}

TEST(Profiles, AreShownWithTheirDistanceFromTheFloor) {
  const seccomp::ProfileFacts lax{.path = "/var/lib/kubelet/seccomp/lax.json",
                                  .state = seccomp::ProfileFacts::State::kUsable,
                                  .beyond_floor = {"bpf", "mount"}};
  const seccomp::ProfileFacts tight{.path = "/var/lib/kubelet/seccomp/tight.json",
                                    .state = seccomp::ProfileFacts::State::kUsable};
  const seccomp::ProfileFacts gone{.path = "/var/lib/kubelet/seccomp/gone.json",
                                   .state = seccomp::ProfileFacts::State::kMissing,
                                   .fault = "does not exist"};
  std::vector<audit::Line> lines(8, MakeLine({}));
  lines[0].facts = FactsWith(policy::ProfileType::kLocalhost, {lax});
  lines[1].facts = FactsWith(policy::ProfileType::kLocalhost, {lax});
  lines[2].facts = FactsWith(policy::ProfileType::kLocalhost, {tight});
  lines[3].facts = FactsWith(policy::ProfileType::kLocalhost, {gone});
  lines[4].facts = FactsWith(policy::ProfileType::kRuntimeDefault);
  lines[5].facts = FactsWith(policy::ProfileType::kAbsent);
  lines[6].facts = audit::DecidedFacts{};  // of a sandbox
  const std::string section = SectionOf(PageOf(lines), "profiles");
  EXPECT_LT(section.find("gone.json"), section.find("lax.json"));
  EXPECT_LT(section.find("lax.json"), section.find("tight.json"));
  EXPECT_THAT(section, HasSubstr("missing: does not exist"));
  EXPECT_THAT(section, HasSubstr("<td class=\"n\">2</td><td><b>2 calls</b>: <code>bpf</code>, "
                                 "<code>mount</code></td>"));
  EXPECT_THAT(section, HasSubstr("<td class=\"n\">1</td><td>nothing</td>"));
  EXPECT_THAT(section, HasSubstr("Unconfined, or nothing</th><td class=\"n\">1</td>"));
}

TEST(Refusals, AlikeAreOneRowAndTheLatestIsFirst) {
  std::vector<audit::Line> lines(3, Refused({}, AddsNetAdmin()));
  audit::Line error = MakeLine({.pod = "", .container = "", .action = Action::kDeny});
  error.time = kReportTime - std::chrono::minutes(1);
  error.pod.namespace_.clear();
  error.error_id = "unknown-sandbox";
  error.error = "sandbox <x> was not seen";
  lines.push_back(error);
  const std::string page = PageOf(lines);
  const std::string section = SectionOf(page, "refusals");
  EXPECT_LT(section.find("unknown-sandbox"), section.find("violates PodSecurity"));
  EXPECT_THAT(section, HasSubstr("<td class=\"n\">3</td>"));
  EXPECT_THAT(section, HasSubstr("<code>unknown-sandbox</code> sandbox &lt;x&gt; was not seen"));
  EXPECT_THAT(page, HasSubstr("1 refusal was for another reason than a policy"));
}

TEST(Notes, SayWhatIsMissing) {
  Builder builder(ReportOptions());
  builder.SetReadStats(
      {.lines = 10, .lost = 12, .unreadable = 2, .first_unreadable = "audit.jsonl:12: <no> JSON"});
  const std::string page = builder.Html();
  EXPECT_THAT(page,
              HasSubstr("2 lines of the log are not readable, and not counted. The first one: "
                        "audit.jsonl:12: &lt;no&gt; JSON"));
  EXPECT_THAT(page, HasSubstr("12 decisions are missing in the log, by what it says itself"));
}

}  // namespace
}  // namespace sekisho::testing
