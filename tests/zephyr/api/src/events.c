/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The way of events to the application.
 */
#include "recorder.h"

#include <string.h>

#include <zephyr/ztest.h>

static void before(void *fixture)
{
	ARG_UNUSED(fixture);
	settle();
}

ZTEST_SUITE(api_3_events, NULL, NULL, before, NULL, NULL);

static bool is_link_up(void)
{
	lwm2m_carrier_status_t status;

	zassert_ok(lwm2m_carrier_status_get(&status));
	return status.link_up;
}

ZTEST(api_3_events, test_they_come_on_the_work_queue)
{
	struct record record;

	request(LWM2M_CARRIER_REQUEST_LINK_DOWN);
	record = recorder_expect(LWM2M_CARRIER_EVENT_DISCONNECTING);
	zassert_not_equal(record.thread, k_current_get());
	if (IS_ENABLED(CONFIG_CARRIER_WORKQUEUE)) {
		zassert_str_equal(k_thread_name_get(record.thread), "lwm2m_carrier_events");
	} else {
		zassert_equal(record.thread, &k_sys_work_q.thread);
	}
	zassert_equal(recorder_expect(LWM2M_CARRIER_EVENT_DISCONNECTED).thread, record.thread);
	recorder_expect_none(K_MSEC(500));

	request(LWM2M_CARRIER_REQUEST_LINK_UP);
	zassert_equal(recorder_expect(LWM2M_CARRIER_EVENT_CONNECTING).thread, record.thread);
	zassert_equal(recorder_expect(LWM2M_CARRIER_EVENT_CONNECTED).thread, record.thread);
}

ZTEST(api_3_events, test_a_slow_handler_delays_events_only)
{
	recorder_hold();
	request(LWM2M_CARRIER_REQUEST_LINK_DOWN);
	/* It sits in this one. */
	recorder_expect(LWM2M_CARRIER_EVENT_DISCONNECTING);
	/* The library goes on. */
	recorder_expect_none(K_SECONDS(1));
	zassert_false(is_link_up());
	request(LWM2M_CARRIER_REQUEST_LINK_UP);
	recorder_expect_none(K_SECONDS(1));
	/* Where two events at most can wait, it rests now. It answers all the same. */
	zassert_equal(is_link_up(), CONFIG_CARRIER_EVENT_QUEUE_SIZE > 2);
	zassert_ok(lwm2m_carrier_utc_offset_write(60));
	zassert_equal(lwm2m_carrier_utc_offset_read(), 60);

	recorder_release();
	recorder_expect(LWM2M_CARRIER_EVENT_DISCONNECTED);
	recorder_expect(LWM2M_CARRIER_EVENT_CONNECTING);
	recorder_expect(LWM2M_CARRIER_EVENT_CONNECTED);
	if (!IS_ENABLED(CONFIG_CARRIER_AUTOSTART)) {
		recorder_expect(LWM2M_CARRIER_EVENT_LTE_READY);
	}
	recorder_expect(LWM2M_CARRIER_EVENT_DEFERRED);
	recorder_expect_none(K_MSEC(500));
}

ZTEST(api_3_events, test_a_refused_reboot)
{
	recorder_answer = 1;
	request(LWM2M_CARRIER_REQUEST_REBOOT);
	zassert_true(recorder_expect(LWM2M_CARRIER_EVENT_REBOOT).empty);
	recorder_expect_none(K_SECONDS(2));
	zassert_equal(reboots(), 0);

	/* The library goes on, and asks again when it is asked. */
	request(LWM2M_CARRIER_REQUEST_LINK_DOWN);
	recorder_expect(LWM2M_CARRIER_EVENT_DISCONNECTING);
	recorder_expect(LWM2M_CARRIER_EVENT_DISCONNECTED);
	request(LWM2M_CARRIER_REQUEST_REBOOT);
	recorder_expect(LWM2M_CARRIER_EVENT_REBOOT);
	recorder_expect_none(K_MSEC(500));
	request(LWM2M_CARRIER_REQUEST_LINK_UP);
	recorder_expect(LWM2M_CARRIER_EVENT_CONNECTING);
	recorder_expect(LWM2M_CARRIER_EVENT_CONNECTED);
	zassert_equal(reboots(), 0);
}

/* Tells how much of its stack a thread has used, where the board can say so. */
static void tell_stack(const struct k_thread *thread, void *data)
{
	size_t unused;

	ARG_UNUSED(data);
	if (!IS_ENABLED(CONFIG_ARCH_POSIX) && k_thread_stack_space_get(thread, &unused) == 0) {
		TC_PRINT("stack: %s: %u of %u\n", k_thread_name_get((k_tid_t)thread),
			 (unsigned int)(thread->stack_info.size - unused),
			 (unsigned int)thread->stack_info.size);
	}
}

static void tell_stacks(void *fixture)
{
	ARG_UNUSED(fixture);
	k_thread_foreach(tell_stack, NULL);
}

/* The last suite: after this, the library does nothing more. */
ZTEST_SUITE(api_9_reboot, NULL, NULL, before, NULL, tell_stacks);

ZTEST(api_9_reboot, test_the_library_reboots)
{
	recorder_answer = 0;
	request(LWM2M_CARRIER_REQUEST_REBOOT);
	recorder_expect(LWM2M_CARRIER_EVENT_REBOOT);
	for (int tries = 0; reboots() == 0; tries++) {
		zassert_true(tries < 100);
		k_sleep(K_MSEC(50));
	}
	zassert_equal(reboots(), 1);
}
