// SPDX-License-Identifier: GPL-2.0
// qexit N: ends the virtual machine at once with verdict N (0 to 59), through QEMU's isa-debug-exit
// device at port 0xf4. QEMU exits with 2 * value + 1; value is N + 1, because QEMU exits with 1 on
// errors of its own.
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "qexit: say the verdict: qexit 0..59\n");
		return 2;
	}
	if (iopl(3) < 0) {
		perror("qexit: iopl");
		return 1;
	}
	outb(atoi(argv[1]) + 1, 0xf4);
	return 1;
}
