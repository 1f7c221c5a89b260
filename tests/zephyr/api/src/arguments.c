/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Each function with the arguments that the header says are wrong, and the numbers of this image's own
 * errno.h. What servers see of the right ones is tested on the PC (sim/tests/capi.rs).
 */
#include "recorder.h"

#include <errno.h>
#include <string.h>

#include <zephyr/ztest.h>

ZTEST_SUITE(api_2_arguments, NULL, NULL, NULL, NULL, NULL);

/* 33 bytes without an end. */
static const char endless[] = { [0 ... 32] = 'x' };

ZTEST(api_2_arguments, test_texts)
{
	int (*const set[])(const char *) = {
		lwm2m_carrier_device_type_set,
		lwm2m_carrier_hardware_version_set,
		lwm2m_carrier_software_version_set,
		lwm2m_carrier_timezone_write,
	};

	ARRAY_FOR_EACH(set, i) {
		zassert_equal(set[i](NULL), -EINVAL);
		zassert_equal(set[i](endless), -E2BIG);
		zassert_equal(set[i]("\xff"), -EINVAL);
		zassert_ok(set[i]("0123456789abcdef0123456789abcdef"));
	}
	zassert_equal(lwm2m_carrier_device_type_set(""), -EINVAL);
	zassert_equal(lwm2m_carrier_hardware_version_set(""), -EINVAL);
	zassert_equal(lwm2m_carrier_software_version_set(""), -EINVAL);
}

ZTEST(api_2_arguments, test_time)
{
	const char *timezone = NULL;
	int32_t time = 0;
	int offset = 0;

	zassert_equal(lwm2m_carrier_utc_time_write(-1), -EINVAL);
	zassert_equal(lwm2m_carrier_utc_offset_write(-721), -EINVAL);
	zassert_equal(lwm2m_carrier_utc_offset_write(841), -EINVAL);
	zassert_ok(lwm2m_carrier_utc_time_write(1600000000));
	zassert_ok(lwm2m_carrier_utc_offset_write(-720));
	zassert_equal(lwm2m_carrier_utc_offset_read(), -720);
	zassert_ok(lwm2m_carrier_utc_offset_write(840));
	zassert_ok(lwm2m_carrier_timezone_write("Europe/Oslo"));
	zassert_str_equal(lwm2m_carrier_timezone_read(), "Europe/Oslo");

	/* The clock goes on. */
	k_sleep(K_SECONDS(2));
	zassert_between_inclusive(lwm2m_carrier_utc_time_read(), 1600000002, 1600000004);
	lwm2m_carrier_time_read(&time, &offset, &timezone);
	zassert_between_inclusive(time, 1600000002, 1600000004);
	zassert_equal(offset, 840);
	zassert_str_equal(timezone, "Europe/Oslo");
	/* Not wanted. */
	lwm2m_carrier_time_read(NULL, NULL, NULL);
}

ZTEST(api_2_arguments, test_power)
{
	const uint8_t all[] = { 0, 1, 2, 4, 5, 6, 7, 0 };
	const uint8_t unknown[] = { 0, 3 };
	const uint8_t battery[] = { LWM2M_CARRIER_POWER_SOURCE_INTERNAL_BATTERY };

	zassert_equal(lwm2m_carrier_avail_power_sources_set(NULL, 1), -EINVAL);
	zassert_equal(lwm2m_carrier_avail_power_sources_set(all, 8), -E2BIG);
	zassert_equal(lwm2m_carrier_avail_power_sources_set(unknown, 2), -EINVAL);
	/* Without a battery. */
	zassert_ok(lwm2m_carrier_avail_power_sources_set(NULL, 0));
	zassert_equal(lwm2m_carrier_battery_level_set(1), -ENODEV);
	zassert_equal(lwm2m_carrier_battery_status_set(0), -ENODEV);
	zassert_equal(lwm2m_carrier_power_source_voltage_set(0, 1), -ENODEV);
	zassert_equal(lwm2m_carrier_power_source_current_set(0, 1), -ENODEV);
	/* With one. */
	zassert_ok(lwm2m_carrier_avail_power_sources_set(battery, 1));
	zassert_equal(lwm2m_carrier_battery_level_set(101), -EINVAL);
	zassert_equal(lwm2m_carrier_battery_status_set(7), -EINVAL);
	zassert_equal(lwm2m_carrier_battery_status_set(-1), -EINVAL);
	zassert_equal(lwm2m_carrier_power_source_voltage_set(3, 1), -EINVAL);
	zassert_equal(lwm2m_carrier_power_source_current_set(8, 1), -EINVAL);
	zassert_ok(lwm2m_carrier_battery_level_set(100));
	zassert_ok(lwm2m_carrier_battery_status_set(LWM2M_CARRIER_BATTERY_STATUS_CHARGING));
	zassert_ok(lwm2m_carrier_power_source_voltage_set(1, 3700));
	zassert_ok(lwm2m_carrier_power_source_current_set(1, INT32_MIN));
	/* All that there are. */
	zassert_ok(lwm2m_carrier_avail_power_sources_set(all, 7));
}

