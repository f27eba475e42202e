// Nodes that are left alone, each with the place and the reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "install/kubelet_setup.h"
#include "unit/install/node_tree.h"

namespace sekisho::install {
namespace {

using ::testing::HasSubstr;

struct Refusal {
  const char* name;
  Files files;
  const char* message;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

std::string Unit(const std::string& service) {
  return "[Service]\n" + service + "\n";
}
std::string Config(const std::string& more) {
  return "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n" + more;
}

std::vector<Refusal> Units() {
  return {
      {"shell",
       {{kUnit, Unit("ExecStart=/bin/sh -c 'exec kubelet --v=2'")}},
       "kubelet.service:2: ExecStart=: starts /bin/sh, where only a plain call of a kubelet"},
      {"wrapper_by_name",
       {{kUnit, Unit("ExecStart=/usr/lib/kubelet-wrapper --v=2")}},
       "kubelet.service:2: ExecStart=: starts /usr/lib/kubelet-wrapper"},
      {"wrapper_script",
       {{kUnit, Unit("ExecStart=/opt/bin/kubelet --v=2")},
        {"/opt/bin/kubelet", "#!/bin/sh\nexec /usr/bin/kubelet \"$@\" --extra\n"}},
       "kubelet.service:2: ExecStart=: /opt/bin/kubelet is a script"},
      {"another_program_first",
       {{kUnit, Unit("ExecStart=/usr/bin/env A=1 kubelet")}},
       "kubelet.service:2: ExecStart=: starts /usr/bin/env"},
      {"hyperkube_style",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet kubelet --v=2")}},
       "kubelet.service:2: \"kubelet\" is neither a flag nor a flag's value"},
      {"no_exec_start", {{kUnit, Unit("Restart=always")}}, "kubelet.service: no ExecStart="},
      {"reset_and_not_set_again",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet\nExecStart=")}},
       "no ExecStart="},
      {"two_commands",
       {{kUnit, Unit("Type=oneshot\nExecStart=/usr/bin/kubelet\nExecStart=/usr/bin/kubelet")}},
       "kubelet.service:4: ExecStart=: a second command"},
      {"two_commands_in_a_line",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet ; /bin/true")}},
       "kubelet.service:2: ExecStart=: more than one command"},
      {"unset_environment",
       {{kUnit, Unit("UnsetEnvironment=A\nExecStart=/usr/bin/kubelet $A")}},
       "kubelet.service:2: UnsetEnvironment=: not understood"},
      {"root_directory",
       {{kUnit, Unit("RootDirectory=/srv\nExecStart=/usr/bin/kubelet")}},
       "kubelet.service:2: RootDirectory=: not understood"},
      {"variable_of_the_manager",
       {{kUnit, Unit("PassEnvironment=ARGS\nExecStart=/usr/bin/kubelet $ARGS")}},
       "kubelet.service:3: ExecStart=: the value of $ARGS is not in the unit's files"},
      {"specifier",
       {{kUnit, Unit("\nExecStart=/usr/bin/kubelet --hostname-override=%H")}},
       "kubelet.service:3: ExecStart=: the specifier %H"},
      {"quote_not_closed",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet \"--v=2")}},
       "kubelet.service:2: ExecStart=: a quote \" is never closed"},
      {"environment_file_that_must_be_there",
       {{kUnit, Unit("EnvironmentFile=/etc/none\nExecStart=/usr/bin/kubelet")}},
       "/etc/none: cannot open"},
      {"environment_file_by_pattern",
       {{kUnit, Unit("EnvironmentFile=-/etc/kubelet/*.env\nExecStart=/usr/bin/kubelet")}},
       "kubelet.service:2: EnvironmentFile=: \"/etc/kubelet/*.env\" is not understood"},
      {"environment_file_cannot_be_read_as_text",
       {{kUnit, Unit("EnvironmentFile=-/etc/e\nExecStart=/usr/bin/kubelet")},
        {"/etc/e", "A=1\nB=\xff\n"}},
       "/etc/e:2: not plain text"},
      {"flag_may_be_a_value",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet --node-ip "
                     "--container-runtime-endpoint=unix:///run/containerd/containerd.sock")}},
       "kubelet.service:2: cannot tell whether"},
      {"drop_in_that_sorts_after_ours",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet")},
        {kKubeadmDropIn, ""},
        {"/etc/systemd/system/kubelet.service.d/zz.conf", ""}},
       "zz.conf: would apply after"},
      {"a_file_of_somebody_else_in_our_place",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet")}, {kOurDropIn, "[Service]\nNice=1\n"}},
       "99-sekisho.conf:1: not a file of ours"},
  };
}

