// CRI messages written as protobuf text, for tables.
#pragma once

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "base/str_cat.h"

namespace sekisho::cri {

// Collects mistakes. Warnings are no mistakes: deprecated fields are part of what is tested.
class TextErrors : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int column, const std::string& message) override {
    text_ += base::StrCat("at column ", column, ": ", message, "\n");
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Adds what `text` says to `message`.
inline void MergeText(const std::string& text, google::protobuf::Message& message) {
  TextErrors errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  EXPECT_TRUE(parser.MergeFromString(text, &message))
      << "a mistake in the test: " << message.GetTypeName() << " { " << text << " } "
      << errors.text();
}

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  MergeText(text, message);
  return message;
}

}  // namespace sekisho::cri
