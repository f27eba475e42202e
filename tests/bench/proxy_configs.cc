#include "bench/proxy_configs.h"

#include "base/str_cat.h"

namespace sekisho::bench {

// * One thread: a connection is served by one, and a kubelet has one connection. More would idle.
// * The window is of both sides; the default of 64 KiB would be what the long lists measure. Larger
//   buffers than the default of 16 KiB make those four times as fast, and the short calls no
//   slower.
// * http-reuse always: all streams share a connection to the runtime, as gRPC would have it.
// * TCP's and HTTP's timeouts are long, so that no connection is lost between two blocks.
std::string HaproxyConfig(const std::string& listen, const std::string& upstream) {
  return base::StrCat(
      "global\n"
      "  nbthread 1\n"
      "  maxconn 1024\n"
      "  tune.bufsize 65536\n"
      "  tune.h2.initial-window-size 16777216\n"
      "  tune.h2.max-concurrent-streams 1024\n"
      "defaults\n"
      "  mode http\n"
      "  no log\n"
      "  http-reuse always\n"
      "  timeout connect 10s\n"
      "  timeout client 1h\n"
      "  timeout server 1h\n"
      "  timeout http-keep-alive 1h\n"
      "  timeout http-request 1h\n"
      "frontend kubelet\n"
      "  bind unix@",
      listen,
      " proto h2\n"
      "  default_backend runtime\n"
      "backend runtime\n"
      "  server s unix@",
      upstream, " proto h2\n");
}

// * One process: it serves one connection, and one that is alone is ended by its process id without
//   leaving a worker behind. The event loop is the same.
// * keepalive_requests: by default a connection is closed after 1,000 calls, on both sides.
// * nginx has one connection to the runtime for each call in flight; `keepalive` keeps them all.
// * Buffers and chunks larger than the default of 8 KiB make its long lists four times as fast.
std::string NginxConfig(const std::string& dir, const std::string& listen,
                        const std::string& upstream) {
  return base::StrCat(
      "daemon off;\n"
      "master_process off;\n"
      "worker_processes 1;\n"
      "error_log stderr error;\n"
      "pid ",
      dir,
      "/nginx.pid;\n"
      "events { worker_connections 1024; }\n"
      "http {\n"
      "  access_log off;\n"
      "  server_tokens off;\n"
      "  client_body_temp_path ",
      dir, "/body;\n  proxy_temp_path ", dir, "/proxy;\n  fastcgi_temp_path ", dir,
      "/fastcgi;\n  uwsgi_temp_path ", dir, "/uwsgi;\n  scgi_temp_path ", dir,
      "/scgi;\n"
      "  http2_max_concurrent_streams 1024;\n"
      "  http2_recv_buffer_size 256k;\n"
      "  http2_chunk_size 64k;\n"
      "  keepalive_requests 1000000000;\n"
      "  keepalive_time 10h;\n"
      "  keepalive_timeout 1h;\n"
      "  client_max_body_size 0;\n"
      "  upstream runtime {\n"
      "    server unix:",
      upstream,
      ";\n"
      "    keepalive 64;\n"
      "    keepalive_requests 1000000000;\n"
      "    keepalive_time 10h;\n"
      "    keepalive_timeout 1h;\n"
      "  }\n"
      "  server {\n"
      "    listen unix:",
      listen,
      " http2;\n"
      "    location / {\n"
      "      grpc_pass grpc://runtime;\n"
      "      grpc_buffer_size 64k;\n"
      "      grpc_read_timeout 1h;\n"
      "      grpc_send_timeout 1h;\n"
      "    }\n"
      "  }\n"
      "}\n");
}

}  // namespace sekisho::bench
