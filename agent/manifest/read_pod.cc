#include "manifest/read_pod.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "manifest/read_container.h"
#include "manifest/read_security.h"
#include "manifest/scalar.h"

namespace sekisho::manifest {
namespace {

using base::StrCat;

// A volume's source is the one key beside its name.
void ReadSource(const std::string& type, const Fields& source, Volume& volume) {
  volume.type = type;
  if (type == "hostPath") {
    volume.path = source.Text("path");
    volume.path_type = source.Text("type");
  } else if (type == "csi" || type == "flexVolume") {
    volume.driver = source.Text("driver");
  } else if (type == "persistentVolumeClaim") {
    volume.claim_name = source.Text("claimName");
  } else if (type == "image") {
    volume.image = source.Text("reference");
  } else {
    for (const std::string_view key :
         {"pdName", "volumeID", "diskName", "shareName", "volumePath"}) {
      volume.id = volume.id.empty() ? source.Text(key) : volume.id;
    }
  }
  volume.read_only = source.Bool("readOnly");
}

Volume ReadVolume(const Fields& fields) {
  Volume volume;
  volume.name = fields.Text("name");
  bool given = false;
  for (const auto& [key, value] : fields.All()) {
    if (key == "name" || value.node->kind == yaml::YamlNode::Kind::kNull) {
      continue;
    }
    if (std::exchange(given, true)) {
      fields.report().Error(
          value,
          StrCat("is a second source of the volume; the first is ", base::Printable(volume.type)),
          "give a volume one source");
      continue;
    }
    if (const std::optional<Fields> source = fields.Object(key)) {
      ReadSource(key, *source, volume);
    }
  }
  return volume;
}

// Names that become part of paths, and have to tell their bearers apart.
void CheckName(const Fields& fields, std::string_view what, const std::string& name,
               std::set<std::string>& seen) {
  const std::optional<Value> value = fields.Find("name");
  if (!value.has_value()) {
    fields.Error(StrCat("this ", what, " has no name"));
  } else if (!IsDnsLabel(name)) {
    if (value->node->kind == yaml::YamlNode::Kind::kScalar) {
      fields.report().Error(*value, StrCat("is no name for a ", what),
                            "use at most 63 small letters, digits and '-'");
    }
  } else if (!seen.insert(name).second) {
    fields.report().Error(*value, StrCat("a second ", what, " of this name"),
                          StrCat("give each ", what, " a name of its own"));
  }
}

void ReadContainers(const Fields& fields, PodSpec& spec) {
  std::set<std::string> names;
  const auto read = [&](std::string_view key, ContainerRole role) {
    for (const Fields& each : fields.Objects(key)) {
      spec.containers.push_back(ReadContainer(each, role));
      CheckName(each, "container", spec.containers.back().name, names);
    }
  };
  read("initContainers", ContainerRole::kInit);
  const size_t init = spec.containers.size();
  read("containers", ContainerRole::kRegular);
  if (spec.containers.size() == init && !fields.Find("containers").has_value()) {
    fields.Error("has no containers");
  }
  read("ephemeralContainers", ContainerRole::kEphemeral);
}

}  // namespace

PodSpec ReadPodSpec(const Fields& fields) {
  PodSpec spec;
  spec.host_network = fields.Bool("hostNetwork");
  spec.host_pid = fields.Bool("hostPID");
  spec.host_ipc = fields.Bool("hostIPC");
  spec.share_process_namespace = fields.Bool("shareProcessNamespace");
  spec.host_users = fields.MaybeBool("hostUsers");
  if (const auto os = fields.Object("os")) {
    spec.os_name = os->Text("name");
  }
  spec.runtime_class_name = fields.Text("runtimeClassName");
  spec.hostname = fields.Text("hostname");
  spec.node_name = fields.Text("nodeName");
  spec.service_account_name = fields.Text("serviceAccountName");
  spec.priority_class_name = fields.Text("priorityClassName");
  spec.termination_grace_period_seconds = fields.MaybeInt64("terminationGracePeriodSeconds");
  if (const auto context = fields.Object("securityContext")) {
    spec.security_context = ReadPodSecurityContext(*context);
  }
  std::set<std::string> names;
  for (const Fields& each : fields.Objects("volumes")) {
    spec.volumes.push_back(ReadVolume(each));
    CheckName(each, "volume", spec.volumes.back().name, names);
  }
  ReadContainers(fields, spec);
  return spec;
}

const Volume* PodSpec::FindVolume(const std::string& name) const {
  const auto found = std::find_if(volumes.begin(), volumes.end(),
                                  [&](const Volume& each) { return each.name == name; });
  return found == volumes.end() ? nullptr : &*found;
}

}  // namespace sekisho::manifest
