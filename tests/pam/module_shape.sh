#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the built module needs, exports and weighs (design §3; not for sanitizer builds). TAP on standard output.
set -eu

module=${PBXCRED_PAM_MODULE:-pam_pbx/.libs/pam_pbx.so}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/support/tap.sh
. "${srcdir:-.}/tests/support/tap.sh"

echo 1..4
LC_ALL=C
export LC_ALL
[ -f "$module" ] || { echo "Bail out! no module at $module"; exit 1; }

# Every dynamic symbol that is defined, whatever its type: a unique one (u) would pin the module in memory.
check module_exports_exactly_six_names "pam_sm_acct_mgmt T
pam_sm_authenticate T
pam_sm_chauthtok T
pam_sm_close_session T
pam_sm_open_session T
pam_sm_setcred T" "$(nm -D --defined-only "$module" | awk '{ print $3, $2 }' | sort)"

check module_needs_libpam_and_libc_only "libc.so.6
libpam.so.0" "$(readelf -d "$module" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort)"

strip -o "$work/stripped" "$module"
size=$(wc -c <"$work/stripped")
echo "# $size bytes stripped"
check module_is_smaller_than_200_kB yes "$([ "$size" -lt 200000 ] && echo yes || echo "$size")"

# Thread-local data and NODELETE would keep it from unloading; an executable stack, text relocations are never wanted.
check module_has_no_thread_locals_and_no_odd_flags "" "$(
	readelf -lW "$module" | awk '$1 == "TLS" { print } $1 == "GNU_STACK" && $7 ~ /E/ { print }'
	readelf -dW "$module" | grep -E 'NODELETE|TEXTREL' || true
)"

[ "$failures" -eq 0 ]
