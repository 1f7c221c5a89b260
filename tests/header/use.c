/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

/* The C API as an application sees it: each constant, type and function is used once. */

#include <lwm2m_carrier.h>

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* `check` fails when a constant of the header is missing here. */
static const long numbers[] = {
	LWM2M_CARRIER_EVENT_BSDLIB_INIT,
	LWM2M_CARRIER_EVENT_CONNECTING,
	LWM2M_CARRIER_EVENT_CONNECTED,
	LWM2M_CARRIER_EVENT_DISCONNECTING,
	LWM2M_CARRIER_EVENT_DISCONNECTED,
	LWM2M_CARRIER_EVENT_BOOTSTRAPPED,
	LWM2M_CARRIER_EVENT_REGISTERED,
	LWM2M_CARRIER_EVENT_DEFERRED,
	LWM2M_CARRIER_EVENT_FOTA_START,
	LWM2M_CARRIER_EVENT_REBOOT,
	LWM2M_CARRIER_EVENT_LTE_READY,
	LWM2M_CARRIER_EVENT_ERROR,
	LWM2M_CARRIER_EVENT_DEREGISTERED,
	LWM2M_CARRIER_EVENT_MODEM_DOMAIN,
	LWM2M_CARRIER_EVENT_APP_DATA,
	LWM2M_CARRIER_MODEM_DOMAIN_ME_OVERHEATED,
	LWM2M_CARRIER_MODEM_DOMAIN_ME_BATTERY_LOW,
	LWM2M_CARRIER_MODEM_DOMAIN_RESET_LOOP,
	LWM2M_CARRIER_EVENT_NOTIFICATION,
	LWM2M_CARRIER_NOTIFICATION_ACKNOWLEDGED,
	LWM2M_CARRIER_NOTIFICATION_TIMED_OUT,
	LWM2M_CARRIER_NOTIFICATION_RESET,
	LWM2M_CARRIER_EVENT_SENT,
	LWM2M_CARRIER_DEFERRED_NO_REASON,
	LWM2M_CARRIER_DEFERRED_PDN_ACTIVATE,
	LWM2M_CARRIER_DEFERRED_BOOTSTRAP_NO_ROUTE,
	LWM2M_CARRIER_DEFERRED_BOOTSTRAP_CONNECT,
	LWM2M_CARRIER_DEFERRED_BOOTSTRAP_SEQUENCE,
	LWM2M_CARRIER_DEFERRED_SERVER_NO_ROUTE,
	LWM2M_CARRIER_DEFERRED_SERVER_CONNECT,
	LWM2M_CARRIER_DEFERRED_SERVER_REGISTRATION,
	LWM2M_CARRIER_ERROR_NO_ERROR,
	LWM2M_CARRIER_ERROR_CONNECT_FAIL,
	LWM2M_CARRIER_ERROR_DISCONNECT_FAIL,
	LWM2M_CARRIER_ERROR_BOOTSTRAP,
	LWM2M_CARRIER_ERROR_FOTA_PKG,
	LWM2M_CARRIER_ERROR_FOTA_PROTO,
	LWM2M_CARRIER_ERROR_FOTA_CONN,
	LWM2M_CARRIER_ERROR_FOTA_CONN_LOST,
	LWM2M_CARRIER_ERROR_FOTA_FAIL,
	LWM2M_CARRIER_ERROR_CONNECT,
	LWM2M_CARRIER_ERROR_CONFIGURATION,
	LWM2M_CARRIER_POWER_SOURCE_DC,
	LWM2M_CARRIER_POWER_SOURCE_INTERNAL_BATTERY,
	LWM2M_CARRIER_POWER_SOURCE_EXTERNAL_BATTERY,
	LWM2M_CARRIER_POWER_SOURCE_ETHERNET,
	LWM2M_CARRIER_POWER_SOURCE_USB,
	LWM2M_CARRIER_POWER_SOURCE_AC,
	LWM2M_CARRIER_POWER_SOURCE_SOLAR,
	LWM2M_CARRIER_ERROR_CODE_NO_ERROR,
	LWM2M_CARRIER_ERROR_CODE_LOW_CHARGE,
	LWM2M_CARRIER_ERROR_CODE_EXTERNAL_SUPPLY_OFF,
	LWM2M_CARRIER_ERROR_CODE_GPS_FAILURE,
	LWM2M_CARRIER_ERROR_CODE_LOW_SIGNAL,
	LWM2M_CARRIER_ERROR_CODE_OUT_OF_MEMORY,
	LWM2M_CARRIER_ERROR_CODE_SMS_FAILURE,
	LWM2M_CARRIER_ERROR_CODE_IP_CONNECTIVITY_FAILURE,
	LWM2M_CARRIER_ERROR_CODE_PERIPHERAL_MALFUNCTION,
	LWM2M_CARRIER_BATTERY_STATUS_NORMAL,
	LWM2M_CARRIER_BATTERY_STATUS_CHARGING,
	LWM2M_CARRIER_BATTERY_STATUS_CHARGE_COMPLETE,
	LWM2M_CARRIER_BATTERY_STATUS_DAMAGED,
	LWM2M_CARRIER_BATTERY_STATUS_LOW_BATTERY,
	LWM2M_CARRIER_BATTERY_STATUS_NOT_INSTALLED,
	LWM2M_CARRIER_BATTERY_STATUS_UNKNOWN,
	LWM2M_CARRIER_IDENTITY_ID,
	LWM2M_CARRIER_IDENTITY_MANUFACTURER,
	LWM2M_CARRIER_IDENTITY_MODEL,
	LWM2M_CARRIER_IDENTITY_SW_VERSION,
	LWM2M_CARRIER_REQUEST_REBOOT,
	LWM2M_CARRIER_REQUEST_LINK_UP,
	LWM2M_CARRIER_REQUEST_LINK_DOWN,
	LWM2M_CARRIER_REQUEST_REGISTER,
	LWM2M_CARRIER_REQUEST_DEREGISTER,
	LWM2M_CARRIER_PDN_TYPE_IPV4V6,
	LWM2M_CARRIER_PDN_TYPE_IPV4,
	LWM2M_CARRIER_PDN_TYPE_IPV6,
};

