/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * An AT modem on a UART: what the library says arrives there, what the modem says moves the link.
 */
#include <string.h>

#include <zephyr/device.h>
#include <zephyr/drivers/serial/uart_emul.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/util.h>
#include <zephyr/ztest.h>

#include <lwm2m_carrier.h>

/* The default connection's number: other modems than the nRF91 count from 1. */
#define CONTEXT COND_CODE_1(CONFIG_CARRIER_MODEM_UART_NRF91, ("0"), ("1"))

static const struct device *const uart = DEVICE_DT_GET(DT_NODELABEL(modem_uart));

/* The emulated bus wants a device, and an emulator, for each node on it. */
DEVICE_DT_DEFINE(DT_NODELABEL(at_modem), NULL, NULL, NULL, NULL, POST_KERNEL,
		 CONFIG_KERNEL_INIT_PRIORITY_DEVICE, NULL);

K_MSGQ_DEFINE(events, sizeof(uint32_t), 32, 4);
K_MSGQ_DEFINE(said, 1, 512, 1);

int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	return k_msgq_put(&events, &event->type, K_NO_WAIT);
}

static void say(const char *text)
{
	const size_t len = strlen(text);

	zassert_equal(uart_emul_put_rx_data(uart, (const uint8_t *)text, len), len);
}

/* What a modem in a test network answers; to everything else, OK. */
static void answer(const char *line)
{
	static const struct {
		const char *command;
		const char *answer;
	} answers[] = {
		{ "AT+CGMI", "\r\nTest modems\r\n" },
		{ "AT+CGSN=1", "\r\n+CGSN: \"490154203237518\"\r\n" },
		{ "AT+CGSN", "\r\n490154203237518\r\n" },
		{ "AT+CPIN?", "\r\n+CPIN: READY\r\n" },
		{ "AT+CGACT?", "\r\n+CGACT: " CONTEXT ",1\r\n" },
		{ "AT+CIMI", "\r\n001010123456789\r\n" },
		{ "AT+CESQ", "\r\n+CESQ: 99,99,255,255,20,55\r\n" },
		{ "AT+CCLK?", "\r\n+CME ERROR: 30\r\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		if (strcmp(line, answers[i].command) == 0) {
			say(answers[i].answer);
		}
	}
	if (strcmp(line, "AT+CCLK?") != 0) {
		say("\r\nOK\r\n");
	}
	if (strcmp(line, "AT+CFUN=1") == 0) {
		/* In pieces: a line ends when it ends. */
		say("\r\n+CGEV: ME PDN ");
		say("ACT " CONTEXT "\r\n+CEREG: 1,\"002F\",\"0012BEEF\",7\r\n");
	}
}

static void modem(void *p1, void *p2, void *p3)
{
	char line[128];
	size_t len = 0;
	char byte;

	ARG_UNUSED(p1);
	ARG_UNUSED(p2);
	ARG_UNUSED(p3);
	while (k_msgq_get(&said, &byte, K_FOREVER) == 0) {
		if (byte != '\r' && byte != '\n') {
			line[len++] = byte;
			zassert_true(len < sizeof(line));
		} else if (len > 0) {
			line[len] = '\0';
			len = 0;
			answer(line);
		}
	}
}

K_THREAD_DEFINE(modem_thread, 4096, modem, NULL, NULL, NULL, 5, 0, 0);

static void on_transmit(const struct device *dev, size_t size, void *user_data)
{
	uint8_t byte;

	ARG_UNUSED(size);
	ARG_UNUSED(user_data);
	while (uart_emul_get_tx_data(dev, &byte, 1) == 1) {
		zassert_ok(k_msgq_put(&said, &byte, K_NO_WAIT));
	}
}

static void expect(uint32_t type)
{
	uint32_t event = 0;

	zassert_ok(k_msgq_get(&events, &event, K_SECONDS(20)), "event %u does not come", type);
	zassert_equal(event, type, "event %u instead of %u", event, type);
}

static void *initialise(void)
{
	uart_emul_callback_tx_data_ready_set(uart, on_transmit, NULL);
	zassert_ok(lwm2m_carrier_init(NULL));
	return NULL;
}

ZTEST_SUITE(uart, NULL, initialise, NULL, NULL, NULL);

/* Tests run by name. */
ZTEST(uart, test_1_the_link_comes_up)
{
	char imei[33];
	uint16_t len = sizeof(imei);

	expect(LWM2M_CARRIER_EVENT_BSDLIB_INIT);
	expect(LWM2M_CARRIER_EVENT_CONNECTING);
	expect(LWM2M_CARRIER_EVENT_CONNECTED);
	zassert_ok(lwm2m_carrier_identity_read(0, LWM2M_CARRIER_IDENTITY_ID, imei, &len));
	zassert_str_equal(imei, "490154203237518");
}

ZTEST(uart, test_2_the_network_takes_the_link_away)
{
	say("\r\n+CGEV: NW DETACH\r\n");
	expect(LWM2M_CARRIER_EVENT_DISCONNECTED);
	expect(LWM2M_CARRIER_EVENT_CONNECTING);
	say("\r\n+CGEV: ME PDN ACT " CONTEXT "\r\n");
	expect(LWM2M_CARRIER_EVENT_CONNECTED);
}

ZTEST(uart, test_3_more_than_the_buffer_holds_does_no_harm)
{
	static const char junk[] = "\r\n%UNKNOWN: 0123456789012345678901234567890123456789\r\n";

	for (int i = 0; i < 100; i++) {
		/* What the UART does not take is lost, as on a wire. */
		(void)uart_emul_put_rx_data(uart, (const uint8_t *)junk, sizeof(junk) - 1);
	}
	k_sleep(K_MSEC(100));
	say("\r\n+CGEV: NW DETACH\r\n");
	expect(LWM2M_CARRIER_EVENT_DISCONNECTED);
	expect(LWM2M_CARRIER_EVENT_CONNECTING);
}
