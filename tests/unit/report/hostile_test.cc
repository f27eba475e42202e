// A log that wants to be something else: markup, endless, or unreadable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "html_reader.h"
#include "lines.h"
#include "report/report.h"

namespace sekisho::testing {
namespace {

using report::Builder;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kPageMax = size_t{5} << 20;

// The tags that the page has, whatever it shows.
std::set<std::string> TagNames(const std::string& page) {
  std::set<std::string> names;
  for (const Tag& tag : HtmlReader::Tags(page)) {
    names.insert(tag.name);
  }
  return names;
}

// In every place of a line that is text.
audit::Line Filled(const std::string& text, const std::string& unique) {
  audit::Line line = Refused({.namespace_ = text + unique, .pod = text, .container = text},
                             {text, text,
                              "container \"" + text + "\" must not include \"" + text +
                                  "\" in securityContext.capabilities.add"});
  line.method = text;
  line.image = text;
  line.error_id = text;
  line.error = text;
  line.rule = text;
  line.exemption = text;
  line.audit = {{text + "2", text, text}, AddsNetAdmin(text), {"hostPathVolumes", "r", text}};
  line.warn = {{"sysctls", "forbidden sysctls", text}};
  line.facts.emplace();
  line.facts->container.emplace();
  line.facts->container->profiles.push_back({.path = text + unique,
                                             .state = seccomp::ProfileFacts::State::kUsable,
                                             .beyond_floor = {text, text}});
  line.facts->container->profiles.push_back(
      {.path = unique + text, .state = seccomp::ProfileFacts::State::kInvalid, .fault = text});
  return line;
}

verify::Container FilledContainer(const std::string& text) {
  verify::Container container = GoodContainer(text);
  container.namespace_ = text;
  container.pod = text;
  container.image = text;
  container.refusal = text;
  container.drift = {{text, text, text}};
  container.unseen = {text};
  container.process->lsm_label = text;
  container.process->namespaces[text] = 1;
  return container;
}

std::string PageFilledWith(const std::string& text, int times) {
  Builder::Options options = ReportOptions();
  options.node = text;
  options.policy = text;
  options.version = text;
  Builder builder(options);
  verify::Result result;
  for (int i = 0; i < times; ++i) {
    builder.Add(Filled(text, std::to_string(i)));
    result.containers.push_back(FilledContainer(text));
    result.errors.push_back(text);
  }
  builder.SetReadStats({.unreadable = 1, .first_unreadable = text});
  procfs::Process host = HostProcess();
  host.namespaces[text] = 1;
  builder.SetVerification(result, host);
  return builder.Html();
}

TEST(HostileLog, NamesStayNames) {
  const std::set<std::string> ours = TagNames(PageFilledWith("plain", 3));
  const std::vector<std::string> kTexts = {
      "</script><img src=x onerror=alert(1)>",
      "\"><svg onload=alert(1)>",
      "' autofocus onfocus='alert(1)",
      "</style><style>*{display:none}",
      "</title><base href=//evil>",
      "</code></pre><iframe src=//evil>",
      "<!-- ",
      "]]>",
      "&#60;script&#62;",
      "a\nb\r\n- c: d",
      "\xe2\x80\xae\xff\x1b[2J",
      std::string("\0\0", 2),
      "",
  };
  for (const std::string& text : kTexts) {
    SCOPED_TRACE(text);
    const std::string page = PageFilledWith(text, 3);
    std::set<std::string> names;
    ASSERT_NO_THROW(names = TagNames(page));
    for (const std::string& name : names) {
      EXPECT_TRUE(ours.contains(name)) << name;
    }
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    EXPECT_THAT(page, Not(HasSubstr("\x1b")));
    EXPECT_THAT(page, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_EQ(page.find('\0'), std::string::npos);
  }
}

TEST(HostileLog, EndlessTextIsCutAndThePageStaysSmall) {
  for (const std::string& text :
       {std::string(20'000, '<'), std::string(20'000, '\x01'), std::string(20'000, 'x')}) {
    const std::string page = PageFilledWith(text, 800);
    EXPECT_LT(page.size(), kPageMax);
    EXPECT_NO_THROW(HtmlReader::Tags(page));
  }
}

TEST(HostileLog, TenThousandNamespacesAreOneRowBeyondTheWorst) {
  Builder builder(ReportOptions());
  for (int i = 0; i < 10'000; ++i) {
    builder.Add(Noted({.namespace_ = "ns-" + std::to_string(i)}, AddsNetAdmin()));
  }
  builder.Add(Refused({.namespace_ = "worst"}, AddsNetAdmin()));
  const std::string page = builder.Html();
  EXPECT_LT(page.size(), size_t{1} << 20);
  EXPECT_THAT(page, HasSubstr("9,941 further"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">worst</th>"));
  EXPECT_THAT(page, HasSubstr("<dt>Namespaces</dt><dd>10,001</dd>"));
}

TEST(HostileLog, EveryLineAnotherNamespaceCheckPodProfileAndMessage) {
  Builder builder(ReportOptions());
  for (int i = 0; i < 100'000; ++i) {
    const std::string id = std::to_string(i);
    audit::Line line =
        Refused({.namespace_ = "n" + id, .pod = "p" + id, .container = "c" + id},
                {"check-" + id, "reason " + id, "container \"c" + id + "\" must not"});
    line.audit = {AddsNetAdmin("c" + id)};
    line.facts.emplace();
    line.facts->container.emplace();
    line.facts->container->profiles.push_back({.path = "/p/" + id});
    builder.Add(line);
  }
  const std::string page = builder.Html();
  EXPECT_LT(page.size(), kPageMax);
  ASSERT_NO_THROW(HtmlReader::Tags(page));
  EXPECT_THAT(page, HasSubstr("<span>other checks</span>"));
  EXPECT_THAT(page, HasSubstr("older refusals are not shown"));
  EXPECT_THAT(page, HasSubstr("the log has more checks than there can be"));
  EXPECT_THAT(page, HasSubstr("<dt>Namespaces</dt><dd>16,384+</dd>"));
}

TEST(HostileLog, ALineWithTenThousandViolationsIsNotWorthTheTime) {
  Builder builder(ReportOptions());
  audit::Line line = Refused({}, AddsNetAdmin());
  for (int i = 0; i < 10'000; ++i) {
    line.audit.push_back({"check-" + std::to_string(i), "r", "d"});
  }
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    builder.Add(line);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_LT(builder.Html().size(), kPageMax);
}

}  // namespace
}  // namespace sekisho::testing
