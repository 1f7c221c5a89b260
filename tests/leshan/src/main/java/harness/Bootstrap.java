/*
 * The bootstrap server: its configuration or script per endpoint, and events bootstrap_started, bootstrap_request,
 * bootstrap_response, bootstrap_request_failed, bootstrap_finished, bootstrap_failed.
 * Events never carry what was written: it holds keys.
 */
package harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.eclipse.leshan.core.SecurityMode;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.BootstrapDeleteRequest;
import org.eclipse.leshan.core.request.BootstrapDiscoverRequest;
import org.eclipse.leshan.core.request.BootstrapDownlinkRequest;
import org.eclipse.leshan.core.request.BootstrapFinishRequest;
import org.eclipse.leshan.core.request.BootstrapReadRequest;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.request.BootstrapWriteRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.bootstrap.BootstrapConfig;
import org.eclipse.leshan.server.bootstrap.BootstrapConfigStoreTaskProvider;
import org.eclipse.leshan.server.bootstrap.BootstrapFailureCause;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.BootstrapSessionListener;
import org.eclipse.leshan.server.bootstrap.BootstrapTaskProvider;
import org.eclipse.leshan.server.bootstrap.InMemoryBootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.InvalidConfigurationException;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServer;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServerBuilder;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coap.CoapBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coaps.CoapsBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.model.VersionedBootstrapModelProvider;
import org.eclipse.leshan.server.security.BootstrapSecurityStoreAdapter;
import org.eclipse.leshan.server.security.InMemorySecurityStore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The bootstrap server and its commands. */
final class Bootstrap implements BootstrapSessionListener {
    private final Lines lines;
    private final LwM2mModel model;
    private final Map<Integer, String> versions;
    private final InMemorySecurityStore keys = new InMemorySecurityStore();
    private final InMemoryBootstrapConfigStore configs = new InMemoryBootstrapConfigStore();
    private final BootstrapTaskProvider configured = new BootstrapConfigStoreTaskProvider(configs);
    private final Map<String, List<BootstrapDownlinkRequest<? extends LwM2mResponse>>> scripts = //
            new ConcurrentHashMap<>();
    private final LeshanBootstrapServer server;

    Bootstrap(Flags flags, List<ObjectModel> objects, Lines lines) {
        this.lines = lines;
        this.model = Models.newest(objects);
        this.versions = Models.versions(model);
        CaliforniumBootstrapServerEndpointsProvider endpoints = new CaliforniumBootstrapServerEndpointsProvider.Builder(
                new CoapBootstrapServerProtocolProvider(), new CoapsBootstrapServerProtocolProvider())
                .setConfiguration(config -> Transport.configure(config, flags))
                .addEndpoint(Transport.loopback(flags.number("bs-coap", 0)), Protocol.COAP)
                .addEndpoint(Transport.loopback(flags.number("bs-coaps", 0)), Protocol.COAPS).build();
        server = new LeshanBootstrapServerBuilder().setSecurityStore(new BootstrapSecurityStoreAdapter(keys))
                .setTaskProvider(this::tasks).setObjectModelProvider(new VersionedBootstrapModelProvider(objects))
                .setEndpointsProviders(endpoints).build();
        server.addListener(this);
    }

    void start(ObjectNode ready) {
        server.start();
        server.getEndpoints().forEach(endpoint -> Transport.putPort(ready, "bs", endpoint.getURI()));
    }

    void stop() {
        server.destroy();
    }

    InMemorySecurityStore keys() {
        return keys;
    }

    /** A script goes before a configuration. The list is a copy: Leshan empties it as it goes. */
    private BootstrapTaskProvider.Tasks tasks(BootstrapSession session, List<LwM2mResponse> responses) {
        List<BootstrapDownlinkRequest<? extends LwM2mResponse>> script = scripts.get(session.getEndpoint());
        if (script == null) {
            return configured.getTasks(session, responses);
        }
        BootstrapTaskProvider.Tasks tasks = new BootstrapTaskProvider.Tasks();
        tasks.requestsToSend = new ArrayList<>(script);
        tasks.supportedObjects = versions;
        tasks.last = true;
        return tasks;
    }

