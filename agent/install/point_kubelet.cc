#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "base/str_join.h"
#include "install/drop_in.h"
#include "install/file_view.h"
#include "install/kubelet_config.h"
#include "install/kubelet_flags.h"
#include "install/kubelet_setup.h"
#include "install/refusal.h"
#include "install/setup_reading.h"
#include "install/yaml_edit.h"

namespace sekisho::install {
namespace {

using base::StrCat;
using In = EndpointSetting::In;

bool HasFlag(const EndpointSetting& setting) {
  return setting.key.starts_with("--");
}

// An endpoint that needs quotes nowhere: neither in a unit, nor in a variable, nor in YAML.
absl::Status CheckPlain(const std::string& endpoint) {
  const bool plain = std::all_of(endpoint.begin(), endpoint.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("/._:-").find(c) != std::string_view::npos;
  });
  if (!plain || !SocketOf(endpoint).has_value()) {
    return absl::InvalidArgumentError(
        StrCat("\"", endpoint, "\" is no endpoint of a unix socket in plain characters"));
  }
  return absl::OkStatus();
}

// The texts of files that are to change, by where their bytes are.
class Edits {
 public:
  explicit Edits(const FileView& files) : files_(files) {}

  // The text so far; an error when there is no such file.
  absl::StatusOr<std::string*> Text(const std::string& path, const std::string& why) {
    SEKISHO_ASSIGN_OR_RETURN(const std::string resolved, files_.Resolve(path));
    const auto [change, is_new] = changes_.try_emplace(resolved);
    if (is_new) {
      SEKISHO_ASSIGN_OR_RETURN(std::string text, files_.Read(resolved));
      change->second = {.path = resolved, .before = text, .after = text, .mode = 0644, .why = why};
    } else if (change->second.why.find(why) == std::string::npos) {
      change->second.why += StrCat(", ", why);
    }
    return &*change->second.after;
  }

  // A file as a whole; nothing takes it away.
  absl::Status Replace(const std::string& path, std::optional<std::string> text,
                       const std::string& why) {
    SEKISHO_ASSIGN_OR_RETURN(const std::string resolved, files_.Resolve(path));
    FileChange change = {
        .path = resolved, .before = {}, .after = std::move(text), .mode = 0644, .why = why};
    absl::StatusOr<std::string> before = files_.Read(resolved);
    if (before.ok()) {
      change.before = *std::move(before);
    } else if (!absl::IsNotFound(before.status())) {
      return before.status();
    }
    changes_.insert_or_assign(resolved, std::move(change));
    return absl::OkStatus();
  }

  std::vector<FileChange> Take() && {
    std::vector<FileChange> changes;
    for (auto& [path, change] : changes_) {
      if (change.before != change.after) {
        changes.push_back(std::move(change));
      }
    }
    return changes;
  }

 private:
  const FileView& files_;
  std::map<std::string, FileChange> changes_;
};

class Pointing {
 public:
  Pointing(const SetupReading& base, const FileView& files, std::string from, std::string to)
      : base_(base), files_(files), edits_(files), from_(std::move(from)), to_(std::move(to)) {}

  absl::StatusOr<std::vector<FileChange>> Changes(const std::string& drop_in) {
    for (const FoundSetting& each : base_.found) {
      if (Renames(each.setting.endpoint)) {
        SEKISHO_RETURN_IF_ERROR(ChangeSetting(each));
      }
    }
    SEKISHO_RETURN_IF_ERROR(CheckNoOtherUse());
    SEKISHO_RETURN_IF_ERROR(ChangeEnvironmentFiles());
    if (AddsSetting() && !base_.setup.config_file.empty()) {
      SEKISHO_RETURN_IF_ERROR(SetKey(base_.setup.config_file, std::string(kRuntimeKey)));
    }
    const std::string text = DropInText(base_.service, places_, to_, AddsFlag());
    SEKISHO_RETURN_IF_ERROR(
        edits_.Replace(drop_in, text.empty() ? std::nullopt : std::optional(text),
                       text.empty() ? "no longer needed" : std::string(kRuntimeFlag)));
    return std::move(edits_).Take();
  }

  // Proves that the setup, read again, is the one that was asked for.
  absl::Status Check(const SetupReading& after) const {
    const KubeletSetup& setup = after.setup;
    if (!SameEndpoint(setup.runtime_endpoint, to_)) {
      return NotInForce(after);
    }
    const std::string& image = base_.setup.image_endpoint;
    if (setup.image_endpoint != (Renames(image) ? to_ : image)) {
      return Refuse(StrCat("the image endpoint would become ", setup.image_endpoint));
    }
    if (setup.argv != ArgvWanted()) {
      return Refuse(
          StrCat("the kubelet's command line would become: ", base::StrJoin(setup.argv, " ")));
    }
    return CheckEnvironment(after.service.environment);
  }

 private:
  bool Renames(const std::string& endpoint) const {
    return SameEndpoint(endpoint, from_) && !SameEndpoint(endpoint, to_);
  }
  // Nothing names the endpoint: it is the kubelet's default.
  bool AddsSetting() const {
    return !base_.runtime_setting.has_value() && Renames(base_.setup.runtime_endpoint);
  }
  bool AddsFlag() const { return AddsSetting() && base_.setup.config_file.empty(); }

  absl::Status SetKey(const std::string& file, const std::string& key) {
    SEKISHO_ASSIGN_OR_RETURN(std::string* const text, edits_.Text(file, key));
    SEKISHO_ASSIGN_OR_RETURN(*text, SetYamlScalar(*text, file, {key}, to_));
    return absl::OkStatus();
  }

