#include "manifest/read.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "manifest/fields.h"
#include "manifest/read_pod.h"
#include "yaml/document.h"

namespace sekisho::manifest {
namespace {

using base::StrCat;

// Where the pod is in an object of this kind. `group` is what apiVersion begins with: others have
// kinds of these names, too.
struct Kind {
  std::string_view name;
  std::string_view group;
  std::string_view template_path;  // empty: the object itself is a pod
};
constexpr auto kKinds = std::to_array<Kind>({
    {"Pod", "v1", ""},
    {"PodTemplate", "v1", "template"},
    {"ReplicationController", "v1", "spec.template"},
    {"Deployment", "apps/", "spec.template"},
    {"Deployment", "extensions/", "spec.template"},
    {"ReplicaSet", "apps/", "spec.template"},
    {"ReplicaSet", "extensions/", "spec.template"},
    {"DaemonSet", "apps/", "spec.template"},
    {"DaemonSet", "extensions/", "spec.template"},
    {"StatefulSet", "apps/", "spec.template"},
    {"Job", "batch/", "spec.template"},
    {"CronJob", "batch/", "spec.jobTemplate.spec.template"},
});

const Kind* FindKind(std::string_view kind, std::string_view api_version) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& each) {
    return each.name == kind && (each.group.ends_with('/') ? api_version.starts_with(each.group)
                                                           : api_version == each.group);
  });
  return found == kKinds.end() ? nullptr : &*found;
}

struct Metadata {
  std::string name;
  std::string namespace_;
  std::string uid;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
};

Metadata ReadMetadata(const Fields& object) {
  const std::optional<Fields> fields = object.Object("metadata");
  if (!fields.has_value()) {
    return {};
  }
  Metadata metadata{.name = fields->Text("name"),
                    .namespace_ = fields->Text("namespace"),
                    .uid = fields->Text("uid"),
                    .labels = fields->TextMap("labels"),
                    .annotations = fields->TextMap("annotations")};
  if (metadata.name.empty()) {
    metadata.name = fields->Text("generateName");
  }
  return metadata;
}

// The name of an object that is none of ours to find fault with.
std::string RawName(const yaml::YamlNode& object) {
  for (const yaml::YamlEntry& entry : object.entries) {
    for (const yaml::YamlEntry& inner : entry.value.entries) {
      if (entry.key == "metadata" && inner.key == "name") {
        return inner.value.text;
      }
    }
  }
  return {};
}

// Goes down a dotted path of required objects.
std::optional<Fields> Descend(Fields fields, std::string_view path) {
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    const std::string_view key = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (!fields.Find(key).has_value()) {
      fields.Error(StrCat(key, " is required and missing"));
      return std::nullopt;
    }
    std::optional<Fields> child = fields.Object(key);
    if (!child.has_value()) {
      return std::nullopt;
    }
    fields = *std::move(child);
  }
  return fields;
}

class ObjectReader {
 public:
  ObjectReader(Report& report, Manifests& out) : report_(report), out_(out) {}

  // `inherited`: what an item of a typed list, which need not say it, is.
  void Read(const Value& value, const std::string& inherited_kind,
            const std::string& inherited_version) {
    const Fields object(value, report_);
    if (value.node->kind != yaml::YamlNode::Kind::kMapping) {
      return;
    }
    const std::string kind = Header(object, "kind", inherited_kind);
    const std::string version = Header(object, "apiVersion", inherited_version);
    if (kind.empty() || version.empty()) {
      return;
    }
    const bool list = kind.ends_with("List") && object.Find("items").has_value();
    if (list) {
      ReadList(object, kind.substr(0, kind.size() - 4), version);
    } else if (const Kind* known = FindKind(kind, version)) {
      ReadPod(object, *known);
    } else if (kind == "Namespace" && version == "v1") {
      ReadNamespace(object);
    } else {
      out_.skipped.push_back({kind, RawName(*value.node), value.where});
    }
  }

 private:
  std::string Header(const Fields& object, std::string_view key, const std::string& inherited) {
    if (!object.Find(key).has_value()) {
      if (inherited.empty()) {
        object.Error(StrCat(key, " is required and missing"));
      }
      return inherited;
    }
    return object.Text(key);
  }

  void ReadList(const Fields& list, const std::string& item_kind, const std::string& version) {
    const std::optional<Value> items = list.Find("items");
    if (items->node->kind != yaml::YamlNode::Kind::kList) {
      list.Objects("items");  // reports it
      return;
    }
    for (size_t i = 0; i < items->node->items.size(); ++i) {
      const yaml::YamlNode& item = items->node->items[i];
      Read({&item, StrCat(items->key, "[", i, "]"), item.where}, item_kind,
           item_kind.empty() ? "" : version);
    }
  }

  void ReadNamespace(const Fields& object) {
    Metadata metadata = ReadMetadata(object);
    if (metadata.name.empty()) {
      object.Error("metadata.name is required and missing");
    }
    out_.namespaces.push_back({std::move(metadata.name), std::move(metadata.labels)});
  }

  void ReadPod(const Fields& object, const Kind& kind) {
    const Metadata own = ReadMetadata(object);
    PodManifest pod;
    pod.kind = kind.name;
    pod.name = own.name;
    pod.namespace_ = own.namespace_;
    pod.file = report_.file();
    pod.where = object.object().where;
    if (pod.name.empty()) {
      object.Error("metadata.name is required and missing");
    }
    const std::optional<Fields> holder = Descend(object, kind.template_path);
    if (!holder.has_value()) {
      return;
    }
    const bool is_pod = kind.template_path.empty();
    Metadata metadata = is_pod ? own : ReadMetadata(*holder);
    pod.uid = is_pod ? own.uid : "";
    pod.labels = std::move(metadata.labels);
    pod.annotations = std::move(metadata.annotations);
    const std::optional<Fields> spec = Descend(*holder, "spec");
    if (spec.has_value()) {
      pod.spec = ReadPodSpec(*spec);
      out_.pods.push_back(std::move(pod));
    }
  }

  Report& report_;
  Manifests& out_;
};

}  // namespace

Manifests ReadManifests(std::string_view bytes, const std::string& file) {
  Manifests manifests;
  const auto documents = yaml::ParseYamlDocuments(bytes, file, &manifests.errors);
  if (!documents.has_value()) {
    return manifests;
  }
  Report report(file, &manifests.errors);
  ObjectReader reader(report, manifests);
  for (const yaml::YamlNode& document : *documents) {
    reader.Read({&document, {}, document.where}, {}, {});
  }
  yaml::SortByPlace({file}, manifests.errors);
  return manifests;
}

}  // namespace sekisho::manifest
