// Enough of an HTML parser to say whether a page is the one that was meant: every tag is one of
// ours, every attribute is quoted, and what is opened is closed in order.
#pragma once

#include <cctype>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho::testing {

struct Tag {
  std::string name;
  std::map<std::string, std::string> attributes;
};

class HtmlReader {
 public:
  // Throws std::runtime_error with what is wrong, and some of the text around it.
  static std::vector<Tag> Tags(std::string_view page) {
    HtmlReader reader(page);
    return reader.Read();
  }

 private:
  explicit HtmlReader(std::string_view page) : rest_(page) {}

  [[noreturn]] void Fail(const std::string& what) const {
    throw std::runtime_error(what + " at: " + std::string(rest_.substr(0, 120)));
  }

  static bool IsVoid(const std::string& name) {
    static const std::set<std::string> kVoid = {"meta", "br", "rect", "line"};
    return kVoid.contains(name);
  }

  std::vector<Tag> Read() {
    if (!rest_.starts_with("<!DOCTYPE html>")) {
      Fail("no doctype");
    }
    rest_.remove_prefix(std::string_view("<!DOCTYPE html>").size());
    while (!rest_.empty()) {
      const size_t next = rest_.find_first_of("<>&");
      rest_.remove_prefix(std::min(next, rest_.size()));
      if (rest_.empty()) {
        break;
      }
      if (rest_.front() == '&') {
        ReadEntity();
      } else if (rest_.front() == '>') {
        if (open_.empty() || open_.back() != "style") {
          Fail("a stray >");
        }
        rest_.remove_prefix(1);
      } else if (rest_.starts_with("</")) {
        ReadEnd();
      } else {
        ReadStart();
      }
    }
    if (!open_.empty()) {
      throw std::runtime_error("not closed: " + open_.back());
    }
    return std::move(tags_);
  }

  void ReadEntity() {
    for (const std::string_view entity :
         {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#8239;", "&#8209;"}) {
      if (rest_.starts_with(entity)) {
        rest_.remove_prefix(entity.size());
        return;
      }
    }
    Fail("an unknown entity");
  }

  std::string ReadName() {
    size_t end = 0;
    while (end < rest_.size() &&
           (std::isalnum(static_cast<unsigned char>(rest_[end])) != 0 || rest_[end] == '-')) {
      ++end;
    }
    if (end == 0) {
      Fail("no name");
    }
    const std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }

  void ReadEnd() {
    rest_.remove_prefix(2);
    const std::string name = ReadName();
    if (!rest_.starts_with('>') || open_.empty() || open_.back() != name) {
      Fail("</" + name + "> closes " + (open_.empty() ? "nothing" : open_.back()));
    }
    open_.pop_back();
    rest_.remove_prefix(1);
  }

  void ReadStart() {
    rest_.remove_prefix(1);
    Tag tag{ReadName(), {}};
    while (rest_.starts_with(' ')) {
      rest_.remove_prefix(1);
      const std::string name = ReadName();
      if (!rest_.starts_with("=\"")) {
        Fail("attribute " + name + " is not quoted");
      }
      rest_.remove_prefix(2);
      const size_t end = rest_.find('"');
      if (end == std::string_view::npos) {
        Fail("attribute " + name + " does not end");
      }
      const std::string_view value = rest_.substr(0, end);
      if (value.find_first_of("<>") != std::string_view::npos) {
        Fail("attribute " + name + " has a tag in it");
      }
      tag.attributes[name] = value;
      rest_.remove_prefix(end + 1);
    }
    const bool closed = rest_.starts_with("/>");
    rest_.remove_prefix(closed ? 1 : 0);
    if (!rest_.starts_with('>')) {
      Fail("<" + tag.name + " does not end");
    }
    rest_.remove_prefix(1);
    if (!closed && !IsVoid(tag.name)) {
      open_.push_back(tag.name);
    }
    tags_.push_back(std::move(tag));
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  std::vector<Tag> tags_;
};

}  // namespace sekisho::testing
