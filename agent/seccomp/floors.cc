#include "seccomp/floors.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "base/str_cat.h"
#include "seccomp/resolve.h"

namespace sekisho::seccomp {
namespace {

using base::AbslView;
using base::StdView;
using base::StrCat;

constexpr size_t kFilesMax = 64;
constexpr size_t kCompiledMax = 64;

absl::Status About(const std::string& path, const absl::Status& status) {
  return {status.code(), AbslView(StrCat("the floor ", path, " ", StdView(status.message())))};
}

absl::StatusOr<Located> LocateFloor(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (path.empty() || path.front() != '/') {
    return absl::InvalidArgumentError("is no absolute path");
  }
  return Locate(slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1));
}

absl::StatusOr<std::shared_ptr<const Verdicts>> CompileFloor(const Profile& profile,
                                                             const Reading& reading) {
  Prepared prepared = Prepare(profile, reading);
  if (!prepared.fault.empty()) {
    return absl::InvalidArgumentError(AbslView(prepared.fault));
  }
  return std::make_shared<const Verdicts>(std::move(prepared.verdicts));
}

}  // namespace

Floors::Floors(ContainerdVersion containerd)
    : runtime_default_profile_(RuntimeDefaultFloor(containerd)),
      runtime_default_(std::make_shared<const Content>(
          Content{.digest = "RuntimeDefault",
                  .fault = {},
                  .format = Format::kDocker,
                  .relevant = RelevantCapabilities(runtime_default_profile_)})),
      files_(kFilesMax),
      compiled_(kCompiledMax) {}

absl::StatusOr<Loaded> Floors::Reload(const std::string& path, const Located& located) {
  SEKISHO_ASSIGN_OR_RETURN(Loaded loaded, Load(located));
  const std::lock_guard lock(mu_);
  files_.Put(
      path,
      File{.identity = loaded.identity, .settled = loaded.settled, .content = loaded.content});
  return loaded;
}

absl::StatusOr<std::shared_ptr<const Content>> Floors::Identify(const Floor& floor) {
  if (floor.kind == Floor::Kind::kNone) {
    return nullptr;
  }
  if (floor.kind == Floor::Kind::kRuntimeDefault) {
    return runtime_default_;
  }
  const absl::StatusOr<Located> located = LocateFloor(floor.path);
  if (!located.ok()) {
    return About(floor.path, located.status());
  }
  std::shared_ptr<const Content> content;
  {
    const std::lock_guard lock(mu_);
    const File* file = files_.Find(floor.path);
    if (file != nullptr && file->settled && file->identity == located->identity) {
      content = file->content;
    }
  }
  if (content == nullptr) {
    const absl::StatusOr<Loaded> loaded = Reload(floor.path, *located);
    if (!loaded.ok()) {
      return About(floor.path, loaded.status());
    }
    content = loaded->content;
  }
  if (!content->fault.empty()) {
    return About(floor.path, absl::InvalidArgumentError(AbslView(content->fault)));
  }
  return content;
}

absl::StatusOr<std::shared_ptr<const Verdicts>> Floors::VerdictsOf(const Floor& floor,
                                                                   const Content& content,
                                                                   caps::CapSet capabilities) {
  const Reading reading = ReadingFor(content, DockerFormat::kResolve, capabilities);
  const std::string key = StrCat(content.digest, ":", reading.Key());
  std::shared_ptr<const Compiled> compiled = compiled_.Ready(key);
  if (compiled == nullptr && floor.kind == Floor::Kind::kRuntimeDefault) {
    compiled = compiled_.Get(
        key, [&] { return Compiled{CompileFloor(runtime_default_profile_, reading)}; });
  }
  if (compiled == nullptr) {
    const absl::StatusOr<Located> located = LocateFloor(floor.path);
    if (!located.ok()) {
      return About(floor.path, located.status());
    }
    const absl::StatusOr<Loaded> loaded = Reload(floor.path, *located);
    if (!loaded.ok()) {
      return About(floor.path, loaded.status());
    }
    if (loaded->content->digest != content.digest) {
      return About(floor.path, absl::AbortedError("changed while it was read"));
    }
    compiled =
        compiled_.Get(key, [&] { return Compiled{CompileFloor(*loaded->profile, reading)}; });
  }
  if (!compiled->verdicts.ok()) {
    return About(floor.kind == Floor::Kind::kFile ? floor.path : "RuntimeDefault",
                 compiled->verdicts.status());
  }
  return compiled->verdicts.value();
}

}  // namespace sekisho::seccomp
