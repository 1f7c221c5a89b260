/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `carrier device`: what the application tells of the device, for servers to read (/3/0).
 */
#include <stdint.h>

#include "app.h"

/* The commands that pass one number on. */
#define NUMBER_COMMAND(name, min, max, call)                                                       \
	static int cmd_##name(const struct shell *sh, size_t argc, char **argv)                    \
	{                                                                                          \
		int32_t number;                                                                    \
                                                                                                   \
		ARG_UNUSED(argc);                                                                  \
		if (!app_number(sh, argv[1], min, max, &number)) {                                 \
			return -EINVAL;                                                            \
		}                                                                                  \
		return app_result(sh, call(number));                                               \
	}

NUMBER_COMMAND(battery_level, 0, UINT8_MAX, lwm2m_carrier_battery_level_set)
NUMBER_COMMAND(battery_status, INT32_MIN, INT32_MAX, lwm2m_carrier_battery_status_set)
NUMBER_COMMAND(error_add, INT32_MIN, INT32_MAX, lwm2m_carrier_error_code_add)
NUMBER_COMMAND(error_remove, INT32_MIN, INT32_MAX, lwm2m_carrier_error_code_remove)
NUMBER_COMMAND(memory_total, 0, INT32_MAX, lwm2m_carrier_memory_total_set)
NUMBER_COMMAND(utc_time, INT32_MIN, INT32_MAX, lwm2m_carrier_utc_time_write)
NUMBER_COMMAND(utc_offset, INT32_MIN, INT32_MAX, lwm2m_carrier_utc_offset_write)

static int cmd_power_sources(const struct shell *sh, size_t argc, char **argv)
{
	uint8_t sources[8];
	int32_t number;

	for (size_t i = 1; i < argc; i++) {
		if (!app_number(sh, argv[i], 0, UINT8_MAX, &number)) {
			return -EINVAL;
		}
		sources[i - 1] = number;
	}
	return app_result(sh, lwm2m_carrier_avail_power_sources_set(sources, argc - 1));
}

static int cmd_voltage(const struct shell *sh, size_t argc, char **argv)
{
	int32_t source, value;

	ARG_UNUSED(argc);
	if (!app_number(sh, argv[1], 0, UINT8_MAX, &source) ||
	    !app_number(sh, argv[2], INT32_MIN, INT32_MAX, &value)) {
		return -EINVAL;
	}
	return app_result(sh, lwm2m_carrier_power_source_voltage_set(source, value));
}

static int cmd_current(const struct shell *sh, size_t argc, char **argv)
{
	int32_t source, value;

	ARG_UNUSED(argc);
	if (!app_number(sh, argv[1], 0, UINT8_MAX, &source) ||
	    !app_number(sh, argv[2], INT32_MIN, INT32_MAX, &value)) {
		return -EINVAL;
	}
	return app_result(sh, lwm2m_carrier_power_source_current_set(source, value));
}

static int cmd_timezone(const struct shell *sh, size_t argc, char **argv)
{
	ARG_UNUSED(argc);
	return app_result(sh, lwm2m_carrier_timezone_write(argv[1]));
}

static int cmd_time(const struct shell *sh, size_t argc, char **argv)
{
	const char *timezone;
	int32_t time;
	int offset;

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	lwm2m_carrier_time_read(&time, &offset, &timezone);
	shell_print(sh, "time %d s, offset %d min, time zone \"%s\"", time, offset, timezone);
	return 0;
}

SHELL_STATIC_SUBCMD_SET_CREATE(device_commands,
	SHELL_CMD_ARG(power_sources, NULL,
		      "Which there are, before all else on power: [SOURCE ...]\n"
		      "0 DC, 1 internal battery, 2 external battery, 4 Ethernet, 5 USB, 6 AC, 7 solar.",
		      cmd_power_sources, 1, 8),
	SHELL_CMD_ARG(voltage, NULL, "SOURCE MILLIVOLTS", cmd_voltage, 3, 0),
	SHELL_CMD_ARG(current, NULL, "SOURCE MILLIAMPERES", cmd_current, 3, 0),
	SHELL_CMD_ARG(battery_level, NULL, "PERCENT", cmd_battery_level, 2, 0),
	SHELL_CMD_ARG(battery_status, NULL,
		      "STATUS: 0 normal, 1 charging, 2 charged, 3 damaged, 4 low, 5 none, 6 unknown.",
		      cmd_battery_status, 2, 0),
	SHELL_CMD_ARG(error_add, NULL, "CODE: 1 to 8, 16 to 32; 0 takes all back.", cmd_error_add, 2,
		      0),
	SHELL_CMD_ARG(error_remove, NULL, "CODE", cmd_error_remove, 2, 0),
	SHELL_CMD_ARG(memory_total, NULL, "KILOBYTES", cmd_memory_total, 2, 0),
	SHELL_CMD_ARG(time, NULL, "Time, UTC offset and time zone.", cmd_time, 1, 0),
	SHELL_CMD_ARG(utc_time, NULL, "SECONDS since 1970.", cmd_utc_time, 2, 0),
	SHELL_CMD_ARG(utc_offset, NULL, "MINUTES, east of Greenwich positive.", cmd_utc_offset, 2, 0),
	SHELL_CMD_ARG(timezone, NULL, "NAME, such as Europe/Oslo.", cmd_timezone, 2, 0),
	SHELL_SUBCMD_SET_END);

SHELL_SUBCMD_ADD((carrier), device, &device_commands, "What servers read of the device.", NULL, 1, 0);
