/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the library needs of Zephyr, as plain functions: system calls, inline functions and macros
 * have no symbol that Rust could call. src/zephyr/os.rs declares the same functions.
 */
#ifndef LWM2M_CARRIER_SHIM_H_
#define LWM2M_CARRIER_SHIM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kconfig values that are not known when the library is compiled: texts, and what goes with them. */
struct carrier_kconfig {
	const char *server_uri;
	const char *psk_identity;
	const char *psk;
	const char *endpoint_name;
	const char *apn;
	const char *manufacturer;
	const char *model_number;
	const char *device_type;
	const char *hardware_version;
	const char *software_version;
	const char *modem_imei;
};
#if defined(CONFIG_CARRIER_NATIVE_OPTIONS)
/* Changed by the command line before Zephyr boots, and not afterwards. */
extern struct carrier_kconfig carrier_kconfig;
#else
extern const struct carrier_kconfig carrier_kconfig;
#endif

/* os.c: threads, time, log */
int64_t carrier_os_uptime(void);
void carrier_os_random(void *bytes, size_t len);
void carrier_os_log(int level, const char *text, size_t len);
void carrier_os_panic(void);
void carrier_os_reboot(void);
void carrier_os_lock(void);
void carrier_os_unlock(void);
/* Starts the carrier thread, if it does not run. */
void carrier_os_start(void);
/* Does not return. */
void carrier_os_rest(void);
void carrier_os_sleep(uint32_t milliseconds);
/* lwm2m_carrier_init() has its result; the wait for it. */
void carrier_os_initialised(void);
void carrier_os_wait_initialised(void);
/* Runs the work item that delivers events; once more if it runs already. */
void carrier_os_deliver(void);
/* Ends the wait that the carrier thread is in, or its next one. */
void carrier_os_wake(void);
/*
 * Waits for one of the sockets, for carrier_os_wake(), or for so many milliseconds (negative: for
 * ever). Returns a bit for each socket that has something to say; sockets below 0 are passed over.
 */
uint32_t carrier_os_wait(const int *sockets, size_t count, int64_t timeout);

/* net.c: sessions. A tag below 0 is plain UDP. All return a negative errno when they fail. */
int carrier_net_open(const char *host, uint16_t port, int64_t tag, bool *handshake);
int carrier_net_send(int socket, const void *bytes, size_t len);
int carrier_net_receive(int socket, void *bytes, size_t len);
void carrier_net_close(int socket);
/* Puts a part of a credential into the TLS credential store; bytes are not copied. */
int carrier_net_credential(uint32_t tag, bool identity, const void *bytes, size_t len);

/* store.c: records, by name */
int carrier_store_init(void);
int carrier_store_load(const char *name, void *bytes, size_t len);
int carrier_store_save(const char *name, const void *bytes, size_t len);
int carrier_store_erase(const char *name);

/* slot.c: the partition for a firmware image, of size 0 where there is none. Written from its start. */
size_t carrier_slot_size(void);
int carrier_slot_write(uint32_t offset, const void *bytes, size_t len);
int carrier_slot_read(uint32_t offset, void *bytes, size_t len);

/* uart.c: the byte stream to an AT modem */
int carrier_uart_init(void);
size_t carrier_uart_read(uint8_t *bytes, size_t len);
bool carrier_uart_ready(void);
size_t carrier_uart_write(const uint8_t *bytes, size_t len);

/* nrf91.c: Nordic's modem library. Lines from the modem, put by its interrupt, taken by the thread. */
void carrier_nrf91_line(const char *text);
size_t carrier_nrf91_read(uint8_t *bytes, size_t len);
bool carrier_nrf91_ready(void);
/* Connects the interrupt; where the memory begins that is shared with the modem. */
uint32_t carrier_nrf91_prepare(void);
unsigned int carrier_nrf91_lock(void);
void carrier_nrf91_unlock(unsigned int key);

/* What C calls in the library. The first is there in an archive only. */
void carrier_prepare(void);
void carrier_main(void);
/* Hands one event to the application; true if there are more. */
bool carrier_deliver(void);
/* The interrupt of the modem, with CONFIG_CARRIER_MODEM_NRF91. */
void carrier_nrf91_interrupt(void);

#endif /* LWM2M_CARRIER_SHIM_H_ */
