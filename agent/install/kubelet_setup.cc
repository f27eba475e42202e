#include "install/kubelet_setup.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "install/kubelet_config.h"
#include "install/kubelet_flags.h"
#include "install/refusal.h"
#include "install/setup_reading.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using Of = EndpointSetting::Of;
using In = EndpointSetting::In;

// The first word is the program's name.
absl::StatusOr<std::vector<FlagUse>> FlagsOf(const std::vector<TracedText>& argv) {
  if (argv.empty()) {
    return Refuse("an empty command line");
  }
  SEKISHO_ASSIGN_OR_RETURN(std::vector<FlagUse> uses, FindFlags({argv.begin() + 1, argv.end()}));
  for (FlagUse& use : uses) {
    ++use.word;
    const bool may_be_empty = use.flag == kConfigFlag || use.flag == kConfigDirFlag;
    if (use.value.empty() && !may_be_empty) {
      return Refuse(StrCat(use.flag, " is empty"));
    }
  }
  return uses;
}

bool IsEndpoint(const FlagUse& use) {
  return use.flag == kRuntimeFlag || use.flag == kImageFlag;
}

// "" when the flag is not there.
std::string LastValue(const std::vector<FlagUse>& uses, std::string_view flag) {
  const auto last = std::find_if(uses.rbegin(), uses.rend(),
                                 [flag](const FlagUse& use) { return use.flag == flag; });
  return last == uses.rend() ? "" : last->value.text();
}

// What --config and --config-dir name, weakest first.
absl::StatusOr<std::vector<EndpointSetting>> ConfigSettings(const std::vector<FlagUse>& uses,
                                                            const FileView& files) {
  std::vector<EndpointSetting> settings;
  const auto add = [&](const std::string& file, bool is_drop_in) -> absl::Status {
    SEKISHO_ASSIGN_OR_RETURN(const std::string text, files.Read(file));
    SEKISHO_ASSIGN_OR_RETURN(std::vector<EndpointSetting> of_file,
                             EndpointsOfConfig(text, file, In::kKubeletConfig, is_drop_in));
    std::move(of_file.begin(), of_file.end(), std::back_inserter(settings));
    return absl::OkStatus();
  };
  for (const std::string_view flag : {kConfigFlag, kConfigDirFlag}) {
    const std::string value = LastValue(uses, flag);
    if (value.empty()) {
      continue;
    }
    if (!value.starts_with('/')) {
      return Refuse(StrCat(flag, "=", value, ": not an absolute path"));
    }
    if (flag == kConfigFlag) {
      SEKISHO_RETURN_IF_ERROR(add(value, false));
      continue;
    }
    SEKISHO_ASSIGN_OR_RETURN(const std::vector<std::string> drop_ins, files.ConfFiles(value));
    for (const std::string& file : drop_ins) {
      SEKISHO_RETURN_IF_ERROR(add(file, true));
    }
  }
  return settings;
}

// What the files of the configuration say; "" when they say nothing.
std::string LastEndpoint(const std::vector<EndpointSetting>& settings, Of of) {
  const auto last = std::find_if(settings.rbegin(), settings.rend(),
                                 [of](const EndpointSetting& setting) { return setting.of == of; });
  return last == settings.rend() ? "" : last->endpoint;
}

FoundSetting Found(const FlagUse& use, const std::vector<SourceFile>& sources) {
  const Origin first = use.value.origin(0);
  const SourceFile& source = sources[first.source];
  return {.setting = {.of = use.flag == kRuntimeFlag ? Of::kRuntime : Of::kImage,
                      .in = source.in,
                      .file = source.path,
                      .line = source.LineAt(first),
                      .key = std::string(use.flag),
                      .endpoint = use.value.text()},
          .place = use.value.Extent(),
          .word = use.word};
}

// Settings in variables that the command line does not use, or that a later assignment hides. What
// cannot be read as words there is no setting: the kubelet never sees it.
void AddUnused(const KubeletService& service, std::vector<FoundSetting>* found) {
  for (const VariableAssignment& assignment : service.assignments) {
    const absl::StatusOr<std::vector<Word>> words =
        SplitWords(assignment.value, Escapes::kVariable);
    if (!words.ok()) {
      continue;
    }
    std::vector<TracedText> texts;
    std::transform(words->begin(), words->end(), std::back_inserter(texts),
                   [](const Word& word) { return word.text; });
    const absl::StatusOr<std::vector<FlagUse>> uses = FindFlags(texts);
    if (!uses.ok()) {
      continue;
    }
    for (const FlagUse& use : *uses) {
      if (!IsEndpoint(use) || use.value.empty()) {
        continue;
      }
      FoundSetting setting = Found(use, service.sources);
      setting.word = std::nullopt;
      const bool known = std::any_of(found->begin(), found->end(), [&](const FoundSetting& each) {
        return each.place == setting.place;
      });
      if (!known) {
        found->push_back(std::move(setting));
      }
    }
  }
}

