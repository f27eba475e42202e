// The flags of a kubelet's command line that say, or lead to, which runtime it uses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "install/traced_text.h"

namespace sekisho::install {

inline constexpr std::string_view kRuntimeFlag = "--container-runtime-endpoint";
inline constexpr std::string_view kImageFlag = "--image-service-endpoint";
inline constexpr std::string_view kConfigFlag = "--config";
inline constexpr std::string_view kConfigDirFlag = "--config-dir";

struct FlagUse {
  std::string_view flag;  // one of the above
  TracedText value;
  size_t word = 0;  // of `words`, that holds the value
};

// Every use of these four among the words after the program's name, in order; the last of a kind
// counts. Read as the kubelet reads them (pflag): "--flag=value", "--flag value", "_" for "-". An
// error for a word that a kubelet would not start with, and where it depends on the kubelet's
// version whether a word is a flag or another flag's value.
absl::StatusOr<std::vector<FlagUse>> FindFlags(const std::vector<TracedText>& words);

}  // namespace sekisho::install
