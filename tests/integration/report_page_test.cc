// The report as a browser has it: headless Chromium, where it is installed.
//
// The page forbids itself every load and every script (Content-Security-Policy), and Chromium says
// on the console when a page tries one. So a silent console is the proof that nothing was asked of
// any network; the first test makes sure that it would not be silent otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "audit/reader.h"
#include "report/report.h"
#include "support/child_process.h"
#include "support/synthetic_audit.h"
#include "support/temp_dir.h"
#include "support/text_file.h"

namespace sekisho::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostileName[] = "</script><img src=http://203.0.113.1/x onerror=alert(1)>";
// 2026-11-21T00:00:00Z, the end of the synthetic day.
constexpr std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'795'219'200)};

verify::Container Weak() {
  verify::Container container;
  container.namespace_ = "shop";
  container.pod = "web-0";
  container.name = "weak-one";
  container.origin = verify::Origin::kDecided;
  container.process.emplace();
  container.drift = {{"seccomp", "filter", "off"}};
  return container;
}

// A day of 2000 decisions, and a name that wants to be markup.
std::string MakePage(const TempDir& dir) {
  const std::string log = dir.File("audit.jsonl");
  WriteSyntheticAudit(log, 2000, 3);
  report::Builder builder({.node = kHostileName,
                           .version = "1",
                           .policy = "policy.yaml",
                           .now = kNow,
                           .since = kNow - std::chrono::hours(24)});
  const auto stats = audit::ReadLines(log, {.with_facts = true, .threads = 1},
                                      [&builder](const audit::Line& line) { builder.Add(line); });
  EXPECT_TRUE(stats.ok()) << stats.status();
  audit::Line hostile;
  hostile.time = kNow - std::chrono::hours(1);
  hostile.method = "CreateContainer";
  hostile.action = policy::Action::kDeny;
  hostile.pod.namespace_ = kHostileName;
  hostile.message = kHostileName;
  hostile.violations = {{kHostileName, kHostileName, kHostileName}};
  builder.Add(hostile);
  verify::Result result;
  result.time = kNow;
  result.containers = {Weak()};
  builder.SetVerification(result);
  return builder.Html();
}

struct Browsed {
  int exit_code = -1;
  std::string out;
  std::string log;
};

class ReportPage : public ::testing::Test {
 protected:
  void SetUp() override {
    if (RunToEnd({"sh", "-c", "command -v chromium"}).exit_code != 0) {
      GTEST_SKIP() << "chromium is not installed";
    }
    WriteText(dir_.File("probe.html"), "<!DOCTYPE html><title>probe</title><p>there</p>");
    if (Browse({"--dump-dom"}, "probe.html").out.find("there") == std::string::npos) {
      GTEST_SKIP() << "chromium does not run here: " << ReadText(dir_.File("browser.log"));
    }
    WriteText(dir_.File("report.html"), MakePage(dir_));
  }

