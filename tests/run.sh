#!/bin/bash
# tests/run.sh [--no-install] [--all] [argument of ctest…]
# Builds everything and passes the tests; on a fresh Debian 12 it first installs what is missing and says what (--no-install
# leaves the machine as it is). --all adds clang's warnings and the tests under ASan+UBSan (one build of clang's), the tests
# under TSan, clang-tidy (two minutes: what changed last comes first), and at most 45 seconds of fuzzing; one ctest
# runs them all, so that its summary, the last lines, counts every one. Example:
# tests/run.sh -R log
set -euo pipefail
# shellcheck source=coordinator/build.sh
source "$(dirname "${BASH_SOURCE[0]}")/../coordinator/build.sh"

install=yes
all=no
arguments=()
for argument in "$@"; do
  case $argument in
    --no-install) install=no ;;
    --all) all=yes ;;
    --help | -h)
      usage "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) arguments+=("$argument") ;;
  esac
done

# check_options ARGUMENT…: refuses what ctest does not know, for ctest itself ignores it and passes every test.
check_options() {
  local argument option known
  known=$(ctest --help)
  for argument in "$@"; do
    option=$(sed -E 's/=.*//; s/^(-[jI])[0-9,]+$/\1/' <<<"$argument")
    [[ $option != -* ]] || grep -qE -- "(^|[ ,])$option([ ,=<]|\$)" <<<"$known" || {
      say "unknown option $argument; known here: --no-install, --all, and ctest's own, such as -R NAME"
      exit 2
    }
  done
}

groups=(build tests)
[ "$all" = no ] || groups+=(lint)
[ "$install" = no ] || install_missing "${groups[@]}"
command -v ctest >/dev/null && check_options "${arguments[@]}"

# With --all the same compiler passes these under ThreadSanitizer, and clang's sanitizers the others.
elsewhere=
[ "$all" = no ] || elsewhere='control;daemon;inverter;simulator;staging;alerts;config;fetch;forecast;health;json;legacy_import;loss;replay;rollout;secrets;sources'
configure release -DWATTLEDGER_TESTS=ON "-DWATTLEDGER_TESTS_ELSEWHERE=$elsewhere"
build release
[ "$all" = yes ] || exec ctest --test-dir "$house/build/release" --output-on-failure --no-tests=error "${arguments[@]}"

configure asan -DWATTLEDGER_TESTS=ON
build asan
# The daemon's threads are what ThreadSanitizer looks for; the tool that asks it may be the one built first.
configure tsan -DWATTLEDGER_TESTS=ON -DWATTLEDGER_TOOL="$house/build/release/replay/wattledger"
build tsan

# One ctest over three build directories: clang-tidy, the fuzzers, then the three sets of tests.
mkdir -p "$house/build/all"
cat >"$house/build/all/CTestTestfile.cmake" <<EOF
add_test(clang/tidy "$house/tests/tidy/clang_tidy.sh" "$house/build/asan" 2)
add_test(fuzz/fuzzers "$house/tests/fuzz/run.sh" "$house/build/asan")
set_tests_properties(clang/tidy PROPERTIES TIMEOUT 2400 RUN_SERIAL ON)
set_tests_properties(fuzz/fuzzers PROPERTIES TIMEOUT 600 RUN_SERIAL ON ENVIRONMENT WATTLEDGER_FUZZ_SECONDS=${WATTLEDGER_FUZZ_SECONDS:-45})
subdirs("$house/build/asan" "$house/build/tsan" "$house/build/release")
EOF
exec ctest --test-dir "$house/build/all" --parallel "$(nproc)" --output-on-failure --no-tests=error "${arguments[@]}"
