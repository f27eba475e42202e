#include "install/kubelet_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/str_cat.h"
#include "unit/install/node_tree.h"

namespace sekisho::install {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EndpointTest, SpellingsOfOneSocket) {
  for (const char* same : {"unix:///run/x.sock", "/run/x.sock", "unix:/run/x.sock",
                           "unix:///var/run/x.sock", "/var/run/x.sock", "unix:////run//x.sock"}) {
    EXPECT_TRUE(SameEndpoint("unix:///run/x.sock", same)) << same;
    EXPECT_TRUE(SameEndpoint(same, "unix:///run/x.sock")) << same;
  }
  for (const char* other : {"unix:///run/x.sock2", "unix:///var/x.sock", "unix://run/x.sock",
                            "run/x.sock", "tcp:///run/x.sock", "", "unix:///var/running/x.sock"}) {
    EXPECT_FALSE(SameEndpoint("unix:///run/x.sock", other)) << other;
  }
  EXPECT_TRUE(SameEndpoint("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"));
}

TEST(EndpointTest, PathOfTheSocket) {
  EXPECT_EQ(SocketOf("unix:///run/x.sock"), "/run/x.sock");
  EXPECT_EQ(SocketOf("unix:/run/x.sock"), "/run/x.sock");
  EXPECT_EQ(SocketOf("/var/run/x.sock"), "/var/run/x.sock");
  for (const char* none : {"", "unix://", "unix://run/x", "tcp://h:1", "npipe:////./pipe/x",
                           "run/x", "unix:///run/%41"}) {
    EXPECT_EQ(SocketOf(none), std::nullopt) << none;
  }
}

std::string Config(const std::string& more) {
  return "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n" + more;
}

// "in file:line key endpoint" of every setting.
std::vector<std::string> Settings(const KubeletSetup& setup) {
  std::vector<std::string> texts;
  for (const EndpointSetting& each : setup.settings) {
    const char* in = each.in == EndpointSetting::In::kUnit              ? "unit"
                     : each.in == EndpointSetting::In::kEnvironmentFile ? "environment"
                     : each.in == EndpointSetting::In::kKubeletConfig   ? "config"
                                                                        : "instance";
    texts.push_back(
        base::StrCat(in, " ", each.file, ":", each.line, " ", each.key, " ", each.endpoint));
  }
  return texts;
}

TEST(KubeletSetupTest, EveryPlaceThatNamesAnEndpoint) {
  const NodeTree tree({
      {kUnit,
       "[Service]\nEnvironment=A=--container-runtime-endpoint=unix:///hidden.sock\n"
       "EnvironmentFile=-/none\nEnvironmentFile=/e\n"
       "ExecStart=/usr/bin/kubelet --config=/c --config-dir=/d \\\n"
       "  --image-service-endpoint=unix:///i.sock $A\n"},
      {"/e",
       "# A=\nB=\"--v=2 \\\n --container-runtime-endpoint unix:///unused.sock\"\n"
       "A=--container-runtime-endpoint=unix:///flag.sock\n"},
      {"/c", Config("containerRuntimeEndpoint: unix:///c.sock\n")},
      {"/d/b/a.conf", Config("imageServiceEndpoint: unix:///di.sock\n")},
      {"/d/b.conf", Config("containerRuntimeEndpoint: unix:///b.sock\n")},
      {"/d/a.txt", "not read"},
      {kInstance, Config("containerRuntimeEndpoint: unix:///in.sock\n")},
  });
  const absl::StatusOr<KubeletSetup> setup = tree.Setup();
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_THAT(setup->argv, ElementsAre("/usr/bin/kubelet", "--config=/c", "--config-dir=/d",
                                       "--image-service-endpoint=unix:///i.sock",
                                       "--container-runtime-endpoint=unix:///flag.sock"));
  EXPECT_EQ(setup->config_file, "/c");
  EXPECT_EQ(setup->runtime_endpoint, "unix:///flag.sock");
  EXPECT_EQ(setup->image_endpoint, "unix:///i.sock");
  EXPECT_THAT(
      Settings(*setup),
      ElementsAre(
          base::StrCat("unit ", kUnit, ":6 --image-service-endpoint unix:///i.sock"),
          "environment /e:4 --container-runtime-endpoint unix:///flag.sock",
          base::StrCat("unit ", kUnit, ":2 --container-runtime-endpoint unix:///hidden.sock"),
          "environment /e:3 --container-runtime-endpoint unix:///unused.sock",
          "config /c:3 containerRuntimeEndpoint unix:///c.sock",
          "config /d/b/a.conf:3 imageServiceEndpoint unix:///di.sock",
          "config /d/b.conf:3 containerRuntimeEndpoint unix:///b.sock",
          base::StrCat("instance ", kInstance, ":3 containerRuntimeEndpoint unix:///in.sock")));
}

