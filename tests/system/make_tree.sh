#!/bin/sh
# make_tree.sh OUTPUT: makes the file system of the node that the system tests boot: Debian 12 with systemd,
# containerd, runc and what Sekisho's package depends on, but without Sekisho. Takes a minute, as root, with
# a network; nothing is done while OUTPUT is what this script would make.
set -eu
output=$1
here=$(cd "$(dirname "$0")" && pwd)
make_images=$here/../support/make_images.sh

# Of the node; of the agent and the programs of the tests; libsystemd0 and the like are there anyhow.
packages="systemd systemd-sysv dbus procps kmod busybox-static containerd runc containernetworking-plugins \
  libgrpc++1.51 libyaml-cpp0.7 libspdlog1.10 libseccomp2 libcap-ng0 libssl3 libcurl4 libmicrohttpd12 \
  libprometheus-cpp-core1.0"

made_of=$(
  cd "$here"
  find make_tree.sh ../support/make_images.sh files -type f -exec sha256sum {} + | sort | sha256sum
)
mkdir -p "$(dirname "$output")"
exec 9>"$output.lock"
flock 9
[ "$(cat "$output.made-of" 2>/dev/null)" != "$made_of" ] || exit 0

new=$output.new
rm -rf "$new" "$output.made-of"
mmdebstrap --quiet --variant=minbase --include="$(echo "$packages" | tr -s ' ' ',')" \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' bookworm "$new"
cp -R "$here/files/." "$new/"
"$make_images" "$new/usr/share/images.tar"
# Nothing that starts by itself while a test runs.
chroot "$new" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
  e2scrub_all.timer systemd-tmpfiles-clean.timer
chroot "$new" systemctl --quiet enable import-images.service
# Made at the first boot of each node.
: >"$new/etc/machine-id"
rm -rf "$output"
mv "$new" "$output"
echo "$made_of" >"$output.made-of"
