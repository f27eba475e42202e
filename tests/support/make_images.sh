#!/bin/sh
# make_images.sh OUTPUT [PROGRAM…]: writes a docker archive with the images that the tests run.
#
# No registry is needed: each image is one layer with Debian's statically linked busybox, and the
# (static) programs beside it.
#   localhost/busybox:1          root, as most images are
#   localhost/busybox-nonroot:1  USER 65535 in the image
#   localhost/pause:1            the pod's own container: sleeps
set -eu
output=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

busybox=$(command -v busybox)
root=$work/root
mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/proc" "$root/sys" "$root/dev"
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
for program in "$@"; do
  cp "$program" "$root/bin/"
done
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65535:65535:nobody:/:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnobody:x:65535:\n' >"$root/etc/group"

archive=$work/archive
mkdir "$archive"
tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$archive/layer.tar" .
layer=$(sha256sum "$archive/layer.tar" | cut -d' ' -f1)

manifest=
# image NAME CONFIG: CONFIG is the "config" object of the image.
image() {
  case $(uname -m) in
    aarch64) architecture=arm64 ;;
    *) architecture=amd64 ;;
  esac
  printf '{"architecture":"%s","os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$architecture" "$2" "$layer" >"$work/config.json"
  config=$(sha256sum "$work/config.json" | cut -d' ' -f1)
  mv "$work/config.json" "$archive/$config.json"
  manifest="$manifest${manifest:+,}{\"Config\":\"$config.json\",\"RepoTags\":[\"$1\"],\"Layers\":[\"layer.tar\"]}"
}
path='"Env":["PATH=/bin"]'
image localhost/busybox:1 "{$path,\"Cmd\":[\"/bin/sh\"]}"
image localhost/busybox-nonroot:1 "{$path,\"Cmd\":[\"/bin/sh\"],\"User\":\"65535\"}"
image localhost/pause:1 "{$path,\"Entrypoint\":[\"/bin/busybox\",\"sleep\",\"2147483647\"]}"
printf '[%s]' "$manifest" >"$archive/manifest.json"
tar -C "$archive" -cf "$output" .
