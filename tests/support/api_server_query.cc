#include "support/api_server_query.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "base/str_cat.h"

namespace sekisho::testing::api {
namespace {

std::string Decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(at + 1);
  }
}

Query::Query(std::string_view text) {
  for (const std::string_view part : Split(text, '&')) {
    const size_t at = part.find('=');
    if (!part.empty()) {
      // The first of several counts.
      values_.emplace(Decoded(part.substr(0, at)),
                      at == std::string_view::npos ? "" : Decoded(part.substr(at + 1)));
    }
  }
}

const std::string& Query::Get(const std::string& name) const {
  static const std::string kEmpty;
  const auto found = values_.find(name);
  return found == values_.end() ? kEmpty : found->second;
}

bool Query::IsTrue(const std::string& name) const {
  return Get(name) == "1" || Get(name) == "true";
}

std::optional<uint64_t> NumberOf(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

Form FormOf(std::string_view accept) {
  if (Trimmed(accept).empty()) {
    return Form::kObject;
  }
  for (const std::string_view part : Split(accept, ',')) {
    std::map<std::string_view, std::string_view> parameters;
    const std::vector<std::string_view> pieces = Split(part, ';');
    for (const std::string_view piece : pieces) {
      const size_t at = piece.find('=');
      if (at != std::string_view::npos) {
        parameters[Trimmed(piece.substr(0, at))] = Trimmed(piece.substr(at + 1));
      }
    }
    const std::string_view type = Trimmed(pieces.front());
    static const std::set<std::string_view> kTypes{"application/json", "application/*", "*/*"};
    if (!kTypes.contains(type)) {
      continue;
    }
    const std::string_view as = parameters["as"];
    if (as.empty()) {
      return Form::kObject;
    }
    if (parameters["g"] == "meta.k8s.io" && parameters["v"] == "v1") {
      if (as == "PartialObjectMetadata") {
        return Form::kPartialObject;
      }
      if (as == "PartialObjectMetadataList") {
        return Form::kPartialList;
      }
    }
  }
  return Form::kNone;
}

std::string TextOf(const ContinueToken& token) {
  const nlohmann::json text = {
      {"v", "meta.k8s.io/v1"},
      {"rv", token.version.has_value() ? static_cast<int64_t>(*token.version) : int64_t{-1}},
      {"start", token.after}};
  return absl::WebSafeBase64Escape(text.dump());
}

std::optional<ContinueToken> ParseContinueToken(const std::string& text) {
  std::string decoded;
  if (!absl::WebSafeBase64Unescape(text, &decoded)) {
    return std::nullopt;
  }
  const auto json = nlohmann::json::parse(decoded, nullptr, false);
  if (!json.is_object() || !json.contains("rv") || !json["rv"].is_number_integer() ||
      !json.contains("start") || !json["start"].is_string()) {
    return std::nullopt;
  }
  const auto version = json["rv"].get<int64_t>();
  return ContinueToken{
      .version = version < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(version)),
      .after = json["start"].get<std::string>()};
}

}  // namespace sekisho::testing::api
