# shellcheck shell=bash
# What tools/demo and tools/check share. Sourced from the top of the tree.

# shellcheck disable=SC2034
BUILD_PACKAGES="g++ make autoconf automake libtool pkg-config gawk libpam0g-dev liblmdb-dev libargon2-dev
  libsodium-dev libconfig++-dev libevent-dev libsystemd-dev libcli11-dev libfmt-dev nlohmann-json3-dev libbsd-dev
  libcsv-dev libcrypt-dev libutf8proc-dev libhowardhinnant-date-dev libcmocka-dev tzdata"

say() { printf '\n== %s\n' "$*"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs what is missing of the packages named. Servers among them are kept from starting.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    made=yes
  fi
  local failed=
  as_root env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get -q update && apt-get -qy install --no-install-recommends "$@"' sh "${missing[@]}" \
    >"${PACKAGE_LOG:-/dev/null}" 2>&1 || failed=yes
  [ -z "$made" ] || as_root rm -f $policy
  [ -z "$failed" ] || { echo "the packages could not be installed: ${missing[*]}" >&2; return 1; }
}

# build DIR [CONFIGURE ARGUMENT …]: configures and makes everything in DIR, quietly; the log stays beside it.
build() {
  local dir=$1
  shift
  [ -x configure ] || autoreconf -fi >/dev/null 2>&1 || autoreconf -fi
  mkdir -p "$dir"
  local log="$dir/build.log" top
  top=$(realpath --relative-to="$dir" .)
  if ! (cd "$dir" && { [ -e Makefile ] || "$top/configure" "$@"; } && make -j"$(nproc)") >"$log" 2>&1; then
    grep -nE 'error|Error' "$log" | tail -n 20 >&2
    tail -n 30 "$log" >&2
    echo "the build failed; all of it is in $log" >&2
    return 1
  fi
}
