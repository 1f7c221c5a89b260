/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The application starts the library. Suites run in the order of their names: this one is the first.
 */
#include "recorder.h"

#include <errno.h>

#include <zephyr/ztest.h>

ZTEST_SUITE(api_1_init, NULL, NULL, NULL, NULL, NULL);

/* Longer than any text of the configuration may be. */
#define LONG                                                                                       \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                         \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"

static const char *const SERVER = "coap://127.0.0.1:5683";

ZTEST(api_1_init, test_1_before_it_nothing_is_there)
{
	const uint16_t path[] = { 3, 0 };
	lwm2m_carrier_status_t status;
	const char *timezone = NULL;
	int32_t time = -1;
	int offset = -1;

	zassert_equal(lwm2m_carrier_request(LWM2M_CARRIER_REQUEST_REBOOT), -ENOENT);
	zassert_equal(lwm2m_carrier_status_get(&status), -ENOENT);
	zassert_equal(lwm2m_carrier_data_send(path, 2), -ENOENT);
	zassert_equal(lwm2m_carrier_utc_time_write(1), -ENOENT);
	zassert_equal(lwm2m_carrier_utc_offset_write(1), -ENOENT);
	zassert_equal(lwm2m_carrier_timezone_write("Europe/Oslo"), -ENOENT);
	zassert_equal(lwm2m_carrier_battery_level_set(1), -ENOENT);
	zassert_equal(lwm2m_carrier_device_type_set("x"), -ENOENT);
	zassert_equal(lwm2m_carrier_error_code_add(1), -ENOENT);
	zassert_equal(lwm2m_carrier_memory_total_set(1), -ENOENT);
	zassert_equal(lwm2m_carrier_portfolio_instance_create(1), -ENOENT);
	lwm2m_carrier_time_read(&time, &offset, &timezone);
	zassert_equal(time, 0);
	zassert_equal(offset, 0);
	zassert_str_equal(timezone, "");
}

ZTEST(api_1_init, test_2_wrong_configurations)
{
	static const struct {
		int error;
		lwm2m_carrier_config_t config;
	} wrong[] = {
		{ -EINVAL, { .bootstrap_uri = "coap://a", .server_uri = "coap://b" } },
		{ -EINVAL, { .server_uri = "http://a" } },
		{ -EINVAL, { .bootstrap_uri = "coap://" } },
		{ -EINVAL, { .certification_mode = true } },
		{ -EINVAL, { .psk = "00" } },
		{ -EINVAL, { .psk_identity = "me" } },
		{ -EINVAL, { .psk = "0", .psk_identity = "me" } },
		{ -EINVAL, { .psk = "0g", .psk_identity = "me" } },
		{ -EINVAL, { .psk = "00", .psk_identity = "\xff" } },
		{ -EINVAL, { .server_lifetime = -1 } },
		{ -EINVAL, { .session_idle_timeout = -2 } },
		{ -EINVAL, { .coap_con_interval = -2 } },
		{ -EINVAL, { .coap_con_interval = 86401 } },
		{ -EINVAL, { .pdn_type = 3 } },
		{ -EINVAL, { .endpoint_name = "\xc3" } },
		{ -E2BIG, { .server_uri = "coap://" LONG } },
		{ -E2BIG, { .bootstrap_uri = "coap://" LONG } },
		{ -E2BIG, { .psk = LONG, .psk_identity = "me" } },
		{ -E2BIG, { .psk = "00", .psk_identity = LONG } },
		{ -E2BIG, { .apn = LONG } },
		{ -E2BIG, { .manufacturer = LONG } },
		{ -E2BIG, { .model_number = LONG } },
		{ -E2BIG, { .device_type = LONG } },
		{ -E2BIG, { .hardware_version = LONG } },
		{ -E2BIG, { .software_version = LONG } },
		{ -E2BIG, { .endpoint_name = LONG } },
	};

	ARRAY_FOR_EACH(wrong, i) {
		const int error = lwm2m_carrier_init(&wrong[i].config);

		zassert_equal(error, wrong[i].error, "configuration %d: %d", (int)i, error);
	}
	/* None of them started anything. */
	zassert_equal(lwm2m_carrier_request(LWM2M_CARRIER_REQUEST_LINK_UP), -ENOENT);
	recorder_expect_none(K_MSEC(500));
}

/* lwm2m_carrier_run() does the work there where the library has no thread of its own. */
static K_THREAD_STACK_DEFINE(stack, 6144);
static struct k_thread thread;
static int second = 1;

/* Calls lwm2m_carrier_init() while another thread is in it. */
static void init_again(void *p1, void *p2, void *p3)
{
	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	second = lwm2m_carrier_init(NULL);
}

ZTEST(api_1_init, test_3_initialisation)
{
	const lwm2m_carrier_config_t config = { .server_uri = SERVER, .pdn_type = 1 };
	lwm2m_carrier_status_t status;
	int64_t before;

	k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), init_again, NULL, NULL, NULL,
			K_PRIO_PREEMPT(5), 0, K_MSEC(CONFIG_CARRIER_MODEM_ATTACH_MS / 2));
	before = k_uptime_get();
	zassert_ok(lwm2m_carrier_init(&config));
	/* The simulated modem had its time. */
	zassert_true(k_uptime_get() - before >= CONFIG_CARRIER_MODEM_ATTACH_MS);
	zassert_ok(k_thread_join(&thread, K_SECONDS(1)));
	zassert_equal(second, -EALREADY);
	recorder_expect(LWM2M_CARRIER_EVENT_BSDLIB_INIT);
	recorder_expect(LWM2M_CARRIER_EVENT_CONNECTING);
	recorder_expect(LWM2M_CARRIER_EVENT_CONNECTED);
	/* Nothing more before lwm2m_carrier_run(). */
	recorder_expect_none(K_SECONDS(2));
	zassert_ok(lwm2m_carrier_status_get(&status));
	zassert_true(status.link_up);
	zassert_false(status.registered);
	zassert_equal(lwm2m_carrier_init(&config), -EALREADY);
}

static void run(void *p1, void *p2, void *p3)
{
	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	lwm2m_carrier_run();
	zassert_unreachable("lwm2m_carrier_run() returned");
}

ZTEST(api_1_init, test_4_run)
{
	struct record deferred;

	/* It lives on the stack of the second lwm2m_carrier_init(), which is over. */
	k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), run, NULL, NULL, NULL,
			K_PRIO_PREEMPT(10), 0, K_NO_WAIT);
	k_thread_name_set(&thread, "run");
	recorder_expect(LWM2M_CARRIER_EVENT_LTE_READY);
	/* There is no network, so the server is not reached. */
	deferred = recorder_expect(LWM2M_CARRIER_EVENT_DEFERRED);
	zassert_equal(deferred.number, LWM2M_CARRIER_DEFERRED_SERVER_NO_ROUTE);
	zassert_between_inclusive(deferred.value, 1, 120);
	recorder_expect_none(K_MSEC(500));
	zassert_equal(k_thread_join(&thread, K_NO_WAIT), -EBUSY);
}
