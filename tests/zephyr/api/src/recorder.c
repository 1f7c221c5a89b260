/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#include "recorder.h"

#include <zephyr/ztest.h>

#define SOON K_SECONDS(10)

K_MSGQ_DEFINE(records, sizeof(struct record), 64, 4);
static K_SEM_DEFINE(released, 0, 1);
static atomic_t held;
static atomic_t rebooted;
int recorder_answer;

int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	struct record record = {
		.type = event->type,
		.empty = event->data == NULL,
		.thread = k_current_get(),
	};
	const lwm2m_carrier_event_deferred_t *deferred = event->data;
	const lwm2m_carrier_event_error_t *error = event->data;

	switch (event->type) {
	case LWM2M_CARRIER_EVENT_DEFERRED:
		record.number = deferred->reason;
		record.value = deferred->timeout;
		break;
	case LWM2M_CARRIER_EVENT_ERROR:
		record.number = error->code;
		record.value = error->value;
		break;
	default:
		break;
	}
	zassert_ok(k_msgq_put(&records, &record, K_NO_WAIT));
	if (atomic_get(&held) != 0) {
		(void)k_sem_take(&released, K_FOREVER);
	}
	return event->type == LWM2M_CARRIER_EVENT_REBOOT ? recorder_answer : 0;
}

void recorder_hold(void)
{
	k_sem_reset(&released);
	(void)atomic_set(&held, 1);
}

void recorder_release(void)
{
	if (atomic_set(&held, 0) != 0) {
		k_sem_give(&released);
	}
}

struct record recorder_next(void)
{
	struct record record = {0};

	zassert_ok(k_msgq_get(&records, &record, SOON), "no event came");
	return record;
}

struct record recorder_expect(uint32_t type)
{
	const struct record record = recorder_next();

	zassert_equal(record.type, type, "event %u instead of %u", record.type, type);
	return record;
}

void recorder_expect_none(k_timeout_t time)
{
	struct record record;

	if (k_msgq_get(&records, &record, time) == 0) {
		zassert_unreachable("event %u", record.type);
	}
}

void request(int what)
{
	zassert_ok(lwm2m_carrier_request(what));
}

/* In place of Zephyr's sys_reboot(). Like it, this does not return. */
FUNC_NORETURN void __wrap_sys_reboot(int type);
FUNC_NORETURN void __wrap_sys_reboot(int type)
{
	ARG_UNUSED(type);
	(void)atomic_inc(&rebooted);
	k_sleep(K_FOREVER);
	CODE_UNREACHABLE;
}

int reboots(void)
{
	return atomic_get(&rebooted);
}

void settle(void)
{
	struct record record;

	recorder_release();
	/* The simulated modem has its network after 100 ms. */
	while (k_msgq_get(&records, &record, K_MSEC(500)) == 0) {
	}
}
