#include "install/drop_in.h"

#include "base/str_cat.h"
#include "install/kubelet_flags.h"
#include "install/refusal.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr std::string_view kFirstLine =
    "# Made by \"sekisho install\", removed by \"sekisho uninstall\". What is written here is "
    "lost.\n";

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::string DropInText(const KubeletService& service, const std::vector<Origin>& places,
                       const std::string& to, bool adds_flag) {
  std::string lines;
  for (const VariableAssignment& each : service.assignments) {
    if (each.written.has_value() && each.written->Touches(places)) {
      lines += StrCat("Environment=", each.written->Replaced(places, to), "\n");
    }
  }
  if (service.exec_start.Touches(places) || adds_flag) {
    const TracedText& command = service.exec_start;
    const size_t options = service.command.program_end;
    lines += StrCat("ExecStart=\nExecStart=", command.Slice(0, options).text(),
                    adds_flag ? StrCat(" ", kRuntimeFlag, "=", to) : "",
                    command.Slice(options, command.size()).Replaced(places, to), "\n");
  }
  return lines.empty() ? "" : StrCat(kFirstLine, "[Service]\n", lines);
}

absl::Status CheckDropIn(const KubeletUnit& unit, const std::string& drop_in,
                         const FileView& files) {
  const absl::StatusOr<std::string> text = files.Read(drop_in);
  if (!text.ok() && !absl::IsNotFound(text.status())) {
    return text.status();
  }
  if (text.ok() && !text->starts_with(kFirstLine)) {
    return RefuseAt(drop_in, 1, "not a file of ours; move it out of the way");
  }
  // The first file is the unit's own.
  for (size_t i = 1; i < unit.files.size(); ++i) {
    if (unit.files[i] != drop_in && NameOf(unit.files[i]) >= NameOf(drop_in)) {
      return RefuseAt(unit.files[i], 0, StrCat("would apply after ", drop_in, "; rename it"));
    }
  }
  return absl::OkStatus();
}

}  // namespace sekisho::install
