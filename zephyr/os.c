/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Threads, time, events, log.
 */
#include <errno.h>

#include <zephyr/init.h>
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/logging/log_ctrl.h>
#include <zephyr/random/random.h>
#include <zephyr/sys/reboot.h>

#include <lwm2m_carrier.h>

#include "shim.h"

LOG_MODULE_REGISTER(lwm2m_carrier, CONFIG_CARRIER_LOG_LEVEL);

/* What an application does not need, it does not write. */
__weak int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	ARG_UNUSED(event);
	return 0;
}

__weak int lwm2m_carrier_memory_free_read(void)
{
	return -1;
}

int64_t carrier_os_uptime(void)
{
	return k_uptime_get();
}

void carrier_os_random(void *bytes, size_t len)
{
#if defined(CONFIG_CSPRNG_ENABLED)
	if (sys_csrand_get(bytes, len) == 0) {
		return;
	}
	LOG_ERR("no secure random numbers: others are used");
#endif
	sys_rand_get(bytes, len);
}

void carrier_os_log(int level, const char *text, size_t len)
{
	/* The macros want a constant level each. */
	switch (level) {
	case LOG_LEVEL_ERR:
		LOG_ERR("%.*s", (int)len, text);
		break;
	case LOG_LEVEL_WRN:
		LOG_WRN("%.*s", (int)len, text);
		break;
	case LOG_LEVEL_INF:
		LOG_INF("%.*s", (int)len, text);
		break;
	default:
		LOG_DBG("%.*s", (int)len, text);
		break;
	}
}

void carrier_os_panic(void)
{
	k_panic();
}

void carrier_os_reboot(void)
{
	LOG_PANIC();
	sys_reboot(SYS_REBOOT_COLD);
}

static K_MUTEX_DEFINE(lock);

void carrier_os_lock(void)
{
	k_mutex_lock(&lock, K_FOREVER);
}

void carrier_os_unlock(void)
{
	k_mutex_unlock(&lock);
}

#if defined(CONFIG_CARRIER_STATICLIB)
static int prepare(void)
{
	carrier_prepare();
	return 0;
}

SYS_INIT(prepare, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);
#endif

#if defined(CONFIG_CARRIER_THREAD)
static void thread_entry(void *p1, void *p2, void *p3)
{
	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	carrier_main();
}

K_THREAD_DEFINE(lwm2m_carrier, CONFIG_CARRIER_THREAD_STACK_SIZE, thread_entry, NULL, NULL, NULL,
		CONFIG_CARRIER_THREAD_PRIORITY, 0,
		IS_ENABLED(CONFIG_CARRIER_AUTOSTART) ? 0 : SYS_FOREVER_MS);

#endif /* CONFIG_CARRIER_THREAD */

void carrier_os_start(void)
{
#if defined(CONFIG_CARRIER_THREAD)
	k_thread_start(lwm2m_carrier);
#endif
}

void carrier_os_rest(void)
{
	k_sleep(K_FOREVER);
}

void carrier_os_sleep(uint32_t milliseconds)
{
	(void)k_sleep(K_MSEC(milliseconds));
}

static K_SEM_DEFINE(initialised, 0, 1);

void carrier_os_initialised(void)
{
	k_sem_give(&initialised);
}

void carrier_os_wait_initialised(void)
{
	(void)k_sem_take(&initialised, K_FOREVER);
}

#if defined(CONFIG_CARRIER_WORKQUEUE)
static K_THREAD_STACK_DEFINE(events_stack, CONFIG_CARRIER_WORKQUEUE_STACK_SIZE);
static struct k_work_q events_queue;

static int events_init(void)
{
	static const struct k_work_queue_config config = { .name = "lwm2m_carrier_events" };

	k_work_queue_init(&events_queue);
	k_work_queue_start(&events_queue, events_stack, K_THREAD_STACK_SIZEOF(events_stack),
			   CONFIG_CARRIER_WORKQUEUE_PRIORITY, &config);
	return 0;
}

SYS_INIT(events_init, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);
#endif /* CONFIG_CARRIER_WORKQUEUE */

static void events_handler(struct k_work *work)
{
	ARG_UNUSED(work);
	/* One event for each turn, so that other items of the queue come in between. */
	if (carrier_deliver()) {
		carrier_os_deliver();
	}
}

static K_WORK_DEFINE(events_work, events_handler);

void carrier_os_deliver(void)
{
#if defined(CONFIG_CARRIER_WORKQUEUE)
	(void)k_work_submit_to_queue(&events_queue, &events_work);
#else
	(void)k_work_submit(&events_work);
#endif
}
