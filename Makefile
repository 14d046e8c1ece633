# SPDX-License-Identifier: GPL-2.0
# For people; `make help` lists what there is. The module's objects and flags are in Kbuild.

KDIR    ?= /lib/modules/$(shell uname -r)/build
KERNEL  ?=
KERNELS ?=
CASES   ?=
TARGETS ?=
RUNS    ?=

all: modules reader    ## the module for the running kernel, and the reader, into build/

modules:               ## the module alone; KDIR=DIR builds it for the kernel headers in DIR
	@test -f $(KDIR)/Makefile || { echo "make modules: no kernel headers in $(KDIR):" \
		"apt-get install linux-headers-$$(uname -r), or say KDIR=DIR" >&2; exit 1; }
	@mkdir -p build/module
	cp -Rp Kbuild dkms.conf module build/module/
	$(MAKE) -C $(KDIR) M=$(CURDIR)/build/module modules
	cp build/module/listenq.ko build/

reader:                ## the reader alone
	$(MAKE) -C userspace O=$(CURDIR)/build/userspace

demo:                  ## real servers on a real kernel, in a virtual machine; KERNEL=NAME chooses it
	@tests/setup demo $(if $(KERNEL),--kernels "$(KERNEL)")
	@tests/vm/demo $(KERNEL)

check:                 ## every test; KERNELS="NAME..." and CASES="GLOB..." choose some
	@tests/setup check $(if $(KERNELS),--kernels "$(KERNELS)")
	@tests/run $(if $(KERNELS),--kernels "$(KERNELS)") $(if $(CASES),--cases "$(CASES)")

check-all:             ## every test on the newest packages of every kernel that there is; CASES chooses some
	@tests/setup check --kernels all
	@SCALE_NATIVE=$${SCALE_NATIVE:-1000000} tests/run --update --kernels all $(if $(CASES),--cases "$(CASES)")

bench:                 ## what the module costs, in instructions, beside bpftrace and ss; KERNELS="NAME..." chooses some
	@tests/setup demo $(if $(KERNELS),--kernels "$(KERNELS)")
	@tests/bench/run $(if $(KERNELS),--kernels "$(KERNELS)")

vm:                    ## a shell in a virtual machine with the module loaded; KERNEL=NAME chooses it
	@tests/setup demo $(if $(KERNEL),--kernels "$(KERNEL)")
	@tests/vm/shell $(KERNEL)

lab:                   ## lists the labs; make lab-NN runs one in a virtual machine, KERNEL=NAME chooses it
	@tests/vm/lab

lab-%:
	@tests/setup check --kernels "$(or $(KERNEL),6.12)"
	@tests/vm/lab $* $(KERNEL)

lint:                  ## the checks of style, layering and documents alone
	@tests/setup check
	@tests/run --host-only --cases "cc doc-commands kernel-style layering shell"

fuzz:                  ## the reader's parsers under clang's libFuzzer; TARGETS="NAME..." and RUNS=N executions each
	@tests/setup demo fuzz
	@tests/fuzz/run $(if $(RUNS),--runs $(RUNS)) $(TARGETS)

dist:                  ## the tarball of this version, into build/: the same files give the same bytes
	@tests/dist

clean:                 ## removes build/; fetched kernels stay in the cache outside the tree
	$(RM) -r build

help:                  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile
	@echo "  kernels: $$(awk '!/^#/ && NF { printf "%s ", $$1 }' tests/kernels)(tests/kernels)"

.PHONY: all modules reader demo check check-all bench vm lab lint fuzz dist clean help
