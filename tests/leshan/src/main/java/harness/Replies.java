/*
 * Responses as JSON: what came over the wire (code, Content-Format, type, Observe, payload) first, the decoded values
 * beside it. Tests compare the former, because Leshan decodes some answers that a strict server would refuse.
 */
package harness;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.eclipse.californium.core.coap.BlockOption;
import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.core.coap.OptionSet;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.attributes.Attribute;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.response.BootstrapDiscoverResponse;
import org.eclipse.leshan.core.response.BootstrapReadResponse;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Builds the JSON of responses. */
final class Replies {
    private Replies() {
    }

    /** A response and, if it carries any, its decoded content. `path` is that of the request, or null. */
    static ObjectNode response(LwM2mPath path, LwM2mResponse response) {
        ObjectNode line = Lines.object();
        line.put("code", code(response.getCode()));
        if (response.getErrorMessage() != null && !response.getErrorMessage().isEmpty()) {
            line.put("diagnostic", response.getErrorMessage());
        }
        if (response.getCoapResponse() instanceof Response coap) {
            message(line, coap);
        }
        content(line, path, response);
        return line;
    }

    /** Code, type, options and payload of a CoAP response. */
    static ObjectNode raw(Response coap) {
        ObjectNode line = Lines.object();
        line.put("code", coap.getCode().toString());
        message(line, coap);
        return line;
    }

    private static void message(ObjectNode line, Message coap) {
        OptionSet options = coap.getOptions();
        line.put("coap_type", coap.getType() == null ? null : coap.getType().toString());
        line.put("token", Values.hex(coap.getTokenBytes()));
        line.put("content_format", options.hasContentFormat() ? (Integer) options.getContentFormat() : null);
        line.put("observe", options.getObserve());
        if (options.getLocationPathCount() > 0) {
            line.put("location", "/" + options.getLocationPathString());
        }
        block(line, "block1", options.getBlock1());
        block(line, "block2", options.getBlock2());
        payload(line, coap);
    }

    private static void block(ObjectNode line, String name, BlockOption block) {
        if (block != null) {
            line.putObject(name).put("num", block.getNum()).put("more", block.isM()).put("size", block.getSize());
        }
    }

    /** The payload in hex, its size, and as text where the format is a text. */
    static void payload(ObjectNode line, Message coap) {
        byte[] payload = coap.getPayload() == null ? new byte[0] : coap.getPayload();
        line.put("payload", Values.hex(payload));
        line.put("payload_size", payload.length);
        int format = coap.getOptions().getContentFormat();
        List<Integer> texts = List.of(ContentFormat.TEXT_CODE, ContentFormat.LINK_CODE, ContentFormat.JSON_CODE,
                ContentFormat.SENML_JSON_CODE);
        if (texts.contains(format)) {
            line.put("text", new String(payload, StandardCharsets.UTF_8));
        }
    }

    private static void content(ObjectNode line, LwM2mPath path, LwM2mResponse response) {
        if (response instanceof ObserveResponse observe) {
            putObservation(line, observe.getObservation());
        } else if (response instanceof ObserveCompositeResponse observe) {
            putObservation(line, observe.getObservation());
        }
        if (response instanceof ReadResponse read && read.getContent() != null) {
            line.set("values", Values.flat(path, read.getContent()));
            putTimes(line, path, read);
        } else if (response instanceof ReadCompositeResponse read && read.getContent() != null) {
            line.set("values", Values.flat(read.getContent()));
            if (read instanceof ObserveCompositeResponse observe) {
                putTimes(line, observe.getTimestampedLwM2mNodes());
            }
        } else if (response instanceof BootstrapReadResponse read && read.getContent() != null) {
            line.set("values", Values.flat(path, read.getContent()));
        } else if (response instanceof DiscoverResponse discover && discover.getObjectLinks() != null) {
            line.set("links", links(discover.getObjectLinks()));
        } else if (response instanceof BootstrapDiscoverResponse discover && discover.getObjectLinks() != null) {
            line.set("links", links(discover.getObjectLinks()));
        } else if (response instanceof CreateResponse create && create.getLocation() != null) {
            line.put("location", create.getLocation());
        }
    }

    private static void putTimes(ObjectNode line, LwM2mPath path, ReadResponse read) {
        List<TimestampedLwM2mNode> nodes = read instanceof ObserveResponse observe
                ? observe.getTimestampedLwM2mNodes()
                : null;
        if (nodes == null && read.getTimestampedLwM2mNode() != null) {
            nodes = List.of(read.getTimestampedLwM2mNode());
        }
        if (nodes != null && !nodes.isEmpty()) {
            line.set("timestamped", Values.timestamped(path, nodes));
        }
    }

    static void putTimes(ObjectNode line, TimestampedLwM2mNodes nodes) {
        if (nodes != null && nodes.getTimestamps().stream().anyMatch(time -> time != null)) {
            line.set("timestamped", Values.timestamped(nodes));
        }
    }

    /** The token and the path or paths of an observation. */
    static void putObservation(ObjectNode line, Observation observation) {
        if (observation == null) {
            return;
        }
        line.put("observation", Values.hex(observation.getId().getBytes()));
        if (observation instanceof SingleObservation single) {
            line.put("path", single.getPath().toString());
        } else if (observation instanceof CompositeObservation composite) {
            ArrayNode paths = line.putArray("paths");
            composite.getPaths().forEach(path -> paths.add(path.toString()));
        }
    }

    /** Links as {"path":..,"attributes":{name: value or null}}. */
    static ArrayNode links(Link[] links) {
        ArrayNode list = Lines.object().arrayNode();
        for (Link link : links) {
            ObjectNode entry = list.addObject();
            entry.put("path", link.getUriReference());
            ObjectNode attributes = entry.putObject("attributes");
            for (Attribute attribute : link.getAttributes()) {
                attributes.put(attribute.getName(), attribute.hasValue() ? attribute.getCoreLinkValue() : null);
            }
        }
        return list;
    }

    private static String code(ResponseCode code) {
        return String.format("%d.%02d", code.getCode() / 100, code.getCode() % 100);
    }
}
