/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Prints each event by its name, and the numbers that go with it: a line that the test reads.
 */
#include <lwm2m_carrier.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#define NAME(event)                                                                                \
	case LWM2M_CARRIER_EVENT_##event:                                                          \
		return #event

static const char *name(uint32_t event)
{
	switch (event) {
	NAME(BSDLIB_INIT);
	NAME(CONNECTING);
	NAME(CONNECTED);
	NAME(DISCONNECTING);
	NAME(DISCONNECTED);
	NAME(BOOTSTRAPPED);
	NAME(REGISTERED);
	NAME(DEFERRED);
	NAME(FOTA_START);
	NAME(REBOOT);
	NAME(LTE_READY);
	NAME(ERROR);
	NAME(DEREGISTERED);
	default:
		return "?";
	}
}

int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	const lwm2m_carrier_event_deferred_t *deferred = event->data;
	const lwm2m_carrier_event_error_t *error = event->data;

	switch (event->type) {
	case LWM2M_CARRIER_EVENT_DEFERRED:
		printk("LWM2M_CARRIER_EVENT_DEFERRED %u %d\n", deferred->reason, deferred->timeout);
		break;
	case LWM2M_CARRIER_EVENT_ERROR:
		printk("LWM2M_CARRIER_EVENT_ERROR %u %d\n", error->code, error->value);
		break;
	default:
		printk("LWM2M_CARRIER_EVENT_%s\n", name(event->type));
		break;
	}
	return 0;
}

int main(void)
{
	return 0;
}
