// SPDX-License-Identifier: GPL-2.0
/*
 * Is a nanosecond an instruction here? A loop of two million instructions must take two million
 * nanoseconds, to within a thousandth. Usage: clock
 */
#include "cost.h"
#include "tap.h"

#include <inttypes.h>

#define LOOP 2000000
#define SLACK (LOOP / 1000)

int main(void)
{
	uint64_t cost = cost_loop();

	diag("%d instructions take %" PRIu64 " ns, the clock itself %" PRIu64, LOOP, cost,
	     cost_empty());
	if (cost < LOOP || cost > LOOP + SLACK)
		bail("the clock does not count instructions");
	return 0;
}
