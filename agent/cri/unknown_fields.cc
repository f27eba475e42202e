#include "cri/unknown_fields.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/str_cat.h"

namespace sekisho::cri {
namespace {

using google::protobuf::Descriptor;
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

// What of a message can hold something unknown. A map of texts cannot: what was unknown in its
// entries is gone once they were read.
bool CanHoldUnknown(const FieldDescriptor& field) {
  if (field.is_map()) {
    return CanHoldUnknown(*field.message_type()->map_value());
  }
  return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

// Found out once for each kind of message: to ask a message for all of its fields takes longer than
// to judge it.
using Fields = std::vector<const FieldDescriptor*>;
const Fields& FieldsToSearch(const Descriptor& type) {
  thread_local absl::flat_hash_map<const Descriptor*, std::unique_ptr<const Fields>> known;
  std::unique_ptr<const Fields>& fields = known[&type];
  if (fields == nullptr) {
    auto found = std::make_unique<Fields>();
    for (int i = 0; i < type.field_count(); ++i) {
      if (CanHoldUnknown(*type.field(i))) {
        found->push_back(type.field(i));
      }
    }
    fields = std::move(found);
  }
  return *fields;
}

void Find(const Message& message, const Place& place, std::vector<policy::UnknownField>& found);

void CheckEnum(const FieldDescriptor& field, int value, const Place& place,
               std::vector<policy::UnknownField>& found) {
  if (value != 0 && field.enum_type()->FindValueByNumber(value) == nullptr) {
    found.push_back({base::StrCat(place.Text(), ".", field.name(), ": unknown value ", value)});
  }
}

void CheckRepeated(const Message& message, const FieldDescriptor& field, const Place& place,
                   std::vector<policy::UnknownField>& found) {
  const Reflection& reflection = *message.GetReflection();
  const int count = reflection.FieldSize(message, &field);
  for (int i = 0; i < count; ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      CheckEnum(field, reflection.GetRepeatedEnumValue(message, &field, i), place, found);
    } else {
      Find(reflection.GetRepeatedMessage(message, &field, i), {&place, field.name()}, found);
    }
  }
}

void CheckField(const Message& message, const FieldDescriptor& field, const Place& place,
                std::vector<policy::UnknownField>& found) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    CheckRepeated(message, field, place, found);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    CheckEnum(field, reflection.GetEnumValue(message, &field), place, found);
  } else if (reflection.HasField(message, &field)) {
    Find(reflection.GetMessage(message, &field), {&place, field.name()}, found);
  }
}

void Find(const Message& message, const Place& place, std::vector<policy::UnknownField>& found) {
  const google::protobuf::UnknownFieldSet& unknown =
      message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    found.push_back({base::StrCat(place.Text(), ": unknown field ", unknown.field(i).number())});
  }
  for (const FieldDescriptor* field : FieldsToSearch(*message.GetDescriptor())) {
    CheckField(message, *field, place, found);
  }
}

}  // namespace

void FindUnknown(const Message& message, std::string_view path,
                 std::vector<policy::UnknownField>& found) {
  Find(message, {nullptr, path}, found);
}

}  // namespace sekisho::cri
