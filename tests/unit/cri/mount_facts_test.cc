// Mounts and devices -> facts: what was sent, and nothing of what somebody may find out later.
#include <gmock/gmock.h>

#include "cri/facts.h"
#include "runtime/v1/api.pb.h"
#include "unit/cri/text_proto.h"

namespace sekisho::cri {
namespace {

namespace cri_v1 = runtime::v1;

using policy::ContainerFacts;
using policy::DeviceFacts;
using policy::MountFacts;
using policy::MountOrigin;
using policy::MountPropagation;

struct MountRow {
  const char* why;
  const char* text;                                  // of a Mount
  void (*expect)(MountFacts&) = [](MountFacts&) {};  // on a mount with nothing in it
  std::vector<policy::UnknownField> unknown = {};
};

TEST(MountFacts, Rows) {
  const MountRow rows[] = {
      {"an empty one is one", ""},
      {"1", "container_path: '/c/../d'", [](MountFacts& m) { m.container_path = "/c/../d"; }},
      {"2, exactly as sent", "host_path: '/h//./x/'",
       [](MountFacts& m) { m.host_path = "/h//./x/"; }},
      {"3", "readonly: true", [](MountFacts& m) { m.readonly = true; }},
      {"4", "selinux_relabel: true", [](MountFacts& m) { m.selinux_relabel = true; }},
      {"5: type 0 is private", "propagation: PROPAGATION_PRIVATE"},
      {"5: from the node", "propagation: PROPAGATION_HOST_TO_CONTAINER",
       [](MountFacts& m) { m.propagation = MountPropagation::kHostToContainer; }},
      {"5: to the node as well", "propagation: PROPAGATION_BIDIRECTIONAL",
       [](MountFacts& m) { m.propagation = MountPropagation::kBidirectional; }},
      {"5: a number that the protocol lacks is taken for the widest",
       "propagation: 3",
       [](MountFacts& m) { m.propagation = MountPropagation::kBidirectional; },
       {{"config.mounts.propagation: unknown value 3"}}},
      {"5: a negative one, too",
       "propagation: -1",
       [](MountFacts& m) { m.propagation = MountPropagation::kBidirectional; },
       {{"config.mounts.propagation: unknown value -1"}}},
      {"6", "uidMappings { host_id: 65536 container_id: 1 length: 4294967295 } uidMappings {}",
       [](MountFacts& m) {
         m.uid_mappings = {{65536, 1, 4294967295}, {}};
       }},
      {"7 is not 6", "gidMappings { host_id: 2 }",
       [](MountFacts& m) {
         m.gid_mappings = {{2, 0, 0}};
       }},
      {"8 does not imply 3", "recursive_read_only: true",
       [](MountFacts& m) { m.recursive_read_only = true; }},
      {"9", "image { image: 'i' user_specified_image: 'u' }", [](MountFacts& m) { m.image = "i"; }},
      {"9: an image of no name is none", "image { user_specified_image: 'u' image_ref: 'r' }"},
      {"9 does not hide 2: a runtime may take either", "host_path: '/h' image { image: 'i' }",
       [](MountFacts& m) {
         m.host_path = "/h";
         m.image = "i";
       }},
      {"10 is a path in the image", "image_sub_path: '../..'"},
      {"11, in order and as often as sent", "mount_options: ['noexec', 'rshared', '', 'noexec']",
       [](MountFacts& m) {
         m.mount_options = {"noexec", "rshared", "", "noexec"};
       }},
  };
  for (const MountRow& row : rows) {
    SCOPED_TRACE(row.why);
    ContainerFacts expected;
    row.expect(expected.mounts.emplace_back());
    expected.unknown = row.unknown;
    cri_v1::ContainerConfig config;
    *config.add_mounts() = FromText<cri_v1::Mount>(row.text);
    EXPECT_TRUE(FactsFrom(config) == expected) << row.text;
  }
}

TEST(MountFacts, EveryMountInOrder) {
  const auto config = FromText<cri_v1::ContainerConfig>(
      "mounts { container_path: '/b' host_path: '/1' } mounts {}"
      " mounts { container_path: '/a' host_path: '/2' readonly: true }"
      " mounts { container_path: '/b' host_path: '/3' }");
  const ContainerFacts facts = FactsFrom(config);
  EXPECT_THAT(facts.mounts,
              ::testing::ElementsAre(
                  MountFacts{.container_path = "/b", .host_path = "/1"}, MountFacts{},
                  MountFacts{.container_path = "/a", .host_path = "/2", .readonly = true},
                  MountFacts{.container_path = "/b", .host_path = "/3"}));
}

// The half that a request cannot say stays as "nobody looked", even for the paths of a kubelet.
TEST(MountFacts, NobodyLooked) {
  const auto config = FromText<cri_v1::ContainerConfig>(
      "mounts { container_path: '/etc/hosts' host_path: '/var/lib/kubelet/pods/u/etc-hosts' }"
      " mounts { image { image: 'i' } } devices { host_path: '/dev/null' }");
  const ContainerFacts facts = FactsFrom(config);
  EXPECT_THAT(facts.mounts,
              ::testing::Each(::testing::Field(&MountFacts::origin, MountOrigin::kUnresolved)));
  EXPECT_THAT(facts.devices,
              ::testing::Each(::testing::Field(&DeviceFacts::origin, MountOrigin::kUnresolved)));
}

TEST(DeviceFacts, EveryDeviceInOrder) {
  const auto config = FromText<cri_v1::ContainerConfig>(
      "devices { container_path: '/dev/x' host_path: '/dev/../dev/sda' permissions: 'rwm' }"
      " devices {} devices { permissions: 'q' }");
  ContainerFacts expected;
  expected.devices = {
      DeviceFacts{.container_path = "/dev/x", .host_path = "/dev/../dev/sda", .permissions = "rwm"},
      DeviceFacts{}, DeviceFacts{.permissions = "q"}};
  EXPECT_TRUE(FactsFrom(config) == expected);
}

}  // namespace
}  // namespace sekisho::cri
