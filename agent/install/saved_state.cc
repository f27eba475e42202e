#include "install/saved_state.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/str_cat.h"

namespace sekisho::install {
namespace {

namespace fs = std::filesystem;
using base::StrCat;
using nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr size_t kStateBytesMax = size_t{16} << 20;
constexpr size_t kBlobBytesMax = size_t{512} << 20;
// What was in /etc may be a secret.
constexpr mode_t kPrivate = 0600;
constexpr mode_t kPrivateFolder = 0700;

ordered_json ToJson(const std::optional<std::string>& sha256) {
  return sha256.has_value() ? ordered_json(*sha256) : ordered_json(nullptr);
}

ordered_json ToJson(const std::vector<SavedFile>& files) {
  ordered_json list = ordered_json::array();
  for (const SavedFile& file : files) {
    list.push_back({{"path", file.path},
                    {"of", file.of == SavedFile::Of::kKubelet ? "kubelet" : "agent"},
                    {"before", ToJson(file.before)},
                    {"after", ToJson(file.after)},
                    {"mode", file.mode},
                    {"user", file.user},
                    {"group", file.group}});
  }
  return list;
}

std::optional<std::string> ShaFrom(const ordered_json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}

std::vector<SavedFile> FilesFrom(const ordered_json& list) {
  std::vector<SavedFile> files;
  for (const ordered_json& entry : list) {
    files.push_back({.path = entry.at("path").get<std::string>(),
                     .of = entry.at("of").get<std::string>() == "kubelet" ? SavedFile::Of::kKubelet
                                                                          : SavedFile::Of::kAgent,
                     .before = ShaFrom(entry.at("before")),
                     .after = ShaFrom(entry.at("after")),
                     .mode = entry.at("mode").get<mode_t>(),
                     .user = entry.at("user").get<uid_t>(),
                     .group = entry.at("group").get<gid_t>()});
  }
  return files;
}

ordered_json ToJson(const SavedState& state) {
  ordered_json json = {{"version", kVersion},
                       {"kubeletUnit", state.kubelet_unit},
                       {"runtimeEndpoint", state.runtime_endpoint},
                       {"agentEndpoint", state.agent_endpoint},
                       {"installed", ToJson(state.installed)},
                       {"folders", state.folders},
                       {"run", nullptr}};
  if (state.run.has_value()) {
    json["run"] = {{"files", ToJson(state.run->files)},
                   {"folders", state.run->folders},
                   {"agentWasRunning", state.run->agent_was_running},
                   {"agentWasEnabled", state.run->agent_was_enabled}};
  }
  return json;
}

SavedState StateFrom(const ordered_json& json) {
  if (json.at("version").get<int>() != kVersion) {
    throw std::invalid_argument("written by another version of sekisho");
  }
  SavedState state{.kubelet_unit = json.at("kubeletUnit").get<std::string>(),
                   .runtime_endpoint = json.at("runtimeEndpoint").get<std::string>(),
                   .agent_endpoint = json.at("agentEndpoint").get<std::string>(),
                   .installed = FilesFrom(json.at("installed")),
                   .folders = json.at("folders").get<std::vector<std::string>>(),
                   .run = std::nullopt};
  if (const ordered_json& run = json.at("run"); !run.is_null()) {
    state.run = SavedRun{.files = FilesFrom(run.at("files")),
                         .folders = run.at("folders").get<std::vector<std::string>>(),
                         .agent_was_running = run.at("agentWasRunning").get<bool>(),
                         .agent_was_enabled = run.at("agentWasEnabled").get<bool>()};
  }
  return state;
}

absl::Status MakePrivateFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) {
    fs::permissions(path, fs::perms(kPrivateFolder), error);
  }
  if (error) {
    return absl::FailedPreconditionError(StrCat(path, ": cannot be made: ", error.message()));
  }
  return absl::OkStatus();
}

