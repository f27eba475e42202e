// Every field of the messages that Sekisho judges has a place here that says what is done with it.
// A field that joins the protocol fails this test until somebody has decided.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cri/facts.h"
#include "cri/identity.h"
#include "runtime/v1/api.pb.h"
#include "unit/cri/field_treatments.h"
#include "unit/cri/text_proto.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using ::testing::IsEmpty;

using Path = std::vector<const FieldDescriptor*>;

std::string ShortName(const FieldDescriptor& field) {
  return field.containing_type()->name() + "." + field.name();
}

std::vector<const FieldTreatment*> RowsNamed(const std::string& name) {
  std::vector<const FieldTreatment*> rows;
  for (const FieldTreatment& row : FieldTreatments()) {
    if (row.field == name) {
      rows.push_back(&row);
    }
  }
  return rows;
}

// Those of `field`, in the message that is the last field of `path`.
std::vector<const FieldTreatment*> RowsOf(const FieldDescriptor& field, const Path& path = {}) {
  std::vector<const FieldTreatment*> rows;
  if (!path.empty()) {
    rows = RowsNamed(ShortName(*path.back()) + "/" + ShortName(field));
  }
  return rows.empty() ? RowsNamed(ShortName(field)) : rows;
}

bool IsMessage(const FieldDescriptor& field) {
  return field.message_type() != nullptr && !field.is_map();
}

// Sets `field` to something that is not its default.
void SetSomething(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  const bool add = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      add ? reflection.AddMessage(&message, &field) : reflection.MutableMessage(&message, &field);
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      add ? reflection.AddString(&message, &field, "x")
          : reflection.SetString(&message, &field, "x");
      break;
    case FieldDescriptor::CPPTYPE_ENUM:  // no default is the last one
      reflection.SetEnum(&message, &field,
                         field.enum_type()->value(field.enum_type()->value_count() - 1));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(&message, &field, true);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection.SetUInt32(&message, &field, 7);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection.SetInt32(&message, &field, 7);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      add ? reflection.AddInt64(&message, &field, 7) : reflection.SetInt64(&message, &field, 7);
      break;
    default:
      FAIL() << "a type that no judged message had: " << field.full_name();
  }
}

// The message at the end of `path`, with those before it, all empty.
Message& MakeAt(const Path& path, Message& root) {
  Message* message = &root;
  for (const FieldDescriptor* field : path) {
    const Reflection& reflection = *message->GetReflection();
    message = field->is_repeated() ? reflection.AddMessage(message, field)
                                   : reflection.MutableMessage(message, field);
  }
  return *message;
}

policy::SandboxFacts Read(const cri_v1::PodSandboxConfig& config) {
  return FactsFrom(config, "", "config");
}
policy::ContainerFacts Read(const cri_v1::ContainerConfig& config) {
  return FactsFrom(config);
}
policy::ContainerFacts Read(const cri_v1::UpdateContainerResourcesRequest& request) {
  return FactsFrom(request);
}
policy::ContainerFacts Read(const cri_v1::UpdatePodSandboxResourcesRequest& request) {
  return FactsFrom(request);
}

bool CrossChecked(const Message&) {
  return false;
}
bool CrossChecked(const cri_v1::ContainerConfig& config) {
  return !Mismatches(policy::SandboxFacts(), config).empty();
}

// Sets the one field, on messages that are otherwise empty, and looks at who notices.
template <typename Root>
void Prove(const Path& path, const FieldDescriptor& field, const FieldTreatment& row) {
  Root config;
  Message& message = MakeAt(path, config);
  MergeText(row.given, message);
  const auto facts_before = Read(config);
  const bool checked_before = CrossChecked(config);
  if (*row.sample != '\0') {
    MergeText(row.sample, message);
  } else {
    SetSomething(message, field);
  }
  const bool noticed = !(Read(config) == facts_before);
  const bool by_parts = row.treatment == Treatment::kJudgedByItsFields;
  EXPECT_EQ(noticed, row.treatment == Treatment::kJudged || row.treatment == Treatment::kPresence)
      << config.DebugString();
  EXPECT_EQ(CrossChecked(config) != checked_before, row.treatment == Treatment::kCrossChecked);
  EXPECT_EQ(by_parts && !IsMessage(field), false) << "has no fields of its own";
}

