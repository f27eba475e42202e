#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/str_cat.h"
#include "base/utf8.h"
#include "check/check.h"
#include "check/judgement_result.h"
#include "cri/facts.h"
#include "cri/json.h"
#include "enforce/judge.h"
#include "policy/evaluate.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::check {
namespace {

namespace cri_v1 = runtime::v1;
using nlohmann::json;

constexpr std::string_view kWhatToGive =
    "give requests as protobuf JSON with CRI v1's field names, such as those of a recording";

enum class Kind { kRunPodSandbox, kCreateContainer, kOther };

bool HasAny(const json& object, std::initializer_list<const char*> members) {
  return std::ranges::any_of(members,
                             [&object](const char* member) { return object.contains(member); });
}

// A recording does not say which request it is; the two that are judged have members that no other
// has. Protobuf JSON may write each name in either way.
Kind KindOf(const json& object) {
  // RestorePod has a config, too.
  if (!object.contains("config") || HasAny(object, {"checkpoint_path", "checkpointPath",
                                                    "container_configs", "containerConfigs"})) {
    return Kind::kOther;
  }
  return HasAny(object, {"sandbox_config", "sandboxConfig", "pod_sandbox_id", "podSandboxId"})
             ? Kind::kCreateContainer
             : Kind::kRunPodSandbox;
}

// One request of an input.
struct Recorded {
  json object;
  yaml::Location where;  // of the value that it is, or is in
};

// Goes through a text, and knows the lines.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  // To the next thing that is no blank; false at the end.
  bool SkipBlanks() {
    MoveTo(std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()));
    return at_ < text_.size();
  }

  // The object or list that begins here; empty when there is none. Then the cursor stays.
  std::string_view TakeValue() {
    const size_t end = EndOfValue();
    const std::string_view value = text_.substr(at_, end - at_);
    MoveTo(end);
    return value;
  }

  yaml::Location where() const {
    return {.line = line_, .column = static_cast<int>(at_ - line_start_) + 1};
  }

 private:
  void MoveTo(size_t to) {
    for (; at_ < to; ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      }
    }
  }

  // The place itself when no object or list begins there, or when it does not end.
  size_t EndOfValue() const {
    // Deeper than any request; beyond it a parser that recurses would be in danger.
    constexpr int kNestingMax = 100;
    int depth = 0;
    bool quoted = false;
    for (size_t at = at_; at < text_.size(); ++at) {
      const char c = text_[at];
      if (quoted) {
        at += c == '\\' ? 1 : 0;
        quoted = c != '"';
      } else if (c == '{' || c == '[') {
        if (++depth > kNestingMax) {
          return at_;
        }
      } else if (depth == 0) {
        return at_;
      } else if (c == '}' || c == ']') {
        if (--depth == 0) {
          return at + 1;
        }
      } else {
        quoted = c == '"';
      }
    }
    return at_;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
};

// Adds the object, or the objects of the list. False when there is anything else in it.
bool AddObjects(json value, yaml::Location where, std::vector<Recorded>& objects) {
  if (value.is_object()) {
    objects.push_back({std::move(value), where});
    return true;
  }
  if (!value.is_array()) {
    return false;
  }
  for (json& item : value) {
    if (!item.is_object()) {
      return false;
    }
    objects.push_back({std::move(item), where});
  }
  return true;
}

// The objects of a text with one after the other, or with lists of them. None when anything in it
// is something else.
std::vector<Recorded> ObjectsIn(std::string_view text, const std::string& file,
                                std::vector<yaml::Diagnostic>& errors) {
  std::vector<Recorded> objects;
  Cursor cursor(text);
  while (cursor.SkipBlanks()) {
    const yaml::Location where = cursor.where();
    json value = json::parse(cursor.TakeValue(), nullptr, /*allow_exceptions=*/false);
    if (!AddObjects(std::move(value), where, objects)) {
      errors.push_back(yaml::MakeDiagnostic(
          file, where, "", "what begins here is not JSON, or no object, or nested too deep",
          std::string(kWhatToGive)));
      return {};
    }
  }
  if (objects.empty()) {
    errors.push_back(yaml::AboutFile(file, "holds no request", std::string(kWhatToGive)));
  }
  return objects;
}

Result ToResult(const enforce::Judgement& judgement, std::string_view kind) {
  Result result;
  result.kind = kind;
  result.namespace_ = judgement.pod.namespace_;
  result.name = judgement.pod.name;
  result.container = judgement.container;
  if (judgement.spec != nullptr) {
    const policy::Spec& spec = *judgement.spec;
    SetSpec(spec, result);
    result.audit = policy::WouldViolateText(spec.audit, judgement.decision.audit);
    result.warn = policy::WouldViolateText(spec.warn, judgement.decision.warn);
  }
  result.allowed = judgement.status.ok();
  if (result.allowed) {
    result.edits = EditsOf(judgement);
    return result;
  }
  if (!judgement.error_id.empty()) {
    result.violations.push_back({std::string(judgement.error_id),
                                 std::string(judgement.status.message()), "", SeenIn::kRequest});
  }
  for (const policy::Violation& violation : RefusalsOf(judgement)) {
    result.violations.push_back(
        {std::string(violation.check), violation.reason, violation.detail, SeenIn::kRequest});
  }
  result.message = MessageOf(result.violations);
  return result;
}

enforce::Judgement JudgeContainer(const enforce::Judge& judge,
                                  cri_v1::CreateContainerRequest& message) {
  const enforce::SandboxRecord sandbox{
      cri::FactsFrom(message.sandbox_config(), "", "sandbox_config")};
  const policy::PodIdentity& pod = sandbox.facts.pod;
  if (pod.name.empty() || pod.namespace_.empty() || pod.uid.empty()) {
    // The daemon knows no sandbox like that.
    enforce::Judgement judgement;
    judgement.pod = pod;
    judgement.container = message.config().metadata().name();
    judgement.error_id = "incomplete-identity";
    judgement.status = absl::InvalidArgumentError(
        "sandbox_config.metadata must name the pod, its namespace and its uid");
    return judgement;
  }
  return judge.Container(sandbox, message);
}

}  // namespace

std::vector<Result> Checker::CheckRecorded(std::string_view text, const std::string& file,
                                           std::vector<yaml::Diagnostic>& errors) const {
  std::vector<Result> results;
  const enforce::Judge judge(policy_, mounts_, now_);
  const std::vector<Recorded> objects = ObjectsIn(text, file, errors);
  for (size_t i = 0; i < objects.size(); ++i) {
    const Kind kind = KindOf(objects[i].object);
    if (kind == Kind::kOther) {
      continue;
    }
    const std::string bytes = objects[i].object.dump();
    const std::string source = objects.size() == 1 ? file : base::StrCat(file, "#", i + 1);
    cri_v1::RunPodSandboxRequest sandbox;
    cri_v1::CreateContainerRequest container;
    const absl::Status parsed = kind == Kind::kRunPodSandbox ? cri::FromJson(bytes, sandbox)
                                                             : cri::FromJson(bytes, container);
    if (!parsed.ok()) {
      errors.push_back(yaml::MakeDiagnostic(
          file, objects[i].where, objects.size() == 1 ? "" : base::StrCat("request ", i + 1),
          base::Printable(base::StdView(parsed.message())), std::string(kWhatToGive)));
      continue;
    }
    results.push_back(kind == Kind::kRunPodSandbox
                          ? ToResult(judge.Sandbox(sandbox), "RunPodSandbox")
                          : ToResult(JudgeContainer(judge, container), "CreateContainer"));
    results.back().source = source;
  }
  return results;
}

}  // namespace sekisho::check
