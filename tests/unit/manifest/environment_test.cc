#include "manifest/environment.h"

#include <gmock/gmock.h>

#include "unit/manifest/manifests.h"

namespace sekisho::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Expand, ReplacesWhatIsKnown) {
  const std::map<std::string, std::string> variables = {{"A", "1"}, {"B", "$(A)"}, {"E", ""}};
  for (const auto& [text, expanded] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"plain", "plain"},
           {"$(A)$(A)-$(E)", "11-"},
           {"$(B)", "$(A)"},  // not a second time
           {"$(NO)", "$(NO)"},
           {"$$(A)", "$(A)"},
           {"$$$(A)", "$1"},
           {"$A ${A} $", "$A ${A} $"},
           {"$(A", "$(A"},
           {"$(", "$("},
           {"$()", "$()"},
           {"$$", "$"},
       }) {
    EXPECT_EQ(Expand(text, variables), expanded) << text;
  }
  std::vector<std::string> missing;
  Expand("$(A)/$(NO)/$(E)", variables, &missing);
  EXPECT_THAT(missing, ElementsAre("NO"));
}

TEST(EnvironmentOf, KnowsWhatTheManifestKnows) {
  PodManifest pod = PodOf("serviceAccountName: sa", R"yaml(env:
- {name: A, value: a}
- {name: B, value: "$(A)-$(C)"}
- {name: C, value: c}
- {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
- {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
- {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
- {name: SA, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
- {name: SECRET, valueFrom: {secretKeyRef: {name: s, key: k}}}
)yaml");
  pod.labels["app"] = "x";
  EXPECT_THAT(EnvironmentOf(pod, IdentityOf(pod, {}), pod.spec.containers[0]),
              ElementsAre(Pair("A", "a"), Pair("B", "a-$(C)"), Pair("C", "c"), Pair("NAME", "p"),
                          Pair("UID", "u"), Pair("LABEL", "x"), Pair("IP", ""), Pair("SA", "sa"),
                          Pair("SECRET", "")));
}

}  // namespace
}  // namespace sekisho::manifest