/* Version 0.10.0 has these two fields, in this order. */
static_assert(offsetof(lwm2m_carrier_event_t, type) == 0, "type comes first");
static_assert(offsetof(lwm2m_carrier_event_t, data) == sizeof(void *), "data follows");
static_assert(offsetof(lwm2m_carrier_event_deferred_t, timeout) == 4, "timeout follows reason");
static_assert(offsetof(lwm2m_carrier_event_error_t, value) == 4, "value follows code");
static_assert(offsetof(lwm2m_carrier_config_t, certification_mode) == 3 * sizeof(void *),
	      "the fields of version 0.10.0 come first");

int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	switch (event->type) {
	case LWM2M_CARRIER_EVENT_FOTA_START: {
		const lwm2m_carrier_event_fota_start_t *start =
			(const lwm2m_carrier_event_fota_start_t *)event->data;

		return start->uri != NULL;
	}
	case LWM2M_CARRIER_EVENT_DEFERRED: {
		const lwm2m_carrier_event_deferred_t *deferred =
			(const lwm2m_carrier_event_deferred_t *)event->data;

		return deferred->timeout + (int)deferred->reason;
	}
	case LWM2M_CARRIER_EVENT_ERROR: {
		const lwm2m_carrier_event_error_t *error =
			(const lwm2m_carrier_event_error_t *)event->data;

		return error->value + (int)error->code;
	}
	case LWM2M_CARRIER_EVENT_MODEM_DOMAIN:
		return (int)*(const lwm2m_carrier_event_modem_domain_t *)event->data;
	case LWM2M_CARRIER_EVENT_NOTIFICATION:
		return (int)*(const lwm2m_carrier_event_notification_t *)event->data;
	case LWM2M_CARRIER_EVENT_SENT:
		return (int)*(const lwm2m_carrier_event_sent_t *)event->data;
	case LWM2M_CARRIER_EVENT_APP_DATA: {
		const lwm2m_carrier_event_app_data_t *app_data =
			(const lwm2m_carrier_event_app_data_t *)event->data;

		return app_data->path[0] + app_data->path_len;
	}
	default:
		return 0;
	}
}

int lwm2m_carrier_memory_free_read(void)
{
	return 1;
}

int use(void);

