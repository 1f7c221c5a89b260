/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The library starts by itself; the application is told what happens.
 */
#include <lwm2m_carrier.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event)
{
	printk("event %u\n", event->type);
	return 0;
}
int main(void)
{
	return 0;
}
