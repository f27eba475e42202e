#include "install/kubelet_flags.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/refusal.h"

namespace sekisho::install {
namespace {

using base::StrCat;

constexpr std::array<std::string_view, 4> kFlags = {kRuntimeFlag, kImageFlag, kConfigFlag,
                                                    kConfigDirFlag};

// Flags of kubelets, present and past, that take no word after them. One that is missing here
// costs an error message where it stands right before one of kFlags, and nothing else.
constexpr auto kBooleans = std::to_array<std::string_view>({
    "--add-dir-header",
    "--allow-privileged",
    "--alsologtostderr",
    "--anonymous-auth",
    "--authentication-token-webhook",
    "--cgroups-per-qos",
    "--contention-profiling",
    "--cpu-cfs-quota",
    "--enable-cadvisor-json-endpoints",
    "--enable-controller-attach-detach",
    "--enable-debugging-handlers",
    "--enable-load-reader",
    "--enable-server",
    "--exit-on-lock-contention",
    "--experimental-allocatable-ignore-eviction",
    "--experimental-kernel-memcg-notification",
    "--fail-swap-on",
    "--help",
    "--keep-terminated-pod-volumes",
    "--kernel-memcg-notification",
    "--local-storage-capacity-isolation",
    "--log-json-split-stream",
    "--log-text-split-stream",
    "--logtostderr",
    "--make-iptables-util-chains",
    "--one-output",
    "--profiling",
    "--protect-kernel-defaults",
    "--really-crash-for-testing",
    "--register-node",
    "--register-schedulable",
    "--rotate-certificates",
    "--rotate-server-certificates",
    "--runonce",
    "--seccomp-default",
    "--serialize-image-pulls",
    "--skip-headers",
    "--skip-log-headers",
    "--version",
    "--windows-service",
});

// The flag's name in a word, as the kubelet knows it.
std::string NameIn(std::string_view word) {
  std::string name(word.substr(0, word.find('=')));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

template <typename List>
std::optional<std::string_view> Known(const List& list, std::string_view name) {
  const auto found = std::find(list.begin(), list.end(), name);
  return found == list.end() ? std::nullopt : std::optional<std::string_view>(*found);
}

bool IsOurs(const TracedText& word) {
  return Known(kFlags, NameIn(word.text())).has_value();
}

// What no kubelet starts with.
absl::Status RefuseWord(const std::string& word) {
  if (!word.starts_with('-') || word == "-") {
    return Refuse(
        StrCat("\"", word, "\" is neither a flag nor a flag's value: is this a kubelet?"));
  }
  if (word == "--") {
    return Refuse("\"--\" ends the flags, which no kubelet starts with");
  }
  if (!word.starts_with("--") && Known(kFlags, StrCat("-", NameIn(word))).has_value()) {
    return Refuse(StrCat("\"", word, "\" has one dash where the kubelet takes two"));
  }
  return absl::OkStatus();
}

// Whether a flag that is none of kFlags may take the next word as its value.
bool MayTakeNext(const std::string& word) {
  if (!word.starts_with("--")) {
    return word.size() == 2 && word != "-h";  // -v 2, but -v2 and -999
  }
  return word.find('=') == std::string::npos && !Known(kBooleans, NameIn(word)).has_value();
}

}  // namespace

absl::StatusOr<std::vector<FlagUse>> FindFlags(const std::vector<TracedText>& words) {
  std::vector<FlagUse> uses;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i].text();
    SEKISHO_RETURN_IF_ERROR(RefuseWord(word));
    const bool has_next = i + 1 < words.size();
    if (const auto flag = Known(kFlags, NameIn(word)); flag.has_value()) {
      const size_t equals = word.find('=');
      if (equals != std::string::npos) {
        uses.push_back({*flag, words[i].Slice(equals + 1, word.size()), i});
      } else if (has_next) {
        uses.push_back({*flag, words[i + 1], i + 1});
        ++i;
      } else {
        return Refuse(StrCat(*flag, " without a value"));
      }
    } else if (MayTakeNext(word) && has_next) {
      if (IsOurs(words[i + 1])) {
        return Refuse(StrCat("cannot tell whether \"", words[i + 1].text(), "\" is the value of ",
                             word, "; write ", word, "=…"));
      }
      i += words[i + 1].text().starts_with('-') ? 0 : 1;
    }
  }
  return uses;
}

}  // namespace sekisho::install
