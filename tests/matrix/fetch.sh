#!/bin/sh
# fetch.sh [DIRECTORY]: containerd, runc and crun of three Debian releases, side by side below
# DIRECTORY (default: build/matrix), and a line for each release on stdout: its name, the version of its
# containerd and the folder with the programs. Nothing is installed: a second containerd would start
# beside the node's own. What is there already is not fetched again,
# also when the archive has moved on. Needs apt, dpkg-deb and patchelf.
#
# apt checks everything: the archive's signature on the index, by a configuration that knows no other key
# than Debian's, and the hash in the index of each package. That sid's index has expired is no fault here:
# what is wanted is those versions, and nothing of them stays on the machine.
#
# containerd and its shim need no more than Debian 12 has. runc and crun of later releases need a later
# libc: each is made to load its own release's libraries, by its own dynamic loader. A wrapper script that
# calls the loader would not do, since both start themselves again as /proc/self/exe.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p "${1:-build/matrix}"
top=$(cd "${1:-build/matrix}" && pwd)
# Where this machine has its own Debian from; the other releases are beside it.
# shellcheck disable=SC2016  # apt's variable
archive=$(apt-get indextargets --format '$(SITE)' 'Identifier: Packages' | grep '/debian/*$' | head -n 1)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
architecture=$(dpkg --print-architecture)

[ -n "$archive" ] || {
  echo "fetch.sh: apt of this machine knows no Debian archive" >&2
  exit 1
}

configure_apt() {
  mkdir -p "$work/etc/apt.conf.d" "$work/lists/partial" "$work/cache/archives/partial"
  echo "deb [signed-by=$keys check-valid-until=no] $archive $release main" >"$work/sources.list"
  cat >"$work/apt.conf" <<EOF
Dir::Etc "$work/etc";
Dir::Etc::Parts "apt.conf.d";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$work";
Dir::State::Lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
EOF
}

# Every package that runc and crun need, themselves included, by the index.
needed() {
  apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances runc crun libc6 | sed -n 's/^\([a-z0-9][^ :]*\)$/\1/p' | sort -u
}

own_libraries() {
  loader=$(find "$root/usr/lib" "$root/lib" "$root/lib64" "$root/usr/lib64" -name 'ld-linux*.so.*' 2>/dev/null |
    head -n 1)
  folders=$(find "$root/usr/lib" "$root/lib" -maxdepth 1 -name '*-linux-gnu' 2>/dev/null | paste -sd:)
  for program in "$@"; do
    # An rpath, unlike a runpath, holds for the libraries of libraries.
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$folders" "$program"
  done
}

fetch() {
  work=$fresh/apt
  root=$fresh/root
  mkdir -p "$root" "$fresh/bin" "$fresh/debs"
  configure_apt
  export APT_CONFIG="$work/apt.conf"
  apt-get -q update
  packages=$(needed)
  # shellcheck disable=SC2086  # one word a package
  (cd "$fresh/debs" && apt-get -q download containerd $packages)
  for package in "$fresh"/debs/*.deb; do
    dpkg-deb -x "$package" "$root"
  done
  for program in containerd containerd-shim-runc-v2 ctr runc crun; do
    mv "$(find "$root" -type f -path "*bin/$program")" "$fresh/bin/$program"
  done
  own_libraries "$fresh/bin/runc" "$fresh/bin/crun"
  (cd "$fresh/debs" && sha256sum ./*.deb) >"$fresh/packages"
  dpkg-deb -f "$fresh"/debs/containerd_*.deb Version | sed 's/[~+].*//' >"$fresh/version"
  rm -r "$fresh/debs" "$work"
}

for release in bookworm trixie sid; do
  done=$top/$release
  if [ ! -f "$done/version" ]; then
    # The paths of the libraries are written into the programs: it is made where it stays.
    rm -rf "$done"
    fresh=$done
    mkdir -p "$fresh"
    fetch >"$top/$release.log" 2>&1 || {
      echo "fetch.sh: containerd of Debian $release cannot be had from $archive:" >&2
      tail -n 20 "$top/$release.log" >&2
      exit 1
    }
  fi
  echo "$release $(cat "$done/version") $done/bin"
done