  absl::Status ChangeSetting(const FoundSetting& found) {
    const EndpointSetting& setting = found.setting;
    if (!HasFlag(setting)) {
      return SetKey(setting.file, setting.key);
    }
    if (setting.in == In::kUnit && !found.word.has_value()) {
      return absl::OkStatus();  // hidden by a later assignment, which a drop-in would not undo
    }
    if (!found.place.has_value()) {
      return RefuseAt(setting.file, setting.line,
                      StrCat(setting.key, " is put together from pieces; write it in one"));
    }
    places_.push_back(*found.place);
    return absl::OkStatus();
  }

  // A variable that holds the endpoint may serve other flags, too, which must stay as they are.
  absl::Status CheckNoOtherUse() const {
    const std::vector<TracedText>& argv = base_.service.argv;
    for (size_t i = 0; i < argv.size(); ++i) {
      const bool is_ours = std::any_of(base_.found.begin(), base_.found.end(),
                                       [i](const auto& each) { return each.word == i; });
      if (!is_ours && argv[i].Touches(places_)) {
        return Refuse(StrCat("the endpoint's variable is also used in: ", argv[i].text()));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ChangeEnvironmentFiles() {
    // From the end, so that the places before stay where they are. A file may be read twice.
    std::map<std::string, std::vector<Origin>> by_file;
    for (const Origin& place : places_) {
      const SourceFile& source = base_.service.sources[place.source];
      if (source.in == In::kEnvironmentFile) {
        SEKISHO_ASSIGN_OR_RETURN(const std::string resolved, files_.Resolve(source.path));
        by_file[resolved].push_back({.source = 0, .begin = place.begin, .end = place.end});
      }
    }
    for (auto& [file, places] : by_file) {
      std::sort(places.begin(), places.end(),
                [](const Origin& a, const Origin& b) { return a.begin > b.begin; });
      places.erase(std::unique(places.begin(), places.end()), places.end());
      SEKISHO_ASSIGN_OR_RETURN(std::string* const text,
                               edits_.Text(file, std::string(kRuntimeFlag)));
      for (const Origin& place : places) {
        text->replace(place.begin, place.end - place.begin, to_);
      }
    }
    return absl::OkStatus();
  }

  std::vector<std::string> ArgvWanted() const {
    std::vector<std::string> argv;
    for (const TracedText& word : base_.service.argv) {
      argv.push_back(word.Replaced(places_, to_));
    }
    if (AddsFlag()) {
      argv.insert(argv.begin() + 1, StrCat(kRuntimeFlag, "=", to_));
    }
    return argv;
  }

  absl::Status CheckEnvironment(const Environment& environment) const {
    const Environment& before = base_.service.environment;
    if (environment.size() != before.size()) {
      return Refuse("other variables would be set");
    }
    for (const auto& [name, value] : before) {
      const auto found = environment.find(name);
      if (found == environment.end() || found->second.text() != value.Replaced(places_, to_)) {
        return Refuse(StrCat("the variable ", name, " would become something else"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status NotInForce(const SetupReading& after) const {
    const std::string would =
        StrCat("the kubelet would use ", after.setup.runtime_endpoint, " and not ", to_, ": ");
    if (!after.runtime_setting.has_value()) {
      return Refuse(StrCat(would, "nothing names an endpoint, and its default is not ", from_));
    }
    const EndpointSetting& setting = after.found[*after.runtime_setting].setting;
    return RefuseAt(setting.file, setting.line,
                    StrCat(would, setting.key, " names it, not ", from_));
  }

  const SetupReading& base_;
  const FileView& files_;
  Edits edits_;
  const std::string from_;
  const std::string to_;
  std::vector<Origin> places_;  // of units and variables, that hold the endpoint
};

absl::Status CheckStillSo(const KubeletSetup& setup, const FileView& files) {
  SEKISHO_ASSIGN_OR_RETURN(const SetupReading now, ReadSetup(setup.unit, files));
  if (now.setup.argv != setup.argv || now.setup.runtime_endpoint != setup.runtime_endpoint ||
      now.setup.image_endpoint != setup.image_endpoint) {
    return absl::AbortedError("the kubelet's files have changed meanwhile; run this again");
  }
  return absl::OkStatus();
}

// The unit with our drop-in as it would be, which is read last.
KubeletUnit WithDropIn(KubeletUnit unit, const std::string& drop_in, const FileView& files) {
  std::erase(unit.files, drop_in);
  if (files.Read(drop_in).ok()) {
    unit.files.push_back(drop_in);
  }
  return unit;
}

}  // namespace

absl::StatusOr<std::vector<FileChange>> PointKubelet(const KubeletSetup& setup,
                                                     const std::string& from, const std::string& to,
                                                     const std::string& drop_in,
                                                     const std::string& root) {
  const FileView files(root);
  SEKISHO_RETURN_IF_ERROR(CheckPlain(to));
  SEKISHO_RETURN_IF_ERROR(CheckStillSo(setup, files));
  SEKISHO_RETURN_IF_ERROR(CheckDropIn(setup.unit, drop_in, files));
  // Our drop-in only repeats what the other files say, so that it is made from them anew.
  KubeletUnit base_unit = setup.unit;
  std::erase(base_unit.files, drop_in);
  SEKISHO_ASSIGN_OR_RETURN(const SetupReading base, ReadSetup(base_unit, files));
  Pointing pointing(base, files, from, to);
  SEKISHO_ASSIGN_OR_RETURN(std::vector<FileChange> changes, pointing.Changes(drop_in));
  const FileView changed = files.With(changes);
  SEKISHO_ASSIGN_OR_RETURN(const SetupReading after,
                           ReadSetup(WithDropIn(base_unit, drop_in, changed), changed));
  SEKISHO_RETURN_IF_ERROR(pointing.Check(after));
  return changes;
}

}  // namespace sekisho::install
