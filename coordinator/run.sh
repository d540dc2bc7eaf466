#!/bin/bash
# coordinator/run.sh [--no-install] [argument of wattledgerd…]
# Builds the daemon and runs it: with no argument the demo house. On a fresh Debian 12 it first installs what is missing and
# says what; --no-install leaves the machine as it is. Examples: coordinator/run.sh, coordinator/run.sh --simulate 30
set -euo pipefail
# shellcheck source=coordinator/build.sh
source "$(dirname "${BASH_SOURCE[0]}")/build.sh"

install=yes
arguments=()
for argument in "$@"; do
  case $argument in
    --no-install) install=no ;;
    *) arguments+=("$argument") ;;
  esac
done
daemon=$house/build/release/coordinator/daemon/wattledgerd
# Help should not cost a build; the daemon's own comes with it where there is one.
if [ "${arguments[*]}" = --help ] || [ "${arguments[*]}" = -h ]; then
  usage "${BASH_SOURCE[0]}"
  [ ! -x "$daemon" ] || exec "$daemon" --help
  exit 0
fi
[ "$install" = no ] || install_missing build
# Who only runs it needs no test framework; who has built the tests here keeps them.
without_tests=(-DWATTLEDGER_TESTS=OFF)
[ ! -f "$house/build/release/CMakeCache.txt" ] || without_tests=()
configure release "${without_tests[@]}"
build release wattledgerd wattledger
say "the operator's tool: $house/build/release/replay/wattledger"
exec "$daemon" "${arguments[@]}"
