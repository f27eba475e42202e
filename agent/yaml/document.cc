#include "yaml/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <sstream>
#include <utility>

#include "base/str_cat.h"
#include "base/utf8.h"

namespace sekisho::yaml {
namespace {

using base::StrCat;

constexpr size_t kDeepest = 64;
constexpr size_t kMostNodes = 100'000;

Location LocationOf(const YAML::Mark& mark) {
  // yaml-cpp counts from 0 and marks "nowhere" with -1, so that nowhere becomes 0 here.
  return {mark.line + 1, mark.column + 1};
}

size_t CountNodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) {
    count += CountNodes(item);
  }
  for (const YamlEntry& entry : node.entries) {
    count += CountNodes(entry.value);
  }
  return count;
}

size_t Depth(const YamlNode& node) {
  size_t deepest = 0;
  for (const YamlNode& item : node.items) {
    deepest = std::max(deepest, Depth(item));
  }
  for (const YamlEntry& entry : node.entries) {
    deepest = std::max(deepest, Depth(entry.value));
  }
  return deepest + 1;
}

// Builds the tree from the parser's events. Works on events and not on YAML::Node, because a Node
// has lost repeated keys' places, the number of documents, and the quotes around a scalar. Every
// limit is thrown as the parser's own exception, so that there is one way out.
class TreeBuilder : public YAML::EventHandler {
 public:
  enum class Documents { kOne, kMany };

  TreeBuilder(Documents documents, int last_line) : documents_(documents), last_line_(last_line) {}

