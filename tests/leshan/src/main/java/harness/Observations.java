/*
 * What a client sends unasked: notifications and Send. Events observation_new, observation_cancelled, notification,
 * notification_error, send, send_error.
 */
package harness;

import org.eclipse.californium.core.coap.Request;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.send.SendListener;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Writes events of observations and of Send. */
final class Observations implements ObservationListener, SendListener {
    private final Lines lines;

    Observations(Lines lines) {
        this.lines = lines;
    }

    void listenTo(LeshanServer server) {
        server.getObservationService().addListener(this);
        server.getSendService().addListener(this);
    }

    @Override
    public void newObservation(Observation observation, Registration registration) {
        lines.write(event("observation_new", observation, registration));
    }

    @Override
    public void cancelled(Observation observation) {
        lines.write(event("observation_cancelled", observation, null));
    }

    @Override
    public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
        ObjectNode event = event("notification", observation, registration);
        event.setAll(Replies.response(observation.getPath(), response));
        lines.write(event);
    }

    @Override
    public void onResponse(CompositeObservation observation, Registration registration,
            ObserveCompositeResponse response) {
        ObjectNode event = event("notification", observation, registration);
        event.setAll(Replies.response(null, response));
        lines.write(event);
    }

    @Override
    public void onError(Observation observation, Registration registration, Exception error) {
        ObjectNode event = event("notification_error", observation, registration);
        lines.write(putError(event, error));
    }

    @Override
    public void dataReceived(Registration registration, TimestampedLwM2mNodes data, SendRequest request) {
        ObjectNode event = Lines.event("send").put("endpoint", registration.getEndpoint());
        if (request.getCoapRequest() instanceof Request coap) {
            event.put("coap_type", coap.getType().toString());
            event.put("content_format", coap.getOptions().getContentFormat());
            Replies.payload(event, coap);
        }
        event.set("values", Values.flat(data.getNodes()));
        Replies.putTimes(event, data);
        lines.write(event);
    }

    @Override
    public void onError(Registration registration, String message, Exception error) {
        ObjectNode event = Lines.event("send_error").put("endpoint", registration.getEndpoint());
        lines.write(putError(event, error));
    }

    private static ObjectNode event(String name, Observation observation, Registration registration) {
        ObjectNode event = Lines.event(name);
        if (registration != null) {
            event.put("endpoint", registration.getEndpoint());
        }
        event.put("registration", observation.getRegistrationId());
        Replies.putObservation(event, observation);
        return event;
    }

    static ObjectNode putError(ObjectNode event, Throwable error) {
        event.put("error", error == null ? null : error.getClass().getSimpleName());
        event.put("message", error == null ? null : error.getMessage());
        return event;
    }
}
