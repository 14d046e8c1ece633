# SPDX-License-Identifier: GPL-2.0
# Functions of C or shell that have a body of LIMIT lines or more: awk -v limit=LIMIT -f long.awk FILE...

FNR == 1 { begun = 0 }

/^[{(]$/ || /^[A-Za-z_0-9]+\(\) *[{(]$/ { begun = FNR; name = /^[A-Za-z_]/ ? $0 : last }

/^[})]$/ && begun {
	if (FNR - begun + 1 >= limit)
		printf "%s:%d: %d lines: %s\n", FILENAME, begun, FNR - begun + 1, name
	begun = 0
}

/^[A-Za-z_]/ { last = $0 }
