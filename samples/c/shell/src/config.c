/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The application's configuration: texts in the settings subsystem below `app`. The library keeps
 * pointers to what it was started with, so a command changes what is stored, for the next start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zephyr/settings/settings.h>

#include "app.h"

#define SUBTREE "app"

enum kind { TEXT, SECRET, YES_NO, NUMBER };

static char bootstrap[2], lifetime[11], tag[11];
static char uri[129], identity[65], psk[65], apn[64], endpoint[65];

static const struct item {
	const char *name;
	enum kind kind;
	/* What the start read; empty: as Kconfig says. */
	char *value;
	size_t size;
} items[] = {
	{ "server_uri", TEXT, uri, sizeof(uri) },
	{ "bootstrap", YES_NO, bootstrap, sizeof(bootstrap) },
	{ "lifetime", NUMBER, lifetime, sizeof(lifetime) },
	{ "security_tag", NUMBER, tag, sizeof(tag) },
	{ "psk_identity", TEXT, identity, sizeof(identity) },
	/* Stored as it is: for trials. */
	{ "psk", SECRET, psk, sizeof(psk) },
	{ "apn", TEXT, apn, sizeof(apn) },
	{ "endpoint_name", TEXT, endpoint, sizeof(endpoint) },
};

static const struct item *find(const char *name)
{
	ARRAY_FOR_EACH_PTR(items, item) {
		if (strcmp(item->name, name) == 0) {
			return item;
		}
	}
	return NULL;
}

static int load(const char *key, size_t len, settings_read_cb read, void *arg, void *param)
{
	const struct item *item = key != NULL ? find(key) : NULL;

	ARG_UNUSED(param);
	if (item != NULL && len < item->size) {
		const ssize_t got = read(arg, item->value, len);

		item->value[got > 0 ? got : 0] = '\0';
	}
	return 0;
}

void app_config_load(lwm2m_carrier_config_t *config)
{
	(void)settings_subsys_init();
	(void)settings_load_subtree_direct(SUBTREE, load, NULL);

	if (bootstrap[0] == 'n') {
		config->server_uri = uri;
	} else {
		config->bootstrap_uri = uri;
	}
	config->server_lifetime = atoi(lifetime);
	config->server_sec_tag = strtoul(tag, NULL, 10);
	config->psk_identity = identity;
	config->psk = psk;
	config->apn = apn;
	config->endpoint_name = endpoint;
}

static int print_one(const char *key, size_t len, settings_read_cb read, void *arg, void *param)
{
	const struct item *item = key != NULL ? find(key) : NULL;
	char value[sizeof(uri)];

	if (item != NULL && len < sizeof(value)) {
		const ssize_t got = read(arg, value, len);

		value[got > 0 ? got : 0] = '\0';
		shell_print(param, "%s = %s", key, item->kind == SECRET ? "(set)" : value);
	}
	return 0;
}

static int cmd_print(const struct shell *sh, size_t argc, char **argv)
{
	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	shell_print(sh, "For the next start; what is not listed is as Kconfig says:");
	return app_result(sh, settings_load_subtree_direct(SUBTREE, print_one, (void *)sh));
}

static int unknown(const struct shell *sh)
{
	shell_help(sh);
	shell_fprintf(sh, SHELL_NORMAL, "NAME is one of:");
	ARRAY_FOR_EACH_PTR(items, item) {
		shell_fprintf(sh, SHELL_NORMAL, " %s", item->name);
	}
	shell_fprintf(sh, SHELL_NORMAL, "\n");
	return -EINVAL;
}

static int cmd_set(const struct shell *sh, size_t argc, char **argv)
{
	const struct item *item = find(argv[1]);
	const size_t len = strlen(argv[2]);
	char key[32];
	int32_t number;

	ARG_UNUSED(argc);
	if (item == NULL) {
		return unknown(sh);
	}
	if (len == 0 || len >= item->size) {
		shell_error(sh, "%s has 1 to %zu bytes", item->name, item->size - 1);
		return -EINVAL;
	}
	if (item->kind == NUMBER && !app_number(sh, argv[2], 1, INT32_MAX, &number)) {
		return -EINVAL;
	}
	if (item->kind == YES_NO && argv[2][0] != 'y' && argv[2][0] != 'n') {
		shell_error(sh, "%s is y or n", item->name);
		return -EINVAL;
	}
	snprintf(key, sizeof(key), SUBTREE "/%s", item->name);
	return app_result(sh, settings_save_one(key, argv[2], len));
}

static int cmd_reset(const struct shell *sh, size_t argc, char **argv)
{
	int err = 0;

	if (argc > 1 && find(argv[1]) == NULL) {
		return unknown(sh);
	}
	ARRAY_FOR_EACH_PTR(items, item) {
		char key[32];

		snprintf(key, sizeof(key), SUBTREE "/%s", item->name);
		if (argc == 1 || strcmp(item->name, argv[1]) == 0) {
			err = MIN(err, settings_delete(key));
		}
	}
	return app_result(sh, err);
}

SHELL_STATIC_SUBCMD_SET_CREATE(config_commands,
	SHELL_CMD_ARG(print, NULL, "What the next start uses.", cmd_print, 1, 0),
	SHELL_CMD_ARG(set, NULL, "Set a value for the next start: NAME VALUE.", cmd_set, 3, 0),
	SHELL_CMD_ARG(reset, NULL, "Go back to Kconfig's value, or to all of them: [NAME].", cmd_reset,
		      1, 1),
	SHELL_SUBCMD_SET_END);

SHELL_SUBCMD_ADD((carrier), config, &config_commands, "The configuration.", NULL, 1, 0);