ZTEST(api_2_arguments, test_errors_and_memory)
{
	zassert_equal(lwm2m_carrier_error_code_add(-1), -EINVAL);
	zassert_equal(lwm2m_carrier_error_code_add(9), -EINVAL);
	zassert_equal(lwm2m_carrier_error_code_add(33), -EINVAL);
	zassert_equal(lwm2m_carrier_error_code_remove(0), -EINVAL);
	zassert_equal(lwm2m_carrier_error_code_remove(1), -ENOENT);
	/* Every one at once, and once more. */
	for (int round = 0; round < 2; round++) {
		for (int error = 1; error <= 8; error++) {
			zassert_ok(lwm2m_carrier_error_code_add(error));
		}
		for (int error = 16; error <= 32; error++) {
			zassert_ok(lwm2m_carrier_error_code_add(error));
		}
	}
	zassert_ok(lwm2m_carrier_error_code_remove(32));
	zassert_ok(lwm2m_carrier_error_code_add(LWM2M_CARRIER_ERROR_CODE_NO_ERROR));
	zassert_equal(lwm2m_carrier_error_code_remove(1), -ENOENT);
	zassert_equal(lwm2m_carrier_memory_total_set((uint32_t)INT32_MAX + 1), -EINVAL);
	zassert_ok(lwm2m_carrier_memory_total_set(INT32_MAX));
}

ZTEST(api_2_arguments, test_requests)
{
	const uint16_t device[] = { 3, 0, 0, 0, 0 };
	const uint16_t nothing[] = { 3, 1 };
	const lwm2m_carrier_path_t paths[] = { { device, 3 }, { nothing, 2 } };
	const lwm2m_carrier_path_t wrong[] = { { device, 3 }, { NULL, 2 } };

	zassert_equal(lwm2m_carrier_status_get(NULL), -EINVAL);
	zassert_equal(lwm2m_carrier_request(-1), -EINVAL);
	zassert_equal(lwm2m_carrier_request(5), -EINVAL);
	zassert_equal(lwm2m_carrier_data_send(NULL, 1), -EINVAL);
	zassert_equal(lwm2m_carrier_data_send(device, 0), -EINVAL);
	zassert_equal(lwm2m_carrier_data_send(device, 5), -EINVAL);
	zassert_equal(lwm2m_carrier_data_send(nothing, 2), -ENOENT);
	zassert_equal(lwm2m_carrier_data_send(device, 3), -ENOTCONN);
	zassert_equal(lwm2m_carrier_data_send_paths(NULL, 1), -EINVAL);
	zassert_equal(lwm2m_carrier_data_send_paths(paths, 0), -EINVAL);
	zassert_equal(lwm2m_carrier_data_send_paths(paths, SIZE_MAX), -EINVAL);
	zassert_equal(lwm2m_carrier_data_send_paths(wrong, 2), -EINVAL);
	zassert_equal(lwm2m_carrier_data_send_paths(paths, 2), -ENOENT);
	zassert_equal(lwm2m_carrier_data_send_paths(paths, 1), -ENOTCONN);
	zassert_equal(lwm2m_carrier_data_record(NULL, 3), -EINVAL);
	zassert_equal(lwm2m_carrier_data_record(device, 0), -EINVAL);
	zassert_equal(lwm2m_carrier_data_record(nothing, 2), -ENOENT);
	zassert_equal(lwm2m_carrier_data_record(device, 3), -EINVAL);
}
