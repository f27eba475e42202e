#include "verify/running.h"

#include <google/protobuf/message_lite.h>

#include <utility>

#include "base/status_macros.h"
#include "base/str_cat.h"
#include "cri/container_info.h"
#include "cri/facts.h"
#include "enforce/parse.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::verify {
namespace {

namespace cri_v1 = runtime::v1;
using base::StrCat;

// Of what the runtime says, which may be as long as it likes.
constexpr size_t kWhyBytesMax = 300;

absl::Status Bounded(const absl::Status& status) {
  std::string text(status.message());
  if (text.size() > kWhyBytesMax) {
    text.resize(kWhyBytesMax);
    text.append("…");
  }
  return {status.code(), text.empty() ? absl::StatusCodeToString(status.code()) : text};
}

std::string ImageOf(const cri_v1::ContainerStatus& status) {
  return status.image().image().empty() ? status.image_ref() : status.image().image();
}

}  // namespace

absl::Status Inquiry::Ask(std::string_view method, const google::protobuf::MessageLite& request,
                          google::protobuf::MessageLite& response) const {
  const absl::StatusOr<std::string> answer =
      call_(StrCat("/runtime.v1.RuntimeService/", method), request.SerializeAsString());
  if (!answer.ok()) {
    return Bounded(answer.status());
  }
  return enforce::Parse(*answer, response)
             ? absl::OkStatus()
             : absl::InternalError(StrCat("the answer to ", method, " cannot be read"));
}

absl::StatusOr<std::shared_ptr<const Inquiry::Sandbox>> Inquiry::SandboxOf(
    const std::string& sandbox_id) {
  if (const auto known = sandboxes_.find(sandbox_id); known != sandboxes_.end()) {
    return known->second;
  }
  cri_v1::PodSandboxStatusRequest question;
  question.set_pod_sandbox_id(sandbox_id);
  question.set_verbose(true);
  cri_v1::PodSandboxStatusResponse response;
  SEKISHO_RETURN_IF_ERROR(Ask("PodSandboxStatus", question, response));
  absl::StatusOr<cri::RebuiltSandbox> rebuilt = cri::FactsFrom(response);
  if (!rebuilt.ok() || response.status().id() != sandbox_id) {
    return absl::FailedPreconditionError(
        StrCat("the status of its sandbox does not say whose it is: ", rebuilt.status().message()));
  }
  auto sandbox = std::make_shared<const Sandbox>(Sandbox{
      .facts = std::move(rebuilt->facts),
      .complete = rebuilt->complete,
      .pid = cri::PidFrom(response),
  });
  sandboxes_.emplace(sandbox_id, sandbox);
  return sandbox;
}

absl::StatusOr<Running> Inquiry::Look(const cri_v1::Container& container) {
  cri_v1::ContainerStatusRequest question;
  question.set_container_id(container.id());
  question.set_verbose(true);
  cri_v1::ContainerStatusResponse response;
  SEKISHO_RETURN_IF_ERROR(Ask("ContainerStatus", question, response));
  const cri_v1::ContainerStatus& status = response.status();
  if (status.state() != cri_v1::CONTAINER_RUNNING) {
    return absl::NotFoundError("it does not run");
  }
  SEKISHO_ASSIGN_OR_RETURN(cri::ContainerInfo info, cri::InfoFrom(response));
  if (status.id() != container.id()) {
    return absl::FailedPreconditionError("its status is another one's");
  }
  SEKISHO_ASSIGN_OR_RETURN(const std::shared_ptr<const Sandbox> sandbox,
                           SandboxOf(container.pod_sandbox_id()));
  return Running{
      .id = container.id(),
      .sandbox_id = container.pod_sandbox_id(),
      .pid = info.pid,
      .image = ImageOf(status),
      .created = std::chrono::system_clock::time_point(
          std::chrono::duration_cast<std::chrono::system_clock::duration>(
              std::chrono::nanoseconds(status.created_at()))),
      .runtime_type = std::move(info.runtime_type),
      .sandbox = sandbox->facts,
      .sandbox_known = sandbox->complete,
      .container = std::move(info.facts),
      .config_known = info.config_known,
  };
}

std::vector<Running> Inquiry::AllRunning(std::vector<std::string>& errors) {
  cri_v1::ListContainersRequest question;
  question.mutable_filter()->mutable_state()->set_state(cri_v1::CONTAINER_RUNNING);
  cri_v1::ListContainersResponse list;
  if (const absl::Status status = Ask("ListContainers", question, list); !status.ok()) {
    errors.push_back(StrCat("the runtime does not list its containers: ", status.message()));
    return {};
  }
  std::vector<Running> running;
  for (const cri_v1::Container& container : list.containers()) {
    absl::StatusOr<Running> one = Look(container);
    if (one.ok()) {
      running.push_back(*std::move(one));
    } else if (!absl::IsNotFound(one.status())) {
      errors.push_back(StrCat("container ", container.metadata().name(), " (",
                              container.id().substr(0, 12), "): ", one.status().message()));
    }
  }
  return running;
}

absl::StatusOr<Running> Inquiry::One(const std::string& container_id) {
  cri_v1::ListContainersRequest question;
  question.mutable_filter()->set_id(container_id);
  cri_v1::ListContainersResponse list;
  SEKISHO_RETURN_IF_ERROR(Ask("ListContainers", question, list));
  // The filter also takes the beginning of an id.
  for (const cri_v1::Container& container : list.containers()) {
    if (container.id() == container_id) {
      return Look(container);
    }
  }
  return absl::NotFoundError("the runtime does not know it");
}

bool Inquiry::HasEnded(const Running& running) const {
  cri_v1::ContainerStatusRequest question;
  question.set_container_id(running.id);
  cri_v1::ContainerStatusResponse response;
  const absl::Status status = Ask("ContainerStatus", question, response);
  return status.ok() ? response.status().state() != cri_v1::CONTAINER_RUNNING
                     : absl::IsNotFound(status);
}

absl::StatusOr<Known> Inquiry::AllKnown() {
  cri_v1::ListContainersResponse containers;
  SEKISHO_RETURN_IF_ERROR(Ask("ListContainers", cri_v1::ListContainersRequest(), containers));
  cri_v1::ListPodSandboxResponse sandboxes;
  SEKISHO_RETURN_IF_ERROR(Ask("ListPodSandbox", cri_v1::ListPodSandboxRequest(), sandboxes));
  Known known;
  for (const cri_v1::Container& container : containers.containers()) {
    known.ids.insert(container.id());
  }
  for (const cri_v1::PodSandbox& sandbox : sandboxes.items()) {
    known.ids.insert(sandbox.id());
    if (sandbox.state() != cri_v1::SANDBOX_READY) {
      continue;
    }
    // One that cannot be asked about is told by its cgroup.
    if (const auto status = SandboxOf(sandbox.id()); status.ok() && (*status)->pid > 0) {
      known.pids.insert((*status)->pid);
    }
  }
  return known;
}

}  // namespace sekisho::verify
