#include "unit/cri/random_messages.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <map>

namespace sekisho::cri {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void RandomMessages::Fill(Message& message) {
  FillMessage(message);
  // Through the wire once: the last of two equal map keys wins, as in a request.
  const std::string bytes = message.SerializeAsString();
  message.ParseFromString(bytes);
}

policy::Edits RandomMessages::Edits(const Map& annotations) {
  policy::Edits edits;
  const auto maybe = [this](auto& member, auto value) {
    if (Coin()) {
      member = std::move(value);
    }
  };
  maybe(edits.seccomp, Profile());
  maybe(edits.apparmor, Profile());
  maybe(edits.capabilities_add, Texts());
  maybe(edits.capabilities_drop, Texts());
  maybe(edits.capabilities_ambient, Texts());
  maybe(edits.no_new_privs, Coin());
  maybe(edits.masked_paths, Texts());
  maybe(edits.readonly_paths, Texts());
  maybe(edits.readonly_rootfs, Coin());
  maybe(edits.selinux, SELinux());
  maybe(edits.remove_annotations, SomeKeys(annotations));
  return edits;
}

policy::SandboxEdits RandomMessages::SandboxEdits(const Map& annotations, const Map& sysctls) {
  policy::SandboxEdits edits;
  if (Coin()) {
    edits.remove_annotations = SomeKeys(annotations);
  }
  if (Coin()) {
    edits.remove_sysctls = SomeKeys(sysctls);
  }
  if (Coin()) {
    edits.selinux = SELinux();
  }
  return edits;
}

void RandomMessages::FillMessage(Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.options().map_entry() || Coin()) {
      FillField(message, *type.field(i));
    }
  }
  // A parser keeps none of a map entry's unknown fields, so there is nothing to lose there.
  if (options_.unknown_fields && !type.options().map_entry() && Coin()) {
    AddUnknown(message);
  }
}

void RandomMessages::FillField(Message& message, const FieldDescriptor& field) {
  const uint32_t count = field.is_repeated() ? 1 + Below(3) : 1;
  for (uint32_t i = 0; i < count; ++i) {
    AddOrSet(message, field);
  }
}

void RandomMessages::AddOrSet(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  const bool add = field.is_repeated();
  // All the widths of integers get the same small numbers; negative where there is a sign.
  const auto number = static_cast<int32_t>(Below(100000));
  const int32_t with_sign = Coin() ? -number : number;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      FillMessage(add ? *reflection.AddMessage(&message, &field)
                      : *reflection.MutableMessage(&message, &field));
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      add ? reflection.AddString(&message, &field, Text())
          : reflection.SetString(&message, &field, Text());
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      add ? reflection.AddEnumValue(&message, &field, EnumValue(*field.enum_type()))
          : reflection.SetEnumValue(&message, &field, EnumValue(*field.enum_type()));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      add ? reflection.AddInt64(&message, &field, with_sign)
          : reflection.SetInt64(&message, &field, with_sign);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      add ? reflection.AddInt32(&message, &field, with_sign)
          : reflection.SetInt32(&message, &field, with_sign);
      break;
    // The protocol repeats none of these.
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(&message, &field, Coin());
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection.SetUInt32(&message, &field, static_cast<uint32_t>(number));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection.SetUInt64(&message, &field, static_cast<uint64_t>(number));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      GOOGLE_LOG(FATAL) << "no request has one: " << field.full_name();
  }
}

void RandomMessages::AddUnknown(Message& message) {
  google::protobuf::UnknownFieldSet& unknown =
      *message.GetReflection()->MutableUnknownFields(&message);
  const auto number = static_cast<int>(5000 + Below(100));
  switch (Below(4)) {
    case 0:
      unknown.AddVarint(number, Below(1000));
      break;
    case 1:
      unknown.AddFixed32(number, Below(1000));
      break;
    case 2:
      unknown.AddFixed64(number, Below(1000));
      break;
    default:
      unknown.AddLengthDelimited(number, Text());
      break;
  }
}

int RandomMessages::EnumValue(const EnumDescriptor& type) {
  if (options_.unknown_enum_values && Below(8) == 0) {
    return static_cast<int>(900 + Below(100));
  }
  return type.value(static_cast<int>(Below(static_cast<uint32_t>(type.value_count()))))->number();
}

policy::SecurityProfile RandomMessages::Profile() {
  switch (Below(3)) {
    case 0:
      return {policy::ProfileType::kRuntimeDefault, ""};
    case 1:
      return {policy::ProfileType::kUnconfined, ""};
    default:
      return {policy::ProfileType::kLocalhost, "/profiles/" + Text()};
  }
}

policy::SELinuxOptions RandomMessages::SELinux() {
  policy::SELinuxOptions options;
  for (std::string* member : {&options.user, &options.role, &options.type, &options.level}) {
    *member = Text();
  }
  return options;
}

std::vector<std::string> RandomMessages::SomeKeys(const Map& map) {
  const std::map<std::string, std::string> sorted(map.begin(), map.end());  // for equal seeds
  std::vector<std::string> keys = Texts();
  for (const auto& [key, value] : sorted) {
    if (Coin()) {
      keys.push_back(key);
    }
  }
  return keys;
}

std::vector<std::string> RandomMessages::Texts() {
  std::vector<std::string> texts(Below(4));
  for (std::string& text : texts) {
    text = Text();
  }
  return texts;
}

std::string RandomMessages::Text() {
  static constexpr const char* kLetters[] = {"a", "B", "7", "/", "_", ".", "\"", "é", "\\", "<"};
  std::string text;
  for (uint32_t length = Below(8); length > 0; --length) {
    text += kLetters[Below(std::size(kLetters))];
  }
  return text;
}

}  // namespace sekisho::cri
