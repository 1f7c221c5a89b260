/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Calls from several threads at once, while the link goes down and up.
 */
#include "recorder.h"

#include <errno.h>
#include <string.h>

#include <zephyr/ztest.h>

#define THREADS 4
#define ROUNDS  200
#define STACK   (IS_ENABLED(CONFIG_ARCH_POSIX) ? 4096 : 1024)

static K_THREAD_STACK_ARRAY_DEFINE(stacks, THREADS, STACK);
static struct k_thread threads[THREADS];
/* Calls that returned something else than they should. */
static atomic_t wrong;

static void check(bool right)
{
	if (!right) {
		(void)atomic_inc(&wrong);
	}
}

/* Calls of one thread: error codes of its own are its own, everything else is everybody's. */
static void calls(int number, int round)
{
	static const char *const zones[] = { "Europe/Oslo", "UTC", "America/Argentina/Buenos_Aires" };
	const uint16_t path[] = { 3, 0 };
	const int error = 16 + number;
	lwm2m_carrier_status_t status;
	const char *zone = NULL;
	int offset = INT32_MAX;

	check(lwm2m_carrier_error_code_add(error) == 0);
	check(lwm2m_carrier_timezone_write(zones[round % ARRAY_SIZE(zones)]) == 0);
	check(lwm2m_carrier_utc_offset_write(number * 60) == 0);
	lwm2m_carrier_time_read(NULL, &offset, &zone);
	check(offset % 60 == 0 && offset >= 0 && offset < THREADS * 60);
	check(memchr(zone, 0, 33) != NULL);
	check(lwm2m_carrier_device_type_set(zones[round % 2]) == 0);
	check(lwm2m_carrier_data_send(path, 2) == -ENOTCONN);
	check(lwm2m_carrier_status_get(&status) == 0);
	if (round % 50 == 0) {
		/* It does nothing, as the device is not registered. */
		check(lwm2m_carrier_request(LWM2M_CARRIER_REQUEST_DEREGISTER) == 0);
	}
	check(lwm2m_carrier_error_code_remove(error) == 0);
	check(lwm2m_carrier_error_code_remove(error) == -ENOENT);
}

static void entry(void *p1, void *p2, void *p3)
{
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	for (int round = 0; round < ROUNDS; round++) {
		calls(POINTER_TO_INT(p1), round);
		/* Turns between the threads, and for the library. */
		if (round % 4 == 0) {
			k_sleep(K_MSEC(1));
		} else {
			k_yield();
		}
	}
}

static void before(void *fixture)
{
	ARG_UNUSED(fixture);
	settle();
}

ZTEST_SUITE(api_4_threads, NULL, NULL, before, NULL, NULL);

ZTEST(api_4_threads, test_many_callers)
{
	for (int i = 0; i < THREADS; i++) {
		/* One above the library's thread, one below, two in between. */
		k_thread_create(&threads[i], stacks[i], K_THREAD_STACK_SIZEOF(stacks[i]), entry,
				INT_TO_POINTER(i), NULL, NULL, K_PRIO_PREEMPT(8 + i), 0, K_NO_WAIT);
	}
	request(LWM2M_CARRIER_REQUEST_LINK_DOWN);
	recorder_expect(LWM2M_CARRIER_EVENT_DISCONNECTING);
	recorder_expect(LWM2M_CARRIER_EVENT_DISCONNECTED);
	request(LWM2M_CARRIER_REQUEST_LINK_UP);
	recorder_expect(LWM2M_CARRIER_EVENT_CONNECTING);
	recorder_expect(LWM2M_CARRIER_EVENT_CONNECTED);
	for (int i = 0; i < THREADS; i++) {
		zassert_ok(k_thread_join(&threads[i], K_SECONDS(30)));
	}
	zassert_equal(atomic_get(&wrong), 0);
}
