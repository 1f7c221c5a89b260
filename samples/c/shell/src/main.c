/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The application reads its settings and starts the library with them; its events are log lines.
 */
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

#include "app.h"

LOG_MODULE_REGISTER(app, LOG_LEVEL_INF);

static const char *name(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{ LWM2M_CARRIER_EVENT_BSDLIB_INIT, "BSDLIB_INIT" },
		{ LWM2M_CARRIER_EVENT_CONNECTING, "CONNECTING" },
		{ LWM2M_CARRIER_EVENT_CONNECTED, "CONNECTED" },
		{ LWM2M_CARRIER_EVENT_DISCONNECTING, "DISCONNECTING" },
		{ LWM2M_CARRIER_EVENT_DISCONNECTED, "DISCONNECTED" },
		{ LWM2M_CARRIER_EVENT_BOOTSTRAPPED, "BOOTSTRAPPED" },
		{ LWM2M_CARRIER_EVENT_REGISTERED, "REGISTERED" },
		{ LWM2M_CARRIER_EVENT_DEFERRED, "DEFERRED" },
		{ LWM2M_CARRIER_EVENT_FOTA_START, "FOTA_START" },
		{ LWM2M_CARRIER_EVENT_REBOOT, "REBOOT" },
		{ LWM2M_CARRIER_EVENT_LTE_READY, "LTE_READY" },
		{ LWM2M_CARRIER_EVENT_ERROR, "ERROR" },
		{ LWM2M_CARRIER_EVENT_DEREGISTERED, "DEREGISTERED" },
	};

	ARRAY_FOR_EACH(names, i) {
		if (names[i].type == type) {
			return names[i].name;
		}
	}
	return "?";
}

int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	switch (event->type) {
	case LWM2M_CARRIER_EVENT_DEFERRED: {
		const lwm2m_carrier_event_deferred_t *deferred = event->data;

		LOG_WRN("%s (%u): reason %u, next attempt in %d s", name(event->type), event->type,
			deferred->reason, deferred->timeout);
		break;
	}
	case LWM2M_CARRIER_EVENT_ERROR: {
		const lwm2m_carrier_event_error_t *error = event->data;

		LOG_ERR("%s (%u): code %u, value %d", name(event->type), event->type, error->code,
			error->value);
		break;
	}
	default:
		LOG_INF("%s (%u)", name(event->type), event->type);
		break;
	}
	return 0;
}

int main(void)
{
	static lwm2m_carrier_config_t config;
	int err;

	app_config_load(&config);
	err = lwm2m_carrier_init(&config);
	if (err < 0) {
		LOG_ERR("lwm2m_carrier_init: %d", err);
		if (err == -EINVAL || err == -E2BIG) {
			LOG_ERR("see `carrier config print`; a new start reads it again");
		}
		return 0;
	}
	lwm2m_carrier_run();
	return 0;
}
