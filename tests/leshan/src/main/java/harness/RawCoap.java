/*
 * Command `coap`: a CoAP request of the test's own making to a registered client, over the endpoint and session that the
 * client registered with.
 */
package harness;

import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import org.eclipse.californium.core.coap.BlockOption;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.MessageObserverAdapter;
import org.eclipse.californium.core.coap.Option;
import org.eclipse.californium.core.coap.OptionSet;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.coap.option.OpaqueOptionDefinition;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.auth.PreSharedKeyIdentity;
import org.eclipse.leshan.core.californium.ObserveUtil;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.peer.LwM2mIdentity;
import org.eclipse.leshan.core.peer.PskIdentity;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.californium.endpoint.CaliforniumServerEndpoint;
import org.eclipse.leshan.server.endpoint.LwM2mServerEndpoint;
import org.eclipse.leshan.server.registration.Registration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Sends raw CoAP requests. */
final class RawCoap {
    private final LeshanServer server;
    private final Lines lines;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    RawCoap(LeshanServer server, Lines lines) {
        this.server = server;
        this.lines = lines;
    }

    void stop() {
        timer.shutdownNow();
    }

    /** "block": the size of Block2 to ask for, as early negotiation. */
    static void askForBlocks(Request request, JsonNode command) {
        if (command.has("block")) {
            request.getOptions().setBlock2(BlockOption.size2Szx(command.get("block").asInt()), false, 0);
        }
    }

    void send(Registration registration, JsonNode command, long timeoutMs) {
        Request request = request(registration, command);
        Answer answer = new Answer(command.get("id"), request);
        request.addMessageObserver(answer);
        timer.schedule(answer::expire, timeoutMs, TimeUnit.MILLISECONDS);
        endpoint(registration).sendRequest(request);
    }

    private Request request(Registration registration, JsonNode command) {
        CoAP.Code method = CoAP.Code.valueOf(command.path("method").asText("GET").toUpperCase(Locale.ROOT));
        CoAP.Type type = CoAP.Type.valueOf(command.path("type").asText("CON").toUpperCase(Locale.ROOT));
        Request request = new Request(method, type);
        OptionSet options = request.getOptions();
        String path = command.path("path").asText("/");
        for (String segment : path.split("/")) {
            if (!segment.isEmpty()) {
                options.addUriPath(segment);
            }
        }
        command.path("query").forEach(query -> options.addUriQuery(query.asText()));
        ContentFormat format = Values.format(command.path("format"));
        if (format != null) {
            options.setContentFormat(format.getCode());
        }
        ContentFormat accept = Values.format(command.path("accept"));
        if (accept != null) {
            options.setAccept(accept.getCode());
        }
        if (command.has("payload")) {
            if (!request.isIntendedPayload()) {
                // A GET or DELETE with a payload is just what a test of robustness wants.
                request.setUnintendedPayload();
            }
            request.setPayload(Values.bytes(command.get("payload")));
        }
        if (command.has("token")) {
            request.setToken(Values.bytes(command.get("token")));
        }
        command.path("options").forEach(option -> {
            int number = option.path("number").asInt();
            options.addOption(new Option(new OpaqueOptionDefinition(number, "given " + number),
                    Values.bytes(option.path("value"))));
        });
        askForBlocks(request, command);
        block(command.path("block1"), options, true);
        block(command.path("block2"), options, false);
        observe(request, registration, command, path, accept);
        request.setDestinationContext(destination(registration));
        return request;
    }

    private static void block(JsonNode json, OptionSet options, boolean upload) {
        if (!json.isObject()) {
            return;
        }
        BlockOption block = new BlockOption(BlockOption.size2Szx(json.path("size").asInt(64)),
                json.path("more").asBoolean(false), json.path("num").asInt(0));
        if (upload) {
            options.setBlock1(block);
        } else {
            options.setBlock2(block);
        }
    }

    /** Leshan keeps observations by what it finds in the request's context, so a raw Observe brings that along. */
    private static void observe(Request request, Registration registration, JsonNode command, String path,
            ContentFormat accept) {
        if (!command.has("observe")) {
            return;
        }
        int observe = command.get("observe").asInt();
        request.getOptions().setObserve(observe);
        if (observe == 0) {
            request.setUserContext(ObserveUtil.createCoapObserveRequestContext(registration.getEndpoint(),
                    registration.getId(), new ObserveRequest(accept, path)));
        }
    }

    private static EndpointContext destination(Registration registration) {
        LwM2mIdentity identity = registration.getClientTransportData().getIdentity();
        if (identity instanceof PskIdentity psk) {
            return new AddressEndpointContext(registration.getSocketAddress(),
                    new PreSharedKeyIdentity(psk.getPskIdentity()));
        }
        return new AddressEndpointContext(registration.getSocketAddress());
    }

    private CoapEndpoint endpoint(Registration registration) {
        Protocol protocol = registration.getClientTransportData().getIdentity().isSecure() ? Protocol.COAPS
                : Protocol.COAP;
        LwM2mServerEndpoint endpoint = server.getEndpoint(protocol);
        return ((CaliforniumServerEndpoint) endpoint).getCoapEndpoint();
    }

    /** Writes one reply: the first of response, failure and time-out. */
    private final class Answer extends MessageObserverAdapter {
        private final JsonNode id;
        private final Request request;
        private final AtomicBoolean done = new AtomicBoolean();

        Answer(JsonNode id, Request request) {
            this.id = id;
            this.request = request;
        }

        @Override
        public void onResponse(Response response) {
            // Notifications come here as well; those are events of the observation.
            if (done.compareAndSet(false, true)) {
                ObjectNode line = Lines.object();
                line.set("reply", id);
                line.setAll(Replies.raw(response));
                lines.write(line);
            }
        }

        @Override
        public void onReject() {
            fail(new IllegalStateException("answered with Reset"));
        }

        @Override
        public void onTimeout() {
            fail(new TimeoutException("not acknowledged"));
        }

        @Override
        public void onSendError(Throwable error) {
            fail(error);
        }

        @Override
        public void onResponseHandlingError(Throwable error) {
            fail(error);
        }

        void expire() {
            if (fail(new TimeoutException("no response"))) {
                request.cancel();
            }
        }

        private boolean fail(Throwable error) {
            boolean first = done.compareAndSet(false, true);
            if (first) {
                lines.failure(id, error, null);
            }
            return first;
        }
    }
}
