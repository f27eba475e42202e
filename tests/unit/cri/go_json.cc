#include "unit/cri/go_json.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace sekisho::cri {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::json;

// One value: of the field, or of its element `i`.
json GoValue(const Message& message, const FieldDescriptor& field, int i) {
  const Reflection& r = *message.GetReflection();
  const bool element = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return GoJson(element ? r.GetRepeatedMessage(message, &field, i)
                            : r.GetMessage(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return element ? r.GetRepeatedString(message, &field, i) : r.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return r.GetEnumValue(message, &field);  // Go's json knows numbers only
    case FieldDescriptor::CPPTYPE_BOOL:
      return r.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_INT32:
      return r.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return r.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return r.GetUInt64(message, &field);
    default:
      return element ? r.GetRepeatedInt64(message, &field, i) : r.GetInt64(message, &field);
  }
}

}  // namespace

json GoJson(const Message& message) {
  const Reflection& r = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  r.ListFields(message, &fields);
  json object = json::object();
  for (const FieldDescriptor* field : fields) {
    json& value = object[field->name()];
    const int count = field->is_repeated() ? r.FieldSize(message, field) : 0;
    if (field->is_map()) {
      for (int i = 0; i < count; ++i) {
        const Message& entry = r.GetRepeatedMessage(message, field, i);
        value[GoValue(entry, *field->message_type()->map_key(), 0).get<std::string>()] =
            GoValue(entry, *field->message_type()->map_value(), 0);
      }
    } else if (field->is_repeated()) {
      for (int i = 0; i < count; ++i) {
        value.push_back(GoValue(message, *field, i));
      }
    } else {
      value = GoValue(message, *field, 0);
    }
  }
  return object;
}

}  // namespace sekisho::cri
