#include "golden/edited_bytes.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>

#include <memory>

#include "runtime/v1/api.pb.h"

namespace sekisho::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A field of a message inside the request.
struct Place {
  Message* parent = nullptr;
  const FieldDescriptor* field = nullptr;
};

// Walks a path such as "config.linux.security_context.seccomp". Makes the messages on the way.
Place Find(Message& root, const std::string& path) {
  Place place{&root, nullptr};
  size_t start = 0;
  while (true) {
    const size_t dot = path.find('.', start);
    place.field = place.parent->GetDescriptor()->FindFieldByName(path.substr(start, dot - start));
    if (place.field == nullptr || dot == std::string::npos) {
      return place;
    }
    place.parent = place.parent->GetReflection()->MutableMessage(place.parent, place.field);
    start = dot + 1;
  }
}

std::string ProfileText(const runtime::v1::SecurityProfile& profile) {
  std::string text = runtime::v1::SecurityProfile::ProfileType_Name(profile.profile_type());
  return profile.localhost_ref().empty() ? text : text + " " + profile.localhost_ref();
}

// The value in the words of an edit record.
std::string ValueText(const Place& place) {
  const google::protobuf::Reflection& reflection = *place.parent->GetReflection();
  if (place.field->is_repeated()) {
    std::string text;
    for (int i = 0; i < reflection.FieldSize(*place.parent, place.field); ++i) {
      text += (i == 0 ? "" : ", ") + reflection.GetRepeatedString(*place.parent, place.field, i);
    }
    return "[" + text + "]";
  }
  if (place.field->type() == FieldDescriptor::TYPE_BOOL) {
    return reflection.GetBool(*place.parent, place.field) ? "true" : "false";
  }
  if (!reflection.HasField(*place.parent, place.field)) {
    return "absent";
  }
  return ProfileText(dynamic_cast<const runtime::v1::SecurityProfile&>(
      reflection.GetMessage(*place.parent, place.field)));
}

// Takes the field out, so that what is left can be compared.
void Clear(const Place& place) {
  place.parent->GetReflection()->ClearField(place.parent, place.field);
}

}  // namespace

std::string ContradictionOf(const Message& before, const Message& after,
                            const std::vector<policy::EditRecord>& edits) {
  const std::unique_ptr<Message> left(before.New());
  const std::unique_ptr<Message> right(after.New());
  left->CopyFrom(before);
  right->CopyFrom(after);
  std::string contradiction;
  for (const policy::EditRecord& edit : edits) {
    const Place was = Find(*left, edit.field);
    const Place is = Find(*right, edit.field);
    if (was.field == nullptr) {
      return "no such field: " + edit.field;
    }
    if (ValueText(was) != edit.before || ValueText(is) != edit.after) {
      contradiction += edit.field + " was really " + ValueText(was) + " and is " + ValueText(is) +
                       "; recorded: " + edit.before + " -> " + edit.after + "\n";
    }
    Clear(was);
    Clear(is);
  }
  google::protobuf::util::MessageDifferencer differencer;
  std::string differences;
  differencer.ReportDifferencesToString(&differences);
  if (!differencer.Compare(*left, *right)) {
    contradiction += "changed, but not recorded:\n" + differences;
  }
  return contradiction;
}

}  // namespace sekisho::testing
