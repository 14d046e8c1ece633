# SPDX-License-Identifier: GPL-2.0
# C without its comments, line for line, each file as OUT/its name: awk -v out=OUT -f strip.awk FILE...

FNR == 1 { inside = 0 }

{
	left = $0
	code = ""
	while (left != "") {
		if (inside) {
			end = index(left, "*/")
			inside = !end
			left = end ? substr(left, end + 2) : ""
		} else if (match(left, /"([^"\\]|\\.)*"|'([^'\\]|\\.)+'|\/\*|\/\//)) {
			token = substr(left, RSTART, RLENGTH)
			inside = token == "/*"
			code = code substr(left, 1, RSTART - 1) (token ~ /^\/[*\/]$/ ? "" : token)
			left = token == "//" ? "" : substr(left, RSTART + RLENGTH)
		} else {
			code = code left
			left = ""
		}
	}
	print code >(out "/" FILENAME)
}
