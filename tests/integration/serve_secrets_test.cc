// Secrets that pass the agent, or that it is given, and everything that it writes and says
// afterwards. Each of them is planted under a word of its own, which is looked for as it is, in
// hexadecimal and in Base64; what the documentation says is kept is found in the same way.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "integration/serve_cluster_fixture.h"
#include "support/child_process.h"
#include "support/http_get.h"
#include "support/seccomp_profiles.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;
namespace fs = std::filesystem;
using ::testing::IsEmpty;

constexpr char kContainerStatus[] = "/runtime.v1.RuntimeService/ContainerStatus";
constexpr char kListContainers[] = "/runtime.v1.RuntimeService/ListContainers";

std::string Hex(std::string_view bytes, const char* digits) {
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<uint8_t>(c) >> 4];
    out += digits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

// What of `bytes` is the same in every Base64 of a text that has them `before` bytes behind a
// multiple of three. Words of letters and digits look alike in both alphabets but for two letters.
std::string Base64Core(std::string_view bytes, size_t before) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t from = (before * 8 + 5) / 6;
  const size_t to = (before + bytes.size()) * 8 / 6;
  const auto bit = [&](size_t i) {
    return i < before * 8 ? 0 : static_cast<uint8_t>(bytes[i / 8 - before]) >> (7 - i % 8) & 1;
  };
  std::string out;
  for (size_t letter = from; letter < to; ++letter) {
    int value = 0;
    for (size_t i = letter * 6; i < letter * 6 + 6; ++i) {
      value = value * 2 + bit(i);
    }
    out += kAlphabet[value];
  }
  return out;
}

bool Holds(const std::string& text, const std::string& word) {
  std::vector<std::string> forms = {word, Hex(word, "0123456789abcdef"),
                                    Hex(word, "0123456789ABCDEF")};
  for (size_t before = 0; before < 3; ++before) {
    forms.push_back(Base64Core(word, before));
  }
  return std::ranges::any_of(
      forms, [&text](const std::string& form) { return text.find(form) != std::string::npos; });
}

// The words and what each stands for. A word holds only letters and digits, so that no text that
// is JSON, HTML, a URL or a shell's writes it in another way, and its beginning tells it too.
class Words {
 public:
  explicit Words(std::string start) : start_(std::move(start)) {}

  std::string operator()(const std::string& what) {
    std::string& word = words_[what];
    if (word.empty()) {
      word = start_ + std::to_string(100 + words_.size()) + "wkvjxhqpz";
    }
    return word;
  }
  std::vector<std::string> In(const std::string& text) const {
    std::vector<std::string> found;
    for (const auto& [what, word] : words_) {
      if (Holds(text, word)) {
        found.push_back(what);
      }
    }
    return found;
  }

 private:
  const std::string start_;
  std::map<std::string, std::string> words_;
};

TEST(SecretWords, AreFoundInEveryForm) {
  Words words("zq");
  const std::string word = words("it");
  EXPECT_EQ(Base64Core("abcdef", 0), "YWJjZGVm");
  EXPECT_EQ(Base64Core("abcdef", 1), "FiY2RlZ");  // of AGFiY2RlZg==, "\0abcdef"
  for (const std::string& text :
       {"x" + word + "y", Hex("x" + word, "0123456789abcdef"), Base64Core("x" + word, 0),
        Base64Core(":" + word + ":", 1), Base64Core(word, 2)}) {
    EXPECT_TRUE(Holds(text, word)) << text;
  }
  EXPECT_FALSE(Holds("x" + word.substr(1), word));
}

class ServeSecretsTest : public ServeClusterTest {
 protected:
  // The runtime calls us, and is a member of the base.
  ~ServeSecretsTest() override {
    sekisho_.reset();
    runtime_.reset();
    const std::lock_guard lock(mu_);
  }

