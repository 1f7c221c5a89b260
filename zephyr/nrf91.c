/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What Nordic's modem library needs of Zephyr: its interrupt, its memory, waiting without using the
 * processor. The nrf-modem crate has all of this too, but made for a system without threads: its waits
 * are loops, and its interrupt has a priority that irq_lock() does not mask. So the linker exchanges
 * these functions for those below (--wrap, see CMakeLists.txt).
 */
#include <errno.h>
#include <string.h>

#include <cmsis_core.h>
#include <zephyr/devicetree.h>
#include <zephyr/irq.h>
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/sys/ring_buffer.h>
#include <zephyr/sys/util.h>

#include "shim.h"

LOG_MODULE_DECLARE(lwm2m_carrier, CONFIG_CARRIER_LOG_LEVEL);

#if defined(CONFIG_NRFX_IPC)
#error "CONFIG_CARRIER_MODEM_NRF91 cannot be used with CONFIG_NRFX_IPC: the modem library has that driver"
#endif

#if !defined(CONFIG_FP_HARDABI)
#error "CONFIG_CARRIER_MODEM_NRF91 needs CONFIG_FP_HARDABI: the modem library is compiled for it"
#endif

#define IPC    DT_NODELABEL(ipc)
#define MEMORY DT_NODELABEL(sram0_ns_modem)

BUILD_ASSERT(DT_NODE_EXISTS(MEMORY) && DT_NODE_HAS_PROP(MEMORY, reg),
	     "CONFIG_CARRIER_MODEM_NRF91 needs the memory that is shared with the modem as devicetree "
	     "node sram0_ns_modem");

#define MEMORY_BASE DT_REG_ADDR(MEMORY)
#define MEMORY_SIZE DT_REG_SIZE(MEMORY)
/* Only the lower 128 kB can be shared. */
BUILD_ASSERT(MEMORY_BASE >= 0x20000000 && MEMORY_BASE + MEMORY_SIZE <= 0x20020000,
	     "sram0_ns_modem must be within the lower 128 kB of RAM");
BUILD_ASSERT(MEMORY_BASE + MEMORY_SIZE <= CONFIG_SRAM_BASE_ADDRESS ||
	     MEMORY_BASE >= CONFIG_SRAM_BASE_ADDRESS + CONFIG_SRAM_SIZE * 1024,
	     "sram0_ns_modem must not be a part of the image's own RAM: set chosen { zephyr,sram = "
	     "&sram0_ns_app; }");
/* What the library keeps for control is 0x4e8 bytes. */
BUILD_ASSERT(0x4e8 + CONFIG_CARRIER_MODEM_NRF91_TX_SIZE + CONFIG_CARRIER_MODEM_NRF91_RX_SIZE <= MEMORY_SIZE,
	     "CONFIG_CARRIER_MODEM_NRF91_TX_SIZE and _RX_SIZE do not fit sram0_ns_modem");
BUILD_ASSERT(CONFIG_CARRIER_MODEM_NRF91_TX_SIZE % 4 == 0 &&
	     CONFIG_CARRIER_MODEM_NRF91_RX_SIZE % 4 == 0,
	     "CONFIG_CARRIER_MODEM_NRF91_TX_SIZE and _RX_SIZE must be multiples of 4");
/* The library has its own numbers. */
BUILD_ASSERT(EPERM == 1 && EAGAIN == 11 && ENOMEM == 12 && EINVAL == 22 && ESHUTDOWN == 110,
	     "the C library numbers errors in another way than Nordic's modem library");

extern bool nrf_modem_is_initialized(void);

/* Bytes from the modem, put there by its interrupt. */
RING_BUF_DECLARE(received, CONFIG_CARRIER_MODEM_NRF91_BUFFER_SIZE);
static struct k_spinlock guard;
static bool overrun;

/* Where the last line of `text` begins: behind the last end of a line. */
static size_t last_line(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] != '\n') {
		len--;
	}
	return len;
}

static void put(const char *text, size_t len)
{
	(void)ring_buf_put(&received, (const uint8_t *)text, len);
}

