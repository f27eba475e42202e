#!/bin/sh
# build.sh BUILD_DIR OUTPUT.tar [IMAGE]: the container image, as an OCI archive, without a daemon,
# without mounts and without root. BUILD_DIR holds bin/sekisho. IMAGE, by default localhost/sekisho, is
# the name that an import gives it; the tag is the version.
#
# Everything is in /opt/sekisho, and /opt/sekisho needs nothing else: the program brings its libraries
# and its dynamic loader. So the same tree works on a node of any distribution, where the installer of
# packaging/kustomize copies it to.
#   bin/sekisho              lib/                     host/systemd/         units that start this program
#   share/seccomp-profiles/  share/licenses/          share/packages.txt    where lib/ is from, and what is
#   share/sekisho.spdx.json  the same as an SBOM                            linked into the program
#
# The same program, libraries and SOURCE_DATE_EPOCH (default: the time of the last commit) make the same
# archive, byte for byte.
set -eu
if [ $# -lt 2 ]; then
  echo "usage: build.sh BUILD_DIR OUTPUT.tar [IMAGE]" >&2
  exit 2
fi
umask 022
export LC_ALL=C TZ=UTC
build=$(cd "$1" && pwd)
mkdir -p "$(dirname "$2")"
output=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
name=${3:-localhost/sekisho}
cd "$(dirname "$0")/../.."

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
program=$build/bin/sekisho
version=$("$program" version | cut -d ' ' -f 2)
prefix=/opt/sekisho

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root$prefix
install -d "$root/bin" "$root/lib" "$root/host/systemd" "$root/share/licenses" \
  "$root/share/seccomp-profiles"

# One line a library: the name that the program asks for and the file. ldd follows them all.
ldd "$program" >"$work/ldd"
if grep 'not found' "$work/ldd" >&2; then
  exit 1
fi
loader=$(patchelf --print-interpreter "$program")
{
  awk '$2 == "=>" { print $1, $3 }' "$work/ldd"
  echo "$(basename "$loader") $loader"
} | sort >"$work/libraries"

# The package that a file is from. Debian's merged /usr has two paths for it, and dpkg knows one.
package_of() {
  path=$(readlink -f "$1")
  dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}"
}

while read -r library file; do
  install -m 0755 "$file" "$root/lib/$library"
  package_of "$file" | sed 's/: .*//' >>"$work/packages"
done <"$work/libraries"
# What the program has of other packages in itself.
cut -d ' ' -f 3 "$build/packaging/linked-packages.txt" >>"$work/packages"
sort -u "$work/packages" | while read -r package; do
  # shellcheck disable=SC2016  # dpkg's own variables
  dpkg-query -W -f '${source:Package} ${source:Version} ${binary:Package} ${Version}\n' "$package"
  install -m 0644 "/usr/share/doc/${package%%:*}/copyright" "$root/share/licenses/${package%%:*}"
done >"$root/share/packages.txt"
install -m 0644 LICENSE "$root/share/licenses/sekisho"

# An RPATH and not a RUNPATH: it counts for what the libraries need, too, and comes before a
# LD_LIBRARY_PATH of the node.
strip -o "$work/sekisho" "$program"
patchelf --set-interpreter "$prefix/lib/$(basename "$loader")" --force-rpath --set-rpath "$prefix/lib" \
  "$work/sekisho"
install -m 0755 "$work/sekisho" "$root/bin/sekisho"

SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH packaging/sbom/make "$build" "$work/sekisho" ".$prefix/bin/sekisho" all \
  >"$root/share/sekisho.spdx.json"

install -m 0644 seccomp-profiles/*.json "$root/share/seccomp-profiles"
for unit in systemd/*.service systemd/*.socket; do
  sed "s#/usr/sbin/sekisho#$prefix/bin/sekisho#" "$unit" >"$root/host/$unit"
done
if ! grep -q "^ExecStart=$prefix/bin/sekisho " "$root/host/systemd/sekisho.service"; then
  echo "build.sh: systemd/sekisho.service does not start /usr/sbin/sekisho any more" >&2
  exit 1
fi

# archive DIRECTORY OUTPUT NAME…: a tar that shows nothing of where and when it was made.
archive() {
  directory=$1 to=$2
  shift 2
  tar -C "$directory" --format=ustar --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
    --owner=0 --group=0 --numeric-owner --mode=u+rw,go=rX -cf "$to" "$@"
}
archive "$work/root" "$work/layer.tar" opt

layout=$work/layout
umoci init --layout "$layout"
umoci new --image "$layout:image"
umoci raw add-layer --image "$layout:image" --history.created "$created" \
  --history.created_by packaging/image/build.sh "$work/layer.tar"
umoci config --image "$layout:image" --no-history --created "$created" --author "" \
  --config.user 65532:65532 --config.entrypoint "$prefix/bin/sekisho" \
  --config.env "PATH=$prefix/bin:/usr/sbin:/usr/bin:/sbin:/bin" --config.workingdir / \
  --config.label org.opencontainers.image.title=sekisho \
  --config.label "org.opencontainers.image.description=Node-side enforcement of pod security" \
  --config.label "org.opencontainers.image.version=$version" \
  --config.label "org.opencontainers.image.revision=$revision" \
  --config.label "org.opencontainers.image.created=$created" \
  --config.label org.opencontainers.image.licenses=Apache-2.0
umoci gc --layout "$layout" >/dev/null 2>&1

# The name by which containerd, and by the second one podman, import it.
jq -c --arg name "$name:$version" '.manifests[0].annotations =
  {"io.containerd.image.name": $name, "org.opencontainers.image.ref.name": $name}' \
  "$layout/index.json" >"$work/index.json"
cp "$work/index.json" "$layout/index.json"
archive "$layout" "$output" oci-layout index.json blobs
echo "$name:$version $(jq -r '.manifests[0].digest' "$work/index.json")"
