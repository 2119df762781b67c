#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs every fuzz target for SECONDS from the kept corpus; TAP on standard output.
#
#   run.sh SECONDS [TARGET...]
#
# What they find stays under tests/fuzz/out of the build folder: new inputs in NAME, what made a target fail in
# NAME.failed. Environment: builddir, srcdir.
set -eu
: "${builddir:=.}" "${srcdir:=.}"
[ $# -ge 1 ] || { echo "usage: run.sh SECONDS [TARGET...]" >&2; exit 2; }
seconds=$1
shift
[ $# -gt 0 ] || set -- formats message record session
out=$builddir/tests/fuzz/out
number=0
failed=0

echo "1..$#"
for name; do
  number=$((number + 1))
  mkdir -p "$out/$name" "$out/$name.failed"
  limit=16384
  [ "$name" = session ] && limit=65536
  # A target that hangs on one input for 10 s has failed too.
  if "$builddir/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len="$limit" \
    -print_final_stats=1 -artifact_prefix="$out/$name.failed/" "$out/$name" "$srcdir/tests/fuzz/corpus/$name" \
    >"$out/$name.log" 2>&1; then
    echo "ok $number - fuzz_$name runs $seconds s"
  else
    echo "not ok $number - fuzz_$name runs $seconds s"
    failed=1
    tail -n 60 "$out/$name.log" | sed 's/^/# /'
  fi
  grep -E 'stat::number_of_executed_units|stat::peak_rss_mb' "$out/$name.log" | sed 's/^/# /' || :
done
exit "$failed"
