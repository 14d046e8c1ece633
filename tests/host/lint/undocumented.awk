# SPDX-License-Identifier: GPL-2.0
# Functions of C, neither static nor main, without kernel-doc right above: awk -f undocumented.awk FILE...

FNR == 1 { comment = described = head = 0 }

/^\/\*\*$/ { comment = 1 }

/\*\/$/ {
	if (comment)
		described = FNR + 1
	comment = head = 0
	next
}

/^[A-Za-z_]/ && !head { head = FNR; text = $0 }

/^{/ && head && head != described && text !~ /^(static |int main\()/ {
	printf "%s:%d: %s\n", FILENAME, head, text
}

/^$/ || /^[}#]/ || /;$/ { head = 0 }
