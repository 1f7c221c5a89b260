/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Sessions over Zephyr's sockets: UDP, and DTLS 1.2 with pre-shared keys.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <zephyr/sys/util.h>

#include "shim.h"

LOG_MODULE_DECLARE(lwm2m_carrier, CONFIG_CARRIER_LOG_LEVEL);

#if defined(CONFIG_CARRIER_SOCKETS)
#include <zephyr/net/net_ip.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>

#if defined(CONFIG_CARRIER_DTLS)
static int secure(int fd, sec_tag_t tag)
{
	const sec_tag_t tags[] = { tag };
	const int verify = TLS_PEER_VERIFY_NONE;

	if (zsock_setsockopt(fd, SOL_TLS, TLS_SEC_TAG_LIST, tags, sizeof(tags)) < 0) {
		return -errno;
	}
	/* Both ends have the same key: there is no certificate to be verified. */
	if (zsock_setsockopt(fd, SOL_TLS, TLS_PEER_VERIFY, &verify, sizeof(verify)) < 0) {
		return -errno;
	}
#if defined(CONFIG_CARRIER_DTLS_CID)
	const int cid = TLS_DTLS_CID_ENABLED;

	if (zsock_setsockopt(fd, SOL_TLS, TLS_DTLS_CID, &cid, sizeof(cid)) < 0) {
		LOG_WRN("no Connection ID: %d", errno);
	}
#endif
	return 0;
}
#endif /* CONFIG_CARRIER_DTLS */

static int try_address(const struct sockaddr *address, int64_t tag, bool *handshake)
{
	const bool dtls = tag >= 0;
	/* Not what a resolver says: the PC's own, which native_sim passes on, has another length. */
	const socklen_t len = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							     : sizeof(struct sockaddr_in);
	int protocol = IPPROTO_UDP;
	int fd;
	int err = 0;

	if (dtls) {
#if defined(CONFIG_CARRIER_DTLS)
		protocol = IPPROTO_DTLS_1_2;
#else
		return -EPROTONOSUPPORT;
#endif
	}
	fd = zsock_socket(address->sa_family, SOCK_DGRAM, protocol);
	if (fd < 0) {
		return -errno;
	}
#if defined(CONFIG_CARRIER_DTLS)
	if (dtls) {
		err = secure(fd, (sec_tag_t)tag);
	}
#endif
	if (err == 0 && zsock_connect(fd, address, len) < 0) {
		err = -errno;
		*handshake = dtls && err != -ENETUNREACH && err != -EHOSTUNREACH &&
			     err != -ENETDOWN && err != -EADDRNOTAVAIL;
	}
	if (err < 0) {
		(void)zsock_close(fd);
		return err;
	}
	return fd;
}

int carrier_net_open(const char *host, uint16_t port, int64_t tag, bool *handshake)
{
	const struct zsock_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct zsock_addrinfo *addresses = NULL;
	struct sockaddr literal = { 0 };
	char service[sizeof("65535")];
	int result = -EHOSTUNREACH;

	*handshake = false;
	/* An address needs no resolver, which takes memory from the C library's heap. */
	if (net_ipaddr_parse(host, strlen(host), &literal)) {
		/* The port stands at the same place for both families. */
		net_sin(&literal)->sin_port = htons(port);
		return try_address(&literal, tag, handshake);
	}
	snprintf(service, sizeof(service), "%u", port);
	if (zsock_getaddrinfo(host, service, &hints, &addresses) != 0) {
		LOG_WRN("the server's name is not resolved");
		return -EHOSTUNREACH;
	}
	for (const struct zsock_addrinfo *a = addresses; a != NULL && result < 0; a = a->ai_next) {
		result = try_address(a->ai_addr, tag, handshake);
	}
	zsock_freeaddrinfo(addresses);
	return result;
}

int carrier_net_send(int socket, const void *bytes, size_t len)
{
	return zsock_send(socket, bytes, len, 0) < 0 ? -errno : 0;
}

int carrier_net_receive(int socket, void *bytes, size_t len)
{
	const ssize_t received = zsock_recv(socket, bytes, len, ZSOCK_MSG_DONTWAIT);

	return received < 0 ? -errno : (int)received;
}

void carrier_net_close(int socket)
{
	(void)zsock_close(socket);
}

#else
int carrier_net_open(const char *host, uint16_t port, int64_t tag, bool *handshake)
{
	ARG_UNUSED(host);
	ARG_UNUSED(port);
	ARG_UNUSED(tag);
	*handshake = false;
	return -ENETUNREACH;
}

int carrier_net_send(int socket, const void *bytes, size_t len)
{
	ARG_UNUSED(socket);
	ARG_UNUSED(bytes);
	ARG_UNUSED(len);
	return -ENETUNREACH;
}

int carrier_net_receive(int socket, void *bytes, size_t len)
{
	ARG_UNUSED(socket);
	ARG_UNUSED(bytes);
	ARG_UNUSED(len);
	return -ENETUNREACH;
}

void carrier_net_close(int socket)
{
	ARG_UNUSED(socket);
}
#endif /* CONFIG_CARRIER_SOCKETS */

int carrier_net_credential(uint32_t tag, bool identity, const void *bytes, size_t len)
{
#if defined(CONFIG_CARRIER_DTLS)
	const enum tls_credential_type type = identity ? TLS_CREDENTIAL_PSK_ID : TLS_CREDENTIAL_PSK;

	(void)tls_credential_delete(tag, type);
	return len == 0 ? 0 : tls_credential_add(tag, type, bytes, len);
#else
	ARG_UNUSED(tag);
	ARG_UNUSED(identity);
	ARG_UNUSED(bytes);
	ARG_UNUSED(len);
	return 0;
#endif
}
