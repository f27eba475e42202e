#include "system/name_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace sekisho::testing {
namespace {

using std::string_view_literals::operator""sv;

constexpr size_t kHeader = 12;
constexpr std::string_view kInternet = "\0\1"sv;
constexpr std::string_view kAddress = "\0\1"sv;  // A

// "api.test" as it is in a message: each label behind its length.
std::string Encoded(const std::string& name) {
  std::string encoded;
  for (size_t at = 0; at <= name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    encoded.push_back(static_cast<char>(dot - at));
    encoded.append(name, at, dot - at);
    at = dot + 1;
  }
  encoded.push_back('\0');
  return encoded;
}

}  // namespace

NameServer::NameServer(const std::string& name)
    : name_(Encoded(name)), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(53);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0) {
    throw std::runtime_error(std::string("no name server: ") + std::strerror(errno));
  }
  thread_ = std::thread([this] { Run(); });
}

NameServer::~NameServer() {
  (void)::shutdown(socket_.get(), SHUT_RDWR);  // recvfrom() returns nothing
  thread_.join();
}

void NameServer::Run() {
  for (;;) {
    std::array<char, 512> query{};
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const ssize_t got = ::recvfrom(socket_.get(), query.data(), query.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) {
      return;
    }
    const std::string answer = AnswerTo(std::string(query.data(), static_cast<size_t>(got)));
    (void)::sendto(socket_.get(), answer.data(), answer.size(), 0,
                   reinterpret_cast<const sockaddr*>(&from), size);
  }
}

// The question comes back as it was, without what a resolver adds to it (EDNS).
std::string NameServer::AnswerTo(const std::string& query) {
  const size_t name_end = query.find('\0', kHeader);
  if (name_end == std::string::npos || query.size() < name_end + 5) {
    return query.substr(0, 2) + std::string("\x81\x81\0\0\0\0\0\0\0\0"sv);  // FORMERR
  }
  const std::string question = query.substr(kHeader, name_end + 5 - kHeader);
  const bool known = question.starts_with(name_);
  const bool has_address =
      known && question.substr(name_.size()) == std::string(kAddress) + std::string(kInternet);
  std::string answer = query.substr(0, 2);
  answer += known ? "\x81\x80"sv : "\x81\x83"sv;  // no error, or no such name
  answer += "\0\1\0"sv;
  answer += has_address ? "\1"sv : "\0"sv;
  answer += "\0\0\0\0"sv;
  answer += question;
  if (has_address) {
    ++answered_;
    answer += "\xc0\x0c"sv;  // the name of the question
    answer += kAddress;
    answer += kInternet;
    answer += "\0\0\0\1\0\4\x7f\0\0\1"sv;  // for a second: 4 bytes
  }
  return answer;
}

}  // namespace sekisho::testing
