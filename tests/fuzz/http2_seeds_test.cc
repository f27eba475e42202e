// The seeds of http2: what a gRPC client writes on its connection for a call, recorded, and frames
// by hand.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "fuzz/http2_frames.h"
#include "fuzz/seed_file.h"
#include "support/raw_client.h"
#include "support/raw_http2.h"
#include "support/request_builders.h"

namespace sekisho::testing {
namespace {

namespace cri_v1 = runtime::v1;

constexpr char kRuntimeService[] = "/runtime.v1.RuntimeService/";

// Plays a server that has nothing to say until the client has ended a stream.
std::string ReadUntilStreamEnds(int fd) {
  std::string settings;
  AppendHttp2Frame({.type = kHttp2Settings, .flags = 0, .stream = 0, .payload = {}}, settings);
  EXPECT_EQ(::write(fd, settings.data(), settings.size()), static_cast<ssize_t>(settings.size()));
  std::string bytes;
  pollfd readable{fd, POLLIN, 0};
  while (::poll(&readable, 1, 20000) > 0) {
    std::array<char, 4096> chunk;
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got <= 0) {
      break;
    }
    bytes.append(chunk.data(), static_cast<size_t>(got));
    std::string_view rest = bytes;
    rest.remove_prefix(std::min(rest.size(), kHttp2Preface.size()));
    for (const Http2Frame& frame : TakeHttp2Frames(rest)) {
      if (frame.type == kHttp2Data && (frame.flags & kHttp2EndStream) != 0) {
        return bytes;
      }
    }
  }
  ADD_FAILURE() << "the client did not end its stream";
  return bytes;
}

// All that a client writes, from the preface on.
std::string Recorded(const std::string& method, const std::string& request,
                     const RawCallOptions& options = {}) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  auto server = std::async(std::launch::async, [end = base::UniqueFd(ends[1])]() mutable {
    const base::UniqueFd fd = std::move(end);  // closed at the end of this: the call fails
    return ReadUntilStreamEnds(fd.get());
  });
  EXPECT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  EXPECT_FALSE(
      CallRaw(ChannelFromFd(ends[0]), kRuntimeService + method, request, options).status.ok());
  return server.get();
}

void Seed(const std::string& name, unsigned how, const std::string& bytes) {
  CheckSeed("http2/" + name, std::string(1, static_cast<char>(how)) + bytes);
}

std::string Container(const std::function<void(cri_v1::ContainerConfig&)>& edit) {
  return CreateContainer("84a85a092bdc56e5", {}, {.edit = edit}).SerializeAsString();
}

TEST(FuzzSeedsTest, ConnectionsOfARealClient) {
  const std::string sandbox = RunPodSandbox({}).SerializeAsString();
  Seed("client-version", 0, Recorded("Version", "x"));
  Seed("client-sandbox", 0, Recorded("RunPodSandbox", sandbox));
  Seed("client-sandbox-gzip", 0,
       Recorded("RunPodSandbox", sandbox, {.compression = GRPC_COMPRESS_GZIP}));
  Seed("client-container", 0, Recorded("CreateContainer", Container(MakeRestricted)));
  Seed("bad-client-host-path", 0, Recorded("CreateContainer", Container([](auto& config) {
                                             MakeRestricted(config);
                                             cri_v1::Mount& mount = *config.add_mounts();
                                             mount.set_host_path("/etc");
                                             mount.set_container_path("/host");
                                           })));
  Seed("bad-client-unknown", 0, Recorded("MadeUpLater", "x"));
}

TEST(FuzzSeedsTest, FramesByHand) {
  // Without the preface and the SETTINGS after it, which the body adds.
  const auto call = [](const std::string& method, const std::string& request) {
    return Http2Call(kRuntimeService + method, GrpcFrame(request.size(), request))
        .substr(kHttp2Preface.size() + 9);
  };
  constexpr unsigned kSmallPieces = 3u << kHttp2PieceShift;
  const std::string container = call("CreateContainer", Container(MakeRestricted));
  Seed("hand-container", kHttp2AddPreface, container);
  Seed("hand-container-pieces", kHttp2AddPreface | kSmallPieces, container);
  Seed("hand-settings", kHttp2AddPreface, [&] {
    std::string bytes;
    const std::string window(std::string("\0\4\0\0\0\1", 6));  // one byte of each answer at a time
    const std::string more("\0\0\1\0", 4);
    AppendHttp2Frame({kHttp2Settings, 0, 0, window}, bytes);
    bytes += call("Version", "x");
    AppendHttp2Frame({kHttp2WindowUpdate, 0, 1, more}, bytes);
    return bytes;
  }());
  Seed("bad-hand-privileged", kHttp2AddPreface,
       call("CreateContainer", Container([](auto& config) {
              config.mutable_linux()->mutable_security_context()->set_privileged(true);
            })));
  Seed("bad-hand-cut", kHttp2AddPreface | kHttp2GoAtOnce, container.substr(0, 100));
  Seed("bad-hand-reset", kHttp2AddPreface, [&] {
    std::string bytes;
    AppendHttp2Frame({kHttp2Settings, kHttp2Ack, 0, ""}, bytes);
    AppendHttp2Frame({kHttp2Data, kHttp2EndStream, 1, "x"}, bytes);
    AppendHttp2Frame({kHttp2RstStream, 0, 1, std::string("\0\0\0\x8", 4)}, bytes);
    return bytes;
  }());
}

}  // namespace
}  // namespace sekisho::testing
