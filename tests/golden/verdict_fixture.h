// What a client of the whole path sees of a request: relay, enforcement and fake runtime.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "golden/edited_bytes.h"
#include "golden/verdict.h"
#include "integration/enforcer_fixture.h"

namespace sekisho::testing {

// One policy that every request is judged by.
struct Column {
  std::string name;
  std::shared_ptr<const config::Snapshot> policy;
};

class VerdictFixture : public EnforcerFixture {
 protected:
  VerdictFixture() {
    runtime_.SetHandler([this](const FakeCall& call) {
      runtime::v1::RunPodSandboxResponse response;
      response.set_pod_sandbox_id(sandbox_id_);
      if (call.method == kListContainers) {
        return ReplyWith(ContainersOfThePod(call.request).SerializeAsString());
      }
      return ReplyWith(call.method == kRunPodSandbox ? response.SerializeAsString() : "");
    });
  }

  // Whatever container is asked for is one of the pod's.
  runtime::v1::ListContainersResponse ContainersOfThePod(const std::string& question) const {
    runtime::v1::ListContainersRequest asked;
    EXPECT_TRUE(asked.ParseFromString(question));
    runtime::v1::ListContainersResponse response;
    runtime::v1::Container& container = *response.add_containers();
    container.set_id(asked.filter().id());
    container.set_pod_sandbox_id(sandbox_id_);
    return response;
  }

  static Column Privileged() { return {"privileged", PolicyOf(policy::Level::kPrivileged)}; }
  static std::vector<Column> Columns() {
    return {Privileged(),
            {"baseline", PolicyOf(policy::Level::kBaseline)},
            {"restricted", PolicyOf(policy::Level::kRestricted)},
            // What packaging/etc/policy.yaml does to a pod that no rule and no exemption names.
            {"shipped-like", PolicyOf(policy::Level::kBaseline, [](policy::Spec& spec) {
               spec.audit = spec.warn = {policy::Level::kRestricted, {}};
               spec.harden.drop_capabilities = {"NET_RAW"};
             })}};
  }

  Verdict JudgeSandbox(const Column& column, const runtime::v1::RunPodSandboxRequest& request) {
    Use(column.policy);
    return Judge(kRunPodSandbox, request);
  }

  // A sandbox that the column refuses is never recorded, and could have no container. So it runs
  // under a privileged policy first, as one that was there before the policy was changed.
  Verdict JudgeContainer(const Column& column, const runtime::v1::RunPodSandboxRequest& sandbox,
                         const runtime::v1::CreateContainerRequest& request) {
    sandbox_id_ = request.pod_sandbox_id();
    EXPECT_EQ(JudgeSandbox(Privileged(), sandbox).outcome, "allow");
    Use(column.policy);
    return Judge(kCreateContainer, request);
  }

 private:
  // Sends the request, and proves on the way that what the client, the audit log and the runtime
  // each saw belongs together.
  template <typename Request>
  Verdict Judge(const std::string& method, const Request& request) {
    const std::string sent = request.SerializeAsString();
    const size_t reached = runtime_.CountOf(method);
    const size_t audited = Audited().size();
    const absl::Status status = Call(method, sent);
    EXPECT_EQ(runtime_.CountOf(method), reached + (status.ok() ? 1 : 0));
    const std::vector<audit::Record> records = Audited();
    if (records.size() != audited + 1) {
      ADD_FAILURE() << "one record was to be written, and not " << records.size() - audited;
      return {};
    }
    const audit::Record& record = records.back();
    if (!status.ok()) {
      return Refused(status, record);
    }
    const std::string received = LastRequest(method);
    Request after;
    EXPECT_TRUE(after.ParseFromString(received));
    EXPECT_TRUE(record.decision.action == policy::Action::kHarden || received == sent)
        << "not hardened, but not the bytes that were sent either";
    EXPECT_EQ(ContradictionOf(request, after, record.decision.edit_records), "");
    return Let(record);
  }

  static Verdict Let(const audit::Record& record) {
    Verdict verdict{std::string(policy::ActionName(record.decision.action)), {}};
    for (const policy::EditRecord& edit : record.decision.edit_records) {
      verdict.lines.push_back(edit.field + ": " + edit.before + " -> " + edit.after);
    }
    return verdict;
  }

  // "deny" is a refusal by the policy. Any other one (a request that cannot be read, a sandbox that
  // nobody knows, a mistake of ours) goes by its status code.
  static Verdict Refused(const absl::Status& status, const audit::Record& record) {
    const std::string message(status.message().data(), status.message().size());
    if (!record.error_id.empty() || !absl::IsPermissionDenied(status)) {
      return {absl::StatusCodeToString(status.code()), {record.error_id, message}};
    }
    EXPECT_EQ(record.decision.action, policy::Action::kDeny);
    EXPECT_EQ(record.decision.message, message);
    return {"deny", {message}};
  }

  std::string sandbox_id_ = kSandboxId;  // of the next sandbox; changed only between calls
};

}  // namespace sekisho::testing
