// A kubelet's setup together with where each endpoint can be changed.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "install/file_view.h"
#include "install/kubelet_service.h"
#include "install/kubelet_setup.h"

namespace sekisho::install {

struct FoundSetting {
  EndpointSetting setting;
  std::optional<Origin> place;  // its bytes, when they stand in one piece in a unit or a variable
  std::optional<size_t> word;   // of the command line; nothing for what is not on it
};

struct SetupReading {
  KubeletSetup setup;
  KubeletService service;
  std::vector<FoundSetting> found;        // as setup.settings
  std::optional<size_t> runtime_setting;  // of `found`, that is in force; nothing: the default
};

absl::StatusOr<SetupReading> ReadSetup(const KubeletUnit& unit, const FileView& files);

}  // namespace sekisho::install
