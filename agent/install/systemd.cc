#include "install/systemd.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "install/command.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using std::chrono::seconds;

// A unit's own timeouts (TimeoutStartSec=, which the agent extends) end a job long before.
constexpr seconds kJobTimeout{180};
constexpr seconds kQueryTimeout{20};

// What UnitState holds.
constexpr const char* kShownProperties =
    "--property=LoadState,ActiveState,SubState,MainPID,FragmentPath,DropInPaths,ExecStart,"
    "UnitFileState";

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

absl::StatusOr<std::string> Ask(const std::vector<std::string>& argv, seconds timeout) {
  absl::StatusOr<CommandResult> result = RunCommand(argv, timeout);
  if (!result.ok()) {
    return result.status();
  }
  if (result->exit_code != 0) {
    return absl::FailedPreconditionError(
        StrCat(base::StrJoin(argv, " "), ": ", Trimmed(result->output)));
  }
  return std::move(result->output);
}

absl::Status Do(std::vector<std::string> argv, const std::vector<std::string>& units,
                seconds timeout) {
  argv.insert(argv.end(), units.begin(), units.end());
  return Ask(argv, timeout).status();
}

class Systemctl final : public Systemd {
 public:
  absl::StatusOr<UnitState> Show(const std::string& unit) override {
    absl::StatusOr<std::string> text =
        Ask({"systemctl", "show", "--no-pager", kShownProperties, unit}, kQueryTimeout);
    if (!text.ok()) {
      return text.status();
    }
    return ParseUnitState(*text);
  }
  absl::Status DaemonReload() override {
    return Do({"systemctl", "daemon-reload"}, {}, kJobTimeout);
  }
  absl::Status Start(const std::vector<std::string>& units) override {
    return Do({"systemctl", "--no-ask-password", "start"}, units, kJobTimeout);
  }
  absl::Status Restart(const std::string& unit) override {
    // A unit that has failed too often by now is not started again otherwise (StartLimitBurst=).
    (void)Do({"systemctl", "reset-failed"}, {unit}, kQueryTimeout);
    return Do({"systemctl", "--no-ask-password", "restart"}, {unit}, kJobTimeout);
  }
  absl::Status Stop(const std::vector<std::string>& units) override {
    return Do({"systemctl", "--no-ask-password", "stop"}, units, kJobTimeout);
  }
  absl::Status Enable(const std::vector<std::string>& units) override {
    return Do({"systemctl", "--no-ask-password", "enable"}, units, kJobTimeout);
  }
  absl::Status Disable(const std::vector<std::string>& units) override {
    return Do({"systemctl", "--no-ask-password", "disable"}, units, kJobTimeout);
  }
  absl::Status ArmTimer(const std::string& name, seconds delay,
                        const std::vector<std::string>& argv) override {
    return Do({"systemd-run", StrCat("--unit=", name), StrCat("--on-active=", delay.count(), "s"),
               // By default a timer may be a minute late.
               "--timer-property=AccuracySec=100ms", "--collect", "--"},
              argv, kQueryTimeout);
  }
  absl::Status DisarmTimer(const std::string& name) override {
    const std::string timer = StrCat(name, ".timer");
    absl::StatusOr<UnitState> state = Show(timer);
    if (!state.ok()) {
      return state.status();
    }
    return state->loaded && state->active_state == "active" ? Stop({timer}) : absl::OkStatus();
  }
  std::string LogOf(const std::string& unit, int lines) override {
    absl::StatusOr<std::string> text = Ask({"journalctl", "--no-pager", "--quiet", "--output=cat",
                                            StrCat("--lines=", lines), StrCat("--unit=", unit)},
                                           kQueryTimeout);
    return text.ok() ? *text : "";
  }
};

// "{ path=/usr/bin/x ; argv[]=… }", the first of them.
std::string ProgramOf(std::string_view exec_start) {
  constexpr std::string_view kPath = "path=";
  const size_t begin = exec_start.find(kPath);
  if (begin == std::string_view::npos) {
    return "";
  }
  const std::string_view rest = exec_start.substr(begin + kPath.size());
  return std::string(rest.substr(0, rest.find(" ;")));
}

}  // namespace

UnitState ParseUnitState(std::string_view show) {
  UnitState state;
  std::string fragment;
  std::vector<std::string> drop_ins;
  for (const absl::string_view line : absl::StrSplit(base::AbslView(show), '\n')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    const std::string_view value = base::StdView(pair.second);
    if (pair.first == "LoadState") {
      state.loaded = value == "loaded";
    } else if (pair.first == "ActiveState") {
      state.active_state = value;
    } else if (pair.first == "SubState") {
      state.sub_state = value;
    } else if (pair.first == "MainPID") {
      std::from_chars(value.data(), value.data() + value.size(), state.main_pid);
    } else if (pair.first == "FragmentPath") {
      fragment = value;
    } else if (pair.first == "DropInPaths") {
      for (const absl::string_view path : absl::StrSplit(pair.second, ' ', absl::SkipEmpty())) {
        drop_ins.emplace_back(path);
      }
    } else if (pair.first == "ExecStart" && state.program.empty()) {
      state.program = ProgramOf(value);
    } else if (pair.first == "UnitFileState") {
      state.unit_file_state = value;
    }
  }
  if (!fragment.empty()) {
    state.files.push_back(std::move(fragment));
  }
  state.files.insert(state.files.end(), drop_ins.begin(), drop_ins.end());
  return state;
}

std::unique_ptr<Systemd> MakeSystemd() {
  return std::make_unique<Systemctl>();
}

}  // namespace sekisho::install
