/*
 * Registration and queue mode: events registered, updated, deregistered, awake, sleeping.
 */
package harness;

import java.util.Collection;
import java.util.Iterator;
import java.util.Map;

import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.peer.IpPeer;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.peer.PskIdentity;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.queue.PresenceListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Writes registration events. */
final class Registrations implements RegistrationListener, PresenceListener {
    private final Lines lines;

    Registrations(Lines lines) {
        this.lines = lines;
    }

    void listenTo(LeshanServer server) {
        server.getRegistrationService().addListener(this);
        server.getPresenceService().addListener(this);
    }

    @Override
    public void registered(Registration registration, Registration previous, Collection<Observation> lost) {
        ObjectNode event = Lines.event("registered").setAll(json(registration));
        event.put("replaces", previous == null ? null : previous.getId());
        lines.write(event);
    }

    @Override
    public void updated(RegistrationUpdate update, Registration registration, Registration previous) {
        ObjectNode event = Lines.event("updated").setAll(json(registration));
        event.put("previous_address", address(previous.getClientTransportData()));
        event.set("update", sent(update));
        lines.write(event);
    }

    @Override
    public void unregistered(Registration registration, Collection<Observation> lost, boolean expired,
            Registration replacedBy) {
        ObjectNode event = Lines.event("deregistered").setAll(json(registration));
        event.put("expired", expired);
        event.put("replaced_by", replacedBy == null ? null : replacedBy.getId());
        lines.write(event);
    }

    @Override
    public void onAwake(Registration registration) {
        lines.write(Lines.event("awake").put("endpoint", registration.getEndpoint()));
    }

    @Override
    public void onSleeping(Registration registration) {
        lines.write(Lines.event("sleeping").put("endpoint", registration.getEndpoint()));
    }

    /** Only what the Update itself carried. */
    private static ObjectNode sent(RegistrationUpdate update) {
        ObjectNode json = Lines.object();
        if (update.getLifeTimeInSec() != null) {
            json.put("lifetime", update.getLifeTimeInSec());
        }
        if (update.getBindingMode() != null) {
            json.put("binding", BindingMode.toString(update.getBindingMode()));
        }
        if (update.getSmsNumber() != null) {
            json.put("sms", update.getSmsNumber());
        }
        if (update.getObjectLinks() != null) {
            json.set("links", Replies.links(update.getObjectLinks()));
        }
        json.set("attributes", text(update.getAdditionalAttributes()));
        return json;
    }

    static ArrayNode all(LeshanServer server) {
        ArrayNode list = Lines.object().arrayNode();
        Iterator<Registration> registrations = server.getRegistrationService().getAllRegistrations();
        registrations.forEachRemaining(registration -> list.add(json(registration)));
        return list;
    }

    private static ObjectNode json(Registration registration) {
        ObjectNode json = Lines.object();
        json.put("endpoint", registration.getEndpoint());
        json.put("registration", registration.getId());
        json.put("lifetime", registration.getLifeTimeInSec());
        json.put("version", registration.getLwM2mVersion().toString());
        json.put("binding", BindingMode.toString(registration.getBindingMode()));
        json.put("queue_mode", registration.usesQueueMode());
        json.put("sms", registration.getSmsNumber());
        json.put("root_path", registration.getRootPath());
        json.set("links", Replies.links(registration.getObjectLinks()));
        ObjectNode objects = json.putObject("objects");
        registration.getSupportedObject().forEach((id, version) -> objects.put(id.toString(), version.toString()));
        ArrayNode formats = json.putArray("formats");
        registration.getSupportedContentFormats().forEach(format -> formats.add(format.getCode()));
        json.set("attributes", text(registration.getAdditionalRegistrationAttributes()));
        putPeer(json, registration.getClientTransportData());
        return json;
    }

    /** Address, whether DTLS was used, and the PSK identity. */
    static void putPeer(ObjectNode json, LwM2mPeer peer) {
        json.put("address", address(peer));
        json.put("secure", peer.getIdentity().isSecure());
        json.put("identity", peer.getIdentity() instanceof PskIdentity psk ? psk.getPskIdentity() : null);
    }

    private static String address(LwM2mPeer peer) {
        if (peer instanceof IpPeer ip) {
            return ip.getSocketAddress().getAddress().getHostAddress() + ":" + ip.getSocketAddress().getPort();
        }
        return null;
    }

    static ObjectNode text(Map<String, String> map) {
        ObjectNode json = Lines.object();
        map.forEach(json::put);
        return json;
    }
}
