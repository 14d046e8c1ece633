// SPDX-License-Identifier: GPL-2.0
/*
 * listenq: what Linux knows of each listening TCP socket's two queues.
 *
 * The ladder: what is below must be there for what is above. Records, then
 * namespaces (which allow records), then probes (which make them), then the
 * listeners that were there before, then the files that show all of it.
 */
#include <linux/module.h>

#include "fault.h"
#include "hash.h"
#include "netns.h"
#include "probe.h"
#include "view.h"
#include "walk.h"

static int rung(int (*init)(void))
{
	return lq_fault_rung() ? -ENOMEM : init();
}

static int __init listenq_init(void)
{
	int err;

	err = rung(lq_hash_init);
	if (err)
		return err;
	err = rung(lq_netns_init);
	if (err)
		goto err_hash;
	err = rung(lq_probe_init);
	if (err)
		goto err_netns;
	err = rung(lq_walk_init);
	if (err)
		goto err_probe;
	err = rung(lq_view_init);
	if (err)
		goto err_probe;
	return 0;

err_probe:
	lq_probe_exit();
err_netns:
	lq_netns_exit();
err_hash:
	lq_hash_exit();
	return err;
}

static void __exit listenq_exit(void)
{
	lq_view_exit();
	lq_probe_exit();
	lq_netns_exit();
	lq_hash_exit();
}

module_init(listenq_init);
module_exit(listenq_exit);

MODULE_DESCRIPTION("Accept queue and SYN queue of every listening TCP socket");
MODULE_AUTHOR("The listenq authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(LISTENQ_VERSION);
