# Sourced by coordinator/run.sh and tests/run.sh: installs what is missing, configures and builds. Works from any directory,
# with no terminal, and with no network once the packages are there.
# shellcheck shell=bash

house=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf 'wattledger: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 3
}

# usage SCRIPT: the words at its head.
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$1"; }

# packages GROUP…: the names that packages.txt lists for these groups.
packages() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$house/coordinator/packages.txt"
  done
}

# missing GROUP…: those of them that are not installed.
missing() {
  local name
  for name in $(packages "$@"); do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

# install_missing GROUP…: asks Debian for them, and says so.
install_missing() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die "this is no Debian; install what coordinator/packages.txt lists by other means, then use --no-install"
  local names as_root=()
  mapfile -t names < <(missing "$@")
  [ ${#names[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing packages: ${names[*]}; neither root nor sudo here: as root, apt-get install ${names[*]}"
    as_root=(sudo)
  fi
  say "installing from Debian: ${names[*]}"
  "${as_root[@]}" apt-get update -qq >&2 || die "apt-get update failed; check the network and /etc/apt/sources.list"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}" >&2 ||
    die "apt-get install failed for: ${names[*]}"
}

# configure PRESET [cmake argument…]
configure() {
  local preset=$1 log
  shift
  command -v cmake >/dev/null || die "cmake is missing; run without --no-install, or: apt-get install $(packages build | tr '\n' ' ')"
  log=$(mktemp)
  if ! (cd "$house" && cmake --preset "$preset" "$@") >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "configuring the preset $preset failed (above); run without --no-install if a package is missing"
  fi
  rm -f "$log"
}

# build PRESET [target…]: all targets when none is named.
build() {
  local preset=$1
  shift
  say "building build/$preset"
  (cd "$house" && cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target "$@"}) >&2 ||
    die "building the preset $preset failed (above)"
}
