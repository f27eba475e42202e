#include "install/kubelet_service.h"

#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/environment_file.h"
#include "install/refusal.h"
#include "install/text_check.h"
#include "install/unit_file.h"

namespace sekisho::install {
namespace {

using base::StrCat;

// Settings that give the kubelet other files or variables than those that are read here.
constexpr std::array<std::string_view, 5> kRefusedKeys = {
    "UnsetEnvironment", "RootDirectory", "RootImage", "MountImages", "ExtensionImages"};

// Variables that systemd itself sets (systemd.exec(5)).
constexpr auto kSetBySystemd = std::to_array<std::string_view>({"PATH",
                                                                "LANG",
                                                                "USER",
                                                                "LOGNAME",
                                                                "HOME",
                                                                "SHELL",
                                                                "INVOCATION_ID",
                                                                "XDG_RUNTIME_DIR",
                                                                "RUNTIME_DIRECTORY",
                                                                "STATE_DIRECTORY",
                                                                "CACHE_DIRECTORY",
                                                                "LOGS_DIRECTORY",
                                                                "CONFIGURATION_DIRECTORY",
                                                                "CREDENTIALS_DIRECTORY",
                                                                "MAINPID",
                                                                "MANAGERPID",
                                                                "LISTEN_FDS",
                                                                "LISTEN_PID",
                                                                "LISTEN_FDNAMES",
                                                                "NOTIFY_SOCKET",
                                                                "WATCHDOG_PID",
                                                                "WATCHDOG_USEC",
                                                                "SYSTEMD_EXEC_PID",
                                                                "JOURNAL_STREAM",
                                                                "PIDFILE",
                                                                "TERM"});

// A setting and the file that it stands in.
struct Placed {
  UnitAssignment assignment;
  std::string file;

  absl::Status Error(std::string_view what) const {
    return RefuseAt(file, assignment.line, StrCat(assignment.key, "=: ", what));
  }
  absl::Status Error(const absl::Status& status) const {
    return Error(base::StdView(status.message()));
  }
};

class Reader {
 public:
  explicit Reader(const FileView& files)
      : files_(files), outside_(kSetBySystemd.begin(), kSetBySystemd.end()) {}

  absl::StatusOr<KubeletService> Read(const KubeletUnit& unit) {
    for (const std::string& file : unit.files) {
      SEKISHO_RETURN_IF_ERROR(ReadUnitFile(file));
    }
    if (commands_.empty()) {
      return RefuseAt(unit.files.empty() ? unit.name : unit.files.front(), 0, "no ExecStart=");
    }
    if (commands_.size() > 1) {
      return commands_[1].Error("a second command; a kubelet's unit has one");
    }
    for (const Placed& each : environment_files_) {
      SEKISHO_RETURN_IF_ERROR(ReadEnvironmentFile(each));
    }
    for (const VariableAssignment& each : service_.assignments) {
      service_.environment.insert_or_assign(each.name, each.value);
    }
    SEKISHO_RETURN_IF_ERROR(ReadCommand(commands_.front()));
    return std::move(service_);
  }

 private:
  // Reads a file and gives it a number.
  absl::StatusOr<uint32_t> AddSource(const std::string& path, EndpointSetting::In in) {
    SEKISHO_ASSIGN_OR_RETURN(std::string text, files_.Read(path));
    service_.sources.push_back({.path = path, .in = in, .text = std::move(text)});
    return static_cast<uint32_t>(service_.sources.size() - 1);
  }