  // Of the documents that hold anything.
  std::vector<YamlNode> TakeRoots() { return std::move(roots_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(begun_, true) && documents_ == Documents::kOne) {
      throw YAML::ParserException(mark, "a second YAML document begins here; write one file each");
    }
    // What closes nothing that is open ("}") is no document and not passed over: yaml-cpp gives an
    // empty one in front of it, for ever.
    if (std::exchange(begin_, mark.pos) == mark.pos) {
      throw YAML::ParserException(mark, "this belongs to nothing that is open");
    }
    // Anchors are a document's own; the parser counts them from one in each.
    anchors_.clear();
    nodes_ = 0;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = NewNode(YamlNode::Kind::kNull, mark);
    if (node.where.line > last_line_) {  // at the end marker that Parse appends
      node.where = {last_line_, 1};
    }
    Add(std::move(node), mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw YAML::ParserException(mark, "this alias stands inside the value that it names");
    }
    // Charged before the copy is made: this is what stops a file that doubles itself line by line.
    Charge(CountNodes(found->second) - 1, mark);
    if (open_.size() + Depth(found->second) > kDeepest) {
      throw YAML::ParserException(mark, StrCat("nested deeper than ", kDeepest, " levels"));
    }
    YamlNode copy = found->second;
    copy.where = LocationOf(mark);
    Add(std::move(copy), mark, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseTag(mark, tag);
    YamlNode node = NewNode(YamlNode::Kind::kScalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    Add(std::move(node), mark, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or mapping whose end has not come yet.
  struct OpenNode {
    YamlNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<YamlEntry> entry;  // a mapping's key that waits for its value
  };

  static YamlNode NewNode(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.where = LocationOf(mark);
    return node;
  }

  // yaml-cpp's "?" is a plain scalar or a collection, "!" a quoted scalar. Anything else was
  // written by the author, and would say that a value is not what it looks like.
  static void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw YAML::ParserException(mark,
                                  StrCat("the tag ", base::Printable(tag), " is not used here"));
    }
  }

  void Charge(size_t nodes, const YAML::Mark& mark) {
    nodes_ += nodes;
    if (nodes_ > kMostNodes) {
      throw YAML::ParserException(mark, StrCat("more than ", kMostNodes, " values in one file"));
    }
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    RefuseTag(mark, tag);
    if (open_.size() == kDeepest) {
      throw YAML::ParserException(mark, StrCat("nested deeper than ", kDeepest, " levels"));
    }
    open_.push_back({NewNode(kind, mark), mark, anchor, std::nullopt});
  }

  void Close() {
    OpenNode done = std::move(open_.back());
    open_.pop_back();
    Add(std::move(done.node), done.mark, done.anchor);
  }

  // Puts a finished node where it belongs.
  void Add(YamlNode node, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Charge(1, mark);
    if (anchor != YAML::NullAnchor) {
      anchors_.insert_or_assign(anchor, node);
    }
    if (open_.empty()) {
      if (node.kind != YamlNode::Kind::kNull) {
        roots_.push_back(std::move(node));
      }
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.entry.has_value()) {
      if (node.kind != YamlNode::Kind::kScalar) {
        throw YAML::ParserException(mark, "a key must be text");
      }
      parent.entry = YamlEntry{.key = std::move(node.text), .where = node.where, .value = {}};
    } else {
      parent.entry->value = std::move(node);
      parent.node.entries.push_back(*std::exchange(parent.entry, std::nullopt));
    }
  }

  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::vector<YamlNode> roots_;
  size_t nodes_ = 0;
  Documents documents_;
  int last_line_;
  bool begun_ = false;
  int begin_ = -1;  // of the document, in characters
};

// Bytes that no YAML text holds. yaml-cpp would take 0x04 for the end of the file and drop every
// rule behind it, and guess UTF-16 from zero bytes.
std::optional<Diagnostic> FindBadByte(std::string_view bytes, const std::string& file) {
  const std::optional<base::BadText> bad = base::FindBadText(bytes);
  if (!bad.has_value()) {
    return std::nullopt;
  }
  const std::string_view before = bytes.substr(0, bad->offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 == 0: the first line
  const Location where = {
      static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
      static_cast<int>(bad->offset - line_start) + 1,
  };
  return MakeDiagnostic(file, where, {}, StrCat("not valid YAML: ", bad->what),
                        "save the file as UTF-8 text");
}

// From 1, also of an empty file.
int LastLine(std::string_view bytes) {
  const auto lines = static_cast<int>(std::count(bytes.begin(), bytes.end(), '\n'));
  const bool ends_in_newline = bytes.empty() || bytes.back() == '\n';
  return std::max(lines + (ends_in_newline ? 0 : 1), 1);
}

Diagnostic SyntaxError(const YAML::ParserException& error, std::string_view bytes,
                       const std::string& file) {
  // Of a character that cannot stand behind a backslash yaml-cpp's text has the first byte.
  Diagnostic found = MakeDiagnostic(file, LocationOf(error.mark), {},
                                    StrCat("not valid YAML: ", base::Printable(error.msg)), {});
  if (const int last_line = LastLine(bytes);
      found.line > last_line) {  // at the end marker, likewise
    found.line = last_line;
    found.column = 1;
    found.message = "not valid YAML: the file ends inside a quoted text, a list or a mapping";
    found.fix = "close the quote, bracket or brace";
  } else if (error.msg.find("tab") != std::string::npos) {
    found.fix = "indent with spaces";
  } else if (error.msg.find("escape character") != std::string::npos) {
    found.fix = "between double quotes a backslash is written as \\\\";
  }
  return found;
}

std::optional<std::vector<YamlNode>> Parse(TreeBuilder::Documents documents, std::string_view bytes,
                                           const std::string& file,
                                           std::vector<Diagnostic>* errors) {
  if (std::optional<Diagnostic> bad = FindBadByte(bytes, file); bad.has_value()) {
    errors->push_back(*std::move(bad));
    return std::nullopt;
  }
  // The end marker makes yaml-cpp notice a quote that is never closed; without it the quoted text
  // would silently swallow the rest of the file, rules included.
  std::istringstream in(StrCat(bytes, bytes.empty() || bytes.back() == '\n' ? "" : "\n", "...\n"));
  TreeBuilder builder(documents, LastLine(bytes));
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::ParserException& error) {
    errors->push_back(SyntaxError(error, bytes, file));
    return std::nullopt;
  } catch (const std::exception& error) {
    errors->push_back(AboutFile(file, StrCat("not valid YAML: ", base::Printable(error.what()))));
    return std::nullopt;
  }
  return builder.TakeRoots();
}

}  // namespace

std::string_view KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMapping:
      return "a mapping";
  }
  return "nothing";
}

std::optional<YamlNode> ParseYaml(std::string_view bytes, const std::string& file,
                                  std::vector<Diagnostic>* errors) {
  std::optional<std::vector<YamlNode>> roots =
      Parse(TreeBuilder::Documents::kOne, bytes, file, errors);
  if (!roots.has_value()) {
    return std::nullopt;
  }
  if (roots->empty()) {
    errors->push_back(AboutFile(file, "the file is empty"));
    return std::nullopt;
  }
  return std::move(roots->front());
}

std::optional<std::vector<YamlNode>> ParseYamlDocuments(std::string_view bytes,
                                                        const std::string& file,
                                                        std::vector<Diagnostic>* errors) {
  return Parse(TreeBuilder::Documents::kMany, bytes, file, errors);
}

}  // namespace sekisho::yaml
