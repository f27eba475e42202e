#!/bin/sh
# install-deps.sh GROUP…: installs the Debian 12 packages that a group of tasks needs.
#   build   to build the agent
#   test    to build the tests
#   run     to run real containers: the e2e tests and the demo
#   bench   what haproxy and nginx link, for ./bench, which fetches them itself: to install them would start them
#   fuzz    to build the fuzzers, besides what build and test have
#   system  to boot a node in systemd-nspawn: the system tests
#   package to build the Debian package, and to check it and the units
#   image   to build the container image (packaging/image)
#   manifests  to check the DaemonSet's manifests (packaging/kustomize)
#   screen  to look at the HTML report in a browser, for its tests
#   metrics for .ci/check-metrics, which fetches promtool itself: to install it would start a Prometheus
#   matrix  for .ci/check-matrix, which fetches other versions of containerd itself
#   valgrind  to count instructions (.ci/check-instructions)
#   lint    for .ci/run: formatting, static analysis, scripts, man pages
# What is installed already is left alone, and then neither root nor a network is needed.
set -eu

packages_of() {
  case $1 in
    build)
      echo g++ cmake ninja-build pkg-config ccache libgrpc++-dev libprotobuf-dev protobuf-compiler \
        protobuf-compiler-grpc libabsl-dev libcap-ng-dev libseccomp-dev libspdlog-dev libyaml-cpp-dev \
        nlohmann-json3-dev libcli11-dev libsystemd-dev libssl-dev zlib1g-dev libcurl4-openssl-dev libdtl-dev \
        prometheus-cpp-dev libmicrohttpd-dev
      ;;
    test) echo libnghttp2-dev libbenchmark-dev libgmock-dev libgtest-dev zsh bash-completion ;;
    run) echo containerd runc busybox-static containernetworking-plugins ;;
    bench) echo libcrypt1 liblua5.3-0 libopentracing-c-wrapper0 libpcre2-8-0 libssl3 libsystemd0 zlib1g ;;
    fuzz) echo clang-14 libclang-rt-14-dev ;;
    system) echo binutils mmdebstrap systemd-container busybox-static dpkg-dev file jq ;;
    package) echo binutils dpkg-dev file jq lintian mmdebstrap systemd ;;
    image) echo umoci patchelf binutils jq git ;;
    manifests)
      echo python3-kubernetes python3-yaml jq
      # Other packages bring a kubectl, too, and two of them do not go together.
      command -v kubectl >/dev/null || echo kubernetes-client
      ;;
    screen) echo chromium ;;
    metrics) echo jq ;;
    matrix) echo patchelf debian-archive-keyring ;;
    valgrind) echo valgrind ;;
    lint) echo git clang-format clang-tidy shellcheck man-db groff ;;
    *)
      echo "install-deps.sh: no group \"$1\"; the first lines of this script list them" >&2
      return 2
      ;;
  esac
}

missing=
for group in "$@"; do
  packages=$(packages_of "$group")
  for package in $packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
  done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "install-deps.sh: as root, run: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # one word a package
if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
