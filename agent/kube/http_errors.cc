#include "kube/http_errors.h"

#include <curl/curl.h>

#include <system_error>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

using base::StrCat;

// Some of libcurl's words come from the server (an HTTP status line, a name in a certificate).
std::string Printable(std::string_view text) {
  constexpr size_t kLongest = 300;
  std::string out(text.substr(0, kLongest));
  for (char& c : out) {
    c = (c < ' ' || c > '~') ? '?' : c;
  }
  return out;
}

std::string TextOf(const HttpFailure& failure) {
  std::string_view text = failure.text;
  if (text.empty()) {
    text = curl_easy_strerror(static_cast<CURLcode>(failure.code));
  }
  for (const std::string_view prefix : {"SSL certificate problem: ", "SSL: "}) {
    if (text.starts_with(prefix)) {
      text.remove_prefix(prefix.size());
      break;
    }
  }
  return Printable(text);
}

std::string Reason(const HttpFailure& failure) {
  return failure.os_error != 0 ? std::generic_category().message(static_cast<int>(failure.os_error))
                               : TextOf(failure);
}

}  // namespace

absl::Status StatusOfFailure(const HttpFailure& failure, std::string_view where) {
  switch (static_cast<CURLcode>(failure.code)) {
    case CURLE_OK:
      return absl::OkStatus();
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return absl::UnavailableError(StrCat("cannot find ", where, ": ", TextOf(failure)));
    case CURLE_COULDNT_CONNECT:
      return absl::UnavailableError(StrCat("cannot connect to ", where, ": ", Reason(failure)));
    case CURLE_OPERATION_TIMEDOUT:
      // Only connecting has a limit that libcurl knows of.
      return absl::DeadlineExceededError(
          StrCat("cannot connect to ", where, ": ", TextOf(failure)));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return absl::UnauthenticatedError(
          StrCat("the certificate of ", where, " is not trusted: ", TextOf(failure)));
    case CURLE_SSL_CACERT_BADFILE:
      return absl::FailedPreconditionError(
          StrCat("the certificate authority for ", where, " cannot be used: ", TextOf(failure)));
    case CURLE_SSL_CERTPROBLEM:
      return absl::FailedPreconditionError(
          StrCat("the client certificate for ", where, " cannot be used: ", TextOf(failure)));
    case CURLE_SSL_CONNECT_ERROR:
      return absl::UnavailableError(StrCat("no TLS with ", where, ": ", TextOf(failure)));
    default:
      return absl::UnavailableError(
          StrCat("the request to ", where, " was broken off: ", TextOf(failure)));
  }
}

}  // namespace sekisho::kube