// Walks what is judged, from a request's message down, and proves each row wherever it applies.
template <typename Root>
void Walk(const Descriptor& type, const Path& path, std::set<std::string>& visited,
          std::vector<std::string>& unclassified) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    SCOPED_TRACE(field.full_name());
    const std::vector<const FieldTreatment*> rows = RowsOf(field, path);
    if (rows.empty()) {
      unclassified.push_back(field.full_name());
    }
    bool deeper = false;
    for (const FieldTreatment* row : rows) {
      visited.insert(row->field);
      Prove<Root>(path, field, *row);
      deeper |=
          row->treatment == Treatment::kJudged || row->treatment == Treatment::kJudgedByItsFields;
    }
    if (deeper && IsMessage(field)) {
      Path below = path;
      below.push_back(&field);
      Walk<Root>(*field.message_type(), below, visited, unclassified);
    }
  }
}

TEST(FieldExhaustiveness, EveryFieldIsClassifiedAndEveryClassHolds) {
  std::set<std::string> visited;
  std::vector<std::string> unclassified;
  Walk<cri_v1::PodSandboxConfig>(*cri_v1::PodSandboxConfig::descriptor(), {}, visited,
                                 unclassified);
  Walk<cri_v1::ContainerConfig>(*cri_v1::ContainerConfig::descriptor(), {}, visited, unclassified);
  Walk<cri_v1::UpdateContainerResourcesRequest>(
      *cri_v1::UpdateContainerResourcesRequest::descriptor(), {}, visited, unclassified);
  Walk<cri_v1::UpdatePodSandboxResourcesRequest>(
      *cri_v1::UpdatePodSandboxResourcesRequest::descriptor(), {}, visited, unclassified);
  EXPECT_THAT(unclassified, IsEmpty()) << "decide what the facts do with these";
  for (const FieldTreatment& row : FieldTreatments()) {
    EXPECT_TRUE(visited.contains(row.field)) << row.field << " names no field of a judged message";
  }
}

// The walk above stops at a field that is not judged. Inside a security context nothing is out of
// sight: every message below one is walked, judged or not.
void CollectBelow(const Descriptor& type, std::set<const Descriptor*>& types) {
  if (!types.insert(&type).second) {
    return;
  }
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsMessage(*type.field(i))) {
      CollectBelow(*type.field(i)->message_type(), types);
    }
  }
}

void ExpectNothingOpen(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const std::vector<const FieldTreatment*> rows = RowsOf(*type.field(i));
    EXPECT_FALSE(rows.empty()) << type.field(i)->full_name() << " is not classified";
    for (const FieldTreatment* row : rows) {
      EXPECT_NE(row->treatment, Treatment::kLaterOrOpen) << row->field;
      EXPECT_NE(row->treatment, Treatment::kPresence) << row->field;
    }
  }
}

TEST(FieldExhaustiveness, NothingInASecurityContextIsLeftOpen) {
  std::set<const Descriptor*> types;
  CollectBelow(*cri_v1::LinuxSandboxSecurityContext::descriptor(), types);
  CollectBelow(*cri_v1::LinuxContainerSecurityContext::descriptor(), types);
  // The two contexts, NamespaceOption, UserNamespace, IDMapping, Capability, SELinuxOption,
  // SecurityProfile, Int64Value.
  EXPECT_EQ(types.size(), 9u);
  for (const Descriptor* type : types) {
    ExpectNothingOpen(*type);
  }
}

// Nor in what can bring the node into a container.
TEST(FieldExhaustiveness, NothingInMountsDevicesAndResourcesIsLeftOpen) {
  ExpectNothingOpen(*cri_v1::Mount::descriptor());
  ExpectNothingOpen(*cri_v1::Device::descriptor());
  ExpectNothingOpen(*cri_v1::CDIDevice::descriptor());
  ExpectNothingOpen(*cri_v1::LinuxContainerResources::descriptor());
}

TEST(FieldExhaustiveness, EachRowOnceAndWithAReason) {
  std::set<std::pair<std::string, std::string>> rows;
  for (const FieldTreatment& row : FieldTreatments()) {
    EXPECT_TRUE(rows.insert({row.field, row.sample}).second) << "twice: " << row.field;
    const bool judged =
        row.treatment == Treatment::kJudged || row.treatment == Treatment::kJudgedByItsFields;
    EXPECT_TRUE(judged || std::string(row.why).size() > 10) << "no reason: " << row.field;
  }
}

}  // namespace
}  // namespace sekisho::cri
