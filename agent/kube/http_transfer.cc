#include "kube/http_transfer.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "base/str_cat.h"
#include "kube/http_errors.h"

namespace sekisho::kube {
namespace {

using base::StrCat;

static_assert(CURL_ERROR_SIZE == 256);

// Of all headers of one answer, interim answers and trailers included. libcurl limits lines, and
// not every version of it the sum.
constexpr size_t kHeaderBytesMost = size_t{256} << 10;

// The value of a header that is called `name` (in lower case); nothing for another one.
std::optional<std::string_view> ValueOf(std::string_view line, std::string_view name) {
  const bool same = line.size() > name.size() && line[name.size()] == ':' &&
                    std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
                      return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
                    });
  if (!same) {
    return std::nullopt;
  }
  constexpr std::string_view kSpace = " \t\r\n";
  line.remove_prefix(name.size() + 1);
  line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
  return line.substr(0, line.find_last_not_of(kSpace) + 1);
}

// Seconds; nothing for a date.
std::optional<std::chrono::seconds> ParseSeconds(std::string_view text) {
  int32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(seconds);
}

// NOLINTNEXTLINE(google-runtime-int): libcurl's type
long Milliseconds(std::chrono::milliseconds time) {
  return static_cast<long>(time.count());
}

}  // namespace

// Sets options and remembers the first that failed.
class HttpTransfer::Settings {
 public:
  explicit Settings(CURL* handle) : handle_(handle) {}

  template <typename Value>
  void Set(CURLoption option, Value value) {
    if (const CURLcode code = curl_easy_setopt(handle_, option, value); result_ == CURLE_OK) {
      result_ = code;
    }
  }
  void SetBlob(CURLoption option, const std::string& bytes) {
    // No copy: the bytes are the identity's, which outlives the handle.
    curl_blob blob{.data = const_cast<char*>(bytes.data()),  // NOLINT: libcurl only reads it
                   .len = bytes.size(),
                   .flags = CURL_BLOB_NOCOPY};
    Set(option, &blob);
  }
  CURLcode result() const { return result_; }

 private:
  CURL* const handle_;
  CURLcode result_ = CURLE_OK;
};

struct HttpTransfer::Callbacks {
  static size_t Header(char* bytes, size_t /*one*/, size_t size, void* self) {
    return static_cast<HttpTransfer*>(self)->OnHeader({bytes, size}) ? size : 0;
  }
  static size_t Body(char* bytes, size_t /*one*/, size_t size, void* self) {
    return static_cast<HttpTransfer*>(self)->OnBytes({bytes, size}) ? size : 0;
  }
  static curl_socket_t Open(void* context, curlsocktype /*purpose*/, curl_sockaddr* address) {
    const auto& of = *static_cast<const HttpContext*>(context);
    const int socket = of.sockets.Open(address->family, address->socktype, address->protocol);
    const auto timeout = static_cast<unsigned>(of.options.tcp_user_timeout.count());
    // Without it the connection works as well; it is only noticed later that nobody is there.
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
    return socket;
  }
  // The connection may outlive the request that made it, but not the sockets.
  static int Close(void* sockets, curl_socket_t socket) {
    return static_cast<HttpSockets*>(sockets)->Close(socket);
  }
};

HttpTransfer::HttpTransfer(Loop::Id id, Request request, Loop::OnBody on_body, Loop::OnDone on_done,
                           Loop::TimePoint now)
    : id_(id),
      request_(std::move(request)),
      on_body_(std::move(on_body)),
      on_done_(std::move(on_done)),
      sent_(now) {}

HttpTransfer::~HttpTransfer() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
  curl_slist_free_all(static_cast<curl_slist*>(connect_to_));
}

