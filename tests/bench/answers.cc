#include "bench/answers.h"

#include <algorithm>

#include "base/str_cat.h"
#include "bench/h2_session.h"
#include "runtime/v1/api.pb.h"

namespace sekisho::bench {
namespace {

namespace cri_v1 = runtime::v1;

constexpr size_t kIdLength = 64;
// The prefix of a gRPC frame, and tag and length of the first field, which is the id.
constexpr size_t kIdAt = 5 + 2;

std::string Id(size_t number) {
  std::string id = std::to_string(number);
  id.insert(0, kIdDigits - id.size(), '0');
  return id + std::string(kIdLength - kIdDigits, 'c');
}

template <typename Response>
Answer AnswerOf(const Response& response) {
  return {.body = Framed(response.SerializeAsString())};
}

cri_v1::Container ListedContainer(size_t number) {
  cri_v1::Container container;
  container.set_id(Id(number));
  container.set_pod_sandbox_id(Id(number));
  container.mutable_metadata()->set_name("web");
  container.mutable_image()->set_image("sha256:" + std::string(64, 'd'));
  container.set_image_ref("sha256:" + std::string(64, 'd'));
  container.set_state(cri_v1::CONTAINER_RUNNING);
  container.set_created_at(1'780'000'000'000'000'000);
  auto& labels = *container.mutable_labels();
  labels["io.kubernetes.container.name"] = "web";
  labels["io.kubernetes.pod.name"] = "web-" + Id(number).substr(0, kIdDigits);
  labels["io.kubernetes.pod.namespace"] = "shop";
  labels["io.kubernetes.pod.uid"] = "5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a";
  return container;
}

// Filled up with an annotation, such as tools leave on pods, to `bytes` in the list.
std::string ListEntry(size_t number, size_t bytes) {
  cri_v1::ListContainersResponse list;
  cri_v1::Container& container = *list.add_containers() = ListedContainer(number);
  std::string& filler = (*container.mutable_annotations())["example.com/last-applied"];
  filler = std::string(bytes / 2, 'a');
  filler.resize(filler.size() + bytes - list.ByteSizeLong(), 'a');
  return list.SerializeAsString();
}

Answer List() {
  // Entries of a repeated field, one after the other, are the message.
  std::string list;
  for (size_t i = 0; i < kListedContainers; ++i) {
    list += ListEntry(i, kListBytes * (i + 1) / kListedContainers - list.size());
  }
  return {.body = Framed(list)};
}

Answer Events() {
  Answer answer;
  for (size_t i = 0; i < kEvents; ++i) {
    cri_v1::ContainerEventResponse event;
    event.set_container_id(Id(i));
    event.set_container_event_type(cri_v1::CONTAINER_STARTED_EVENT);
    event.set_created_at(1'780'000'000'000'000'000);
    cri_v1::PodSandboxStatus& status = *event.mutable_pod_sandbox_status();
    status.set_id(Id(i));
    status.mutable_metadata()->set_name("web-0");
    status.mutable_metadata()->set_namespace_("shop");
    status.mutable_metadata()->set_uid("5f0c8a7e-3b1d-4c52-9a36-1f2e3d4c5b6a");
    status.set_created_at(1'780'000'000'000'000'000);
    const std::string framed = Framed(event.SerializeAsString());
    answer.body += framed;
    answer.piece = framed.size();  // all are of one length
  }
  return answer;
}

}  // namespace

Answers AnswersOfARuntime(bool unique_ids) {
  cri_v1::RunPodSandboxResponse sandbox;
  sandbox.set_pod_sandbox_id(Id(0));
  cri_v1::CreateContainerResponse container;
  container.set_container_id(Id(0));
  Answer new_sandbox = AnswerOf(sandbox);
  Answer new_container = AnswerOf(container);
  if (unique_ids) {
    new_sandbox.id_at = new_container.id_at = kIdAt;
  }
  Answers answers;
  const auto set = [&answers](const char* method, Answer answer) {
    answers[base::StrCat("/runtime.v1.RuntimeService/", method)] = std::move(answer);
  };
  set("Version", {.body = Framed(std::string(64, 'v'))});
  // Whatever is sent as a Status to compare it with a CreateContainer is answered like one.
  set("Status", AnswerOf(container));
  set("RunPodSandbox", new_sandbox);
  set("CreateContainer", new_container);
  set("ListContainers", List());
  set("GetContainerEvents", Events());
  for (const char* empty : {"StartContainer", "StopContainer", "RemoveContainer", "StopPodSandbox",
                            "RemovePodSandbox"}) {
    set(empty, {.body = Framed("")});
  }
  return answers;
}

}  // namespace sekisho::bench