  // What a runtime does that reports what it was asked, and fails where it is told to.
  FakeReply Answer(const FakeCall& call) {
    std::string echo = "failed to handle ";
    for (const auto& [key, value] : call.metadata) {
      echo += key + "=" + value + " ";
    }
    echo += Hex(call.request, "0123456789abcdef");
    std::ranges::copy_if(call.request, std::back_inserter(echo),
                         [](char c) { return c >= ' ' && c <= '~'; });
    if (call.request.find("fails") != std::string::npos) {
      return ReplyWith(grpc::Status(grpc::StatusCode::INTERNAL, echo));
    }
    if (call.method == kCreateContainer) {
      const std::lock_guard lock(mu_);
      EXPECT_TRUE(created_.ParseFromString(call.request));
      cri_v1::CreateContainerResponse response;
      response.set_container_id(std::string(64, 'c'));
      return ReplyWith(response.SerializeAsString());
    }
    if (call.method == kListContainers || call.method == kContainerStatus) {
      return ReplyWith(OfTheContainer(call.method));
    }
    return node_.Answer(call);
  }

  std::string OfTheContainer(const std::string& method) {
    const std::lock_guard lock(mu_);
    const cri_v1::ContainerConfig& config = created_.config();
    if (created_.pod_sandbox_id().empty()) {
      return "";
    }
    const auto fill = [&config](auto& out) {
      out.set_id(std::string(64, 'c'));
      *out.mutable_metadata() = config.metadata();
      *out.mutable_image() = config.image();
      *out.mutable_labels() = config.labels();
      *out.mutable_annotations() = config.annotations();
      out.set_state(cri_v1::CONTAINER_RUNNING);
    };
    if (method == kListContainers) {
      cri_v1::ListContainersResponse response;
      fill(*response.add_containers());
      response.mutable_containers(0)->set_pod_sandbox_id(created_.pod_sandbox_id());
      return response.SerializeAsString();
    }
    cri_v1::ContainerStatusResponse response;
    fill(*response.mutable_status());
    const nlohmann::json info = {
        {"pid", process_.pid()},
        {"config",
         {{"envs", {{{"key", "K"}, {"value", secret_("an environment value")}}}},
          {"args", {secret_("an argument")}}}},
        {"runtimeSpec", {{"process", {{"env", {"K=" + secret_("an environment value")}}}}}}};
    (*response.mutable_info())["info"] = info.dump();
    return response.SerializeAsString();
  }

