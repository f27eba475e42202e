// Manifest in, recorded request out: the projection against what a real kubelet sent.
//
// Not compared, because no manifest decides it: the ids of sandbox and image, the time that the
// kubelet saw the pod, the DNS servers of the node, and the random part of the termination log's
// path. The uid is given to the manifest, which may have one, so that every path counts.
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "golden/recorded_traffic.h"
#include "support/text_file.h"
#include "unit/manifest/manifests.h"

namespace sekisho::manifest {
namespace {

namespace cri = runtime::v1;
namespace fs = std::filesystem;
using testing::RecordedContainer;
using testing::RecordedPod;
using testing::RecordedTraffic;

void RemoveWhatTheNodeDecides(cri::PodSandboxConfig& config) {
  config.mutable_annotations()->erase("kubernetes.io/config.seen");
  config.clear_dns_config();
}

void RemoveWhatTheNodeDecides(cri::CreateContainerRequest& request) {
  request.clear_pod_sandbox_id();
  RemoveWhatTheNodeDecides(*request.mutable_sandbox_config());
  request.mutable_config()->mutable_image()->clear_image();
  for (cri::Mount& mount : *request.mutable_config()->mutable_mounts()) {
    if (mount.host_path().find("/containers/") != std::string::npos) {
      mount.set_host_path(fs::path(mount.host_path()).parent_path().string());
    }
  }
}

template <typename Message>
void ExpectSame(Message projected, Message recorded) {
  google::protobuf::util::MessageDifferencer differencer;
  std::string differences;
  differencer.ReportDifferencesToString(&differences);
  EXPECT_TRUE(differencer.Compare(projected, recorded)) << "from the projected to the recorded:\n"
                                                        << differences;
}

void ExpectSameRequests(const Requests& requests, const RecordedPod& recorded) {
  cri::PodSandboxConfig projected = requests.sandbox.config();
  cri::PodSandboxConfig wanted = recorded.sandbox.config();
  RemoveWhatTheNodeDecides(projected);
  RemoveWhatTheNodeDecides(wanted);
  ExpectSame(projected, wanted);
  ASSERT_EQ(requests.containers.size(), recorded.containers.size());
  for (cri::CreateContainerRequest container : requests.containers) {
    const std::string name = container.config().metadata().name();
    SCOPED_TRACE("container " + name);
    const auto found =
        std::find_if(recorded.containers.begin(), recorded.containers.end(),
                     [&](const RecordedContainer& each) { return each.name == name; });
    ASSERT_NE(found, recorded.containers.end());
    cri::CreateContainerRequest other = found->request;
    RemoveWhatTheNodeDecides(container);
    RemoveWhatTheNodeDecides(other);
    ExpectSame(container, other);
  }
  EXPECT_TRUE(requests.sandbox_remarks.empty());
  for (const std::vector<std::string>& remarks : requests.remarks) {
    EXPECT_TRUE(remarks.empty());
  }
}

class Recorded : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::optional<std::string> folder = testing::TrafficFolder();
    if (!folder.has_value()) {
      GTEST_SKIP() << "no ../shared/kubelet-traffic here";
    }
    folder_ = *folder;
    traffic_ = testing::ReadTraffic(folder_);
    ASSERT_TRUE(traffic_.errors.empty()) << traffic_.errors[0];
  }

  // The pod of manifests/<name>.yaml.
  PodManifest Manifest(const std::string& name) const {
    const std::string file = folder_ + "/manifests/" + name + ".yaml";
    const Manifests read = ReadManifests(testing::ReadText(file), file);
    for (const yaml::Diagnostic& error : read.errors) {
      ADD_FAILURE() << error.ToString();
    }
    EXPECT_EQ(read.pods.size(), 1u) << file;
    return read.pods.size() == 1 ? read.pods[0] : PodManifest{};
  }

  const RecordedPod* Find(const std::string& name) const {
    const auto found = std::find_if(traffic_.pods.begin(), traffic_.pods.end(),
                                    [&](const RecordedPod& pod) { return pod.name == name; });
    return found == traffic_.pods.end() ? nullptr : &*found;
  }

  std::string folder_;
  RecordedTraffic traffic_;
};

TEST_F(Recorded, StaticPods) {
  size_t compared = 0;
  for (const RecordedPod& recorded : traffic_.pods) {
    if (recorded.name.find('/') != std::string::npos) {
      continue;  // of an API server; their manifests are not there
    }
    SCOPED_TRACE(recorded.name);
    PodManifest pod = Manifest(recorded.name);
    pod.uid = recorded.sandbox.config().metadata().uid();
    Options options;
    options.static_node_name = "node1";
    options.image_user = recorded.name == "nonroot-image" ? "1000" : "";
    ExpectSameRequests(Project(pod, options), recorded);
    ++compared;
  }
  EXPECT_GE(compared, 13u);
}

// The pod was made from a manifest of the same shape, with another name and command, by way of an
// API server: which adds the token of the ServiceAccount and the variables of Services.
TEST_F(Recorded, UserNamespace) {
  const RecordedPod* found = Find("cluster/userns");
  ASSERT_NE(found, nullptr);
  RecordedPod recorded = *found;
  const cri::PodSandboxMetadata metadata = recorded.sandbox.config().metadata();
  PodManifest pod = Manifest("userns");
  pod.name = metadata.name();
  pod.namespace_ = metadata.namespace_();
  pod.uid = metadata.uid();
  pod.spec.termination_grace_period_seconds = 1;
  Requests projected = Project(pod, {});
  ASSERT_EQ(recorded.containers.size(), 1u);
  ASSERT_EQ(projected.containers.size(), 1u);

  const auto forget = [](cri::PodSandboxConfig& config) {
    config.mutable_annotations()->erase("kubectl.kubernetes.io/last-applied-configuration");
    config.mutable_linux()->clear_cgroup_parent();  // of a kubelet with a root of its own
    auto* options = config.mutable_linux()->mutable_security_context()->mutable_namespace_options();
    for (auto* mappings : {options->mutable_userns_options()->mutable_uids(),
                           options->mutable_userns_options()->mutable_gids()}) {
      for (cri::IDMapping& mapping : *mappings) {
        EXPECT_EQ(mapping.host_id() % 65536, 0u);
        mapping.clear_host_id();
      }
    }
  };
  const auto forget_container = [&](cri::CreateContainerRequest& request) {
    forget(*request.mutable_sandbox_config());
    cri::ContainerConfig& config = *request.mutable_config();
    config.clear_command();
    config.clear_envs();
    auto* options = config.mutable_linux()->mutable_security_context()->mutable_namespace_options();
    auto clear = [](auto* mappings) {
      for (cri::IDMapping& mapping : *mappings) {
        mapping.clear_host_id();
      }
    };
    clear(options->mutable_userns_options()->mutable_uids());
    clear(options->mutable_userns_options()->mutable_gids());
    auto* mounts = config.mutable_mounts();
    if (mounts->size() == 3 && mounts->Get(0).host_path().find("~projected") != std::string::npos) {
      mounts->DeleteSubrange(0, 1);
    }
    for (cri::Mount& mount : *mounts) {
      clear(mount.mutable_uidmappings());
      clear(mount.mutable_gidmappings());
    }
  };
  forget(*recorded.sandbox.mutable_config());
  forget(*projected.sandbox.mutable_config());
  forget_container(recorded.containers[0].request);
  forget_container(projected.containers[0]);
  ExpectSameRequests(projected, recorded);
}

}  // namespace
}  // namespace sekisho::manifest
