/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The library starts by itself, on a thread of its own, with the modem of the board; the application
 * prints what happens, with the time, as the charts have it.
 */
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include <lwm2m_carrier.h>

static const char *name(uint32_t type)
{
	static const char *const names[] = {
		[LWM2M_CARRIER_EVENT_BSDLIB_INIT] = "BSDLIB_INIT",
		[LWM2M_CARRIER_EVENT_CONNECTING] = "CONNECTING",
		[LWM2M_CARRIER_EVENT_CONNECTED] = "CONNECTED",
		[LWM2M_CARRIER_EVENT_DISCONNECTING] = "DISCONNECTING",
		[LWM2M_CARRIER_EVENT_DISCONNECTED] = "DISCONNECTED",
		[LWM2M_CARRIER_EVENT_BOOTSTRAPPED] = "BOOTSTRAPPED",
		[LWM2M_CARRIER_EVENT_REGISTERED] = "REGISTERED",
		[LWM2M_CARRIER_EVENT_DEFERRED] = "DEFERRED",
		[LWM2M_CARRIER_EVENT_FOTA_START] = "FOTA_START",
		[LWM2M_CARRIER_EVENT_REBOOT] = "REBOOT",
		[LWM2M_CARRIER_EVENT_LTE_READY] = "LTE_READY",
		[LWM2M_CARRIER_EVENT_ERROR] = "ERROR",
		[LWM2M_CARRIER_EVENT_DEREGISTERED] = "DEREGISTERED",
		[LWM2M_CARRIER_EVENT_MODEM_DOMAIN] = "MODEM_DOMAIN",
		[LWM2M_CARRIER_EVENT_NOTIFICATION] = "NOTIFICATION",
		[LWM2M_CARRIER_EVENT_SENT] = "SENT",
	};

	return type < ARRAY_SIZE(names) && names[type] != NULL ? names[type] : "?";
}

/* Runs on a work queue, never on the library's thread: it may take its time. */
int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	const uint32_t now = k_uptime_get_32();

	printk("%5u.%03u s  %s (%u)", now / 1000, now % 1000, name(event->type), event->type);
	switch (event->type) {
	case LWM2M_CARRIER_EVENT_DEFERRED: {
		const lwm2m_carrier_event_deferred_t *deferred = event->data;

		printk(": reason %u, next attempt in %d s", deferred->reason, deferred->timeout);
		break;
	}
	case LWM2M_CARRIER_EVENT_ERROR: {
		const lwm2m_carrier_event_error_t *error = event->data;

		printk(": code %u, value %d", error->code, error->value);
		break;
	}
	default:
		break;
	}
	printk("\n");
	/* A reboot is welcome at any time. */
	return 0;
}

int main(void)
{
	return 0;
}
