#!/bin/sh
# proxies.sh PROGRAM: prints the path of haproxy or nginx. A missing one is taken out of Debian's package
# into build/bench-tools. Installing the package would start a service on this machine, and a policy-rc.d
# that forbids it would be in the way of everything else that is installed meanwhile. What it links is
# installed by packaging/install-deps.sh bench; libraries start nothing.
set -eu
cd "$(dirname "$0")/../.."
program=$1
if command -v "$program"; then
  exit 0
fi
tools=$PWD/build/bench-tools
path=$tools/usr/sbin/$program
if [ ! -x "$path" ]; then
  mkdir -p "$tools"
  (
    cd "$tools"
    apt-get -q download "$program" >"$program.log" 2>&1 || {
      apt-get -q update >"$program.log" 2>&1
      apt-get -q download "$program" >"$program.log" 2>&1
    } || {
      cat "$program.log" >&2
      exit 1
    }
    dpkg-deb -x "$program"_*.deb .
    rm "$program"_*.deb
  )
fi
echo "$path"
