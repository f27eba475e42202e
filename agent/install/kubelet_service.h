// The kubelet's command line and the files that it is put together from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "install/command_line.h"
#include "install/file_view.h"
#include "install/kubelet_setup.h"
#include "install/traced_text.h"

namespace sekisho::install {

// A file that an Origin's `source` is the index of.
struct SourceFile {
  std::string path;
  EndpointSetting::In in = EndpointSetting::In::kUnit;
  std::string text;

  size_t LineAt(const Origin& origin) const;
};

struct VariableAssignment {
  std::string name;
  TracedText value;
  // The assignment as written, quotes included: `"NAME=value"`. Of Environment= only.
  std::optional<TracedText> written;
};

struct KubeletService {
  std::vector<SourceFile> sources;
  TracedText exec_start;  // as written, lines joined
  ExecCommand command;
  // In the order in which they apply: Environment=, then the files.
  std::vector<VariableAssignment> assignments;
  Environment environment;
  std::vector<TracedText> argv;
};

// What systemd would start for these files of a unit. Errors as for ReadKubeletSetup.
absl::StatusOr<KubeletService> ReadKubeletService(const KubeletUnit& unit, const FileView& files);

}  // namespace sekisho::install
