/*
 * The device-management server and its commands. Requests to a client are sent in the order of their commands, without
 * waiting for each other; each reply comes when its response does.
 */
package harness;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

import org.eclipse.californium.core.coap.MessageObserverAdapter;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.link.attributes.InvalidAttributeException;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelCompositeObservationRequest;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.californium.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.server.californium.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.server.californium.endpoint.coaps.CoapsServerProtocolProvider;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.queue.StaticClientAwakeTimeProvider;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.security.InMemorySecurityStore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The device-management server. */
final class Management {
    private static final int TIMEOUT_MS = 60_000;

    private final Lines lines;
    private final InMemorySecurityStore keys = new InMemorySecurityStore();
    private final Files files;
    private final LeshanServer server;
    private final RawCoap raw;

    Management(Flags flags, List<ObjectModel> objects, Lines lines) {
        this.lines = lines;
        CaliforniumServerEndpointsProvider endpoints = new CaliforniumServerEndpointsProvider.Builder(
                new CoapServerProtocolProvider(), new CoapsServerProtocolProvider())
                .setConfiguration(config -> Transport.configure(config, flags))
                .addEndpoint(Transport.loopback(flags.number("dm-coap", 0)), Protocol.COAP)
                .addEndpoint(Transport.loopback(flags.number("dm-coaps", 0)), Protocol.COAPS).build();
        LeshanServerBuilder builder = new LeshanServerBuilder().setSecurityStore(keys)
                .setObjectModelProvider(new VersionedModelProvider(objects)).setEndpointsProviders(endpoints)
                .setUpdateRegistrationOnSend(flags.isOn("update-on-send"))
                .setUpdateRegistrationOnNotification(flags.isOn("update-on-notify"));
        if (flags.has("awake-ms")) {
            builder.setClientAwakeTimeProvider(new StaticClientAwakeTimeProvider(flags.number("awake-ms", 0)));
        }
        server = builder.build();
        files = new Files(lines);
        endpoints.getCoapServer().add(files);
        raw = new RawCoap(server, lines);
        new Registrations(lines).listenTo(server);
        new Observations(lines).listenTo(server);
    }

    void start(ObjectNode ready) {
        server.start();
        server.getEndpoints().forEach(endpoint -> Transport.putPort(ready, "dm", endpoint.getURI()));
    }

    void stop() {
        raw.stop();
        server.destroy();
    }

    InMemorySecurityStore keys() {
        return keys;
    }

    Files files() {
        return files;
    }

    ObjectNode registrations() {
        ObjectNode reply = Lines.object();
        reply.set("registrations", Registrations.all(server));
        return reply;
    }

    /** Command `cancel`: the server forgets an observation and says nothing to the client. */
    ObjectNode forget(JsonNode command) {
        Registration registration = registration(command);
        int count;
        if (command.has("paths")) {
            String[] paths = texts(command.get("paths")).toArray(String[]::new);
            count = server.getObservationService().cancelCompositeObservations(registration, paths);
        } else if (command.has("path")) {
            count = server.getObservationService().cancelObservations(registration, command.get("path").asText());
        } else {
            count = server.getObservationService().cancelObservations(registration);
        }
        return Lines.object().put("cancelled", count);
    }

    /** Sends the request that a command describes; the reply follows later. */
    void request(String name, JsonNode command) throws InvalidAttributeException {
        Registration registration = registration(command);
        if (name.equals("coap")) {
            raw.send(registration, command, timeout(command));
            return;
        }
        LwM2mPath path = command.has("path") ? new LwM2mPath(command.get("path").asText()) : null;
        send(registration, command, path, request(name, command, path, registration));
    }

    private <T extends LwM2mResponse> void send(Registration registration, JsonNode command, LwM2mPath path,
            DownlinkRequest<T> request) {
        JsonNode id = command.get("id");
        // Kept for the case that Leshan cannot make sense of it.
        AtomicReference<Response> last = new AtomicReference<>();
        server.send(registration, request, coap -> {
            Request message = (Request) coap;
            RawCoap.askForBlocks(message, command);
            message.addMessageObserver(new MessageObserverAdapter() {
                @Override
                public void onResponse(Response response) {
                    last.set(response);
                }
            });
        }, timeout(command), response -> {
            ObjectNode line = Lines.object();
            line.set("reply", id);
            line.setAll(Replies.response(path, response));
            lines.write(line);
        }, error -> {
            Response response = last.get();
            lines.failure(id, error, response == null ? null : Replies.raw(response));
        });
    }