    /** Command `bs_config`. */
    ObjectNode configure(JsonNode command) throws InvalidConfigurationException {
        BootstrapConfig config = new BootstrapConfig();
        config.autoIdForSecurityObject = command.path("auto_id").asBoolean(false);
        config.contentFormat = Values.format(command.path("format"));
        command.path("delete").forEach(path -> config.toDelete.add(path.asText()));
        for (Map.Entry<String, JsonNode> entry : Values.entries(command.path("security"))) {
            config.security.put(Integer.valueOf(entry.getKey()), security(entry.getValue()));
        }
        for (Map.Entry<String, JsonNode> entry : Values.entries(command.path("servers"))) {
            config.servers.put(Integer.valueOf(entry.getKey()), server(entry.getValue()));
        }
        String endpoint = Values.required(command, "endpoint").asText();
        configs.add(endpoint, config);
        scripts.remove(endpoint);
        return Lines.object();
    }

    private static BootstrapConfig.ServerSecurity security(JsonNode json) {
        BootstrapConfig.ServerSecurity security = new BootstrapConfig.ServerSecurity();
        security.uri = Values.required(json, "uri").asText();
        security.bootstrapServer = json.path("bootstrap").asBoolean(false);
        security.serverId = number(json, "short_id", security.bootstrapServer ? security.serverId : Integer.valueOf(1));
        security.clientOldOffTime = number(json, "hold_off", security.clientOldOffTime);
        security.bootstrapServerAccountTimeout = number(json, "account_timeout",
                security.bootstrapServerAccountTimeout);
        if (json.has("key")) {
            security.securityMode = SecurityMode.PSK;
            security.publicKeyOrId = Values.required(json, "identity").asText().getBytes();
            security.secretKey = Values.bytes(json.get("key").asText());
        } else {
            security.securityMode = SecurityMode.NO_SEC;
        }
        return security;
    }

    private static BootstrapConfig.ServerConfig server(JsonNode json) {
        BootstrapConfig.ServerConfig server = new BootstrapConfig.ServerConfig();
        server.shortId = json.path("short_id").asInt(1);
        server.lifetime = json.path("lifetime").asInt(86400);
        server.binding = BindingMode.parse(json.path("binding").asText("U"));
        server.defaultMinPeriod = number(json, "pmin", server.defaultMinPeriod);
        server.defaultMaxPeriod = number(json, "pmax", server.defaultMaxPeriod);
        server.disableTimeout = number(json, "disable_timeout", server.disableTimeout);
        server.notifIfDisabled = json.path("notify_when_disabled").asBoolean(server.notifIfDisabled);
        server.registrationPriority = unsigned(json, "registration_priority");
        server.initialDelay = unsigned(json, "initial_delay");
        server.registrationFailure = bool(json, "registration_failure");
        server.bootstrapOnRegistrationFailure = bool(json, "bootstrap_on_registration_failure");
        server.communicationRetryCount = unsigned(json, "retry_count");
        server.CommunicationRetryTimer = unsigned(json, "retry_timer");
        server.SequenceDelayTimer = unsigned(json, "sequence_delay_timer");
        server.SequenceRetryCount = unsigned(json, "sequence_retry_count");
        server.trigger = bool(json, "trigger");
        server.muteSend = bool(json, "mute_send");
        if (json.has("preferred_transport")) {
            server.preferredTransport = BindingMode.valueOf(json.get("preferred_transport").asText());
        }
        return server;
    }

    private static Integer number(JsonNode json, String name, Integer absent) {
        return !json.has(name) ? absent : json.get(name).isNull() ? null : Integer.valueOf(json.get(name).asInt());
    }

    private static ULong unsigned(JsonNode json, String name) {
        return json.has(name) ? ULong.valueOf(json.get(name).asLong()) : null;
    }

    private static Boolean bool(JsonNode json, String name) {
        return json.has(name) ? Boolean.valueOf(json.get(name).asBoolean()) : null;
    }

