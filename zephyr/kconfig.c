/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Kconfig values and devicetree nodes that the library is told of, and what must hold of them.
 */
#include <zephyr/devicetree.h>
#include <zephyr/kernel.h>

#include "shim.h"

#define NODE DT_COMPAT_GET_ANY_STATUS_OKAY(lwm2m_carrier)

/* Terminating zero not counted. */
#define LENGTH(text) (sizeof(text) - 1)

BUILD_ASSERT(LENGTH(CONFIG_CARRIER_SERVER_URI) <= CONFIG_CARRIER_MAX_URI,
	     "CONFIG_CARRIER_SERVER_URI is longer than CONFIG_CARRIER_MAX_URI");
BUILD_ASSERT(LENGTH(CONFIG_CARRIER_PSK) <= 2 * CONFIG_CARRIER_MAX_KEY &&
	     LENGTH(CONFIG_CARRIER_PSK) % 2 == 0,
	     "CONFIG_CARRIER_PSK must be pairs of hexadecimal digits, CONFIG_CARRIER_MAX_KEY at most");
BUILD_ASSERT(LENGTH(CONFIG_CARRIER_PSK_IDENTITY) <= CONFIG_CARRIER_MAX_IDENTITY,
	     "CONFIG_CARRIER_PSK_IDENTITY is longer than CONFIG_CARRIER_MAX_IDENTITY");
BUILD_ASSERT(LENGTH(CONFIG_CARRIER_ENDPOINT_NAME) <= CONFIG_CARRIER_MAX_ENDPOINT,
	     "CONFIG_CARRIER_ENDPOINT_NAME is longer than CONFIG_CARRIER_MAX_ENDPOINT");
BUILD_ASSERT(LENGTH(CONFIG_CARRIER_APN) <= 63, "CONFIG_CARRIER_APN has 63 bytes at most");
BUILD_ASSERT(LENGTH(CONFIG_CARRIER_MANUFACTURER) <= 32 && LENGTH(CONFIG_CARRIER_MODEL_NUMBER) <= 32 &&
	     LENGTH(CONFIG_CARRIER_DEVICE_TYPE) <= 32 &&
	     LENGTH(CONFIG_CARRIER_HARDWARE_VERSION) <= 32 &&
	     LENGTH(CONFIG_CARRIER_SOFTWARE_VERSION) <= 32,
	     "texts about the device (CONFIG_CARRIER_MANUFACTURER to _SOFTWARE_VERSION) have 32 bytes "
	     "at most");
#if defined(CONFIG_CARRIER_ENDPOINT_CUSTOM)
BUILD_ASSERT(LENGTH(CONFIG_CARRIER_ENDPOINT_NAME) > 0,
	     "CONFIG_CARRIER_ENDPOINT_CUSTOM needs CONFIG_CARRIER_ENDPOINT_NAME");
#endif
#if DT_NODE_HAS_PROP(NODE, storage)
#if DT_HAS_CHOSEN(zephyr_settings_partition)
#define SETTINGS_PARTITION DT_CHOSEN(zephyr_settings_partition)
#else
#define SETTINGS_PARTITION DT_NODELABEL(storage_partition)
#endif
BUILD_ASSERT(DT_SAME_NODE(DT_PHANDLE(NODE, storage), SETTINGS_PARTITION),
	     "the storage of the lwm2m-carrier node must be the partition of the settings subsystem "
	     "(chosen zephyr,settings-partition, or storage_partition)");
#endif
#if defined(CONFIG_CARRIER_DTLS)
#if defined(CONFIG_MBEDTLS_ENABLE_HEAP)
BUILD_ASSERT(CONFIG_MBEDTLS_HEAP_SIZE >= 12288,
	     "CONFIG_MBEDTLS_HEAP_SIZE must be about 10 kB for each DTLS session: 12288 at least");
#endif
BUILD_ASSERT(CONFIG_NET_SOCKETS_TLS_MAX_CONTEXTS > CONFIG_CARRIER_MAX_SERVERS,
	     "CONFIG_NET_SOCKETS_TLS_MAX_CONTEXTS must be CONFIG_CARRIER_MAX_SERVERS + 1 at least");
#endif
#if defined(CONFIG_CARRIER_SOCKETS)
BUILD_ASSERT(CONFIG_NET_SOCKETS_POLL_MAX >= CONFIG_CARRIER_MAX_SERVERS + 2,
	     "CONFIG_NET_SOCKETS_POLL_MAX must be CONFIG_CARRIER_MAX_SERVERS + 2 at least");
#endif
#if !defined(CONFIG_SETTINGS)
#error "CONFIG_CARRIER needs CONFIG_SETTINGS=y with a back end (NVS on flash, for example)"
#endif

#if !defined(CONFIG_CARRIER_NATIVE_OPTIONS)
const
#endif
struct carrier_kconfig carrier_kconfig = {
	.server_uri = CONFIG_CARRIER_SERVER_URI,
	.psk_identity = CONFIG_CARRIER_PSK_IDENTITY,
	.psk = CONFIG_CARRIER_PSK,
	.endpoint_name = CONFIG_CARRIER_ENDPOINT_NAME,
	.apn = CONFIG_CARRIER_APN,
	.manufacturer = CONFIG_CARRIER_MANUFACTURER,
	.model_number = CONFIG_CARRIER_MODEL_NUMBER,
	.device_type = CONFIG_CARRIER_DEVICE_TYPE,
	.hardware_version = CONFIG_CARRIER_HARDWARE_VERSION,
	.software_version = CONFIG_CARRIER_SOFTWARE_VERSION,
	.modem_imei = COND_CODE_1(CONFIG_CARRIER_MODEM_SIMULATED, (CONFIG_CARRIER_MODEM_IMEI), ("")),
};

#if defined(CONFIG_CARRIER_NATIVE_OPTIONS)
#include <cmdline.h>
#include <posix_native_task.h>

/* An option that is given takes the place of the Kconfig symbol of nearly the same name. */
static char *server_uri, *psk_identity, *psk, *endpoint_name;

#define OPTION(name_, field, text)                                                                 \
	{                                                                                          \
		.option = "carrier_" #field, .name = name_, .type = 's', .dest = (void *)&field,   \
		.descript = text,                                                                  \
	}

static void add_options(void)
{
	static struct args_struct_t options[] = {
		OPTION("URI", server_uri, "Server to begin with, in place of CONFIG_CARRIER_SERVER_URI"),
		OPTION("text", psk_identity, "Identity of its key"),
		OPTION("hex", psk, "Its key, in hexadecimal digits"),
		OPTION("text", endpoint_name, "Endpoint name"),
		ARG_TABLE_ENDMARKER,
	};

	native_add_command_line_opts(options);
}

NATIVE_TASK(add_options, PRE_BOOT_1, 1);

#define TAKE(field) carrier_kconfig.field = field != NULL ? field : carrier_kconfig.field

static void take_options(void)
{
	TAKE(server_uri);
	TAKE(psk_identity);
	TAKE(psk);
	TAKE(endpoint_name);
}

NATIVE_TASK(take_options, PRE_BOOT_2, 1);
#endif /* CONFIG_CARRIER_NATIVE_OPTIONS */