    private DownlinkRequest<? extends LwM2mResponse> request(String name, JsonNode command, LwM2mPath path,
            Registration registration) throws InvalidAttributeException {
        LwM2mModel model = server.getModelProvider().getObjectModel(registration);
        ContentFormat format = Values.format(command.path("format"));
        String target = path == null ? null : path.toString();
        switch (name) {
        case "read":
            return new ReadRequest(format, target);
        case "observe":
            return new ObserveRequest(format, target);
        case "write":
            boolean update = command.path("mode").asText("replace").equals("update");
            return new WriteRequest(update ? WriteRequest.Mode.UPDATE : WriteRequest.Mode.REPLACE,
                    format == null ? ContentFormat.TLV : format, path, Values.node(path, command, model));
        case "execute":
            return command.has("args") ? new ExecuteRequest(target, command.get("args").asText())
                    : new ExecuteRequest(target);
        case "discover":
            return new DiscoverRequest(target);
        case "create":
            return create(command, path, format == null ? ContentFormat.TLV : format, model);
        case "delete":
            return new DeleteRequest(target);
        case "write_attributes":
            return new WriteAttributesRequest(path, new LwM2mAttributeSet(new DefaultLwM2mAttributeParser()
                    .parseUriQuery(Values.required(command, "attributes").asText())));
        case "read_composite":
            return new ReadCompositeRequest(Values.format(command.path("format"), ContentFormat.SENML_CBOR),
                    Values.format(command.path("accept"), ContentFormat.SENML_CBOR), paths(command));
        case "observe_composite":
            return new ObserveCompositeRequest(Values.format(command.path("format"), ContentFormat.SENML_CBOR),
                    Values.format(command.path("accept"), ContentFormat.SENML_CBOR),
                    LwM2mPath.getLwM2mPathList(paths(command)));
        case "write_composite":
            return writeComposite(command, model);
        case "cancel_active":
            return cancel(command, registration);
        default:
            throw new IllegalArgumentException("unknown command " + name);
        }
    }

    /** "instance" names the new instance; without it the client chooses. */
    private static CreateRequest create(JsonNode command, LwM2mPath path, ContentFormat format, LwM2mModel model) {
        if (!path.isObject()) {
            throw new IllegalArgumentException("create takes the path of an object");
        }
        LwM2mPath instance = path.append(command.path("instance").asInt(0));
        List<LwM2mResource> resources = Values.resources(instance, Values.required(command, "resources"), command,
                model);
        if (command.has("instance")) {
            return new CreateRequest(format, path.toString(),
                    new LwM2mObjectInstance(instance.getObjectInstanceId(), resources));
        }
        return new CreateRequest(format, path.toString(), resources);
    }

    private static WriteCompositeRequest writeComposite(JsonNode command, LwM2mModel model) {
        Map<LwM2mPath, LwM2mNode> nodes = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : Values.entries(Values.required(command, "values"))) {
            LwM2mPath path = new LwM2mPath(entry.getKey());
            ObjectNode single = Lines.object();
            single.set("value", entry.getValue());
            single.set("types", command.path("types").isObject() ? command.get("types") : Lines.object());
            nodes.put(path, Values.node(path, single, model));
        }
        return new WriteCompositeRequest(Values.format(command.path("format"), ContentFormat.SENML_CBOR), nodes, null);
    }

    private DownlinkRequest<? extends LwM2mResponse> cancel(JsonNode command, Registration registration) {
        for (Observation observation : server.getObservationService().getObservations(registration)) {
            if (observation instanceof SingleObservation single && command.has("path")
                    && single.getPath().equals(new LwM2mPath(command.get("path").asText()))) {
                return new CancelObservationRequest(single);
            } else if (observation instanceof CompositeObservation composite && command.has("paths")
                    && composite.getPaths().equals(LwM2mPath.getLwM2mPathList(paths(command)))) {
                return new CancelCompositeObservationRequest(composite);
            }
        }
        throw new IllegalArgumentException("no such observation");
    }

    /** Looked up for each request: an Update replaces the object. */
    private Registration registration(JsonNode command) {
        String endpoint = Values.required(command, "endpoint").asText();
        Registration registration = server.getRegistrationService().getByEndpoint(endpoint);
        if (registration == null) {
            throw new IllegalArgumentException("not registered: " + endpoint);
        }
        return registration;
    }

    private static long timeout(JsonNode command) {
        return command.path("timeout_ms").asLong(TIMEOUT_MS);
    }

    private static List<String> paths(JsonNode command) {
        return texts(Values.required(command, "paths"));
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
