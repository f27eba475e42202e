#include "kube/server_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/str_cat.h"

namespace sekisho::kube {
namespace {

using ::testing::HasSubstr;

TEST(ServerAddress, IsAHostAndAPort) {
  struct Row {
    std::string_view url;
    std::string_view host_and_port;
  };
  constexpr std::array kRows = {
      Row{"https://10.96.0.1:443", "10.96.0.1:443"},
      Row{"https://10.96.0.1:6443/", "10.96.0.1:6443"},
      Row{"https://api.example.com", "api.example.com:443"},
      Row{"https://api.example.com/", "api.example.com:443"},
      Row{"https://[fd00::1]:6443", "[fd00::1]:6443"},
      Row{"https://[::ffff:10.0.0.1]", "[::ffff:10.0.0.1]:443"},
      Row{"https://my_api-1.internal.:65535", "my_api-1.internal.:65535"},
  };
  for (const auto& [url, host_and_port] : kRows) {
    SCOPED_TRACE(url);
    const auto address = ParseServerAddress(url);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->HostAndPort(), host_and_port);
    EXPECT_EQ(address->Url(), base::StrCat("https://", host_and_port));
    EXPECT_EQ(*ParseServerAddress(address->Url()), *address);
  }
}

TEST(ServerAddress, IsRefusedWithWhatToWrite) {
  struct Row {
    std::string_view url;
    std::string_view message;
  };
  constexpr std::array kRows = {
      Row{"", "does not begin with https://"},
      Row{"http://10.0.0.1:6443", "is not encrypted"},
      Row{"10.0.0.1:6443", "does not begin with https://"},
      Row{"HTTPS://10.0.0.1", "does not begin with https://"},
      Row{"https://", "names no host"},
      Row{"https://:6443", "names no host"},
      Row{"https://[]:6443", "names no host"},
      Row{"https://[fe80::1%25eth0]:6443", "names no host"},
      Row{"https://[fd00::1", "names no host"},
      Row{"https://fd00::1:6443", "has no valid port"},
      Row{"https://a:0", "has no valid port"},
      Row{"https://a:65536", "has no valid port"},
      Row{"https://a:+1", "has no valid port"},
      Row{"https://a:443x", "has no valid port"},
      Row{"https://a:", "has no valid port"},
      Row{"https://a b", "has no valid port"},
      Row{"https://a\r\nX: y", "has no valid port"},
      Row{"https://rancher.example.com/k8s/clusters/c-1", "has a path or a query"},
      Row{"https://a:443//", "has a path or a query"},
      Row{"https://a?x=1", "has a path or a query"},
      Row{"https://a#b", "has a path or a query"},
      Row{"https://admin:geheim@a", "has a user name in it"},
  };
  for (const auto& [url, message] : kRows) {
    SCOPED_TRACE(url);
    const auto address = ParseServerAddress(url);
    ASSERT_FALSE(address.ok());
    const std::string text = address.status().ToString();
    EXPECT_THAT(text, HasSubstr(message));
    EXPECT_THAT(text, HasSubstr("(write https://"));
    EXPECT_EQ(text.find("geheim"), std::string::npos);
  }
}

}  // namespace
}  // namespace sekisho::kube