absl::Status HttpTransfer::Prepare(std::shared_ptr<HttpIdentity> identity,
                                   const HttpContext& context) {
  identity_ = std::move(identity);
  context_ = &context;
  handle_ = curl_easy_init();
  if (handle_ == nullptr) {
    return absl::UnavailableError("libcurl has no memory for a request");
  }
  if (absl::Status status = SetHeaders(); !status.ok()) {
    return status;
  }
  Settings settings(handle_);
  SetConnection(settings);
  SetTrust(settings);
  SetRequest(settings);
  if (settings.result() != CURLE_OK) {
    return absl::UnavailableError(StrCat("libcurl refuses the request to ", identity_->where(),
                                         ": ", curl_easy_strerror(settings.result())));
  }
  return absl::OkStatus();
}

void HttpTransfer::SetConnection(Settings& to) {
  const Credentials& credentials = identity_->credentials();
  to.Set(CURLOPT_SHARE, identity_->share());
  to.Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  to.Set(CURLOPT_PIPEWAIT, 1L);
  to.Set(CURLOPT_PROTOCOLS_STR, "https");
  to.Set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  to.Set(CURLOPT_FOLLOWLOCATION, 0L);
  to.Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  // Both given: otherwise libcurl looks into the environment, also for exceptions to this proxy.
  to.Set(CURLOPT_PROXY, credentials.proxy.c_str());
  to.Set(CURLOPT_NOPROXY, "");
  to.Set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // no token for a proxy
  to.Set(CURLOPT_NOSIGNAL, 1L);
  // A name that is not found in time must not hold the loop up: libcurl would wait for its thread.
  to.Set(CURLOPT_QUICK_EXIT, 1L);
  to.Set(CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(context_->options.connect_timeout));
  to.Set(CURLOPT_TCP_KEEPALIVE, 1L);
  to.Set(CURLOPT_TCP_KEEPIDLE, 30L);
  to.Set(CURLOPT_TCP_KEEPINTVL, 10L);
  to.Set(CURLOPT_OPENSOCKETFUNCTION, &Callbacks::Open);
  to.Set(CURLOPT_OPENSOCKETDATA, const_cast<HttpContext*>(context_));  // NOLINT: only read
  to.Set(CURLOPT_CLOSESOCKETFUNCTION, &Callbacks::Close);
  to.Set(CURLOPT_CLOSESOCKETDATA, &context_->sockets);
}

void HttpTransfer::SetTrust(Settings& to) const {
  const Credentials& credentials = identity_->credentials();
  to.Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  to.Set(CURLOPT_SSL_VERIFYPEER, 1L);
  to.Set(CURLOPT_SSL_VERIFYHOST, 2L);
  // A resumed session would not be verified again.
  to.Set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  if (!credentials.ca_pem.empty()) {
    to.SetBlob(CURLOPT_CAINFO_BLOB, credentials.ca_pem);
    // libcurl would also trust the system's authorities, when it was built with their directory.
    to.Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!credentials.client_certificate_pem.empty()) {
    to.SetBlob(CURLOPT_SSLCERT_BLOB, credentials.client_certificate_pem);
    to.SetBlob(CURLOPT_SSLKEY_BLOB, credentials.client_key_pem);
    // Never asked for by us; but without it libcurl 7.88 dies of an encrypted key.
    to.Set(CURLOPT_KEYPASSWD, "");
  }
}

absl::Status HttpTransfer::SetHeaders() {
  const auto add = [this](const std::string& line) {
    curl_slist* longer = curl_slist_append(static_cast<curl_slist*>(headers_), line.c_str());
    headers_ = longer != nullptr ? longer : headers_;
    return longer != nullptr;
  };
  bool added = add(StrCat("Accept: ", request_.accept));
  if (!identity_->credentials().token.empty()) {
    added = add(StrCat("Authorization: Bearer ", identity_->credentials().token)) && added;
  }
  if (!request_.content_type.empty()) {
    added = add(StrCat("Content-Type: ", request_.content_type)) && added;
  }
  added = add("Expect:") && added;  // no "100-continue", which would wait for an answer
  return added ? absl::OkStatus() : absl::UnavailableError("libcurl has no memory for headers");
}

