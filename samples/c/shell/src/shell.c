/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `carrier`: what the library is at, and what is asked of it.
 */
#include <stdlib.h>

#include "app.h"

SHELL_SUBCMD_SET_CREATE(carrier_commands, (carrier));
SHELL_CMD_REGISTER(carrier, &carrier_commands, "LwM2M carrier library.", NULL);

int app_result(const struct shell *sh, int result)
{
	if (result < 0) {
		shell_error(sh, "error %d", result);
	} else {
		shell_print(sh, "OK");
	}
	return result;
}

bool app_number(const struct shell *sh, const char *text, int32_t min, int32_t max, int32_t *number)
{
	int err = 0;
	const long value = shell_strtol(text, 10, &err);

	if (err != 0 || value < min || value > max) {
		shell_error(sh, "%s: not a number from %d to %d", text, min, max);
		shell_help(sh);
		return false;
	}
	*number = value;
	return true;
}

static int cmd_status(const struct shell *sh, size_t argc, char **argv)
{
	lwm2m_carrier_status_t status;
	const int err = lwm2m_carrier_status_get(&status);

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	if (err < 0) {
		return app_result(sh, err);
	}
	shell_print(sh, "link %s, %s", status.link_up ? "up" : "down",
		    status.registered ? "registered" : "not registered");
	return 0;
}

SHELL_SUBCMD_ADD((carrier), status, NULL, "Link and registration.", cmd_status, 1, 0);

/* Object, Object Instance, Resource, Resource Instance. */
static int parse_path(const char *text, uint16_t path[4])
{
	int len = 0;

	while (*text == '/' && len < 4) {
		char *end;
		const unsigned long id = strtoul(text + 1, &end, 10);

		if (text[1] < '0' || text[1] > '9' || id > UINT16_MAX) {
			return -EINVAL;
		}
		path[len++] = id;
		text = end;
	}
	return *text == '\0' && len > 0 ? len : -EINVAL;
}

static int read_path(const struct shell *sh, const char *text, uint16_t path[4])
{
	const int len = parse_path(text, path);

	if (len < 0) {
		shell_error(sh, "%s: not a path such as /3/0/9", text);
		shell_help(sh);
	}
	return len;
}

/* Paths in one message. */
#define PATHS 8

static int cmd_send(const struct shell *sh, size_t argc, char **argv)
{
	uint16_t ids[PATHS][4];
	lwm2m_carrier_path_t paths[PATHS];
	const size_t count = argc - 1;

	for (size_t n = 0; n < count; n++) {
		const int len = read_path(sh, argv[n + 1], ids[n]);

		if (len < 0) {
			return len;
		}
		paths[n].path = ids[n];
		paths[n].path_len = len;
	}
	return app_result(sh, lwm2m_carrier_data_send_paths(paths, count));
}

SHELL_SUBCMD_ADD((carrier), send, NULL, "Send values to the server: PATH..., such as /3/0/9.", cmd_send,
		 2, PATHS - 1);

static int cmd_record(const struct shell *sh, size_t argc, char **argv)
{
	uint16_t path[4];
	const int len = read_path(sh, argv[1], path);

	ARG_UNUSED(argc);
	if (len < 0) {
		return len;
	}
	return app_result(sh, lwm2m_carrier_data_record(path, len));
}

SHELL_SUBCMD_ADD((carrier), record, NULL, "Record a number for the next send: PATH, such as /3/0/9.",
		 cmd_record, 2, 0);

static int cmd_request(const struct shell *sh, size_t argc, char **argv, void *request)
{
	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	return app_result(sh, lwm2m_carrier_request(POINTER_TO_INT(request)));
}

SHELL_SUBCMD_DICT_SET_CREATE(request_commands, cmd_request,
	(reboot, INT_TO_POINTER(LWM2M_CARRIER_REQUEST_REBOOT), "Reboot the device."),
	(link_up, INT_TO_POINTER(LWM2M_CARRIER_REQUEST_LINK_UP), "Bring the link up."),
	(link_down, INT_TO_POINTER(LWM2M_CARRIER_REQUEST_LINK_DOWN), "De-register; link down."),
	(register, INT_TO_POINTER(LWM2M_CARRIER_REQUEST_REGISTER), "Update, or register again."),
	(deregister, INT_TO_POINTER(LWM2M_CARRIER_REQUEST_DEREGISTER), "De-register; link stays up."));

SHELL_SUBCMD_ADD((carrier), request, &request_commands, "Ask for something; events tell of it.", NULL,
		 2, 0);