TEST(KubeletSetupTest, WithoutAnySettingTheDefaultIsInForce) {
  const NodeTree tree(Files{{kUnit, "[Service]\nExecStart=/usr/bin/kubelet\n"}});
  const absl::StatusOr<KubeletSetup> setup = tree.Setup();
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_EQ(setup->runtime_endpoint, kDefaultRuntimeEndpoint);
  EXPECT_EQ(setup->image_endpoint, "");
  EXPECT_THAT(setup->settings, IsEmpty());
}

struct ArgvRow {
  const char* why;
  std::vector<std::string> argv;
  const char* want;
};

TEST(KubeletSetupTest, TheEndpointOfACommandLine) {
  const NodeTree tree({{"/c", Config("containerRuntimeEndpoint: unix:///c.sock\n")},
                       {"/default", Config("")},
                       {"/d/10.conf", Config("containerRuntimeEndpoint: unix:///10.sock\n")},
                       {"/d/20.conf", Config("containerRuntimeEndpoint: unix:///20.sock\n")},
                       {"/d/30.conf", Config("")}});
  const std::vector<ArgvRow> rows = {
      {"nothing", {"kubelet"}, "unix:///run/containerd/containerd.sock"},
      {"the configuration is silent",
       {"kubelet", "--config=/default"},
       "unix:///run/containerd/containerd.sock"},
      {"the configuration", {"kubelet", "--config", "/c"}, "unix:///c.sock"},
      {"no configuration after all",
       {"kubelet", "--config=/c", "--config="},
       "unix:///run/containerd/containerd.sock"},
      {"the last drop-in that says so",
       {"kubelet", "--config=/c", "--config-dir=/d"},
       "unix:///20.sock"},
      {"drop-ins alone", {"kubelet", "--config-dir=/d"}, "unix:///20.sock"},
      {"the flag",
       {"kubelet", "--container-runtime-endpoint=unix:///f.sock", "--config=/c", "--config-dir=/d"},
       "unix:///f.sock"},
      {"the last flag",
       {"kubelet", "--container-runtime-endpoint=unix:///f.sock", "--container-runtime-endpoint",
        "unix:///g.sock"},
       "unix:///g.sock"},
  };
  for (const ArgvRow& row : rows) {
    SCOPED_TRACE(row.why);
    const absl::StatusOr<std::string> got = RuntimeEndpointOf(row.argv, tree.root());
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(*got, row.want);
  }
  EXPECT_FALSE(RuntimeEndpointOf({}, tree.root()).ok());
  EXPECT_FALSE(RuntimeEndpointOf({"kubelet", "--config=/none"}, tree.root()).ok());
}

// Later files of the unit change what earlier ones say; resets take it back.
TEST(KubeletSetupTest, FilesOfAUnitApplyInOrder) {
  const NodeTree tree({
      {kUnit,
       "[Service]\nEnvironment=A=--v=1 B=--x=1\nEnvironmentFile=/missing\n"
       "ExecStart=/usr/bin/kubelet $A\n"},
      {kKubeadmDropIn,
       "[Service]\nEnvironmentFile=\nEnvironment=\"A=--v=2\" C=--y=2\n"
       "ExecStart=\nExecStart=/usr/bin/kubelet $A $B $C $D\n"},
      {kOurDropIn,
       "[Unit]\nExecStart=/not/this/section\n[Service]\nEnvironment=\n"
       "Environment=A=--v=3\nEnvironmentFile=-/e\nEnvironmentFile=-/missing\n"},
      {"/e", "D=--z=3\n"},
  });
  const absl::StatusOr<KubeletSetup> setup = tree.Setup();
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_THAT(setup->argv, ElementsAre("/usr/bin/kubelet", "--v=3", "--z=3"));
}

}  // namespace
}  // namespace sekisho::install
