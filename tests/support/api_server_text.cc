#include "support/api_server_text.h"

#include <zlib.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::testing::api {
namespace {

constexpr std::string_view kPartialHead =
    R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":)";

struct CodeText {
  int code;
  const char* reason;
  const char* message;
};
// What a real API server says with these codes when there is nothing more to say.
constexpr std::array kCodeTexts{
    CodeText{400, "BadRequest", "the request is not understood"},
    CodeText{401, "Unauthorized", "Unauthorized"},
    CodeText{403, "Forbidden", "the request is not allowed"},
    CodeText{404, "NotFound", "the server could not find the requested resource"},
    CodeText{406, "NotAcceptable", "no form that the client accepts"},
    CodeText{409, "Conflict", "the object is another one by now"},
    CodeText{410, "Expired", "the version is too old"},
    CodeText{413, "RequestEntityTooLarge", "the body is too large"},
    CodeText{415, "UnsupportedMediaType", "the body has a form that is not taken"},
    CodeText{422, "Invalid", "the object is not valid"},
    CodeText{429, "TooManyRequests", "too many requests, try again later"},
    CodeText{500, "InternalError", "an internal error"},
    CodeText{503, "ServiceUnavailable", "the server is unable to handle the request"},
    CodeText{504, "Timeout", "the request did not end in time"},
};

CodeText TextFor(int code) {
  for (const CodeText& text : kCodeTexts) {
    if (text.code == code) {
      return text;
    }
  }
  return {code, "", "unknown"};
}

}  // namespace

std::string_view KindOf(Resource resource) {
  return resource == Resource::kNamespaces ? "Namespace" : "Node";
}

std::string_view PluralOf(Resource resource) {
  return resource == Resource::kNamespaces ? "namespaces" : "nodes";
}

std::string ObjectText(const Object& object, bool metadata_only) {
  if (metadata_only) {
    return base::StrCat(kPartialHead, object.metadata, "}");
  }
  return base::StrCat(R"({"kind":")", KindOf(object.resource), R"(","apiVersion":"v1","metadata":)",
                      object.metadata, ",", object.rest, "}");
}

std::string ListText(Resource resource, const ListHead& head, const std::vector<ObjectPtr>& items,
                     bool metadata_only) {
  std::string text =
      metadata_only ? R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1")"
                    : base::StrCat(R"({"kind":")", KindOf(resource), R"(List","apiVersion":"v1")");
  text += base::StrCat(R"(,"metadata":{"resourceVersion":")", head.version, "\"");
  if (!head.continue_token.empty()) {
    text += base::StrCat(R"(,"continue":")", head.continue_token, "\"");
  }
  if (head.remaining.has_value()) {
    text += base::StrCat(R"(,"remainingItemCount":)", *head.remaining);
  }
  text += R"(},"items":[)";
  bool first = true;
  for (const ObjectPtr& item : items) {
    if (!std::exchange(first, false)) {
      text += ',';
    }
    if (metadata_only) {
      text += ObjectText(*item, true);
    } else {
      text += R"({"metadata":)";
      text += item->metadata;
      text += ',';
      text += item->rest;
      text += '}';
    }
  }
  text += "]}\n";
  return text;
}

std::string StatusText(const Status& status) {
  const CodeText usual = TextFor(status.code);
  nlohmann::json text = {{"kind", "Status"},
                         {"apiVersion", "v1"},
                         {"metadata", nlohmann::json::object()},
                         {"status", "Failure"},
                         {"message", status.message.empty() ? usual.message : status.message},
                         {"reason", status.reason.empty() ? usual.reason : status.reason},
                         {"code", status.code}};
  if (!status.details.is_null()) {
    text["details"] = status.details;
  }
  return text.dump();
}

std::string Gzip(std::string_view text) {
  constexpr int kGzipWindow = 15 + 16;
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("cannot compress");
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // into room for the worst case
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace sekisho::testing::api
