# SPDX-License-Identifier: GPL-2.0
# Passes a kernel log on without the data races (KCSAN) that the module has no part in: Linux has
# many that are known and meant. A report between its two lines of 66 "=" is the module's if one of
# its stacks names it; but where an interrupt came, what it interrupted has no part in the race.

BEGIN { bar = sprintf("%66s", ""); gsub(/ /, "=", bar) }

{ line = $0; sub(/\r$/, "", line); at_bar = substr(line, length(line) - 65) == bar }

at_bar && !inside { print_held(); held = $0 "\n"; next }

held && !inside && line ~ /BUG: KCSAN/ { inside = 1; ours = 0 }

# A stack begins, or goes on with what was interrupted.
inside && line ~ /(read|write) .*to 0x|Reported by/ { interrupted = 0 }
inside && line ~ /\] +asm_(sysvec|common_interrupt)/ { interrupted = 1 }

inside {
	held = held $0 "\n"
	ours = ours || (!interrupted && index(line, "[listenq]"))
	if (at_bar) {
		if (ours)
			print_held()
		held = ""
		inside = 0
	}
	next
}

{ print_held(); print }

END { print_held() }

function print_held()
{
	printf "%s", held
	held = ""
}