void carrier_nrf91_line(const char *text)
{
	static const char end[] = "\r\n";
	size_t len = strlen(text);
	size_t last;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
		len--;
	}
	/* The last line of an answer is its result, which must not be lost. */
	last = last_line(text, len);
	K_SPINLOCK(&guard) {
		const size_t space = ring_buf_space_get(&received);
		const size_t least = len - last + sizeof(end) - 1;

		if (space < least) {
			overrun = true;
		} else {
			if (space < last + least) {
				overrun = true;
				put(text, last_line(text, space - least));
			} else {
				put(text, last);
			}
			put(text + last, len - last);
			put(end, sizeof(end) - 1);
		}
	}
	carrier_os_wake();
}

size_t carrier_nrf91_read(uint8_t *bytes, size_t len)
{
	bool lost = false;
	size_t count = 0;

	K_SPINLOCK(&guard) {
		count = ring_buf_get(&received, bytes, len);
		lost = overrun;
		overrun = false;
	}
	if (lost) {
		LOG_WRN("the modem said more than CONFIG_CARRIER_MODEM_NRF91_BUFFER_SIZE holds");
	}
	return count;
}

bool carrier_nrf91_ready(void)
{
	bool ready = false;

	K_SPINLOCK(&guard) {
		ready = !ring_buf_is_empty(&received);
	}
	return ready;
}

#if defined(CONFIG_ARM_TRUSTZONE_M) && !defined(CONFIG_TRUSTED_EXECUTION_NONSECURE)
#include <hal/nrf_spu.h>

/*
 * The library uses the non-secure addresses of two peripherals, and the modem sees non-secure memory
 * only. In a secure image both must be made so first.
 */
static void make_non_secure(void)
{
	const uint32_t all = NRF_SPU_MEM_PERM_READ | NRF_SPU_MEM_PERM_WRITE | NRF_SPU_MEM_PERM_EXECUTE;
	const uint32_t region = CONFIG_NRF_SPU_RAM_REGION_SIZE;

	BUILD_ASSERT(MEMORY_BASE % CONFIG_NRF_SPU_RAM_REGION_SIZE == 0 &&
		     MEMORY_SIZE % CONFIG_NRF_SPU_RAM_REGION_SIZE == 0,
		     "sram0_ns_modem must be whole regions of the system protection unit");
	for (uint32_t at = MEMORY_BASE; at < MEMORY_BASE + MEMORY_SIZE; at += region) {
		nrf_spu_ramregion_set(NRF_SPU, (at - 0x20000000) / region, false, all, false);
	}
	nrf_spu_peripheral_set(NRF_SPU, NRFX_PERIPHERAL_ID_GET(NRF_IPC), false, false, false);
	nrf_spu_peripheral_set(NRF_SPU, NRFX_PERIPHERAL_ID_GET(NRF_REGULATORS), false, false, false);
}
#else
static void make_non_secure(void)
{
}
#endif

static void on_interrupt(const void *unused)
{
	ARG_UNUSED(unused);
	carrier_nrf91_interrupt();
}

uint32_t carrier_nrf91_prepare(void)
{
	make_non_secure();
	IRQ_CONNECT(DT_IRQN(IPC), DT_IRQ(IPC, priority), on_interrupt, NULL, 0);
	return MEMORY_BASE;
}

unsigned int carrier_nrf91_lock(void)
{
	return irq_lock();
}

void carrier_nrf91_unlock(unsigned int key)
{
	irq_unlock(key);
}

uint32_t __real_nrfx_ipc_init(uint8_t priority, void (*handler)(uint8_t, void *), void *context);

uint32_t __wrap_nrfx_ipc_init(uint8_t priority, void (*handler)(uint8_t, void *), void *context)
{
	/* With priority 0, as it sets it, the interrupt would break into critical sections. */
	const uint32_t masked = __get_PRIMASK();
	uint32_t result;

	__disable_irq();
	result = __real_nrfx_ipc_init(priority, handler, context);
	NVIC_SetPriority((IRQn_Type)DT_IRQN(IPC), DT_IRQ(IPC, priority) + _IRQ_PRIO_OFFSET);
	__set_PRIMASK(masked);
	return result;
}