  PodOptions Pod(const std::string& namespace_name) {
    return {.name = kept_("a pod's name"),
            .namespace_ = namespace_name,
            .kubelet_root = kubelet_.path(),
            .edit = [this](cri_v1::PodSandboxConfig& config) {
              auto& annotations = *config.mutable_annotations();
              annotations["kubectl.kubernetes.io/last-applied-configuration"] =
                  R"({"env":")" + secret_("a pod's annotation") + "\"}";
              annotations[kept_("an annotation's key")] = "x";
              (*config.mutable_labels())["app"] = secret_("a pod's label");
              config.mutable_dns_config()->add_searches(secret_("a DNS search"));
            }};
  }

  // `edit`: what is special about this one.
  std::string Container(const std::string& sandbox, const PodOptions& pod,
                        const std::function<void(cri_v1::ContainerConfig&)>& edit = {}) {
    const ContainerOptions options{
        .name = kept_("a container's name"),
        .command = {"sh", "-c", secret_("a command")},
        .with_kubelet_mounts = false,  // there is no such pod on this node
        .edit = [&](cri_v1::ContainerConfig& config) {
          config.add_args("--password=" + secret_("an argument"));
          config.set_working_dir("/" + secret_("a working directory"));
          cri_v1::KeyValue& variable = *config.add_envs();
          variable.set_key(secret_("an environment key"));
          variable.set_value(secret_("an environment value"));
          cri_v1::Mount& mount = *config.add_mounts();
          mount.set_host_path(kubelet_.path() + "/pods/" + pod.uid +
                              "/volumes/kubernetes.io~empty-dir/" + kept_("a mount's path"));
          mount.set_container_path("/data");
          (*config.mutable_labels())["io.example"] = secret_("a container's label");
          auto& annotations = *config.mutable_annotations();
          annotations["example.com/token"] = secret_("a container's annotation");
          annotations["io.kubernetes.container.preStopHandler"] =
              R"({"exec":{"command":["sh","-c",")" + secret_("a preStop command") + "\"]}}";
          (*config.mutable_image()->mutable_annotations())["x"] = secret_("an image's annotation");
          if (edit) {
            edit(config);
          }
        }};
    return CreateContainer(sandbox, pod, options).SerializeAsString();
  }

  grpc::StatusCode Send(const std::string& method, const std::string& request) {
    const RawCallOptions options{
        .metadata = {{"authorization", "Bearer " + secret_("a call's metadata")}},
        .timeout = kLong};
    const grpc::Status status =
        CallRaw(ChannelTo(sekisho_->socket()), method, request, options).status;
    last_answer_ = status.error_message();
    return status.error_code();
  }

  void WriteCredentials() {
    const CertificateAndKey client = pki_.ForClient("system:node:worker-1", "system:nodes");
    WriteText(dir_.File("ca.crt"), pki_.ca_pem());
    WriteText(keys_.File("client.crt"), client.certificate_pem);
    WriteText(keys_.File("client.key"), client.key_pem);
    key_line_ = client.key_pem.substr(client.key_pem.find('\n') + 1, 40);
    WriteKubeconfig(api_->url(), secret_("a token") +
                                     ", client-certificate: " + keys_.File("client.crt") +
                                     ", client-key: " + keys_.File("client.key"));
    fs::rename(dir_.File("kubeconfig"), keys_.File("kubeconfig"));
    fs::rename(dir_.File("ca.crt"), keys_.File("ca.crt"));
  }

  void StartAll() {
    api_ = std::make_unique<ApiServer>(ApiServerOptions{
        .certificate = pki_.ForServer({"127.0.0.1"}), .tokens = {secret_("a token")}});
    api_->SetNamespace("shop", {});
    WriteCredentials();
    runtime_ = std::make_unique<FakeRuntime>(runtime_socket(),
                                             [this](const FakeCall& call) { return Answer(call); });
    fs::create_directories(kubelet_.path() + "/pods/" + PodOptions{}.uid +
                           "/volumes/kubernetes.io~empty-dir/" + kept_("a mount's path"));
    SekishoOptions options = Options(PolicyEnforcing("baseline") +
                                     "rules: [{match: {namespaces: [open]}, enforce: "
                                     "privileged}]\n");
    options.kubelet_root = kubelet_.path();
    options.more_config = "kubernetes: {kubeconfig: " + keys_.File("kubeconfig") +
                          "}\nnode: {name: worker-1}\nlog: {level: trace}\n"
                          "relay: {maxMessageMiB: 1}\n";
    sekisho_ = std::make_unique<SekishoProcess>(options);
    EditConfig(*sekisho_, "audit.jsonl}", "audit.jsonl, maxSizeMiB: 1, facts: true}");
    ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
    ASSERT_TRUE(WaitForSync()) << sekisho_->Log();
  }

  // Everything that can be decided, and what is not decided at all.
  void SendEverything() {
    using Code = grpc::StatusCode;
    const std::string open = RunSandbox(Pod("open"));
    const std::string shop = RunSandbox(Pod("shop"));
    const PodOptions pod = Pod("shop");
    EXPECT_EQ(Send(kCreateContainer, Container(open, Pod("open"))), Code::OK);
    EXPECT_EQ(Send(kCreateContainer, Container(shop, pod)), Code::OK) << last_answer_;  // hardened
    const auto privileged = [](cri_v1::ContainerConfig& config) {
      config.mutable_linux()->mutable_security_context()->set_privileged(true);
    };
    EXPECT_EQ(Send(kCreateContainer, Container(shop, pod, privileged)), Code::PERMISSION_DENIED);
    const auto unreadable = [this](cri_v1::ContainerConfig& config) {
      (*config.mutable_annotations())["io.kubernetes.container.preStopHandler"] =
          "{" + secret_("a preStop handler that is no JSON");
      (*config.mutable_annotations())["io.kubernetes.container.ports"] =
          "[" + secret_("ports that are no JSON");
    };
    EXPECT_EQ(Send(kCreateContainer, Container(shop, pod, unreadable)), Code::PERMISSION_DENIED);
    const auto fails = [](cri_v1::ContainerConfig& config) { config.add_args("fails"); };
    EXPECT_EQ(Send(kCreateContainer, Container(shop, pod, fails)), Code::INTERNAL);
    const std::string whole = Container(shop, pod);
    EXPECT_EQ(Send(kCreateContainer, whole.substr(0, whole.size() - 1)), Code::INVALID_ARGUMENT);
    EXPECT_EQ(Send(kCreateContainer, Container("fails", pod)), Code::FAILED_PRECONDITION);
    EXPECT_EQ(Send(kCreateContainer, Container(shop, Pod("open"))), Code::PERMISSION_DENIED);
    const auto large = [](cri_v1::ContainerConfig& config) {
      config.add_args(std::string(2 << 20, 'x'));
    };
    EXPECT_EQ(Send(kCreateContainer, Container(shop, pod, large)), Code::RESOURCE_EXHAUSTED);
    EXPECT_EQ(Send("/runtime.v1.RuntimeService/" + secret_("a method"), whole),
              Code::UNIMPLEMENTED);
    SendWithProfile(shop, pod);
    SendUndecided();
    const auto many = [](cri_v1::ContainerConfig& config) {
      for (int i = 0; i < 200; ++i) {
        (*config.mutable_annotations())[std::string(100, 'p') + std::to_string(i)] = "x";
      }
    };
    for (int i = 0; i < 60; ++i) {  // until the audit log rotates
      EXPECT_EQ(Send(kCreateContainer, Container(shop, pod, many)), Code::OK);
    }
  }

  void SendWithProfile(const std::string& sandbox, const PodOptions& pod) {
    fs::create_directories(kubelet_.File("seccomp"));
    WriteText(kubelet_.File("seccomp/good.json"), RuntimeDefaultWithout({"chroot"}));
    WriteText(kubelet_.File("seccomp/bad.json"),
              R"({"defaultAction": "SCMP_ACT_ERRNO", ")" + secret_("a profile") + R"(": 1)");
    for (const char* file : {"good.json", "bad.json"}) {
      fs::permissions(kubelet_.File("seccomp/" + std::string(file)), fs::perms(0644));
      const auto localhost = [&](cri_v1::ContainerConfig& config) {
        auto& profile = *config.mutable_linux()->mutable_security_context()->mutable_seccomp();
        profile.set_profile_type(cri_v1::SecurityProfile::Localhost);
        profile.set_localhost_ref(kubelet_.File("seccomp/" + std::string(file)));
      };
      EXPECT_EQ(Send(kCreateContainer, Container(sandbox, pod, localhost)),
                file[0] == 'g' ? grpc::StatusCode::OK : grpc::StatusCode::PERMISSION_DENIED);
    }
  }

  void SendUndecided() {
    for (const char* fails : {"", "fails"}) {
      const auto code = *fails == 0 ? grpc::StatusCode::OK : grpc::StatusCode::INTERNAL;
      cri_v1::PullImageRequest pull;
      pull.mutable_image()->set_image("https://me:" + secret_("a password in a reference") +
                                      "@registry.example/" + fails);
      cri_v1::AuthConfig& auth = *pull.mutable_auth();
      auth.set_username(secret_("a registry's user"));
      auth.set_password(secret_("a registry's password"));
      auth.set_auth(secret_("a registry's auth"));
      auth.set_identity_token(secret_("an identity token"));
      auth.set_registry_token(secret_("a registry token"));
      EXPECT_EQ(Send("/runtime.v1.ImageService/PullImage", pull.SerializeAsString()), code);
      cri_v1::ExecSyncRequest exec;
      exec.add_cmd("login");
      exec.add_cmd(secret_("a command that is executed") + fails);
      EXPECT_EQ(Send("/runtime.v1.RuntimeService/ExecSync", exec.SerializeAsString()), code);
      EXPECT_EQ(Send("/runtime.v1.RuntimeService/Exec", exec.SerializeAsString()), code);
      cri_v1::UpdateContainerResourcesRequest update;
      update.set_container_id(std::string(64, 'c') + fails);
      (*update.mutable_annotations())["example.com/x"] = secret_("an update's annotation");
      (*update.mutable_linux()->mutable_unified())["memory.min"] = "1";
      (void)Send("/runtime.v1.RuntimeService/UpdateContainerResources", update.SerializeAsString());
    }
  }

  std::string Scrape(const std::string& path) const {
    const std::string answer = HttpGet(ConnectUnix(dir_.File("metrics.sock")), path).value_or("");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 ")) << path << answer;
    return answer;
  }

  // Everything that the agent wrote or says: places and texts.
  std::map<std::string, std::string> Everything() const {
    std::map<std::string, std::string> all;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(dir_.path())) {
      if (entry.is_regular_file()) {
        all[entry.path()] = ReadText(entry.path());
      }
    }
    for (const char* path : {"/metrics", "/healthz", "/readyz"}) {
      all[path] = Scrape(path);
    }
    const std::string strict = keys_.File("strict.yaml");
    WriteText(strict, PolicyEnforcing("restricted"));
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"status", "--refusals", "1000"},
                                               {"status", "--refusals", "1000", "-o", "json"},
                                               {"verify"},
                                               {"verify", "-o", "json"},
                                               {"report", "-o", "-"},
                                               {"replay", "--policy", strict},
                                               {"replay", "--policy", strict, "-o", "json"},
                                               {"replay", "--policy", strict, "--live"},
                                               {"ready"},
                                               {"check-config"}}) {
      std::vector<std::string> argv = {SEKISHO_BINARY, command[0], "--config",
                                       dir_.File("config.yaml")};
      argv.insert(argv.end(), command.begin() + 1, command.end());
      std::string name;
      for (const std::string& word : command) {
        name += word + " ";
      }
      const Finished run = RunToEnd(argv);
      EXPECT_GT(run.output.size(), 0u) << name;
      all[name] = run.output;
    }
    for (const SeenRequest& request : api_->Requests()) {
      all["what the API server was asked"] += request.path + request.query + request.body + "\n";
    }
    for (const nlohmann::json& event : api_->Events()) {
      all["events"] += event.dump() + "\n";
    }
    return all;
  }

  void ExpectNoSecretIn(const std::map<std::string, std::string>& everything) const {
    for (const auto& [place, text] : everything) {
      EXPECT_THAT(secret_.In(text), IsEmpty()) << "in " << place;
      EXPECT_EQ(text.find(key_line_), std::string::npos) << "the client's key, in " << place;
    }
  }

  Words secret_{"zq"};
  Words kept_{"yv"};
  std::string key_line_;  // of the client's key, in Base64 as it is
  std::string last_answer_;
  const TempDir keys_;
  const TempDir kubelet_;
  ChildProcess process_{Command{.argv = {"sleep", "1000"}}};
  std::mutex mu_;
  cri_v1::CreateContainerRequest created_;  // the last; guarded by mu_
};

