// Our drop-in of the kubelet's unit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "install/file_view.h"
#include "install/kubelet_service.h"
#include "install/kubelet_setup.h"

namespace sekisho::install {

// What the unit's files say at `places`, said again with `to` there: the variables and the command
// that hold one of the places. "" when none does. `adds_flag`: the command gets the flag as well,
// right after the program's name, where no other flag can take it for its value.
std::string DropInText(const KubeletService& service, const std::vector<Origin>& places,
                       const std::string& to, bool adds_flag);

// An error when there is a file at `drop_in` that is not ours, or when another drop-in of the unit
// would apply after it or hide it.
absl::Status CheckDropIn(const KubeletUnit& unit, const std::string& drop_in,
                         const FileView& files);

}  // namespace sekisho::install