void AddBlobs(const std::vector<SavedFile>& files, std::set<std::string>& blobs) {
  for (const SavedFile& file : files) {
    if (file.before.has_value()) {
      blobs.insert(*file.before);
    }
  }
}

}  // namespace

SavedState Committed(SavedState state) {
  if (!state.run.has_value()) {
    return state;
  }
  for (SavedFile& changed : state.run->files) {
    const auto known =
        std::find_if(state.installed.begin(), state.installed.end(),
                     [&](const SavedFile& file) { return file.path == changed.path; });
    if (known == state.installed.end()) {
      state.installed.push_back(std::move(changed));
    } else {
      known->after = changed.after;  // what it was before the first installation stays
    }
  }
  for (std::string& folder : state.run->folders) {
    if (std::find(state.folders.begin(), state.folders.end(), folder) == state.folders.end()) {
      state.folders.push_back(std::move(folder));
    }
  }
  state.run.reset();
  return state;
}

std::string StateStore::BlobFile(const std::string& sha256) const {
  return StrCat(directory_, "/blobs/", sha256);
}

absl::StatusOr<SavedState> StateStore::Load() const {
  const std::string file = StrCat(directory_, "/state.json");
  absl::StatusOr<std::string> text = base::ReadFile(file, kStateBytesMax);
  if (absl::IsNotFound(text.status())) {
    return SavedState();
  }
  if (!text.ok()) {
    return text.status();
  }
  try {
    return StateFrom(ordered_json::parse(*text));
  } catch (const std::exception& error) {
    return absl::DataLossError(StrCat(file, ": cannot be understood: ", error.what()));
  }
}

absl::Status StateStore::Save(const SavedState& state) const {
  SEKISHO_RETURN_IF_ERROR(MakePrivateFolder(directory_));
  SEKISHO_RETURN_IF_ERROR(base::WriteFileAtomically(StrCat(directory_, "/state.json"),
                                                    StrCat(ToJson(state).dump(1), "\n"), kPrivate));
  CollectBlobs(state);
  return absl::OkStatus();
}

// What stays too long costs some space and is taken next time.
void StateStore::CollectBlobs(const SavedState& state) const {
  std::set<std::string> needed;
  AddBlobs(state.installed, needed);
  if (state.run.has_value()) {
    AddBlobs(state.run->files, needed);
  }
  std::error_code ignored;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(StrCat(directory_, "/blobs"), ignored)) {
    if (!needed.contains(entry.path().filename().string())) {
      std::error_code busy;
      fs::remove(entry.path(), busy);
    }
  }
}

absl::StatusOr<std::string> StateStore::Put(std::string_view bytes) const {
  std::string sha256 = base::Sha256Hex(bytes);
  if (sha256.empty()) {
    return absl::InternalError("libcrypto has no SHA-256");
  }
  SEKISHO_RETURN_IF_ERROR(MakePrivateFolder(directory_));
  SEKISHO_RETURN_IF_ERROR(MakePrivateFolder(StrCat(directory_, "/blobs")));
  SEKISHO_RETURN_IF_ERROR(base::WriteFileAtomically(BlobFile(sha256), bytes, kPrivate));
  return sha256;
}

absl::StatusOr<std::string> StateStore::Get(const std::string& sha256) const {
  SEKISHO_ASSIGN_OR_RETURN(std::string bytes, base::ReadFile(BlobFile(sha256), kBlobBytesMax));
  if (base::Sha256Hex(bytes) != sha256) {
    return absl::DataLossError(
        StrCat(BlobFile(sha256), ": holds something else than what was kept there"));
  }
  return bytes;
}

absl::Status StateStore::Clear() const {
  std::error_code error;
  // The state first: without it the blobs mean nothing, without them it would be a trap.
  fs::remove(StrCat(directory_, "/state.json"), error);
  if (!error) {
    fs::remove_all(StrCat(directory_, "/blobs"), error);
  }
  if (error) {
    return absl::FailedPreconditionError(
        StrCat(directory_, ": cannot be cleared: ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace sekisho::install
