# SPDX-License-Identifier: GPL-2.0
# Merges one TAP stream into a bigger one: results are numbered on from `first` and get "NAME: " in
# front of their text. A stream whose plan and results differ, or that has no plan, gets a "not ok".
# Variables: name, first (how many results the bigger stream has so far).

function result(verdict, text)
{
	printf "%s %d - %s: %s\n", verdict, ++first, name, text
}

{ sub(/\r$/, "") }

/^(not )?ok( |$)/ {
	verdict = /^not/ ? "not ok" : "ok"
	sub(/^(not )?ok */, "")
	count++
	number = count
	if (match($0, /^[0-9]+/)) {
		number = substr($0, 1, RLENGTH) + 0
		$0 = substr($0, RLENGTH + 1)
	}
	sub(/^ *(- )?/, "")
	result(verdict, $0)
	if (number != count)
		disorder = disorder ? disorder : "result " count " calls itself " number
	next
}

/^1\.\.[0-9]+/ {
	plans++
	planned = substr($1, 4) + 0
	if (planned == 0 && match($0, /# *(SKIP|skip).*/)) {
		count++
		planned = 1
		result("ok", substr($0, RSTART))
	}
	next
}

/^Bail out!/ { bailed = $0; next }

NF { print ($0 ~ /^#/ ? "" : "# ") $0 }

END {
	if (bailed)
		result("not ok", bailed)
	else if (!plans)
		result("not ok", "no plan (1..N) after " count + 0 " results")
	else if (plans > 1 || planned != count)
		result("not ok", "planned " planned ", but gave " count + 0 " results")
	else if (disorder)
		result("not ok", disorder)
}