absl::Status AddInstanceConfig(const FileView& files, std::vector<FoundSetting>* found) {
  const std::string file(kKubeadmInstanceConfig);
  const absl::StatusOr<std::string> text = files.Read(file);
  if (!text.ok()) {
    return absl::IsNotFound(text.status()) ? absl::OkStatus() : text.status();
  }
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<EndpointSetting> settings,
                           EndpointsOfConfig(*text, file, In::kInstanceConfig, false));
  for (const EndpointSetting& setting : settings) {
    found->push_back({.setting = setting, .place = {}, .word = {}});
  }
  return absl::OkStatus();
}

// The setting in force: the command line's last, else the configuration's last.
std::optional<size_t> InForce(const std::vector<FoundSetting>& found, Of of) {
  std::optional<size_t> best;
  for (size_t i = 0; i < found.size(); ++i) {
    const EndpointSetting& each = found[i].setting;
    const bool on_command_line = found[i].word.has_value();
    const bool counts = on_command_line || each.in == In::kKubeletConfig;
    const bool weaker = best.has_value() && found[*best].word.has_value() && !on_command_line;
    if (each.of == of && counts && !weaker) {
      best = i;
    }
  }
  return best;
}

}  // namespace

absl::StatusOr<SetupReading> ReadSetup(const KubeletUnit& unit, const FileView& files) {
  SetupReading reading;
  SEKISHO_ASSIGN_OR_RETURN(reading.service, ReadKubeletService(unit, files));
  const KubeletService& service = reading.service;
  const SourceFile& exec_file = service.sources[service.exec_start.origin(0).source];
  const auto at_exec = [&](const absl::Status& status) {
    return At(exec_file.path, exec_file.LineAt(service.exec_start.origin(0)), status);
  };
  const absl::StatusOr<std::vector<FlagUse>> uses = FlagsOf(service.argv);
  if (!uses.ok()) {
    return at_exec(uses.status());
  }
  for (const FlagUse& use : *uses) {
    if (IsEndpoint(use)) {
      reading.found.push_back(Found(use, service.sources));
    }
  }
  AddUnused(service, &reading.found);
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<EndpointSetting> configured,
                           ConfigSettings(*uses, files));
  for (const EndpointSetting& setting : configured) {
    reading.found.push_back({.setting = setting, .place = {}, .word = {}});
  }
  SEKISHO_RETURN_IF_ERROR(AddInstanceConfig(files, &reading.found));
  reading.runtime_setting = InForce(reading.found, Of::kRuntime);
  const std::optional<size_t> image = InForce(reading.found, Of::kImage);

  KubeletSetup& setup = reading.setup;
  setup.unit = unit;
  setup.config_file = LastValue(*uses, kConfigFlag);
  setup.runtime_endpoint = reading.runtime_setting.has_value()
                               ? reading.found[*reading.runtime_setting].setting.endpoint
                               : kDefaultRuntimeEndpoint;
  setup.image_endpoint = image.has_value() ? reading.found[*image].setting.endpoint : "";
  for (const TracedText& word : service.argv) {
    setup.argv.push_back(word.text());
  }
  for (const FoundSetting& each : reading.found) {
    setup.settings.push_back(each.setting);
  }
  return reading;
}

absl::StatusOr<KubeletSetup> ReadKubeletSetup(const KubeletUnit& unit, const std::string& root) {
  SEKISHO_ASSIGN_OR_RETURN(SetupReading reading, ReadSetup(unit, FileView(root)));
  return std::move(reading.setup);
}

absl::StatusOr<std::string> RuntimeEndpointOf(const std::vector<std::string>& argv,
                                              const std::string& root) {
  std::vector<TracedText> words;
  std::transform(argv.begin(), argv.end(), std::back_inserter(words), TracedText::Untraced);
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<FlagUse> uses, FlagsOf(words));
  if (std::string flag = LastValue(uses, kRuntimeFlag); !flag.empty()) {
    return flag;
  }
  SEKISHO_ASSIGN_OR_RETURN(const std::vector<EndpointSetting> configured,
                           ConfigSettings(uses, FileView(root)));
  std::string endpoint = LastEndpoint(configured, Of::kRuntime);
  return endpoint.empty() ? std::string(kDefaultRuntimeEndpoint) : endpoint;
}

}  // namespace sekisho::install
