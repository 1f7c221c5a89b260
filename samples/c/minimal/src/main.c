/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The library starts by itself, on a thread of its own; the application is told what happens.
 */
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include <lwm2m_carrier.h>

static const char *name(uint32_t type)
{
	switch (type) {
	case LWM2M_CARRIER_EVENT_BSDLIB_INIT:
		return "BSDLIB_INIT";
	case LWM2M_CARRIER_EVENT_CONNECTING:
		return "CONNECTING";
	case LWM2M_CARRIER_EVENT_CONNECTED:
		return "CONNECTED";
	case LWM2M_CARRIER_EVENT_DISCONNECTING:
		return "DISCONNECTING";
	case LWM2M_CARRIER_EVENT_DISCONNECTED:
		return "DISCONNECTED";
	case LWM2M_CARRIER_EVENT_BOOTSTRAPPED:
		return "BOOTSTRAPPED";
	case LWM2M_CARRIER_EVENT_REGISTERED:
		return "REGISTERED";
	case LWM2M_CARRIER_EVENT_DEFERRED:
		return "DEFERRED";
	case LWM2M_CARRIER_EVENT_FOTA_START:
		return "FOTA_START";
	case LWM2M_CARRIER_EVENT_REBOOT:
		return "REBOOT";
	case LWM2M_CARRIER_EVENT_LTE_READY:
		return "LTE_READY";
	case LWM2M_CARRIER_EVENT_ERROR:
		return "ERROR";
	case LWM2M_CARRIER_EVENT_DEREGISTERED:
		return "DEREGISTERED";
	default:
		return "?";
	}
}

/* Runs on a work queue, never on the library's thread: it may take its time. */
int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	printk("%s (%u)", name(event->type), event->type);
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
	case LWM2M_CARRIER_EVENT_FOTA_START: {
		const lwm2m_carrier_event_fota_start_t *fota = event->data;

		printk(": %s", fota->uri != NULL ? fota->uri : "pushed by the server");
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