void HttpTransfer::SetRequest(Settings& to) {
  const ServerAddress& address = identity_->address();
  const std::string& name = identity_->credentials().tls_server_name;
  std::string host = address.host;
  if (!name.empty()) {
    // The URL's host is what SNI says and the certificate must name; the connection goes elsewhere.
    host = name.find(':') == std::string::npos ? name : StrCat("[", name, "]");
    curl_slist* connect_to = curl_slist_append(
        nullptr, StrCat(host, ":", address.port, ":", address.host, ":", address.port).c_str());
    connect_to_ = connect_to;
    to.Set(CURLOPT_CONNECT_TO, connect_to);
  }
  to.Set(CURLOPT_URL, StrCat("https://", host, ":", address.port, request_.path).c_str());
  to.Set(CURLOPT_PATH_AS_IS, 1L);
  if (request_.method != "GET") {
    to.Set(CURLOPT_POST, 1L);
    to.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    to.Set(CURLOPT_POSTFIELDS, request_.body.data());  // no copy: it lives as long as the handle
    to.Set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  if (request_.compressed) {
    to.Set(CURLOPT_ACCEPT_ENCODING, "gzip");
  }
  to.Set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(headers_));
  to.Set(CURLOPT_USERAGENT, context_->options.user_agent.c_str());
  to.Set(CURLOPT_ERRORBUFFER, error_text_.data());
  to.Set(CURLOPT_PRIVATE, static_cast<void*>(this));
  to.Set(CURLOPT_HEADERFUNCTION, &Callbacks::Header);
  to.Set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  to.Set(CURLOPT_WRITEFUNCTION, &Callbacks::Body);
  to.Set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

void HttpTransfer::Heard() {
  ++context_->signs;
  identity_->Heard(std::chrono::steady_clock::now());
}

bool HttpTransfer::OnHeader(std::string_view line) {
  Heard();
  header_bytes_ += line.size();
  if (muted_ || header_bytes_ > kHeaderBytesMost) {
    return false;
  }
  if (line.starts_with("HTTP/")) {
    retry_after_.reset();  // of an interim answer
    headers_ended_ = false;
  }
  headers_ended_ = headers_ended_ || line == "\r\n" || line == "\n";
  if (const auto value = ValueOf(line, "retry-after"); value.has_value()) {
    retry_after_ = ParseSeconds(*value);
  }
  return true;
}

bool HttpTransfer::OnBytes(std::string_view bytes) {
  Heard();
  if (muted_ || refused_) {
    return false;
  }
  if (!bytes.empty() && on_body_ != nullptr && !on_body_(EndWith({}).code, bytes)) {
    refused_ = true;
  }
  return !refused_;
}

Response HttpTransfer::EndWith(absl::Status status) const {
  long code = 0;
  if (handle_ != nullptr) {
    (void)curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code);
  }
  return {.status = std::move(status), .code = static_cast<int>(code), .retry_after = retry_after_};
}

Response HttpTransfer::End(int code) const {
  if (refused_) {
    return EndWith(absl::CancelledError("no more of the answer is wanted"));
  }
  HttpFailure failure{.code = code, .os_error = 0, .text = error_text_.data()};
  if (header_bytes_ > kHeaderBytesMost) {
    failure.text = StrCat("more than ", kHeaderBytesMost, " bytes of headers");
  }
  if (failure.code == CURLE_OK && !headers_ended_) {
    // HTTP/1.1 only, where libcurl is content with half of the headers.
    failure = {.code = CURLE_PARTIAL_FILE, .os_error = 0, .text = "it ended within its headers"};
  }
  (void)curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &failure.os_error);
  return EndWith(StatusOfFailure(failure, identity_->where()));
}

Loop::TimePoint HttpTransfer::LastSign() const {
  return identity_ == nullptr ? sent_ : std::max(sent_, identity_->last_heard());
}

}  // namespace sekisho::kube
