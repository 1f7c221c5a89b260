/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

/**
 * @file lwm2m_carrier.h
 * @brief C API of the carrier library.
 *
 * Functions, events, reasons and errors are those of version 0.10.0 of the interface, with its
 * numbers; what came later stands beside them. A number is never changed and never used again.
 * Events and errors of this library's own begin at 32.
 *
 * **Threads.** Every function can be called from any thread, also from the event handler where
 * nothing else is said, and from no interrupt. A call may wait a moment for the library's own
 * thread. lwm2m_carrier_init() and lwm2m_carrier_run() take as long as is said there.
 *
 * **Results.** 0 is success. An error is a negative number of the C library's errno.h, and then
 * nothing was changed. A function that acts on the library's data returns -ENOENT before
 * lwm2m_carrier_init() was called; that is not repeated below.
 *
 * **Texts** are UTF-8 and end with a NUL. Each has a longest length, given in bytes without the
 * NUL: of one that is longer, or has no end, the library reads that many bytes and one more, and
 * returns -E2BIG. Other bytes than UTF-8 are -EINVAL.
 *
 * **Ownership.** The library copies what it is given, except the configuration's texts: these
 * must stay where they are, unchanged, as long as the application runs. What an event points to
 * is there until the handler returns.
 */

#ifndef LWM2M_CARRIER_H_
#define LWM2M_CARRIER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @name Events
 *
 * `lwm2m_carrier_event_t.type`. They arrive in the order in which they happened, one at a time.
 * "Server" is a device management server where nothing else is said.
 * @{
 */

/**
 * The modem is initialised.
 * - lwm2m_carrier_init(), each time that it got as far.
 *
 * Later initialisations of the modem (after a firmware update, or when it restarted by itself) are
 * not told.
 */
#define LWM2M_CARRIER_EVENT_BSDLIB_INIT 1

/**
 * The LTE link is being brought up.
 * - lwm2m_carrier_init().
 * - Keys were written to the modem, or could not be: the link was taken down for that.
 * - A firmware update was installed, or could not be.
 * - The modem restarted by itself.
 * - The network took the link away: at once, after #LWM2M_CARRIER_EVENT_DISCONNECTED.
 * - The time of a #LWM2M_CARRIER_EVENT_DEFERRED for the link is over.
 * - lwm2m_carrier_request() with #LWM2M_CARRIER_REQUEST_LINK_UP.
 */
#define LWM2M_CARRIER_EVENT_CONNECTING 2

/**
 * The LTE link is up: the device is registered in a network and has its packet data connection.
 * - Follows #LWM2M_CARRIER_EVENT_CONNECTING, when that succeeds.
 */
#define LWM2M_CARRIER_EVENT_CONNECTED 3

/**
 * The LTE link is being taken down.
 * - Keys are to be written, which the modem takes only while it is offline: those of the
 *   configuration at the first start, those of a bootstrap server, and those that could not be
 *   written before, after a day.
 * - A server executed Update (/5/0/2): the firmware is about to be installed.
 * - lwm2m_carrier_request() with #LWM2M_CARRIER_REQUEST_LINK_DOWN.
 */
#define LWM2M_CARRIER_EVENT_DISCONNECTING 4

/**
 * The LTE link is down.
 * - Follows #LWM2M_CARRIER_EVENT_DISCONNECTING; after #LWM2M_CARRIER_EVENT_ERROR with
 *   #LWM2M_CARRIER_ERROR_DISCONNECT_FAIL where the modem did not obey.
 * - The network detached the device or took its packet data connection away.
 */
#define LWM2M_CARRIER_EVENT_DISCONNECTED 5

/**
 * The bootstrap sequence is done: the servers' accounts are stored, their keys are in the modem.
 * With a bootstrap server in the configuration:
 * - The first start; later starts find the accounts in the storage.
 * - The stored accounts were damaged.
 * - A server executed Bootstrap-Request Trigger (/1/x/9).
 * - A server executed Factory Reset (/3/0/5).
 * - The SIM is another operator's than that of the accounts.
 * - Every attempt to register was used up, and the account asks for a bootstrap then
 *   (/1/x/16, which is so unless a server wrote otherwise).
 */
#define LWM2M_CARRIER_EVENT_BOOTSTRAPPED 6

/**
 * Registered with a server, which from now on reads, writes, executes and observes.
 * - The first registration that succeeds after each #LWM2M_CARRIER_EVENT_LTE_READY.
 * - The first one after each #LWM2M_CARRIER_EVENT_DEREGISTERED.
 *
 * Registrations with further servers, Updates, and registrations made again because a server
 * forgot the device are not told.
 */
#define LWM2M_CARRIER_EVENT_REGISTERED 7

/**
 * An attempt failed and is made again later. Data: #lwm2m_carrier_event_deferred_t.
 * - The modem could not be initialised, or the link not brought up.
 * - A bootstrap failed, unless a server had asked for it: that one is not repeated.
 * - A registration failed, or an Update did, with one server; others may be registered.
 *
 * It comes in place of #LWM2M_CARRIER_EVENT_CONNECTED, #LWM2M_CARRIER_EVENT_BOOTSTRAPPED or
 * #LWM2M_CARRIER_EVENT_REGISTERED, which follow when a later attempt succeeds;
 * #LWM2M_CARRIER_EVENT_ERROR follows when all are used up.
 */
#define LWM2M_CARRIER_EVENT_DEFERRED 8

/**
 * A firmware image arrives: the application ends its TLS and DTLS sessions at once, as modems have
 * few of them and the update needs memory. Data: #lwm2m_carrier_event_fota_start_t.
 * - A server pushes an image: it wrote the first block of Package (/5/0/0).
 */
#define LWM2M_CARRIER_EVENT_FOTA_START 9

/**
 * The library is about to reboot the device. A handler that returns 0 lets it do so; one that
 * returns anything else reboots the device itself, as soon as the application is ready for it:
 * the library goes on as before until then.
 * - A server executed Reboot (/3/0/4).
 * - lwm2m_carrier_request() with #LWM2M_CARRIER_REQUEST_REBOOT.
 */
#define LWM2M_CARRIER_EVENT_REBOOT 10

/**
 * The link is up and will stay so, as nothing has to be written to the modem: the application may
 * use it.
 * - Before the library registers: after lwm2m_carrier_run() where there are accounts, after
 *   #LWM2M_CARRIER_EVENT_BOOTSTRAPPED, and each time that the link came up again.
 * - A bootstrap that a server had asked for failed, or there is no bootstrap server: the old
 *   accounts go on.
 * - lwm2m_carrier_request() with #LWM2M_CARRIER_REQUEST_REGISTER after
 *   #LWM2M_CARRIER_REQUEST_DEREGISTER.
 */
#define LWM2M_CARRIER_EVENT_LTE_READY 11

/**
 * Something failed. Data: #lwm2m_carrier_event_error_t.
 * - As each LWM2M_CARRIER_ERROR_ says.
 */
#define LWM2M_CARRIER_EVENT_ERROR 20

/**
 * De-registered from a server; once for each server that the device was registered with.
 * - lwm2m_carrier_request() with #LWM2M_CARRIER_REQUEST_DEREGISTER.
 * - A server executed Disable (/1/x/4); the library registers again after Disable Timeout.
 *
 * A server that does not answer the De-register counts as one that did. The registrations that
 * end before a bootstrap, a factory reset or #LWM2M_CARRIER_REQUEST_LINK_DOWN are not told.
 */
#define LWM2M_CARRIER_EVENT_DEREGISTERED 32

/**
 * The modem warns of its own state. Data: #lwm2m_carrier_event_modem_domain_t.
 * - It is too hot, or its battery is low: it may turn the radio off by itself. The library turns
 *   it on again later.
 * - It was restarted too often: it does not attach for 30 minutes.
 */
#define LWM2M_CARRIER_EVENT_MODEM_DOMAIN 33

/**
 * A server wrote data for the application. Data: #lwm2m_carrier_event_app_data_t.
 * - A Write, a Create or a Write-Composite with /19/x/0/y or /10250/0/1: for each value in it. One that
 *   is written again before its event comes has one event.
 */
#define LWM2M_CARRIER_EVENT_APP_DATA 34

/**
 * How a confirmable notification ended. Data: #lwm2m_carrier_event_notification_t.
 * One whose observation or session ends before that has no result, and neither have those that
 * need no acknowledgement.
 */
#define LWM2M_CARRIER_EVENT_NOTIFICATION 35

/**
 * What became of lwm2m_carrier_data_send() or lwm2m_carrier_data_send_paths().
 * Data: #lwm2m_carrier_event_sent_t.
 */
#define LWM2M_CARRIER_EVENT_SENT 36

/** @} */

/**
 * @name Warnings of the modem
 *
 * `lwm2m_carrier_event_modem_domain_t`.
 * @{
 */
#define LWM2M_CARRIER_MODEM_DOMAIN_ME_OVERHEATED  0 /**< Too hot. */
#define LWM2M_CARRIER_MODEM_DOMAIN_ME_BATTERY_LOW 1 /**< The battery is low. */
#define LWM2M_CARRIER_MODEM_DOMAIN_RESET_LOOP     2 /**< Too many restarts. */
/** @} */

/**
 * @name Ends of a notification
 *
 * `lwm2m_carrier_event_notification_t`.
 * @{
 */
#define LWM2M_CARRIER_NOTIFICATION_ACKNOWLEDGED 0 /**< The server acknowledged it. */
#define LWM2M_CARRIER_NOTIFICATION_TIMED_OUT    1 /**< No acknowledgement came. */
#define LWM2M_CARRIER_NOTIFICATION_RESET        2 /**< Rejected: the observation has ended. */
/** @} */

/**
 * @name Reasons to defer
 *
 * `lwm2m_carrier_event_deferred_t.reason`.
 * @{
 */

/** The link: no network in time, no SIM that can be used, or the modem did not obey. */
#define LWM2M_CARRIER_DEFERRED_NO_REASON 0
/** The link: the network refused the packet data connection. Look at APN and subscription. */
#define LWM2M_CARRIER_DEFERRED_PDN_ACTIVATE 1
/** The bootstrap server: its name is not known, or there is no route to it. */
#define LWM2M_CARRIER_DEFERRED_BOOTSTRAP_NO_ROUTE 2
/** The bootstrap server: the DTLS handshake failed. Look at key and identity. */
#define LWM2M_CARRIER_DEFERRED_BOOTSTRAP_CONNECT 3
/**
 * The bootstrap server: it did not answer, refused the request, did not finish in time, or what it
 * wrote makes no account. Look whether it knows the endpoint name.
 */
#define LWM2M_CARRIER_DEFERRED_BOOTSTRAP_SEQUENCE 4
/** A server: its name is not known, or there is no route to it. */
#define LWM2M_CARRIER_DEFERRED_SERVER_NO_ROUTE 5
/** A server: the DTLS handshake failed. Look at key and identity. */
#define LWM2M_CARRIER_DEFERRED_SERVER_CONNECT 6
/** A server: it did not answer the registration, or refused it. */
#define LWM2M_CARRIER_DEFERRED_SERVER_REGISTRATION 7

/** @} */

/**
 * @name Errors
 *
 * `lwm2m_carrier_event_error_t.code`; after each, what `value` is.
 * @{
 */

/** No error. Never told. */
#define LWM2M_CARRIER_ERROR_NO_ERROR 0
/**
 * Every attempt to initialise the modem and bring the link up is used up. The library rests until
 * #LWM2M_CARRIER_REQUEST_LINK_UP, lwm2m_carrier_init() (where lwm2m_carrier_run() was not called)
 * or a reboot.
 * - -ETIMEDOUT: no network in time. -ECONNREFUSED: the network refused the packet data connection.
 *   -EPERM: there is no SIM, or it is locked or broken. -EIO: the modem did not obey.
 */
#define LWM2M_CARRIER_ERROR_CONNECT_FAIL 1
/**
 * The link could not be taken down. The library goes on as if it could.
 * - -ETIMEDOUT: the modem did not leave the network in time. -EIO: it did not obey.
 */
#define LWM2M_CARRIER_ERROR_DISCONNECT_FAIL 2
/**
 * The bootstrap failed.
 * - -EACCES: a key could not be written to the modem. It is tried again after a day.
 * - 0: every attempt is used up, and the library rests until a reboot. A bootstrap that a server
 *   had asked for has one attempt, and without success the old accounts go on.
 */
#define LWM2M_CARRIER_ERROR_BOOTSTRAP 3
/**
 * The firmware image was refused.
 * - -ENOMEM: it is too large. -EINVAL: it is damaged. -EPERM: it is of no kind that the modem
 *   takes. -EIO: the modem could not store it.
 */
#define LWM2M_CARRIER_ERROR_FOTA_PKG 4
/** The server of a firmware image speaks otherwise than it must. Not told: images are pushed. */
#define LWM2M_CARRIER_ERROR_FOTA_PROTO 5
/** The server of a firmware image cannot be reached. Not told: images are pushed. */
#define LWM2M_CARRIER_ERROR_FOTA_CONN 6
/**
 * The rest of a firmware image did not come.
 * - -ENETDOWN.
 */
#define LWM2M_CARRIER_ERROR_FOTA_CONN_LOST 7
/**
 * A firmware image that had arrived whole could not be installed; the old firmware goes on.
 * - -EFAULT.
 */
#define LWM2M_CARRIER_ERROR_FOTA_FAIL 8
/**
 * Every attempt to register with a server is used up, and a bootstrap is not to follow or followed
 * already. Without any other server the library rests until a reboot.
 * - -EHOSTUNREACH.
 */
#define LWM2M_CARRIER_ERROR_CONNECT 32
/**
 * The configuration does not lead to a server, and the library rests: there is none, its URI or
 * key cannot be used, or the endpoint name is made of something that modem or SIM do not tell.
 * - -EINVAL.
 */
#define LWM2M_CARRIER_ERROR_CONFIGURATION 33

/** @} */

/**
 * @name Power sources
 *
 * /3/0/6, Available Power Sources. There is no 3.
 * @{
 */
#define LWM2M_CARRIER_POWER_SOURCE_DC               0 /**< Direct current. */
#define LWM2M_CARRIER_POWER_SOURCE_INTERNAL_BATTERY 1 /**< The device's own battery. */
#define LWM2M_CARRIER_POWER_SOURCE_EXTERNAL_BATTERY 2 /**< A battery outside. */
#define LWM2M_CARRIER_POWER_SOURCE_ETHERNET         4 /**< Power over Ethernet. */
#define LWM2M_CARRIER_POWER_SOURCE_USB              5 /**< USB. */
#define LWM2M_CARRIER_POWER_SOURCE_AC               6 /**< Mains. */
#define LWM2M_CARRIER_POWER_SOURCE_SOLAR            7 /**< Solar. */
/** @} */

/**
 * @name Error codes of the device
 *
 * /3/0/11, Error Code. 16 to 32 are the device's own.
 * @{
 */
#define LWM2M_CARRIER_ERROR_CODE_NO_ERROR                0 /**< None. */
#define LWM2M_CARRIER_ERROR_CODE_LOW_CHARGE              1 /**< The battery is low. */
#define LWM2M_CARRIER_ERROR_CODE_EXTERNAL_SUPPLY_OFF     2 /**< Power from outside is off. */
#define LWM2M_CARRIER_ERROR_CODE_GPS_FAILURE             3 /**< The GPS module failed. */
#define LWM2M_CARRIER_ERROR_CODE_LOW_SIGNAL              4 /**< The signal is weak. */
#define LWM2M_CARRIER_ERROR_CODE_OUT_OF_MEMORY           5 /**< Memory is used up. */
#define LWM2M_CARRIER_ERROR_CODE_SMS_FAILURE             6 /**< SMS failed. */
#define LWM2M_CARRIER_ERROR_CODE_IP_CONNECTIVITY_FAILURE 7 /**< IP connectivity failed. */
#define LWM2M_CARRIER_ERROR_CODE_PERIPHERAL_MALFUNCTION  8 /**< A peripheral does not work. */
/** @} */

/**
 * @name Battery status
 *
 * /3/0/20, Battery Status: of the internal battery.
 * @{
 */
#define LWM2M_CARRIER_BATTERY_STATUS_NORMAL          0 /**< In use, not charging. */
#define LWM2M_CARRIER_BATTERY_STATUS_CHARGING        1 /**< Charging. */
#define LWM2M_CARRIER_BATTERY_STATUS_CHARGE_COMPLETE 2 /**< Charged, and supplied from outside. */
#define LWM2M_CARRIER_BATTERY_STATUS_DAMAGED         3 /**< Damaged. */
#define LWM2M_CARRIER_BATTERY_STATUS_LOW_BATTERY     4 /**< Low. */
#define LWM2M_CARRIER_BATTERY_STATUS_NOT_INSTALLED   5 /**< There is none. */
#define LWM2M_CARRIER_BATTERY_STATUS_UNKNOWN         6 /**< Not known. */
/** @} */

/**
 * @name Identities of a host
 *
 * The Resource Instances of /16/x/0, Identity.
 * @{
 */
#define LWM2M_CARRIER_IDENTITY_ID           0 /**< Identifier, such as an IMEI. */
#define LWM2M_CARRIER_IDENTITY_MANUFACTURER 1 /**< Manufacturer. */
#define LWM2M_CARRIER_IDENTITY_MODEL        2 /**< Model. */
#define LWM2M_CARRIER_IDENTITY_SW_VERSION   3 /**< Version of the software. */
/** @} */

/**
 * @name Requests
 * @{
 */
/** Reboot the device, as if a server had executed Reboot: #LWM2M_CARRIER_EVENT_REBOOT follows. */
#define LWM2M_CARRIER_REQUEST_REBOOT     0
/** Bring the link up again after #LWM2M_CARRIER_REQUEST_LINK_DOWN, or where the library rests. */
#define LWM2M_CARRIER_REQUEST_LINK_UP    1
/** De-register from every server, and take the link down. */
#define LWM2M_CARRIER_REQUEST_LINK_DOWN  2
/** Send an Update to every server; after #LWM2M_CARRIER_REQUEST_DEREGISTER, register again. */
#define LWM2M_CARRIER_REQUEST_REGISTER   3
/** De-register from every server and stay so; the link stays up. */
#define LWM2M_CARRIER_REQUEST_DEREGISTER 4
/** @} */

/**
 * @name Types of the packet data connection
 * @{
 */
/** What Kconfig says: IPv4 and IPv6, unless it was changed there. */
#define LWM2M_CARRIER_PDN_TYPE_IPV4V6 0
/** IPv4. */
#define LWM2M_CARRIER_PDN_TYPE_IPV4   1
/** IPv6. */
#define LWM2M_CARRIER_PDN_TYPE_IPV6   2
/** @} */

/** Data of #LWM2M_CARRIER_EVENT_FOTA_START. */
typedef struct {
	/** Where the image comes from; NULL when a server pushes it, as all do now. */
	const char *uri;
} lwm2m_carrier_event_fota_start_t;

/** Data of #LWM2M_CARRIER_EVENT_DEFERRED. */
typedef struct {
	/** Why: LWM2M_CARRIER_DEFERRED_. */
	uint32_t reason;
	/** Seconds until the next attempt, at most INT32_MAX. */
	int32_t timeout;
} lwm2m_carrier_event_deferred_t;

/** Data of #LWM2M_CARRIER_EVENT_ERROR. */
typedef struct {
	/** What failed: LWM2M_CARRIER_ERROR_. */
	uint32_t code;
	/** Details, as the code says. */
	int32_t value;
} lwm2m_carrier_event_error_t;

/** Data of #LWM2M_CARRIER_EVENT_MODEM_DOMAIN: LWM2M_CARRIER_MODEM_DOMAIN_. */
typedef uint32_t lwm2m_carrier_event_modem_domain_t;

/** Data of #LWM2M_CARRIER_EVENT_NOTIFICATION: LWM2M_CARRIER_NOTIFICATION_. */
typedef uint32_t lwm2m_carrier_event_notification_t;

/**
 * Data of #LWM2M_CARRIER_EVENT_SENT: 0 when the server took the values, -ETIMEDOUT when it did not
 * answer, else the CoAP code of its answer as a number of three digits, as 404.
 */
typedef int32_t lwm2m_carrier_event_sent_t;

/** A path, for lwm2m_carrier_data_send_paths(). */
typedef struct {
	/** Identifiers of Object, Object Instance, Resource, Resource Instance. */
	const uint16_t *path;
	/** How many of them, 1 to 4. */
	uint8_t path_len;
} lwm2m_carrier_path_t;

/** Data of #LWM2M_CARRIER_EVENT_APP_DATA. */
typedef struct {
	/** Where the data is: identifiers, Object ID first. There until the handler returns. */
	const uint16_t *path;
	/** Identifiers: 4 for /19/x/0/y, 3 for /10250/0/1. */
	uint8_t path_len;
} lwm2m_carrier_event_app_data_t;

/** An event. */
typedef struct {
	/** Which: LWM2M_CARRIER_EVENT_. Numbers that are not known are to be passed over. */
	uint32_t type;
	/** The structure that the event names; NULL where it names none. */
	const void *data;
} lwm2m_carrier_event_t;

/**
 * The configuration. A field that is 0, NULL, an empty text or `false` is as Kconfig says, so that
 * `lwm2m_carrier_config_t config = {0};` is what NULL is.
 *
 * At most one of `bootstrap_uri` and `server_uri` is given; either replaces the server of Kconfig.
 * Texts are not copied, see Ownership above.
 */
typedef struct {
	/**
	 * Bootstrap server: coap://host[:port] or coaps://host[:port], up to
	 * CONFIG_CARRIER_MAX_URI bytes (128).
	 */
	const char *bootstrap_uri;
	/**
	 * Pre-shared key of the first server: two hexadecimal digits for each byte, up to
	 * CONFIG_CARRIER_MAX_KEY bytes (32, which are 64 digits).
	 */
	const char *psk;
	/** Access Point Name, up to 63 bytes. */
	const char *apn;
	/**
	 * The device is being certified. Networks without a profile of their own have no server for
	 * that: one of the URIs must be given here.
	 */
	bool certification_mode;
	/** Device management server, in place of a bootstrap server; form as above. */
	const char *server_uri;
	/**
	 * Identity that goes with the key, up to CONFIG_CARRIER_MAX_IDENTITY bytes (64). A key needs
	 * one, from here or Kconfig.
	 */
	const char *psk_identity;
	/**
	 * Security tag of the first server's key. Without `psk`, here and in Kconfig, the modem or
	 * the credential storage has the key under this tag already. The keys of further servers go
	 * to the tags behind it.
	 */
	uint32_t server_sec_tag;
	/** Lifetime of the registration with `server_uri`, in seconds, from 1. */
	int32_t server_lifetime;
	/**
	 * Seconds after which a silent DTLS session is closed; -1: never. In queue mode
	 * MAX_TRANSMIT_WAIT (RFC 7252; 93 seconds by default) at least. Where the session cannot be
	 * resumed, it costs a registration, and observations end with it.
	 */
	int32_t session_idle_timeout;
	/** A notification is confirmable once in so many seconds, up to 86400; -1: each one is. */
	int32_t coap_con_interval;
	/** Type of the packet data connection: LWM2M_CARRIER_PDN_TYPE_. */
	uint8_t pdn_type;
	/** /3/0/0, Manufacturer, up to 32 bytes. In Kconfig empty: what the modem says. */
	const char *manufacturer;
	/** /3/0/1, Model Number, up to 32 bytes. In Kconfig empty: what the modem says. */
	const char *model_number;
	/** /3/0/17, Device Type, up to 32 bytes. In Kconfig empty: `Module`. */
	const char *device_type;
	/** /3/0/18, Hardware Version, up to 32 bytes. In Kconfig empty: what the modem says. */
	const char *hardware_version;
	/** /3/0/19, Software Version, up to 32 bytes. In Kconfig empty: this library's version. */
	const char *software_version;
	/**
	 * Endpoint name in place of one made from IMEI and subscriber's number, up to
	 * CONFIG_CARRIER_MAX_ENDPOINT bytes (64).
	 */
	const char *endpoint_name;
} lwm2m_carrier_config_t;

/** What the library is at. Fields may be added at its end. */
typedef struct {
	/** The LTE link is up. */
	bool link_up;
	/** The device is registered with at least one server. */
	bool registered;
} lwm2m_carrier_status_t;

/**
 * @brief Initialise the modem and bring up the LTE link.
 *
 * Waits until the link is up, or every attempt at it is used up, which may take many minutes:
 * #LWM2M_CARRIER_EVENT_DEFERRED tells of each that failed. Events arrive meanwhile, so it must not
 * be called on the thread of the event handler. An application for which the library starts
 * itself (the default of Kconfig) does not call it. After an error of modem or network it can be
 * called again; the first configuration stays. It takes about 2,300 bytes of the caller's stack on a
 * Cortex-M; without CONFIG_CARRIER_THREAD all of the library's work is done there.
 *
 * @param config What deviates from Kconfig, or NULL for nothing. The structure may go after the
 *               call, its texts must stay.
 *
 * @retval 0 The link is up.
 * @retval -EINVAL A field is out of its range or is not of its form; both URIs are given; there is
 *         a key but no identity or no server for it; `certification_mode` without a URI; the
 *         endpoint name is made of something that the modem does not tell.
 * @retval -E2BIG A text is longer than its field says.
 * @retval -EALREADY It was called before, and succeeded or is not finished; or, after an error,
 *         now with another key.
 * @retval -ETIMEDOUT There was no network in time.
 * @retval -ECONNREFUSED The network refused the packet data connection.
 * @retval -EPERM There is no SIM, or it is locked or broken.
 * @retval -EIO The modem did not obey.
 */
int lwm2m_carrier_init(const lwm2m_carrier_config_t *config);

/**
 * @brief Bootstrap where needed, register, and serve the servers from then on.
 *
 * Called on a thread of its own after lwm2m_carrier_init() has returned 0, once. Never returns.
 * An application for which the library starts itself does not call it.
 */
void lwm2m_carrier_run(void);

/**
 * @brief The application's event handler: the application implements it.
 *
 * It is called in a work item, on the library's work queue or the system's, never on the library's
 * own thread. A slow one delays the events behind it; while CONFIG_CARRIER_EVENT_QUEUE_SIZE of them
 * wait the library rests, so that none is lost. It must not call
 * lwm2m_carrier_init() or lwm2m_carrier_run(). Without one, events are dropped, and a reboot is
 * agreed to.
 *
 * @param event The event, there until the handler returns.
 *
 * @return For #LWM2M_CARRIER_EVENT_REBOOT as is said there; otherwise it has no meaning, and
 *         should be 0.
 */
int lwm2m_carrier_event_handler(const lwm2m_carrier_event_t *event);

/**
 * @brief Read time, UTC offset and time zone at once.
 *
 * The time comes from the network, from a server or from lwm2m_carrier_utc_time_write(), whichever
 * came last.
 *
 * @param utc_time   Takes what lwm2m_carrier_utc_time_read() returns; NULL: not wanted.
 * @param utc_offset Takes what lwm2m_carrier_utc_offset_read() returns; NULL: not wanted.
 * @param tz         Takes what lwm2m_carrier_timezone_read() returns; NULL: not wanted.
 */
void lwm2m_carrier_time_read(int32_t *utc_time, int *utc_offset, const char **tz);

/**
 * @brief Read the time, /3/0/13.
 *
 * @return Seconds since 1970-01-01T00:00:00Z, from the year 2038 on INT32_MAX; 0 while the time is
 *         not known.
 */
int32_t lwm2m_carrier_utc_time_read(void);

/**
 * @brief Set the time, /3/0/13.
 *
 * @param time Seconds since 1970-01-01T00:00:00Z, not negative.
 *
 * @retval 0 Done.
 * @retval -EINVAL It is negative.
 */
int lwm2m_carrier_utc_time_write(int32_t time);

/**
 * @brief Read the UTC offset, /3/0/14.
 *
 * @return Minutes, east of Greenwich positive; 0 while it is not known, or when a server wrote
 *         something that is no offset of ISO 8601.
 */
int lwm2m_carrier_utc_offset_read(void);

/**
 * @brief Set the UTC offset, /3/0/14.
 *
 * @param offset Minutes, -720 to 840.
 *
 * @retval 0 Done.
 * @retval -EINVAL It is out of range.
 */
int lwm2m_carrier_utc_offset_write(int offset);

/**
 * @brief Read the time zone, /3/0/15.
 *
 * @return Its name in the IANA database, empty while it is not known; never NULL. The text is the
 *         library's: it changes with the next call of this function or lwm2m_carrier_time_read()
 *         after the time zone has changed.
 */
const char *lwm2m_carrier_timezone_read(void);

/**
 * @brief Set the time zone, /3/0/15.
 *
 * @param tz A name from the IANA database, up to 32 bytes.
 *
 * @retval 0 Done.
 * @retval -EINVAL It is NULL or no UTF-8.
 * @retval -E2BIG It is too long.
 */
int lwm2m_carrier_timezone_write(const char *tz);

/**
 * @brief Say which power sources there are, /3/0/6.
 *
 * To be called before the other functions on power. Voltages and currents become 0. With an
 * internal battery its level becomes 0 and its status UNKNOWN; without one the level is 0 and the
 * status NOT_INSTALLED.
 *
 * @param power_sources      LWM2M_CARRIER_POWER_SOURCE_, one each; NULL only with a count of 0.
 * @param power_source_count How many, 0 to 7. One that is named twice counts once.
 *
 * @retval 0 Done.
 * @retval -EINVAL The pointer is NULL, or there is no such power source.
 * @retval -E2BIG There are more than 7.
 */
int lwm2m_carrier_avail_power_sources_set(const uint8_t *power_sources,
					  uint8_t power_source_count);

/**
 * @brief Set the voltage of a power source, /3/0/7. That of the internal battery is what the
 * modem measures until it is set.
 *
 * @param power_source LWM2M_CARRIER_POWER_SOURCE_.
 * @param value        Millivolts.
 *
 * @retval 0 Done.
 * @retval -EINVAL There is no such power source.
 * @retval -ENODEV The device does not have it.
 */
int lwm2m_carrier_power_source_voltage_set(uint8_t power_source, int32_t value);

/**
 * @brief Set the current of a power source, /3/0/8.
 *
 * @param power_source LWM2M_CARRIER_POWER_SOURCE_.
 * @param value        Milliamperes.
 *
 * @retval 0 Done.
 * @retval -EINVAL There is no such power source.
 * @retval -ENODEV The device does not have it.
 */
int lwm2m_carrier_power_source_current_set(uint8_t power_source, int32_t value);

/**
 * @brief Set the level of the internal battery, /3/0/9.
 *
 * @param battery_level Percent, 0 to 100.
 *
 * @retval 0 Done.
 * @retval -EINVAL It is out of range.
 * @retval -ENODEV The device has no internal battery.
 */
int lwm2m_carrier_battery_level_set(uint8_t battery_level);

/**
 * @brief Set the status of the internal battery, /3/0/20.
 *
 * @param battery_status LWM2M_CARRIER_BATTERY_STATUS_.
 *
 * @retval 0 Done.
 * @retval -EINVAL There is no such status.
 * @retval -ENODEV The device has no internal battery.
 */
int lwm2m_carrier_battery_status_set(int32_t battery_status);

/**
 * @brief Set the device type, /3/0/17.
 *
 * @param device_type Up to 32 bytes, not empty.
 *
 * @retval 0 Done.
 * @retval -EINVAL It is NULL, empty or no UTF-8.
 * @retval -E2BIG It is too long.
 */
int lwm2m_carrier_device_type_set(const char *device_type);

/**
 * @brief Set the hardware version, /3/0/18.
 *
 * @param hardware_version Up to 32 bytes, not empty.
 *
 * @retval 0 Done.
 * @retval -EINVAL It is NULL, empty or no UTF-8.
 * @retval -E2BIG It is too long.
 */
int lwm2m_carrier_hardware_version_set(const char *hardware_version);

/**
 * @brief Set the software version, /3/0/19.
 *
 * @param software_version Up to 32 bytes, not empty.
 *
 * @retval 0 Done.
 * @retval -EINVAL It is NULL, empty or no UTF-8.
 * @retval -E2BIG It is too long.
 */
int lwm2m_carrier_software_version_set(const char *software_version);

/**
 * @brief Report an error code, /3/0/11.
 *
 * @param error_code LWM2M_CARRIER_ERROR_CODE_, or 16 to 32 for an error of the device's own.
 *                   NO_ERROR takes every one back. One that is reported already stays so.
 *
 * @retval 0 Done.
 * @retval -EINVAL There is no such code.
 */
int lwm2m_carrier_error_code_add(int32_t error_code);

/**
 * @brief Take an error code back, /3/0/11.
 *
 * @param error_code As for lwm2m_carrier_error_code_add(), but not NO_ERROR.
 *
 * @retval 0 Done.
 * @retval -EINVAL There is no such code.
 * @retval -ENOENT It is not reported.
 */
int lwm2m_carrier_error_code_remove(int32_t error_code);

/**
 * @brief Set the total memory, /3/0/21.
 *
 * @param memory_total Kilobytes, at most INT32_MAX.
 *
 * @retval 0 Done.
 * @retval -EINVAL It is out of range.
 */
int lwm2m_carrier_memory_total_set(uint32_t memory_total);

/**
 * @brief The application's free memory, /3/0/10: an application that knows it implements this.
 *
 * The library calls it when a message came in from a server, and in
 * lwm2m_carrier_memory_total_set(). It must return at once, and call no function of this library.
 *
 * @return Kilobytes that are free; a negative number where that is not known, as it is in an
 *         application without this function.
 */
int lwm2m_carrier_memory_free_read(void);

/**
 * @brief Read an identity of a host, /16/x/0.
 *
 * @param instance_id   Object Instance of the host; 0 is the primary host, this device.
 * @param identity_type LWM2M_CARRIER_IDENTITY_.
 * @param buffer        Takes the text with its NUL. NULL: only the length is wanted.
 * @param buffer_len    Goes in as the length of the buffer, and comes out as that of the text; both
 *                      with the NUL. It also comes out with -ENOMEM.
 *
 * @retval 0 Done.
 * @retval -EINVAL `buffer_len` is NULL, or there is no such type.
 * @retval -ENOENT There is no such instance, it does not have this identity, or the build has no
 *         Portfolio object (CONFIG_CARRIER_OBJECT_PORTFOLIO).
 * @retval -ENOMEM The buffer is too short; it is as it was.
 */
int lwm2m_carrier_identity_read(uint16_t instance_id, uint16_t identity_type, char *buffer,
				uint16_t *buffer_len);

/**
 * @brief Set an identity of a host, /16/x/0.
 *
 * @param instance_id   Object Instance of the host. That of the primary host cannot be set.
 * @param identity_type LWM2M_CARRIER_IDENTITY_.
 * @param value         Up to 32 bytes.
 *
 * @retval 0 Done.
 * @retval -EPERM The instance is 0, the primary host.
 * @retval -EINVAL `value` is NULL or no UTF-8, or there is no such type.
 * @retval -ENOENT There is no such instance, or the build has no Portfolio object.
 * @retval -E2BIG The text is too long.
 */
int lwm2m_carrier_identity_write(uint16_t instance_id, uint16_t identity_type, const char *value);

/**
 * @brief Create an Object Instance of the Portfolio object, for one more host.
 *
 * @param instance_id Object Instance ID, 0 to 65534.
 *
 * @retval 0 Done.
 * @retval -EINVAL There is one with this number, or it is 65535.
 * @retval -ENOMEM There is no room for one more (CONFIG_CARRIER_MAX_PORTFOLIO_INSTANCES).
 * @retval -ENOENT The build has no Portfolio object.
 */
int lwm2m_carrier_portfolio_instance_create(uint16_t instance_id);

/**
 * @brief Give servers what was logged, /20/0/4014/0, in place of what was there.
 *
 * The data is copied. A server starts and stops the log, and says in which format it wants the data,
 * /20/0/4015. lwm2m_carrier_data_send() with this path sends it.
 *
 * @param buf     Bytes of any meaning.
 * @param buf_len How many, up to CONFIG_CARRIER_LOG_DATA_SIZE (128).
 *
 * @retval 0 Done.
 * @retval -EINVAL `buf` is NULL.
 * @retval -ENOMEM The data is too long.
 * @retval -EPERM A server has the log stopped. What was logged before is still there.
 * @retval -ENOENT lwm2m_carrier_init() was not called yet, or the build has no Event Log object
 *         (CONFIG_CARRIER_OBJECT_EVENT_LOG).
 */
int lwm2m_carrier_log_data_set(const uint8_t *buf, size_t buf_len);

/**
 * @brief Say where the device is, /6/0/0 to /6/0/3 and /6/0/5.
 *
 * Before the first call, servers read no position. NAN stands for what is not known: that of
 * math.h, or any other.
 *
 * @param latitude    Degrees north, -90 to 90.
 * @param longitude   Degrees east, -180 to 180.
 * @param altitude    Metres above sea level, or NAN.
 * @param timestamp   When that was so: seconds since 1970-01-01T00:00:00Z.
 * @param uncertainty Metres within which it is so, from 0, or NAN.
 *
 * @retval 0 Done.
 * @retval -EINVAL A number is out of its range, or infinite; latitude or longitude is NAN; or the
 *         timestamp is before that of the last call.
 * @retval -ENOENT lwm2m_carrier_init() was not called yet, or the build has no Location object
 *         (CONFIG_CARRIER_OBJECT_LOCATION).
 */
int lwm2m_carrier_location_set(double latitude, double longitude, float altitude,
			       uint32_t timestamp, float uncertainty);

/**
 * @brief Set data for servers, /19/x/0/y or /10250/0/0.
 *
 * @param path     Identifiers, Object ID first.
 * @param path_len How many: 4 for /19/x/0/y, 3 for /10250/0/0.
 * @param buf      The data. NULL: the Resource Instance /19/x/0/y is deleted.
 * @param len      Bytes, up to CONFIG_CARRIER_APP_DATA_SIZE (128).
 *
 * @retval 0 Done.
 * @retval -EINVAL There can be no such data, or /10250/0/0 is to be deleted.
 * @retval -ENOENT lwm2m_carrier_init() was not called yet, there is no such instance, or the build
 *         has no such object (CONFIG_CARRIER_OBJECT_BINARY_APP_DATA, CONFIG_CARRIER_OBJECT_APP_DATA).
 * @retval -ENOMEM The data is too long, or there is no room for one more Resource Instance.
 */
int lwm2m_carrier_app_data_set(const uint16_t *path, uint8_t path_len, const uint8_t *buf,
			       size_t len);

/**
 * @brief Read the data at /19/x/0/y, or what a server wrote to /10250/0/1.
 *
 * @param path     Identifiers, Object ID first.
 * @param path_len How many: 4 for /19/x/0/y, 3 for /10250/0/1.
 * @param buf      Takes the data. NULL: only the length is wanted.
 * @param len      Goes in as the length of the buffer, and comes out as that of the data. It also
 *                 comes out with -ENOMEM.
 *
 * @retval 0 Done.
 * @retval -EINVAL There can be no such data, or `len` is NULL.
 * @retval -ENOENT There is no such data.
 * @retval -ENOMEM The buffer is too short; it is as it was.
 */
int lwm2m_carrier_app_data_read(const uint16_t *path, uint8_t path_len, uint8_t *buf, size_t *len);

/**
 * @brief Say how the device moves, /6/0/4; its speed along the path, /6/0/6, follows from that.
 *
 * NAN stands for what is not known. /6/0/4 has whole kilometres per hour: a vertical speed above 255
 * is said as 255, and an uncertainty above 254 as not known.
 *
 * @param heading       Degrees clockwise from north, 0 to 359.
 * @param speed_h       Metres per second over ground, 0 to 18204.
 * @param speed_v       Metres per second upwards, -32767 to 32767, or NAN.
 * @param uncertainty_h Uncertainty of `speed_h` in metres per second, from 0, or NAN.
 * @param uncertainty_v Uncertainty of `speed_v` likewise; of no meaning where that is NAN.
 *
 * @retval 0 Done.
 * @retval -EINVAL A number is out of its range, or infinite; or `speed_h` is NAN.
 * @retval -ENOENT lwm2m_carrier_init() was not called yet, or the build has no Location object.
 */
int lwm2m_carrier_velocity_set(int heading, float speed_h, float speed_v, float uncertainty_h,
			       float uncertainty_v);

/**
 * @brief Ask for something, without waiting for it.
 *
 * What comes of it is told by events. A request that makes no sense in the library's present
 * state (such as LINK_UP while the link is up) does nothing.
 *
 * @param request LWM2M_CARRIER_REQUEST_.
 *
 * @retval 0 Handed over.
 * @retval -EINVAL There is no such request.
 */
int lwm2m_carrier_request(int request);

/**
 * @brief Send values to the first server that is registered with and takes them (LwM2M Send).
 *
 * The values are read when the message goes out. What became of it: #LWM2M_CARRIER_EVENT_SENT.
 *
 * @param path     Identifiers of Object, Object Instance, Resource, Resource Instance.
 * @param path_len How many of them, 1 to 4; with fewer than 4, what lies below is sent.
 *
 * @retval 0 The message goes out.
 * @retval -EINVAL `path` is NULL, or the length is out of range.
 * @retval -EPERM Servers may not read the resource.
 * @retval -ENOENT There is nothing at the path that a server may read.
 * @retval -EINPROGRESS The answer to an earlier message is still awaited.
 * @retval -ECANCELED The server does not want it: Mute Send, /1/x/23, is set.
 * @retval -ENOTSUP The library was built without Send, or without SenML.
 * @retval -ENOTCONN The device is not registered with a server of LwM2M 1.1 or later.
 */
int lwm2m_carrier_data_send(const uint16_t *path, uint8_t path_len);

/**
 * @brief Send the values at several paths, and what was recorded of them, in one message.
 *
 * As lwm2m_carrier_data_send() otherwise. The paths are copied.
 *
 * @param paths The paths.
 * @param count How many, 1 to CONFIG_CARRIER_MAX_PATHS (16). Observations of several paths take from
 *              the same room.
 *
 * @retval 0 The message goes out.
 * @retval -EINVAL `paths` or a path in it is NULL, the length of one is out of range, or there are none
 *         or too many.
 * @retval -EPERM Servers may not read a resource.
 * @retval -ENOENT There is nothing at a path that a server may read, or lwm2m_carrier_init() was not
 *         called yet.
 * @retval -EINPROGRESS The answer to an earlier message is still awaited.
 * @retval -ECANCELED The server does not want it: Mute Send, /1/x/23, is set.
 * @retval -ENOTSUP The library was built without SenML.
 * @retval -ENOTCONN The device is not registered with a server of LwM2M 1.1 or later.
 */
int lwm2m_carrier_data_send_paths(const lwm2m_carrier_path_t *paths, size_t count);

/**
 * @brief Record a value as it is now, for the next lwm2m_carrier_data_send_paths().
 *
 * The next message whose paths are this one or one above it carries the value with its time, beside
 * what is there then. lwm2m_carrier_data_send() does the same. When there is no room, the oldest record
 * goes (CONFIG_CARRIER_MAX_SAMPLES, 8). Records stay until a server took them; they do not survive a
 * restart.
 *
 * @param path     Identifiers of Object, Object Instance, Resource, Resource Instance. The value is a
 *                 number, a time or a truth value.
 * @param path_len How many of them: 4 for an instance of a multiple resource, else 3.
 *
 * @retval 0 Done.
 * @retval -EINVAL `path` is NULL, the length is out of range, or the value is of another kind.
 * @retval -ENOENT There is nothing at the path that a server may read, or lwm2m_carrier_init() was not
 *         called yet.
 * @retval -EINPROGRESS There is no room, and the answer to a message is still awaited.
 */
int lwm2m_carrier_data_record(const uint16_t *path, uint8_t path_len);

/**
 * @brief Tell what the library is at.
 *
 * @param status Takes the answer.
 *
 * @retval 0 Done.
 * @retval -EINVAL `status` is NULL.
 */
int lwm2m_carrier_status_get(lwm2m_carrier_status_t *status);

#ifdef __cplusplus
}
#endif

#endif /* LWM2M_CARRIER_H_ */
