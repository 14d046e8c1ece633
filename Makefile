# SPDX-License-Identifier: GPL-2.0
# For people; `make help` lists what there is. The module's objects and flags are in Kbuild.

KVER    ?= $(shell uname -r)
KDIR    ?= /lib/modules/$(KVER)/build
KERNEL  ?=
KERNELS ?=
CASES   ?=
TARGETS ?=
RUNS    ?=

PREFIX  ?= /usr/local
DESTDIR ?=
INSTALL_MOD_PATH ?= $(DESTDIR)

# The kernel's own build splits paths at blanks.
$(foreach name,CURDIR KDIR PREFIX DESTDIR INSTALL_MOD_PATH,$(if $(word 2,$($(name))),\
	$(error $(name) is "$($(name))": no path may have a blank in it)))

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)
DKMS_SOURCE = $(abspath $(DESTDIR))/usr/src/listenq-$(VERSION)
# What uname -r says where KDIR belongs to. The kernel's own build knows another one in Debian's headers of 6.1.
RELEASE = $(or $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"$$/\1/p' \
	$(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(KVER))
MODULES_ROOT = $(abspath $(INSTALL_MOD_PATH))
MODULES_DIR = $(MODULES_ROOT)/lib/modules/$(RELEASE)
UPDATES = $(MODULES_DIR)/updates

# Where there is no kernel but only a copy to be packed, depmod is left to who unpacks it.
depmod = test ! -e $(MODULES_DIR)/modules.order || \
	PATH=$$PATH:/usr/sbin:/sbin depmod -b $(MODULES_ROOT)/ $(RELEASE)

all: modules reader    ## the module for the running kernel, and the reader, into build/

modules:               ## the module alone; KDIR=DIR builds it for the kernel headers in DIR
	@test -f $(KDIR)/Makefile || { echo "make modules: no kernel headers in $(KDIR):" \
		"apt-get install linux-headers-$(KVER), or say KDIR=DIR" >&2; exit 1; }
	@mkdir -p build/module
	cp -Rp Kbuild dkms.conf module build/module/
	$(MAKE) -C $(KDIR) M=$(CURDIR)/build/module modules
	cp build/module/listenq.ko build/

reader:                ## the reader alone
	$(MAKE) -C userspace O=$(CURDIR)/build/userspace

install: all           ## module, reader, manual pages, completion; PREFIX=, DESTDIR= and INSTALL_MOD_PATH= say where
	$(MAKE) -C $(KDIR) M=$(CURDIR)/build/module KERNELRELEASE=$(RELEASE) INSTALL_MOD_PATH=$(MODULES_ROOT) \
		INSTALL_MOD_DIR=updates cmd_depmod=: modules_install
	@$(depmod)
	$(MAKE) -C userspace O=$(CURDIR)/build/userspace DESTDIR=$(abspath $(DESTDIR)) install

uninstall:             ## removes what make install has put there; say the same words
	$(RM) $(foreach suffix,ko ko.gz ko.xz ko.zst,$(UPDATES)/listenq.$(suffix))
	@test ! -d $(UPDATES) || rmdir --ignore-fail-on-non-empty $(UPDATES)
	@$(depmod)
	$(MAKE) -C userspace DESTDIR=$(abspath $(DESTDIR)) uninstall

dkms-install:          ## the module, by DKMS for this kernel and each later one; with DESTDIR= its source alone
	@test -n "$(DESTDIR)" || command -v dkms >/dev/null || { echo "make dkms-install: no dkms:" \
		"apt-get install dkms" >&2; exit 1; }
	@$(MAKE) --no-print-directory dkms-uninstall
	install -d $(DKMS_SOURCE)/module
	install -m 644 Kbuild dkms.conf $(DKMS_SOURCE)
	install -m 644 module/*.[ch] $(DKMS_SOURCE)/module
	test -n "$(DESTDIR)" || dkms add listenq/$(VERSION)
	test -n "$(DESTDIR)" || dkms install listenq/$(VERSION) -k $(KVER)

dkms-uninstall:        ## removes what make dkms-install has put there
	@test -n "$(DESTDIR)" || ! command -v dkms >/dev/null || test -z "$$(dkms status listenq/$(VERSION))" || \
		dkms remove listenq/$(VERSION) --all
	$(RM) -r $(DKMS_SOURCE)

deb:                   ## Debian packages, into build/deb
	@command -v dpkg-buildpackage >/dev/null || { echo "make deb: no dpkg-buildpackage: apt-get install" \
		"build-essential debhelper dh-dkms libsmartcols-dev pkgconf" >&2; exit 1; }
	$(RM) -r build/deb
	mkdir -p build/deb/listenq-$(VERSION)
	tar -c --exclude=./build --exclude=./.git . | tar -x -C build/deb/listenq-$(VERSION)
	cd build/deb/listenq-$(VERSION) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc
	$(RM) -r build/deb/listenq-$(VERSION)

demo:                  ## real servers on a real kernel, in a virtual machine; KERNEL=NAME chooses it
	@tests/setup demo $(if $(KERNEL),--kernels "$(KERNEL)")
	@tests/vm/demo $(KERNEL)

check:                 ## every test; KERNELS="NAME..." and CASES="GLOB..." choose some
	@tests/setup check $(if $(KERNELS),--kernels "$(KERNELS)")
	@tests/run $(if $(KERNELS),--kernels "$(KERNELS)") $(if $(CASES),--cases "$(CASES)")

check-all:             ## every test on the newest packages of every kernel that there is; CASES chooses some
	@tests/setup check packages --kernels all
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
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo "  kernels: $$(awk '!/^#/ && NF { printf "%s ", $$1 }' tests/kernels)(tests/kernels)"

.PHONY: all modules reader install uninstall dkms-install dkms-uninstall deb demo check check-all bench vm lab
.PHONY: lint fuzz dist clean help