/*
 * Threads wait here for the library. Each notification wakes all of them, and one that comes when none
 * waits is kept. They look again once a second in any case, so that one which comes at the wrong moment
 * of two threads costs no more than that.
 */
#define SLICE 1000
static K_SEM_DEFINE(notified, 0, 1);
static atomic_t waiting;

int32_t __wrap_nrf_modem_os_timedwait(uint32_t context, int32_t *timeout)
{
	const int64_t begin = k_uptime_get();
	const int32_t most = *timeout < 0 ? SLICE : MIN(*timeout, SLICE);
	bool woken;

	ARG_UNUSED(context);
	if (k_is_in_isr()) {
		return -EPERM;
	}
	if (!nrf_modem_is_initialized()) {
		return -ESHUTDOWN;
	}
	(void)atomic_inc(&waiting);
	woken = k_sem_take(&notified, K_MSEC(most)) == 0;
	(void)atomic_dec(&waiting);
	if (!nrf_modem_is_initialized()) {
		return -ESHUTDOWN;
	}
	if (*timeout >= 0) {
		*timeout = (int32_t)MAX(*timeout - (k_uptime_get() - begin), 0);
		if (*timeout == 0 && !woken) {
			return -EAGAIN;
		}
	}
	return 0;
}

void __wrap_nrf_modem_os_event_notify(uint32_t context)
{
	ARG_UNUSED(context);
	for (atomic_val_t count = MAX(atomic_get(&waiting), 1); count > 0; count--) {
		k_sem_give(&notified);
	}
}

/* Version 0.11 of the crate does not have it, and the library needs it to shut down. */
__weak int nrf_modem_os_sleep(uint32_t timeout)
{
	(void)k_sleep(K_MSEC(timeout));
	return 0;
}

void __wrap_nrf_modem_os_shutdown(void)
{
	__wrap_nrf_modem_os_event_notify(0);
}

/* As many as the library needs (NRF_MODEM_OS_NUM_SEM_REQUIRED, NRF_MODEM_OS_NUM_MUTEX_REQUIRED). */
static struct k_sem semaphores[9];
static struct k_mutex mutex;

int __wrap_nrf_modem_os_sem_init(void **sem, unsigned int initial_count, unsigned int limit)
{
	static size_t taken;

	if (sem == NULL || initial_count > limit) {
		return -EINVAL;
	}
	if (*sem == NULL) {
		/* After a shutdown it asks for all of them again, or keeps those it has. */
		*sem = &semaphores[taken];
		taken = (taken + 1) % ARRAY_SIZE(semaphores);
	}
	return k_sem_init(*sem, initial_count, limit);
}

void __wrap_nrf_modem_os_sem_give(void *sem)
{
	k_sem_give(sem);
}

static k_timeout_t limit(int timeout)
{
	if (timeout == 0 || k_is_in_isr()) {
		return K_NO_WAIT;
	}
	return timeout < 0 ? K_FOREVER : K_MSEC(timeout);
}

int __wrap_nrf_modem_os_sem_take(void *sem, int timeout)
{
	return k_sem_take(sem, limit(timeout)) == 0 ? 0 : -EAGAIN;
}

unsigned int __wrap_nrf_modem_os_sem_count_get(void *sem)
{
	return k_sem_count_get(sem);
}

int __wrap_nrf_modem_os_mutex_init(void **place)
{
	if (place == NULL) {
		return -EINVAL;
	}
	*place = &mutex;
	return k_mutex_init(&mutex);
}

int __wrap_nrf_modem_os_mutex_lock(void *place, int timeout)
{
	return k_mutex_lock(place, limit(timeout)) == 0 ? 0 : -EAGAIN;
}

int __wrap_nrf_modem_os_mutex_unlock(void *place)
{
	return k_mutex_unlock(place);
}
