// The messages in the build against the protocol's own field tables, where these are present.
//
// The tables are not part of the source: SEKISHO_REFERENCE says where they lie, and otherwise they
// are looked for beside the checkout. Without them the test is skipped; the relay's own test of the
// method list does not need them.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "base/str_cat.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::cri {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using ::testing::IsEmpty;

using Lines = std::set<std::string>;

const FileDescriptor& Protocol() {
  return *runtime::v1::VersionRequest::descriptor()->file();
}

// A name as the tables write it: without the package.
template <typename Type>
std::string ShortName(const Type& type) {
  return type.full_name().substr(Protocol().package().size() + 1);
}

std::string TypeName(const FieldDescriptor& field) {
  if (field.is_map()) {
    return base::StrCat("map<", TypeName(*field.message_type()->map_key()), ", ",
                        TypeName(*field.message_type()->map_value()), ">");
  }
  const std::string label = field.is_repeated()            ? "repeated "
                            : field.has_optional_keyword() ? "optional "
                                                           : "";
  if (field.message_type() != nullptr) {
    return label + ShortName(*field.message_type());
  }
  return label + (field.enum_type() != nullptr ? ShortName(*field.enum_type()) : field.type_name());
}

void AddFields(const Descriptor& message, Lines& lines) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    lines.insert(base::StrCat(ShortName(message), "\t", field.number(), "\t", field.name(), "\t",
                              TypeName(field), "\t",
                              field.options().deprecated() ? "deprecated" : ""));
  }
  if (message.field_count() == 0) {
    lines.insert(base::StrCat(ShortName(message), "\t-\t-\t-\t(no fields)"));
  }
  for (int i = 0; i < message.nested_type_count(); ++i) {
    if (!message.nested_type(i)->options().map_entry()) {
      AddFields(*message.nested_type(i), lines);
    }
  }
}

void AddValues(const EnumDescriptor& type, Lines& lines) {
  for (int i = 0; i < type.value_count(); ++i) {
    lines.insert(
        base::StrCat(ShortName(type), "\t", type.value(i)->number(), "\t", type.value(i)->name()));
  }
}

void AddEnumsIn(const Descriptor& message, Lines& lines) {
  for (int i = 0; i < message.enum_type_count(); ++i) {
    AddValues(*message.enum_type(i), lines);
  }
  for (int i = 0; i < message.nested_type_count(); ++i) {
    AddEnumsIn(*message.nested_type(i), lines);
  }
}

std::string Kind(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? "bidi-streaming" : "client-streaming";
  }
  return method.server_streaming() ? "server-streaming" : "unary";
}

class ProtoTable : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("SEKISHO_REFERENCE");
    folder_ = given != nullptr ? given : SEKISHO_SOURCE_DIR "/../shared/reference";
    if (given == nullptr && !std::filesystem::exists(folder_)) {
      GTEST_SKIP() << "no ../shared/reference here";
    }
  }

  // All lines of a table but its heading.
  Lines Read(const std::string& name, const std::string& heading) {
    std::ifstream file(folder_ + "/" + name);
    EXPECT_TRUE(file.good()) << folder_ << "/" << name;
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, heading) << name;
    Lines lines;
    while (std::getline(file, line)) {
      EXPECT_TRUE(lines.insert(line).second) << "twice: " << line;
    }
    return lines;
  }

  static void Compare(const Lines& table, const Lines& build) {
    EXPECT_GT(table.size(), 10u);
    EXPECT_THAT(Without(table, build), IsEmpty()) << "in the table, not in the build";
    EXPECT_THAT(Without(build, table), IsEmpty()) << "in the build, not in the table";
  }

 private:
  static std::vector<std::string> Without(const Lines& a, const Lines& b) {
    std::vector<std::string> rest;
    std::ranges::set_difference(a, b, std::back_inserter(rest));
    return rest;
  }

  std::string folder_;
};

TEST_F(ProtoTable, Fields) {
  Lines lines;
  for (int i = 0; i < Protocol().message_type_count(); ++i) {
    AddFields(*Protocol().message_type(i), lines);
  }
  Compare(Read("cri-fields.tsv", "message\tnumber\tfield\ttype\tnote"), lines);
}

TEST_F(ProtoTable, Enums) {
  Lines lines;
  for (int i = 0; i < Protocol().enum_type_count(); ++i) {
    AddValues(*Protocol().enum_type(i), lines);
  }
  for (int i = 0; i < Protocol().message_type_count(); ++i) {
    AddEnumsIn(*Protocol().message_type(i), lines);
  }
  Compare(Read("cri-enums.tsv", "enum\tnumber\tvalue"), lines);
}

TEST_F(ProtoTable, Methods) {
  Lines lines;
  for (int i = 0; i < Protocol().service_count(); ++i) {
    const google::protobuf::ServiceDescriptor& service = *Protocol().service(i);
    for (int k = 0; k < service.method_count(); ++k) {
      const MethodDescriptor& method = *service.method(k);
      lines.insert(base::StrCat(ShortName(service), "\t", method.name(), "\t",
                                ShortName(*method.input_type()), "\t",
                                ShortName(*method.output_type()), "\t", Kind(method)));
    }
  }
  Compare(Read("cri-methods.tsv", "service\tmethod\trequest\tresponse\tkind"), lines);
}

// What a table has no column for.
TEST(Protocol, IsProto3AndHasNoOneof) {
  EXPECT_EQ(Protocol().package(), "runtime.v1");
  EXPECT_EQ(Protocol().syntax(), FileDescriptor::SYNTAX_PROTO3);
  for (int i = 0; i < Protocol().message_type_count(); ++i) {
    EXPECT_EQ(Protocol().message_type(i)->oneof_decl_count(), 0)
        << Protocol().message_type(i)->name();
    EXPECT_EQ(Protocol().message_type(i)->extension_range_count(), 0);
  }
}

}  // namespace
}  // namespace sekisho::cri