int use(void)
{
	lwm2m_carrier_config_t config;
	lwm2m_carrier_status_t status;
	const uint8_t sources[] = {LWM2M_CARRIER_POWER_SOURCE_DC};
	const uint16_t path[] = {3, 0, 13};
	const lwm2m_carrier_path_t paths[] = {{path, 3}, {path, 1}};
	const char *tz;
	char text[8];
	uint16_t length = sizeof(text);
	int32_t utc_time;
	int utc_offset;
	int sum = (int)(sizeof(numbers) / sizeof(numbers[0]));

	memset(&config, 0, sizeof(config));
	config.bootstrap_uri = "coaps://localhost";
	config.psk = "00";
	config.apn = "apn";
	config.certification_mode = true;
	config.server_uri = NULL;
	config.psk_identity = "identity";
	config.server_sec_tag = 1;
	config.server_lifetime = 1;
	config.session_idle_timeout = -1;
	config.coap_con_interval = -1;
	config.pdn_type = LWM2M_CARRIER_PDN_TYPE_IPV6;
	config.manufacturer = "manufacturer";
	config.model_number = "model";
	config.device_type = "type";
	config.hardware_version = "1";
	config.software_version = "1";
	config.endpoint_name = "name";

	sum += lwm2m_carrier_init(&config);
	lwm2m_carrier_time_read(&utc_time, &utc_offset, &tz);
	sum += lwm2m_carrier_utc_time_read();
	sum += lwm2m_carrier_utc_time_write(utc_time);
	sum += lwm2m_carrier_utc_offset_read();
	sum += lwm2m_carrier_utc_offset_write(utc_offset);
	sum += lwm2m_carrier_timezone_read() == tz;
	sum += lwm2m_carrier_timezone_write(tz);
	sum += lwm2m_carrier_avail_power_sources_set(sources, sizeof(sources));
	sum += lwm2m_carrier_power_source_voltage_set(LWM2M_CARRIER_POWER_SOURCE_DC, 1);
	sum += lwm2m_carrier_power_source_current_set(LWM2M_CARRIER_POWER_SOURCE_DC, 1);
	sum += lwm2m_carrier_battery_level_set(100);
	sum += lwm2m_carrier_battery_status_set(LWM2M_CARRIER_BATTERY_STATUS_NORMAL);
	sum += lwm2m_carrier_device_type_set("type");
	sum += lwm2m_carrier_hardware_version_set("1");
	sum += lwm2m_carrier_software_version_set("1");
	sum += lwm2m_carrier_error_code_add(LWM2M_CARRIER_ERROR_CODE_LOW_CHARGE);
	sum += lwm2m_carrier_error_code_remove(LWM2M_CARRIER_ERROR_CODE_LOW_CHARGE);
	sum += lwm2m_carrier_memory_total_set(1);
	sum += lwm2m_carrier_identity_read(1, LWM2M_CARRIER_IDENTITY_ID, text, &length);
	sum += lwm2m_carrier_identity_write(1, LWM2M_CARRIER_IDENTITY_ID, text);
	sum += lwm2m_carrier_portfolio_instance_create(1);
	sum += lwm2m_carrier_log_data_set(sources, sizeof(sources));
	sum += lwm2m_carrier_location_set(59.3, 18.1, 28.0F, 1, 5.0F);
	sum += lwm2m_carrier_velocity_set(90, 1.5F, 0.0F, 0.5F, 0.5F);
	sum += lwm2m_carrier_request(LWM2M_CARRIER_REQUEST_REGISTER);
	sum += lwm2m_carrier_data_send(path, sizeof(path) / sizeof(path[0]));
	sum += lwm2m_carrier_data_send_paths(paths, sizeof(paths) / sizeof(paths[0]));
	sum += lwm2m_carrier_data_record(path, sizeof(path) / sizeof(path[0]));
	sum += lwm2m_carrier_app_data_set(path, sizeof(path) / sizeof(path[0]), NULL, 0);
	sum += lwm2m_carrier_app_data_read(path, sizeof(path) / sizeof(path[0]), NULL, NULL);
	sum += lwm2m_carrier_status_get(&status);
	sum += status.link_up + status.registered;
	lwm2m_carrier_run();
	return sum;
}
