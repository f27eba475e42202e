#include "canned_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

Bio Reading(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all};
}

void Check(bool good, const char* what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

bool Write(SSL* ssl, std::string_view bytes) {
  size_t written = 0;
  return bytes.empty() || SSL_write_ex(ssl, bytes.data(), bytes.size(), &written) == 1;
}

// The head of a request, which has no body here.
std::string ReadHead(SSL* ssl) {
  std::string head;
  std::array<char, 4096> buffer{};
  size_t got = 0;
  while (head.find("\r\n\r\n") == std::string::npos) {
    if (SSL_read_ex(ssl, buffer.data(), buffer.size(), &got) != 1) {
      return {};
    }
    head.append(buffer.data(), got);
  }
  return head;
}

}  // namespace

struct CannedServer::Tls {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_server_method()),
                                                            &SSL_CTX_free};

  static int Choose(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* /*in*/, unsigned int /*in_size*/, void* http2) {
    const std::string_view name = http2 != nullptr ? "h2" : "http/1.1";
    *out = reinterpret_cast<const unsigned char*>(name.data());
    *out_size = static_cast<unsigned char>(name.size());
    return SSL_TLSEXT_ERR_OK;
  }
};

CannedServer::CannedServer(Options options)
    : options_(std::move(options)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      tls_(std::make_unique<Tls>()) {
  SSL_CTX* context = tls_->context.get();
  const Bio certificate_bio = Reading(options_.certificate.certificate_pem);
  const Bio key_bio = Reading(options_.certificate.key_pem);
  X509* certificate = PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr);
  const bool usable = SSL_CTX_use_certificate(context, certificate) == 1 &&
                      SSL_CTX_use_PrivateKey(context, key) == 1;
  X509_free(certificate);
  EVP_PKEY_free(key);
  Check(usable, "cannot use the certificate");
  SSL_CTX_set_alpn_select_cb(context, Tls::Choose, options_.http2 ? this : nullptr);
  if (options_.only_old_tls) {
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    Check(SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0") == 1, "no old ciphers");
  }

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  Check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
            ::listen(listener_.get(), 16) == 0 &&
            ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0,
        "cannot listen");
  port_ = ::ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

CannedServer::~CannedServer() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
    if (talking_ >= 0) {
      ::shutdown(talking_, SHUT_RDWR);
    }
  }
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

std::string CannedServer::url() const {
  return base::StrCat("https://127.0.0.1:", port_);
}

std::vector<std::string> CannedServer::heads() const {
  const std::lock_guard lock(mu_);
  return heads_;
}

void CannedServer::Serve() {
  // OpenSSL writes without MSG_NOSIGNAL, and clients go away here.
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (true) {
    const base::UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    {
      const std::lock_guard lock(mu_);
      if (stopping_ || !socket.valid()) {
        return;
      }
      talking_ = socket.get();
    }
    Talk(socket.get());
    const std::lock_guard lock(mu_);
    talking_ = -1;
  }
}

void CannedServer::Talk(int socket) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(tls_->context.get()), &SSL_free);
  SSL_set_fd(ssl.get(), socket);
  if (SSL_accept(ssl.get()) != 1) {
    ERR_clear_error();
    return;
  }
  bool open = true;
  while (open) {
    if (!options_.http2) {
      std::string head = ReadHead(ssl.get());
      if (head.empty()) {
        break;
      }
      const std::lock_guard lock(mu_);
      heads_.push_back(std::move(head));
    }
    open = Write(ssl.get(), options_.answer) && !options_.close_after_answer;
    while (open && !options_.flood.empty()) {
      open = Write(ssl.get(), options_.flood);
      std::this_thread::sleep_for(options_.flood_interval);
    }
  }
  SSL_shutdown(ssl.get());
  ERR_clear_error();
}

}  // namespace sekisho::kube
