#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The checks of the sources notice what they are there for: in a copy of the tree with one violation
# of each, every one of them must fail. Prints TAP.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/host/lint/lib.sh
. "$TOP/tests/host/lint/lib.sh"

COPY=$WORK/copy
tree_copy "$COPY"
cd "$COPY" || exit 1

# notices SCRIPT [TEXT]: in the copy, every result of SCRIPT but the one called TEXT fails, and what
# it lists names what was planted.
notices()
{
	"$COPY/tests/host/$1.sh" >"$WORK/tap" 2>&1 </dev/null
	awk -v skip="${2:-# SKIP}" '
		function flush() { if (text != "") print (failed && planted ? "ok" : "not") " " text }
		/^(not )?ok / {
			flush()
			failed = /^not/
			text = index($0, skip) ? "" : $0
			sub(/^(not )?ok [0-9]* - /, "", text)
			planted = 0
		}
		/^# .*(planted|md is missing)/ { planted = 1 }
		END { flush() }' "$WORK/tap" >"$WORK/results"
	[ -s "$WORK/results" ] || echo "not anything" >"$WORK/results"
	while read -r verdict text; do
		case $verdict in
		ok) ok "$1 notices: $text" ;;
		*) not_ok "$1 notices: $text"; sed 's/^/#   /' "$WORK/tap" ;;
		esac
	done <"$WORK/results"
}

# One kernel will do.
awk '!/^#/ && $2 == "default" && $4 == "native" { last = $0 } END { print last }' tests/kernels >"$WORK/one"
cp "$WORK/one" tests/kernels

cat >module/planted.h <<'EOT'
/**
 * planted() - has an argument that is not described
 */
static inline void planted(int argument)
{ 
}
EOT
# A file that a lab's solution changes, too.
echo 'int planted;' >>module/view_counters.c
sed -i 's/^MODULE_VERSION(.*)/MODULE_VERSION("planted")/' module/main.c
for file in userspace/planted.c tests/helpers/planted.c; do
	cat >"$file" <<-'EOT'
		#include <stdlib.h>
		void planted(char *p);
		void planted(char *p){
			free(p);
			free(p);
		}
	EOT
done
notices kernel-style "in the cache"
notices cc

cat >>module/main.c <<'EOT'
struct sock *planted;
void *lq_planted;
EOT
echo 'seq_puts(planted);' >>module/probe_listen.c
echo '.symbol = "planted",' >>module/probe_listen.c
echo 'struct sock *planted;' >>module/probe.c
for file in listener walk view; do
	echo 'register_kprobe(&planted);' >>"module/$file.c"
done
echo 'KERNEL_VERSION(planted)' >>module/walk.c
echo 'pr_info("planted %p");' >>module/walk.c
echo 'void lq_planted(void);' >>module/compat.h
echo '#include "../module/planted.h"' >>userspace/text.c
echo 'puts("planted");' >>userspace/read.c
echo 'fopen("planted", "r");' >>userspace/print.c
{
	echo 'int planted(void)'
	echo '{'
	yes '' | head -n 400
	echo '}'
} >module/planted.c
# In two pieces each, for this file is not to have them.
echo "TO""DO: deb.debian"".org, /ho""me/planted/" >>CHANGES.md
sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="0.0.planted"/' dkms.conf
notices layering

printf '#!/bin/sh\nif true; then\n' >tests/planted.sh
notices shell

rm -f docs/architecture.md
cat >>README.md <<'EOT'
`make planted`, `module/planted/planted.c`, `module/main.c: planted_function`, [planted](planted.md)

```sh
planted --all
```
EOT
echo 'planted => Makefile: nothing like this' >>tests/host/doc-commands.txt
notices doc-commands
finish
