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

// Where in the request a message is. Text is made of it only when something is found there, which
// is hardly ever.
struct Place {
  const Place* parent;
  std::string_view name;

  std::string Text() const {
    return parent == nullptr ? std::string(name) : base::StrCat(parent->Text(), ".", name);
  }
};

void Find(const Message& message, const Place& place, std::vector<policy::UnknownField>& found);

void CheckEnum(const FieldDescriptor& field, int value, const Place& place,
               std::vector<policy::UnknownField>& found) {
  if (field.enum_type()->FindValueByNumber(value) == nullptr) {
    found.push_back({base::StrCat(place.Text(), ".", field.name(), ": unknown value ", value)});
  }
}

void CheckField(const Message& message, const FieldDescriptor& field, const Place& place,
                std::vector<policy::UnknownField>& found) {
  const bool is_enum = field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
  if (!is_enum && field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return;
  }
  const Reflection& reflection = *message.GetReflection();
  const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
  for (int i = 0; i < count; ++i) {
    if (is_enum) {
      CheckEnum(field,
                field.is_repeated() ? reflection.GetRepeatedEnumValue(message, &field, i)
                                    : reflection.GetEnumValue(message, &field),
                place, found);
    } else {
      Find(field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                               : reflection.GetMessage(message, &field),
           {&place, field.name()}, found);
    }
  }
}

void Find(const Message& message, const Place& place, std::vector<policy::UnknownField>& found) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    found.push_back({base::StrCat(place.Text(), ": unknown field ", unknown.field(i).number())});
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);  // only those that are set
  for (const FieldDescriptor* field : fields) {
    CheckField(message, *field, place, found);
  }
}

}  // namespace

void FindUnknown(const Message& message, std::string_view path,
                 std::vector<policy::UnknownField>& found) {
  Find(message, {nullptr, path}, found);
}

}  // namespace sekisho::cri
