#include "curl_client.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::testing {

struct CurlClient::Running {
  Request request;
  Transfer transfer;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
};

namespace {

size_t OnBody(char* bytes, size_t /*one*/, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.body.append(bytes, size);
  ++transfer.pieces;
  return size;
}

size_t OnHeader(char* bytes, size_t /*one*/, size_t size, void* user) {
  const std::string_view line(bytes, size);
  const size_t colon = line.find(": ");
  if (colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string_view value = line.substr(colon + 2);
    static_cast<Transfer*>(user)->headers[name] = value.substr(0, value.find('\r'));
  }
  return size;
}

curl_blob BlobOf(const std::string& text) {
  return {.data = const_cast<char*>(text.data()), .len = text.size(), .flags = CURL_BLOB_COPY};
}

void SetBlob(CURL* easy, CURLoption option, const std::string& text) {
  if (!text.empty()) {
    const curl_blob blob = BlobOf(text);
    curl_easy_setopt(easy, option, &blob);
  }
}

}  // namespace

std::vector<nlohmann::json> Transfer::Lines() const {
  std::vector<nlohmann::json> lines;
  std::string_view left = body;
  for (size_t end = left.find('\n'); end != std::string_view::npos; end = left.find('\n')) {
    lines.push_back(nlohmann::json::parse(left.substr(0, end), nullptr, false));
    left.remove_prefix(end + 1);
  }
  return lines;
}

CurlClient::CurlClient(Options options) : options_(std::move(options)), multi_(curl_multi_init()) {}

CurlClient::~CurlClient() {
  for (const auto& running : all_) {
    curl_multi_remove_handle(multi_, running->easy);
    curl_easy_cleanup(running->easy);
    curl_slist_free_all(running->headers);
  }
  curl_multi_cleanup(multi_);
}

const Transfer& CurlClient::Start(Request request) {
  Running& running = *all_.emplace_back(std::make_unique<Running>());
  running.request = std::move(request);
  running.easy = curl_easy_init();
  CURL* const easy = running.easy;
  curl_easy_setopt(easy, CURLOPT_URL, base::StrCat(options_.url, running.request.path).c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, options_.http_version);
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);  // one connection for all, when it can be
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, running.request.method.c_str());
  SetBlob(easy, CURLOPT_CAINFO_BLOB, options_.ca_pem);
  SetBlob(easy, CURLOPT_SSLCERT_BLOB, options_.certificate.certificate_pem);
  SetBlob(easy, CURLOPT_SSLKEY_BLOB, options_.certificate.key_pem);
  if (!options_.token.empty()) {
    running.request.headers.push_back("Authorization: Bearer " + options_.token);
  }
  for (const std::string& header : running.request.headers) {
    running.headers = curl_slist_append(running.headers, header.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, running.headers);
  if (!running.request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(running.request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, running.request.body.c_str());
  }
  if (running.request.compressed) {
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  }
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &running.transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &running.transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &running.transfer);
  curl_multi_add_handle(multi_, easy);
  return running.transfer;
}

const Transfer& CurlClient::Send(Request request) {
  const Transfer& transfer = Start(std::move(request));
  RunUntil([&transfer] { return transfer.done; });
  return transfer;
}

bool CurlClient::RunUntil(const std::function<bool()>& what, std::chrono::milliseconds most) {
  constexpr int kPollMilliseconds = 20;  // the server's state is asked for by `what`, too
  const auto until = std::chrono::steady_clock::now() + most;
  while (true) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &transfer->code);
      curl_easy_getinfo(message->easy_handle, CURLINFO_HTTP_VERSION, &transfer->http_version);
      curl_easy_getinfo(message->easy_handle, CURLINFO_SIZE_DOWNLOAD_T, &transfer->received);
      transfer->result = message->data.result;
      transfer->done = true;
    }
    if (what()) {
      return true;
    }
    if (std::chrono::steady_clock::now() >= until) {
      return false;
    }
    curl_multi_poll(multi_, nullptr, 0, kPollMilliseconds, nullptr);
  }
}

}  // namespace sekisho::testing
