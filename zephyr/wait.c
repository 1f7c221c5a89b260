/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the carrier thread waits for.
 */
#include <errno.h>

#include <zephyr/init.h>
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

#include "shim.h"

LOG_MODULE_DECLARE(lwm2m_carrier, CONFIG_CARRIER_LOG_LEVEL);

#if defined(CONFIG_CARRIER_SOCKETS)
#include <zephyr/net/socket.h>
#include <zephyr/zvfs/eventfd.h>

/* With sockets, the only thing that a thread can wait for beside them is another descriptor. */
static int wake_fd = -1;

static int wake_init(void)
{
	wake_fd = zvfs_eventfd(0, ZVFS_EFD_NONBLOCK);
	if (wake_fd < 0) {
		LOG_ERR("no descriptor for CONFIG_CARRIER: raise CONFIG_ZVFS_EVENTFD_MAX and "
			"CONFIG_ZVFS_OPEN_MAX");
		return -errno;
	}
	return 0;
}

SYS_INIT(wake_init, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);

void carrier_os_wake(void)
{
	(void)zvfs_eventfd_write(wake_fd, 1);
}

uint32_t carrier_os_wait(const int *sockets, size_t count, int64_t timeout)
{
	struct zsock_pollfd fds[CONFIG_CARRIER_MAX_SERVERS + 2] = {
		{ .fd = wake_fd, .events = ZSOCK_POLLIN },
	};
	uint32_t ready = 0;
	zvfs_eventfd_t value;

	count = MIN(count, ARRAY_SIZE(fds) - 1);
	for (size_t i = 0; i < count; i++) {
		fds[i + 1].fd = sockets[i];
		fds[i + 1].events = ZSOCK_POLLIN;
	}
	if (zsock_poll(fds, count + 1, timeout < 0 ? -1 : (int)MIN(timeout, INT32_MAX)) < 0) {
		LOG_ERR("poll: %d", errno);
		/* Whatever it is, it must not become a loop without a rest. */
		k_sleep(K_MSEC(100));
		return 0;
	}
	(void)zvfs_eventfd_read(wake_fd, &value);
	for (size_t i = 0; i < count; i++) {
		if (sockets[i] >= 0 && fds[i + 1].revents != 0) {
			ready |= BIT(i);
		}
	}
	return ready;
}

#else
static K_SEM_DEFINE(wake, 0, 1);

void carrier_os_wake(void)
{
	k_sem_give(&wake);
}

uint32_t carrier_os_wait(const int *sockets, size_t count, int64_t timeout)
{
	ARG_UNUSED(sockets);
	ARG_UNUSED(count);
	(void)k_sem_take(&wake, timeout < 0 ? K_FOREVER : K_MSEC(timeout));
	return 0;
}
#endif /* CONFIG_CARRIER_SOCKETS */
