/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The byte stream to an AT modem on a UART, received by interrupt.
 */
#include <errno.h>

#include <zephyr/devicetree.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/sys/ring_buffer.h>

#include "shim.h"

LOG_MODULE_DECLARE(lwm2m_carrier, CONFIG_CARRIER_LOG_LEVEL);

#define NODE DT_COMPAT_GET_ANY_STATUS_OKAY(lwm2m_carrier_at_modem)

BUILD_ASSERT(DT_HAS_COMPAT_STATUS_OKAY(lwm2m_carrier_at_modem),
	     "CONFIG_CARRIER_MODEM_UART needs a node with compatible = \"lwm2m-carrier-at-modem\" on a "
	     "UART in the devicetree");

static const struct device *const uart = DEVICE_DT_GET(DT_BUS(NODE));

RING_BUF_DECLARE(received, CONFIG_CARRIER_MODEM_UART_BUFFER_SIZE);
static struct k_spinlock guard;
static bool overrun;

/* A descriptor cannot be written to from an interrupt. */
static void wake_handler(struct k_work *work)
{
	ARG_UNUSED(work);
	carrier_os_wake();
}

static K_WORK_DEFINE(wake_work, wake_handler);

static void on_interrupt(const struct device *dev, void *user_data)
{
	uint8_t bytes[16];
	int count;

	ARG_UNUSED(user_data);
	while (uart_irq_update(dev) && uart_irq_rx_ready(dev)) {
		count = uart_fifo_read(dev, bytes, sizeof(bytes));
		if (count <= 0) {
			break;
		}
		K_SPINLOCK(&guard) {
			/* What does not fit is lost; the dialect finds the next line by itself. */
			overrun |= ring_buf_put(&received, bytes, count) < (uint32_t)count;
		}
		(void)k_work_submit(&wake_work);
	}
}

int carrier_uart_init(void)
{
	if (!device_is_ready(uart)) {
		LOG_ERR("the modem's UART is not ready");
		return -ENODEV;
	}
	uart_irq_rx_disable(uart);
	uart_irq_tx_disable(uart);
	if (uart_irq_callback_user_data_set(uart, on_interrupt, NULL) < 0) {
		LOG_ERR("the modem's UART has no interrupts");
		return -ENOTSUP;
	}
	uart_irq_rx_enable(uart);
	return 0;
}

size_t carrier_uart_read(uint8_t *bytes, size_t len)
{
	size_t count = 0;

	K_SPINLOCK(&guard) {
		count = ring_buf_get(&received, bytes, len);
		if (overrun) {
			overrun = false;
			LOG_WRN("the modem said more than CONFIG_CARRIER_MODEM_UART_BUFFER_SIZE holds");
		}
	}
	return count;
}

bool carrier_uart_ready(void)
{
	bool ready = false;

	K_SPINLOCK(&guard) {
		ready = !ring_buf_is_empty(&received);
	}
	return ready;
}

size_t carrier_uart_write(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uart_poll_out(uart, bytes[i]);
	}
	return len;
}