    /** Command `bs_script`: any list of requests; Finish follows by itself. */
    ObjectNode script(JsonNode command) {
        List<BootstrapDownlinkRequest<? extends LwM2mResponse>> requests = new ArrayList<>();
        Values.required(command, "requests").forEach(request -> requests.add(request(request)));
        scripts.put(Values.required(command, "endpoint").asText(), requests);
        return Lines.object();
    }

    private BootstrapDownlinkRequest<? extends LwM2mResponse> request(JsonNode json) {
        String path = json.path("path").asText("/");
        ContentFormat format = Values.format(json.path("format"));
        String op = Values.required(json, "op").asText();
        switch (op) {
        case "discover":
            return new BootstrapDiscoverRequest(path);
        case "read":
            return new BootstrapReadRequest(format, path);
        case "delete":
            return new BootstrapDeleteRequest(path);
        case "write":
            LwM2mPath target = new LwM2mPath(path);
            return new BootstrapWriteRequest(target, Values.node(target, json, model),
                    format == null ? ContentFormat.TLV : format);
        default:
            throw new IllegalArgumentException("unknown bootstrap operation " + op);
        }
    }

    /** Command `bs_remove`: the endpoint is unknown again. */
    ObjectNode remove(JsonNode command) {
        String endpoint = Values.required(command, "endpoint").asText();
        configs.remove(endpoint);
        scripts.remove(endpoint);
        return Lines.object();
    }

    @Override
    public void sessionInitiated(BootstrapRequest request, LwM2mPeer peer) {
        ObjectNode event = Lines.event("bootstrap_started").put("endpoint", request.getEndpointName());
        ContentFormat preferred = request.getPreferredContentFormat();
        event.put("preferred_format", preferred == null ? null : (Integer) preferred.getCode());
        event.set("attributes", Registrations.text(request.getAdditionalAttributes()));
        Registrations.putPeer(event, peer);
        lines.write(event);
    }

    @Override
    public void unAuthorized(BootstrapRequest request, LwM2mPeer peer) {
        lines.write(Lines.event("bootstrap_failed").put("endpoint", request.getEndpointName()).put("cause",
                BootstrapFailureCause.UNAUTHORIZED.toString()));
    }

    @Override
    public void authorized(BootstrapSession session) {
        // Said by bootstrap_started.
    }

    @Override
    public void noConfig(BootstrapSession session) {
        // Said by the cause of bootstrap_failed.
    }

    @Override
    public void sendRequest(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request) {
        lines.write(event("bootstrap_request", session, request));
    }

    @Override
    public void onResponseSuccess(BootstrapSession session,
            BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
        respond(session, request, response);
    }

    @Override
    public void onResponseError(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request,
            LwM2mResponse response) {
        respond(session, request, response);
    }

    private void respond(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request,
            LwM2mResponse response) {
        ObjectNode event = event("bootstrap_response", session, request);
        event.setAll(Replies.response(request.getPath(), response));
        lines.write(event);
    }

    @Override
    public void onRequestFailure(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request,
            Throwable error) {
        lines.write(Observations.putError(event("bootstrap_request_failed", session, request), error));
    }

    @Override
    public void end(BootstrapSession session) {
        lines.write(Lines.event("bootstrap_finished").put("endpoint", session.getEndpoint()));
    }

    @Override
    public void failed(BootstrapSession session, BootstrapFailureCause cause) {
        lines.write(Lines.event("bootstrap_failed").put("endpoint", session.getEndpoint()).put("cause",
                cause.toString()));
    }

    private static ObjectNode event(String name, BootstrapSession session,
            BootstrapDownlinkRequest<? extends LwM2mResponse> request) {
        ObjectNode event = Lines.event(name).put("endpoint", session.getEndpoint());
        if (request instanceof BootstrapDiscoverRequest) {
            event.put("op", "discover");
        } else if (request instanceof BootstrapReadRequest) {
            event.put("op", "read");
        } else if (request instanceof BootstrapDeleteRequest) {
            event.put("op", "delete");
        } else if (request instanceof BootstrapWriteRequest write) {
            event.put("op", "write").put("format", write.getContentFormat().getCode());
        } else if (request instanceof BootstrapFinishRequest) {
            return event.put("op", "finish").put("path", "/bs");
        }
        return event.put("path", request.getPath().toString());
    }
}
