// What the reflector's tests share: a store that notes what it is told, and the API server's JSON.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/str_cat.h"
#include "base/str_join.h"
#include "fake_loop.h"
#include "kube/api_object.h"
#include "kube/reflector.h"

namespace sekisho::kube {

// Names and their label "v". An object that is named "bad" is refused.
class NotingStore final : public ObjectStore {
 public:
  using Objects = std::map<std::string, std::string>;

  void BeginList() override {
    EXPECT_FALSE(listing_.has_value()) << "two lists at once";
    listing_.emplace();
    ++begun;
  }
  absl::Status Listed(const nlohmann::json& object) override {
    EXPECT_TRUE(listing_.has_value());
    return Put(*listing_, object);
  }
  void EndList() override {
    ASSERT_TRUE(listing_.has_value());
    objects = *std::exchange(listing_, std::nullopt);
  }
  void AbandonList() override {
    EXPECT_TRUE(listing_.has_value());
    listing_.reset();
    ++abandoned;
  }
  absl::Status Changed(const nlohmann::json& object) override {
    EXPECT_FALSE(listing_.has_value()) << "a change in the middle of a list";
    return Put(objects, object);
  }
  absl::Status Deleted(const nlohmann::json& object) override {
    objects.erase(std::string(MetadataText(object, "name")));
    return absl::OkStatus();
  }
  void Confirmed(const std::string& resource_version) override {
    EXPECT_FALSE(listing_.has_value());
    confirmed.push_back(resource_version);
    if (on_confirmed) {
      on_confirmed(resource_version);
    }
  }

  Objects objects;
  std::vector<std::string> confirmed;
  std::function<void(const std::string&)> on_confirmed;
  int begun = 0;
  int abandoned = 0;

 private:
  static absl::Status Put(Objects& objects, const nlohmann::json& object) {
    const std::string name(MetadataText(object, "name"));
    if (name.empty() || name == "bad") {
      return absl::InvalidArgumentError(base::StrCat(name, ": it is refused"));
    }
    EXPECT_FALSE(object["metadata"].contains("annotations"));
    objects[name] = object["metadata"].value(nlohmann::json::json_pointer("/labels/v"), "none");
    return absl::OkStatus();
  }

  std::optional<Objects> listing_;
};

// --- the API server's side, as text

inline std::string Object(const std::string& name, const std::string& label,
                          const std::string& version) {
  return base::StrCat(R"({"metadata":{"name":")", name, R"(","labels":{"v":")", label,
                      R"("},"annotations":{"a":"b"},"resourceVersion":")", version, R"("}})");
}

inline std::string List(const std::string& version, const std::vector<std::string>& objects,
                        const std::string& token = "") {
  return base::StrCat(R"({"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":")",
                      version, "\"",
                      token.empty() ? "" : base::StrCat(R"(,"continue":")", token, "\""),
                      R"(},"items":[)", base::StrJoin(objects, ","), "]}");
}

inline std::string Message(const std::string& type, const std::string& object) {
  return base::StrCat(R"({"type":")", type, R"(","object":)", object, "}\n");
}

inline std::string Bookmark(const std::string& version) {
  return Message("BOOKMARK",
                 base::StrCat(R"({"metadata":{"resourceVersion":")", version, R"("}})"));
}

inline std::string StatusObject(int code, const std::string& reason, const std::string& message,
                                const std::string& details = "{}") {
  return base::StrCat(R"({"kind":"Status","code":)", code, R"(,"reason":")", reason,
                      R"(","message":")", message, R"(","details":)", details, "}");
}

// A reflector of /p on a FakeLoop, and shorthands for its only request.
class ReflectorBench : public ::testing::Test {
 protected:
  void Start() {
    reflector_ = std::make_unique<Reflector>(options_, loop_, store_);
    reflector_->Start();
  }
  // Up to the watch that follows the first list, of `a` at version 10.
  void StartWatch() {
    Start();
    loop_.Answer(Only(), 200, List("10", {Object("a", "1", "9")}));
    ASSERT_TRUE(IsWatch());
    store_.confirmed.clear();
  }
  // The request that is open; 0 when there is none.
  Loop::Id Only() {
    const std::vector<Loop::Id> open = loop_.open();
    EXPECT_LE(open.size(), 1U);
    return open.empty() ? 0 : open.front();
  }
  bool Waiting() { return Only() == 0; }
  std::string Path() { return Waiting() ? "" : loop_.request(Only()).path; }
  bool IsWatch() { return Path().find("watch=1") != std::string::npos; }
  void Body(const std::string& bytes) { loop_.Body(Only(), 200, bytes); }
  // The regular end of a 200.
  void Finish() { loop_.Finish(Only(), {.status = absl::OkStatus(), .code = 200}); }
  void Break(int code = 200) {
    loop_.Finish(Only(), {.status = absl::UnavailableError("connection reset"), .code = code});
  }
  // How long until the next request, when none is open now.
  int64_t Wait() {
    EXPECT_TRUE(Waiting());
    int64_t waited = 0;
    for (; Waiting() && waited < 400'000; ++waited) {
      loop_.Pass(std::chrono::milliseconds(1));
    }
    return waited;
  }
  const Reflector::Stats& stats() const { return reflector_->stats(); }

  ReflectorOptions options_ = {
      .what = "namespaces", .path = "/p", .query = {}, .resource_version = {}};
  FakeLoop loop_;
  NotingStore store_;
  std::unique_ptr<Reflector> reflector_;
};

}  // namespace sekisho::kube