TEST_F(ServeSecretsTest, NoneIsWrittenOrSaidWhateverBecomesOfTheCall) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root may verify";
  }
  StartAll();
  SendEverything();
  ASSERT_TRUE(Eventually([this] { return fs::exists(dir_.File("audit.jsonl.1")); }, kLong));
  ASSERT_TRUE(Eventually([this] { return !api_->Events().empty(); }, kLong));
  const std::map<std::string, std::string> everything = Everything();
  ExpectNoSecretIn(everything);
  // What is said to be kept is found by the same look.
  EXPECT_THAT(kept_.In(everything.at(dir_.File("audit.jsonl"))),
              ::testing::ElementsAre("a container's name", "a mount's path", "a pod's name",
                                     "an annotation's key"));
  EXPECT_THAT(kept_.In(everything.at("events")), ::testing::Contains("a pod's name"));
  for (const char* place : {"verify ", "report -o - ", "status --refusals 1000 "}) {
    EXPECT_THAT(kept_.In(everything.at(place)), ::testing::Contains("a pod's name")) << place;
  }

  // Credentials that cannot be read are said, and not shown.
  ASSERT_EQ(sekisho_->Terminate(), 0);
  WriteText(
      keys_.File("kubeconfig"),
      "apiVersion: v1\nkind: Config\ncurrent-context: here\nusers: [{name: u, user: {token: [" +
          secret_("a token in a broken file") + "]}}]\n");
  ASSERT_TRUE(sekisho_->Start()) << sekisho_->Log();
  ASSERT_TRUE(Eventually(
      [this] { return sekisho_->Log().find(keys_.File("kubeconfig") + ":") != std::string::npos; },
      kLong))
      << sekisho_->Log();
  ExpectNoSecretIn(Everything());
}

}  // namespace
}  // namespace sekisho::testing
