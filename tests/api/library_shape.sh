#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the built library needs and exports, and that map, header and manual name the same (design §3; not for sanitizer
# builds). TAP on standard output.
set -eu

library=${PBXCRED_LIBRARY:-libpbxcred/api/.libs/libpbxcred.so.1}
root=${srcdir:-.}
header=$root/libpbxcred/api/pbxcred.h
manual=$root/man/libpbxcred.3
# shellcheck source=tests/support/tap.sh
. "${srcdir:-.}/tests/support/tap.sh"

echo 1..8
LC_ALL=C
export LC_ALL
[ -f "$library" ] || { echo "Bail out! no library at $library"; exit 1; }

dynamic() { readelf -dW "$library" | sed -n "s/.*($1).*\[\(.*\)\]/\1/p" | sort; }

map=$(sed -n 's/^    \(pbxcred_[a-z_]*\);$/\1/p' "$root/libpbxcred/api/libpbxcred.map")
declared=$(tr '\n' ' ' <"$header" | grep -oE '\bpbxcred_[a-z_]+\(' | tr -d '(' | sort -u)
codes=$(grep -oE '^  PBXCRED_[A-Z_]+' "$header" | tr -d ' ' | sort -u)

check library_has_its_name libpbxcred.so.1 "$(dynamic SONAME)"
check library_needs_libc_only libc.so.6 "$(dynamic NEEDED)"
# Every dynamic symbol that is defined, whatever its type.
check library_exports_the_names_of_its_map_in_their_version "$(
	echo 'PBXCRED_1.0 A'
	for name in $map; do echo "$name@@PBXCRED_1.0 T"; done
)" "$(nm -D --defined-only "$library" | awk '{ print $3, $2 }' | sort)"
check library_has_no_thread_locals_and_no_odd_flags "" "$(
	readelf -lW "$library" | awk '$1 == "TLS" { print } $1 == "GNU_STACK" && $7 ~ /E/ { print }'
	readelf -dW "$library" | grep -E 'NODELETE|TEXTREL|RPATH|RUNPATH' || true
)"
# Global state would lie in a section that stays writable; three symbols there are the C compiler's own.
check library_has_no_variables "" "$(
	nm -f sysv "$library" | awk -F '|' '{ gsub(/ /, "", $1) }
		$7 ~ /^(\.data|\.bss|\.tbss|\.tdata|\*COM\*)$/ && $1 !~ /^(__dso_handle|__TMC_END__|completed\.[0-9]+)$/ { print $1 }'
)"
check library_header_declares_the_names_of_the_map "$map" "$declared"
check library_manual_has_every_function "$map" "$(sed -n 's/^\.Fo \(pbxcred_[a-z_]*\)$/\1/p' "$manual" | sort -u)"
check library_manual_has_every_code "$codes" \
	"$(sed -n 's/^\.It Dv \(PBXCRED_[A-Z_]*\)\( Ta .*\)\{0,1\}$/\1/p' "$manual" | sort -u)"

[ "$failures" -eq 0 ]
