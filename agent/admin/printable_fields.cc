#include "admin/printable_fields.h"

#include <string>
#include <vector>

#include "base/utf8.h"

namespace sekisho::admin {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void MakeAllPrintable(Message& message);

void MakeTextsPrintable(Message& message, const FieldDescriptor* field) {
  const Reflection& fields = *message.GetReflection();
  if (!field->is_repeated()) {
    const std::string text = fields.GetString(message, field);
    if (base::FindBadText(text).has_value()) {
      fields.SetString(&message, field, base::Printable(text));
    }
    return;
  }
  for (int i = 0; i < fields.FieldSize(message, field); ++i) {
    const std::string text = fields.GetRepeatedString(message, field, i);
    if (base::FindBadText(text).has_value()) {
      fields.SetRepeatedString(&message, field, i, base::Printable(text));
    }
  }
}

void MakeMessagesPrintable(Message& message, const FieldDescriptor* field) {
  const Reflection& fields = *message.GetReflection();
  if (!field->is_repeated()) {
    MakeAllPrintable(*fields.MutableMessage(&message, field));
    return;
  }
  // A map is a list of messages here, with a key and a value.
  for (int i = 0; i < fields.FieldSize(message, field); ++i) {
    MakeAllPrintable(*fields.MutableRepeatedMessage(&message, field, i));
  }
}

void MakeAllPrintable(Message& message) {
  std::vector<const FieldDescriptor*> set;  // only what is there: nothing becomes present
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      MakeTextsPrintable(message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      MakeMessagesPrintable(message, field);
    }
  }
}

}  // namespace

void MakePrintable(sekisho::v1::GetStatusResponse& status) {
  MakeAllPrintable(status);
}

}  // namespace sekisho::admin