  absl::Status ReadUnitFile(const std::string& file) {
    SEKISHO_ASSIGN_OR_RETURN(const uint32_t source, AddSource(file, EndpointSetting::In::kUnit));
    SEKISHO_ASSIGN_OR_RETURN(std::vector<UnitAssignment> assignments,
                             ParseUnitFile(service_.sources[source].text, file, source));
    for (UnitAssignment& each : assignments) {
      if (each.section == "Service") {
        SEKISHO_RETURN_IF_ERROR(Apply({std::move(each), file}));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Apply(Placed placed) {
    const UnitAssignment& each = placed.assignment;
    for (const std::string_view refused : kRefusedKeys) {
      if (each.key == refused && !each.value.empty()) {
        return placed.Error("not understood here; the kubelet may see other files or variables");
      }
    }
    if (each.key == "ExecStart") {
      AddOrReset(std::move(placed), &commands_);
    } else if (each.key == "EnvironmentFile") {
      AddOrReset(std::move(placed), &environment_files_);
    } else if (each.key == "Environment") {
      return ApplyEnvironment(placed);
    } else if (each.key == "PassEnvironment") {
      SEKISHO_ASSIGN_OR_RETURN(const std::vector<Word> names,
                               SplitWords(each.value, Escapes::kUnit));
      for (const Word& name : names) {
        outside_.insert(name.text.text());
      }
    }
    return absl::OkStatus();
  }

  static void AddOrReset(Placed placed, std::vector<Placed>* list) {
    if (placed.assignment.value.empty()) {
      list->clear();
    } else {
      list->push_back(std::move(placed));
    }
  }

  // The files are read later, so that what is in assignments now is of Environment= alone.
  absl::Status ApplyEnvironment(const Placed& placed) {
    const TracedText& text = placed.assignment.value;
    if (text.empty()) {
      service_.assignments.clear();
      return absl::OkStatus();
    }
    const absl::StatusOr<std::vector<Word>> words = SplitWords(text, Escapes::kUnit);
    if (!words.ok()) {
      return placed.Error(words.status());
    }
    for (const Word& word : *words) {
      const absl::StatusOr<TracedText> resolved = ResolveSpecifiers(word.text);
      if (!resolved.ok()) {
        return placed.Error(resolved.status());
      }
      const size_t equals = resolved->text().find('=');
      const std::string name = resolved->text().substr(0, equals);
      if (equals == std::string::npos || !IsVariableName(name)) {
        return placed.Error(StrCat("\"", resolved->text(), "\" is no assignment"));
      }
      service_.assignments.push_back({.name = name,
                                      .value = resolved->Slice(equals + 1, resolved->size()),
                                      .written = text.Slice(word.begin, word.end)});
    }
    return absl::OkStatus();
  }

  absl::Status ReadEnvironmentFile(const Placed& placed) {
    const absl::StatusOr<TracedText> resolved = ResolveSpecifiers(placed.assignment.value);
    if (!resolved.ok()) {
      return placed.Error(resolved.status());
    }
    const bool optional = resolved->text().starts_with('-');
    const std::string path = resolved->text().substr(optional ? 1 : 0);
    if (!path.starts_with('/') || path.find_first_of("*?[\\\"'") != std::string::npos) {
      return placed.Error(StrCat("\"", path, "\" is not understood here; write one absolute path"));
    }
    const absl::StatusOr<uint32_t> source = AddSource(path, EndpointSetting::In::kEnvironmentFile);
    if (!source.ok()) {
      return optional && absl::IsNotFound(source.status()) ? absl::OkStatus() : source.status();
    }
    SEKISHO_ASSIGN_OR_RETURN(std::vector<FileAssignment> assignments,
                             ParseEnvironmentFile(service_.sources[*source].text, path, *source));
    for (FileAssignment& each : assignments) {
      service_.assignments.push_back(
          {.name = std::move(each.name), .value = std::move(each.value), .written = {}});
    }
    return absl::OkStatus();
  }

  absl::Status ReadCommand(const Placed& placed) {
    absl::StatusOr<ExecCommand> command = ParseExecCommand(placed.assignment.value);
    if (!command.ok()) {
      return placed.Error(command.status());
    }
    const std::string program = command->path.substr(command->path.rfind('/') + 1);
    if (program != "kubelet") {
      return placed.Error(
          StrCat("starts ", command->path, ", where only a plain call of a kubelet is understood"));
    }
    if (command->path.starts_with('/') && files_.IsScript(command->path)) {
      return placed.Error(StrCat(command->path, " is a script: what it starts is not known"));
    }
    absl::StatusOr<std::vector<TracedText>> argv =
        ExpandVariables(*command, service_.environment, outside_);
    if (!argv.ok()) {
      return placed.Error(argv.status());
    }
    service_.exec_start = placed.assignment.value;
    service_.command = *std::move(command);
    service_.argv = *std::move(argv);
    return absl::OkStatus();
  }

  const FileView& files_;
  std::set<std::string, std::less<>> outside_;
  std::vector<Placed> commands_;
  std::vector<Placed> environment_files_;
  KubeletService service_;
};

}  // namespace

size_t SourceFile::LineAt(const Origin& origin) const {
  return LineOf(text, origin.begin);
}

absl::StatusOr<KubeletService> ReadKubeletService(const KubeletUnit& unit, const FileView& files) {
  return Reader(files).Read(unit);
}

}  // namespace sekisho::install
