/*
 * CoAP and DTLS settings that both servers share.
 */
package harness;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.TimeUnit;

import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Settings of endpoints. */
final class Transport {
    /** Firmware images are pushed whole; Californium's default is 8192. */
    private static final int MAX_BODY = 16 << 20;

    private Transport() {
    }

    static void configure(Configuration config, Flags flags) {
        config.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, MAX_BODY);
        if (flags.has("ack-timeout-ms")) {
            config.set(CoapConfig.ACK_TIMEOUT, flags.number("ack-timeout-ms", 0), TimeUnit.MILLISECONDS);
        }
        if (flags.has("block")) {
            int size = flags.number("block", 0);
            config.set(CoapConfig.PREFERRED_BLOCK_SIZE, size);
            config.set(CoapConfig.MAX_MESSAGE_SIZE, size);
        }
        if (flags.has("cid")) {
            config.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, flags.number("cid", 0));
        }
        // TLS_PSK_WITH_AES_128_CBC_SHA256 is what some modems offer; Scandium leaves it out of its recommendations.
        config.set(DtlsConfig.DTLS_RECOMMENDED_CIPHER_SUITES_ONLY, false);
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Notes the port under `prefix`_coap or `prefix`_coaps. */
    static void putPort(ObjectNode ready, String prefix, URI uri) {
        ready.put(prefix + "_" + uri.getScheme(), uri.getPort());
    }
}