  Browsed Browse(const std::vector<std::string>& arguments, const std::string& page) const {
    std::vector<std::string> argv = {
        "sh",
        "-c",
        R"(dir="$0"; exec chromium "$@" >"$dir/out" 2>"$dir/browser.log")",
        dir_.path(),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--hide-scrollbars",
        "--enable-logging=stderr",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--user-data-dir=" + dir_.File("profile")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    argv.push_back("file://" + dir_.File(page));
    ChildProcess browser({.argv = argv, .environment = {{"HOME", dir_.path()}}});
    Browsed browsed;
    // Ended with the object when it does not come to an end.
    browsed.exit_code = browser.Wait(std::chrono::seconds(90)).value_or(-1);
    browsed.out = ReadText(dir_.File("out"));
    browsed.log = ReadText(dir_.File("browser.log"));
    return browsed;
  }

  // The picture of a page; in the other scheme when `dark`.
  std::string Picture(const std::string& page, int width, bool dark = false) const {
    const std::string file = dir_.File("picture.png");
    std::filesystem::remove(file);
    Browse({"--screenshot=" + file, "--window-size=" + std::to_string(width) + ",1600",
            std::string("--blink-settings=preferredColorScheme=") + (dark ? "0" : "1")},
           page);
    return std::filesystem::exists(file) ? ReadText(file) : "";
  }

  const TempDir dir_;
};

TEST_F(ReportPage, TheConsoleIsNotSilentWhereAPageTriesToLoadOrRunSomething) {
  WriteText(dir_.File("control.html"),
            "<!DOCTYPE html><meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
            "'none'\"><title>c</title><img src=\"http://203.0.113.1/x\"><script>1</script>");
  const Browsed browsed = Browse({"--dump-dom"}, "control.html");
  EXPECT_THAT(browsed.log, AllOf(HasSubstr("CONSOLE"), HasSubstr("203.0.113.1")));
}

TEST_F(ReportPage, ShowsItsTablesAndLoadsAndRunsNothing) {
  const Browsed browsed = Browse({"--dump-dom"}, "report.html");
  EXPECT_EQ(browsed.exit_code, 0) << browsed.log;
  EXPECT_THAT(browsed.log, Not(HasSubstr("CONSOLE")));
  for (const char* what : {"<table class=\"heat\">", "<table class=\"running\">",
                           "<table class=\"refusals\">", "<svg class=\"timeline\"", "<pre><code>",
                           "The one running container is weaker than decided.", "weak-one",
                           "capabilities_restricted"}) {
    EXPECT_THAT(browsed.out, HasSubstr(what));
  }
  // What the parser made of the hostile names is text. A browser writes attributes as they are, and
  // what is between their quotes is no markup.
  const std::string elements =
      std::regex_replace(browsed.out, std::regex(" title=\"[^\"]*\""), " title");
  EXPECT_THAT(elements, HasSubstr("&lt;img src=http://203.0.113.1/x onerror=alert(1)&gt;"));
  EXPECT_THAT(elements, Not(HasSubstr("<img")));
  EXPECT_THAT(elements, Not(HasSubstr("<script")));
}

TEST_F(ReportPage, IsTheSameWithScriptsOff) {
  const std::string with_scripts = Browse({"--dump-dom"}, "report.html").out;
  std::filesystem::remove_all(dir_.File("profile"));
  std::filesystem::create_directories(dir_.File("profile/Default"));
  WriteText(dir_.File("profile/Default/Preferences"),
            R"({"profile":{"default_content_setting_values":{"javascript":2}}})");
  WriteText(dir_.File("scripted.html"),
            "<!DOCTYPE html><title>s</title><p id=p>off</p>"
            "<script>document.getElementById('p').textContent = 'on';</script>");
  ASSERT_THAT(Browse({"--dump-dom"}, "scripted.html").out, HasSubstr("<p id=\"p\">off</p>"));
  const std::string without = Browse({"--dump-dom"}, "report.html").out;
  EXPECT_THAT(without, HasSubstr("<table class=\"heat\">"));
  EXPECT_TRUE(without == with_scripts);
}

TEST_F(ReportPage, ThereIsSomethingToSeeInBothSchemesAndOnASmallScreen) {
  WriteText(dir_.File("empty.html"), "<!DOCTYPE html><title>empty</title>");
  const std::string empty = Picture("empty.html", 1280);
  ASSERT_FALSE(empty.empty());
  const std::string light = Picture("report.html", 1280);
  const std::string dark = Picture("report.html", 1280, true);
  const std::string small = Picture("report.html", 400);
  EXPECT_GT(light.size(), 8 * empty.size());
  EXPECT_GT(dark.size(), 8 * empty.size());
  EXPECT_GT(small.size(), 4 * empty.size());
  EXPECT_TRUE(light != dark);
}

TEST_F(ReportPage, CanBePrinted) {
  const std::string file = dir_.File("report.pdf");
  Browse({"--no-pdf-header-footer", "--print-to-pdf=" + file}, "report.html");
  ASSERT_TRUE(std::filesystem::exists(file));
  const std::string pdf = ReadText(file);
  EXPECT_TRUE(pdf.starts_with("%PDF-"));
  EXPECT_GT(pdf.size(), 50'000U);
}

}  // namespace
}  // namespace sekisho::testing