std::vector<Refusal> Endpoints() {
  const std::string unit = Unit("ExecStart=/usr/bin/kubelet --config=/c $ARGS");
  return {
      {"another_endpoint_on_the_command_line",
       {{kUnit, Unit("Environment=ARGS=--container-runtime-endpoint=unix:///run/crio/crio.sock\n"
                     "ExecStart=/usr/bin/kubelet --config=/c $ARGS")},
        {"/c", Config("containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n")}},
       "kubelet.service:2: the kubelet would use unix:///run/crio/crio.sock"},
      {"another_endpoint_in_the_config",
       {{kUnit, unit}, {"/c", Config("containerRuntimeEndpoint: unix:///run/crio/crio.sock\n")}},
       "/c:3: the kubelet would use unix:///run/crio/crio.sock"},
      {"put_together_from_pieces",
       {{kUnit, Unit("Environment=S=/run/containerd/containerd.sock\nExecStart=/usr/bin/kubelet "
                     "--container-runtime-endpoint=unix://${S}")}},
       "kubelet.service:3: --container-runtime-endpoint is put together from pieces"},
      {"variable_with_another_use",
       {{kUnit, Unit("Environment=S=unix:///run/containerd/containerd.sock\n"
                     "ExecStart=/usr/bin/kubelet --container-runtime-endpoint=${S} "
                     "--node-labels=cri=${S}")}},
       "also used in: --node-labels=cri=unix:///run/containerd/containerd.sock"},
      {"empty_flag",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet --container-runtime-endpoint=${NONE}")}},
       "kubelet.service:2: --container-runtime-endpoint is empty"},
      {"config_is_missing", {{kUnit, unit}}, "/c: cannot open"},
      {"config_is_relative",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet --config=c.yaml")}},
       "--config=c.yaml: not an absolute path"},
      {"config_is_of_another_kind",
       {{kUnit, unit}, {"/c", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: Node\n"}},
       "/c:2: not a kubelet's configuration"},
      {"config_of_another_version",
       {{kUnit, unit},
        {"/c", "apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration\n"}},
       "/c:1: not a kubelet's configuration"},
      {"config_of_two_documents",
       {{kUnit, unit}, {"/c", Config("---\n" + Config(""))}},
       "a second YAML document"},
      {"config_has_the_key_twice",
       {{kUnit, unit},
        {"/c", Config("containerRuntimeEndpoint: a\ncontainerRuntimeEndpoint: b\n")}},
       "/c:4: containerRuntimeEndpoint stands here twice"},
      {"config_has_a_list",
       {{kUnit, unit}, {"/c", Config("containerRuntimeEndpoint: [a]\n")}},
       "/c:3: containerRuntimeEndpoint is a list"},
      {"config_shares_the_value",
       {{kUnit, unit},
        {"/c", Config("containerRuntimeEndpoint: &e unix:///run/containerd/containerd.sock\n"
                      "imageServiceEndpoint: *e\n")}},
       "/c:3: containerRuntimeEndpoint is written in a way"},
      {"empty_in_a_config_drop_in",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet --config-dir=/d")},
        {"/d/sub/a.conf", Config("containerRuntimeEndpoint: ''\n")}},
       "/d/sub/a.conf:3: containerRuntimeEndpoint is empty"},
      {"config_dir_is_missing",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet --config-dir=/d")}},
       "/d: cannot open the folder"},
      {"instance_config_is_broken",
       {{kUnit, Unit("ExecStart=/usr/bin/kubelet")}, {kInstance, "a: [\n"}},
       "instance-config.yaml:1"},
  };
}

class RefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, NamesThePlaceAndTheReason) {
  const NodeTree tree(GetParam().files);
  KubeletUnit unit = tree.Unit();
  if (const std::string last = "/etc/systemd/system/kubelet.service.d/zz.conf"; tree.Has(last)) {
    unit.files.push_back(last);
  }
  const absl::StatusOr<KubeletSetup> setup = ReadKubeletSetup(unit, tree.root());
  const absl::StatusOr<std::vector<FileChange>> changes =
      setup.ok() ? PointKubelet(*setup, kContainerd, kSekisho, kOurDropIn, tree.root())
                 : setup.status();
  ASSERT_FALSE(changes.ok());
  EXPECT_THAT(std::string(changes.status().message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(Unit, RefusalTest, ::testing::ValuesIn(Units()),
                         [](const auto& row) { return std::string(row.param.name); });
INSTANTIATE_TEST_SUITE_P(Endpoint, RefusalTest, ::testing::ValuesIn(Endpoints()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PointKubeletRefusalTest, AnEndpointThatNeedsQuotes) {
  const NodeTree tree({{kUnit, Unit("ExecStart=/usr/bin/kubelet")}});
  for (const char* to : {"", "unix://run/x.sock", "tcp://127.0.0.1:1", "unix:///run/a b.sock",
                         "unix:///run/$x.sock", "unix:///run/%i.sock", "unix:///run/'x.sock",
                         "unix:///run/x.sock\n", "unix:///run/x#y.sock", "run/x.sock"}) {
    EXPECT_FALSE(tree.Point(kContainerd, to).ok()) << to;
  }
}

// The kubelet does not follow such a link, so that what lies behind it does not count.
TEST(PointKubeletRefusalTest, AConfigDirThatIsALink) {
  const NodeTree tree({{kUnit, Unit("ExecStart=/usr/bin/kubelet --config-dir=/d")},
                       {"/real/a.conf", Config("containerRuntimeEndpoint: unix:///a.sock\n")}});
  tree.Link("/d", "real");
  EXPECT_THAT(std::string(tree.Setup().status().message()),
              HasSubstr("/d: --config-dir is no folder itself"));
}

TEST(PointKubeletRefusalTest, FilesThatChangedSinceTheyWereRead) {
  const NodeTree tree({{kUnit, Unit("ExecStart=/usr/bin/kubelet --v=2")}});
  const absl::StatusOr<KubeletSetup> setup = tree.Setup();
  ASSERT_TRUE(setup.ok()) << setup.status();
  tree.Write(kUnit, Unit("ExecStart=/usr/bin/kubelet --v=3"));
  EXPECT_TRUE(absl::IsAborted(
      PointKubelet(*setup, kContainerd, kSekisho, kOurDropIn, tree.root()).status()));
}

}  // namespace
}  // namespace sekisho::install
