// What an API server answers: a page of a list, a watch, a Status; and the cache of what it said.
// The first byte says which (l, w, s, c), the second into how large pieces the network cuts it.
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "fuzz/target.h"
#include "kube/api_object.h"
#include "kube/list_reader.h"
#include "kube/namespace_document.h"
#include "kube/namespace_store.h"
#include "kube/watch_reader.h"

namespace sekisho::testing {
namespace {

constexpr char kServer[] = "https://10.96.0.1:6443";

kube::Clocks StoppedClocks() {
  return {.since_boot = [] { return std::chrono::hours(1); },
          .wall = [] { return std::chrono::sys_seconds(std::chrono::seconds(1'780'000'000)); }};
}

using Namespaces = std::map<std::string, policy::PodSecurityLabels>;

Namespaces NamespacesOf(const policy::NamespaceTable& table) {
  Namespaces all;
  for (const auto& [name, labels] : table.namespaces()) {
    all.emplace(name, *labels);
  }
  return all;
}

// What an answer comes to.
struct Heard {
  std::string failure;
  std::string resource_version;
  std::string continue_token;
  uint64_t messages = 0;
  Namespaces namespaces;

  friend bool operator==(const Heard&, const Heard&) = default;
};

Heard HearList(std::string_view body, size_t piece) {
  kube::ReflectorOptions options;
  options.object_bytes_max = 4096;
  options.objects_max = 64;
  kube::NamespaceStore store(StoppedClocks());
  kube::ListReader reader(options, store);
  Heard heard;
  reader.Begin();
  reader.BeginPage();
  for (; !body.empty() && heard.failure.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    if (const absl::Status status = reader.Feed(body.substr(0, piece)); !status.ok()) {
      heard.failure = base::StrCat("refused: ", base::StdView(status.message()));
    }
  }
  if (heard.failure.empty()) {
    if (const std::optional<kube::RequestFailure> failure = reader.EndPage()) {
      heard.failure = base::StrCat("failed: ", failure->text);
    }
  }
  if (heard.failure.empty()) {
    heard.resource_version = reader.resource_version();
    heard.continue_token = reader.continue_token();
    reader.End();
    store.Confirmed(heard.resource_version);
  } else {
    reader.Abandon();
  }
  heard.namespaces = NamespacesOf(*store.Copy().table);
  return heard;
}

Heard HearWatch(std::string_view body, size_t piece) {
  kube::NamespaceStore store(StoppedClocks());
  kube::WatchReader reader(4096, "7", store);
  Heard heard;
  for (; !body.empty() && heard.failure.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    if (const std::optional<kube::RequestFailure> failure = reader.Feed(body.substr(0, piece))) {
      heard.failure = base::StrCat("failed: ", failure->text);
    }
  }
  heard.resource_version = reader.resource_version();
  heard.messages = reader.messages();
  store.Confirmed(heard.resource_version);
  heard.namespaces = NamespacesOf(*store.Copy().table);
  return heard;
}

// However the bytes come, the same was said; and what could not be is fit for a log.
FuzzResult CheckHeard(const Heard& whole, const Heard& in_pieces) {
  FuzzResult result{.accepted = whole.failure.empty()};
  if (whole != in_pieces) {
    result.broken =
        base::StrCat("in pieces it says something else: ", whole.failure, " / ", in_pieces.failure);
  } else if (base::Printable(whole.failure) != whole.failure || whole.failure.size() > 4096) {
    result.broken = base::StrCat("not fit for a log: ", base::Printable(whole.failure));
  }
  return result;
}

FuzzResult CheckStatus(std::string_view body) {
  const kube::ApiStatus status = kube::ApiStatusOf(403, body);
  const std::string text = Describe(status);
  VersionIsOfNoUse(status);
  const bool fit = base::Printable(text) == text && text.size() <= 1024;
  return {.accepted = !status.reason.empty(),
          .broken = fit ? "" : base::StrCat("not fit for a log: ", base::Printable(text))};
}

FuzzResult CheckCache(std::string_view json) {
  const absl::StatusOr<kube::NamespaceCopy> copy = kube::ParseNamespaceDocument(json, kServer);
  if (!copy.ok()) {
    return {.broken = copy.status().message().empty() ? "refused without a word" : ""};
  }
  FuzzResult result{.accepted = true};
  const absl::StatusOr<std::string> text = NamespaceDocument(*copy, kServer);
  if (!text.ok()) {
    result.broken =
        base::StrCat("read, it cannot be written: ", base::StdView(text.status().message()));
    return result;
  }
  const absl::StatusOr<kube::NamespaceCopy> again = kube::ParseNamespaceDocument(*text, kServer);
  if (!again.ok() || again->resource_version != copy->resource_version ||
      again->confirmed != copy->confirmed ||
      NamespacesOf(*again->table) != NamespacesOf(*copy->table)) {
    result.broken = "written and read again, it says something else";
  }
  return result;
}

FuzzResult CheckApiJson(std::string_view bytes) {
  if (bytes.size() < 2) {
    return {};
  }
  const char kind = bytes[0];
  const size_t piece = static_cast<unsigned char>(bytes[1]) % 64 + 1;
  bytes.remove_prefix(2);
  const size_t all = bytes.size() + 1;
  switch (kind) {
    case 'l':
      return CheckHeard(HearList(bytes, all), HearList(bytes, piece));
    case 'w':
      return CheckHeard(HearWatch(bytes, all), HearWatch(bytes, piece));
    case 's':
      return CheckStatus(bytes);
    case 'c':
      return CheckCache(bytes);
    default:
      return {};
  }
}

const RegisterFuzzTarget kApiJson("api_json", CheckApiJson);

}  // namespace
}  // namespace sekisho::testing
