# SPDX-License-Identifier: GPL-2.0
# Compiles the guest's programs, static, into O: each tests/vm/cases/NNN-name.c as O/cases/NNN-name,
# each labs/NN-name/lab.c as O/cases/lab-NN-name,
# each tests/helpers/NAME.c but lib*.c as O/bin/NAME, each tests/bench/NAME.c as O/bench/NAME.
# Usage: make -f tests/vm/cases.mk O=DIR [CROSS=PREFIX]      PREFIX: that of another architecture's compiler

CC      = $(CROSS)gcc
# How long a string can be is a guess of gcc's that depends on what it inlines: another one on arm64.
CFLAGS  = -O1 -g -Wall -Wextra -Werror -Wno-format-truncation -pthread -Itests/helpers -MMD -MP

# It speaks to a device that QEMU has for x86 alone.
x86_only := $(if $(CROSS),tests/helpers/qexit.c)

libs    := $(patsubst tests/helpers/%.c,$O/lib/%.o,$(wildcard tests/helpers/lib*.c))
cases   := $(patsubst tests/vm/cases/%.c,$O/cases/%,$(wildcard tests/vm/cases/*.c))
labs    := $(patsubst labs/%/lab.c,$O/cases/lab-%,$(wildcard labs/*/lab.c))
helpers := $(patsubst tests/helpers/%.c,$O/bin/%,\
	   $(filter-out tests/helpers/lib% $(x86_only),$(wildcard tests/helpers/*.c)))
bench   := $(patsubst tests/bench/%.c,$O/bench/%,$(wildcard tests/bench/*.c))

all: $(cases) $(labs) $(helpers) $(bench)

$O/lib/%.o: tests/helpers/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$O/obj/%.o: tests/vm/cases/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$O/obj/lab-%.o: labs/%/lab.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$O/obj/bin/%.o: tests/helpers/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$O/obj/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

# -s: symbols and debug information would only make the initramfs bigger.
$O/cases/%: $O/obj/%.o $(libs)
	@mkdir -p $(@D)
	$(CC) -static -pthread -s -o $@ $^

$O/bin/%: $O/obj/bin/%.o $(libs)
	@mkdir -p $(@D)
	$(CC) -static -pthread -s -o $@ $^

$O/bench/%: $O/obj/bench/%.o $(libs)
	@mkdir -p $(@D)
	$(CC) -static -pthread -s -o $@ $^

-include $(wildcard $O/lib/*.d $O/obj/*.d $O/obj/bin/*.d $O/obj/bench/*.d)

.SECONDARY:
.PHONY: all
