// A result for programs. docs/verify.md documents the keys.
#include <nlohmann/json.hpp>

#include "audit/timestamp.h"
#include "verify/hex_mask.h"
#include "verify/result.h"

namespace sekisho::verify {
namespace {

using Json = nlohmann::ordered_json;

Json IdsJson(const procfs::Ids& ids) {
  return Json::array({ids.real, ids.effective, ids.saved, ids.filesystem});
}

// What the kernel did not tell is absent, so that nobody takes it for an answer.
Json KernelJson(const procfs::Process& process) {
  Json json = {{"seccomp", procfs::SeccompModeName(process.seccomp)}};
  if (process.seccomp_filters.has_value()) {
    json["seccompFilters"] = *process.seccomp_filters;
  }
  json["capEffective"] = HexMask(process.effective.mask());
  json["capPermitted"] = HexMask(process.permitted.mask());
  json["capBounding"] = HexMask(process.bounding.mask());
  json["capAmbient"] = HexMask(process.ambient.mask());
  json["capInheritable"] = HexMask(process.inheritable.mask());
  json["noNewPrivs"] = process.no_new_privs;
  json["uid"] = IdsJson(process.uid);
  json["gid"] = IdsJson(process.gid);
  json["groups"] = process.groups;
  json["lsmLabel"] = process.lsm_label;
  json["namespaces"] = process.namespaces;
  if (process.root_read_only.has_value()) {
    json["rootReadOnly"] = *process.root_read_only;
  }
  return json;
}

Json ContainerJson(const Container& container) {
  Json drift = Json::array();
  for (const Difference& difference : container.drift) {
    drift.push_back({{"what", difference.what},
                     {"expected", difference.expected},
                     {"found", difference.found}});
  }
  Json json = {{"id", container.id},
               {"namespace", container.namespace_},
               {"pod", container.pod},
               {"name", container.name},
               {"image", container.image},
               {"runtime", container.runtime},
               {"origin", OriginName(container.origin)},
               {"conforms", container.conforms()}};
  if (container.created.has_value()) {
    json["created"] = audit::Timestamp(*container.created);
  }
  if (container.process.has_value()) {
    json["pid"] = container.process->pid;
  }
  json["level"] = container.level;
  json["drift"] = std::move(drift);
  json["refusal"] = container.refusal;
  json["unseen"] = container.unseen;
  if (container.process.has_value()) {
    json["kernel"] = KernelJson(*container.process);
  }
  return json;
}

}  // namespace

std::string ToJson(const Result& result) {
  Json counts = {{"containers", result.containers.size()}};
  for (const Origin origin : {Origin::kDecided, Origin::kOlder, Origin::kPast, Origin::kForeign}) {
    counts[std::string(OriginName(origin))] = result.CountOf(origin);
  }
  counts["drifted"] = result.drifted();
  Json containers = Json::array();
  for (const Container& container : result.containers) {
    containers.push_back(ContainerJson(container));
  }
  const Json json = {{"time", audit::Timestamp(result.time)},
                     {"conforms", result.conforms()},
                     {"counts", std::move(counts)},
                     {"containers", std::move(containers)},
                     {"errors", result.errors}};
  // A container that CRI does not know can be called anything.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sekisho::verify
