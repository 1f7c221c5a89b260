/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Records in the settings subsystem. A record is one value of it, which its back end replaces at once
 * or not at all.
 */
#include <errno.h>

#include <zephyr/settings/settings.h>
#include <zephyr/sys/util.h>

#include "shim.h"

struct load {
	void *bytes;
	size_t len;
	int result;
};

static int load(const char *key, size_t len, settings_read_cb read, void *arg, void *param)
{
	struct load *into = param;

	/* Only the name itself, nothing below it. */
	if (settings_name_next(key, NULL) == 0) {
		into->result = len > into->len ? -EMSGSIZE : read(arg, into->bytes, len);
	}
	return 0;
}

int carrier_store_init(void)
{
	return settings_subsys_init();
}

int carrier_store_load(const char *name, void *bytes, size_t len)
{
	struct load into = { .bytes = bytes, .len = len, .result = -ENOENT };
	const int err = settings_load_subtree_direct(name, load, &into);

	return err < 0 ? err : into.result;
}

int carrier_store_save(const char *name, const void *bytes, size_t len)
{
	return settings_save_one(name, bytes, len);
}

int carrier_store_erase(const char *name)
{
	return settings_delete(name);
}
