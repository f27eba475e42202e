#include "cri/unknown_fields.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include "base/str_cat.h"

namespace sekisho::cri {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void CheckEnum(const FieldDescriptor& field, int value, const std::string& path,
               std::vector<policy::UnknownField>& found) {
  if (field.enum_type()->FindValueByNumber(value) == nullptr) {
    found.push_back({base::StrCat(path, ".", field.name(), ": unknown value ", value)});
  }
}

void CheckField(const Message& message, const FieldDescriptor& field, const std::string& path,
                std::vector<policy::UnknownField>& found) {
  const Reflection& reflection = *message.GetReflection();
  const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
  for (int i = 0; i < count; ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      CheckEnum(field,
                field.is_repeated() ? reflection.GetRepeatedEnumValue(message, &field, i)
                                    : reflection.GetEnumValue(message, &field),
                path, found);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      FindUnknown(field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                                      : reflection.GetMessage(message, &field),
                  base::StrCat(path, ".", field.name()), found);
    }
  }
}

}  // namespace

void FindUnknown(const Message& message, const std::string& path,
                 std::vector<policy::UnknownField>& found) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    found.push_back({base::StrCat(path, ": unknown field ", unknown.field(i).number())});
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);  // only those that are set
  for (const FieldDescriptor* field : fields) {
    CheckField(message, *field, path, found);
  }
}

}  // namespace sekisho::cri
