/*
 * LwM2M nodes to JSON and back.
 *
 * JSON form of a resource value: string, number (integer, float, time in epoch seconds), boolean, hex string (opaque),
 * "object:instance" (Objlnk). Large opaque values may be written as {"size":N,"seed":S}: byte i is
 * (31*i + 7*(i>>8) + S) & 0xff, so that both sides can compute them.
 * Read values come as one flat map from path to value. Types come from the object model, or from "type"/"types".
 */
package harness;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mRoot;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Conversions between JSON and LwM2M nodes. */
final class Values {
    private Values() {
    }

    static byte[] bytes(String hex) {
        return Hex.decodeHex(hex.toCharArray());
    }

    static String hex(byte[] bytes) {
        return Hex.encodeHexString(bytes);
    }

    /** Hex string, or {size, seed} for the pattern of the head comment. */
    static byte[] bytes(JsonNode json) {
        if (!json.isObject()) {
            return bytes(json.asText());
        }
        byte[] pattern = new byte[json.path("size").asInt()];
        int seed = json.path("seed").asInt();
        for (int i = 0; i < pattern.length; i++) {
            pattern[i] = (byte) (31 * i + 7 * (i >> 8) + seed);
        }
        return pattern;
    }

    /** A Content-Format by name or number; null if absent. */
    static ContentFormat format(JsonNode json) {
        if (json.isMissingNode() || json.isNull()) {
            return null;
        }
        if (json.isInt()) {
            return ContentFormat.fromCode(json.asInt());
        }
        switch (json.asText().toUpperCase(Locale.ROOT)) {
        case "TEXT":
            return ContentFormat.TEXT;
        case "LINK":
            return ContentFormat.LINK;
        case "OPAQUE":
            return ContentFormat.OPAQUE;
        case "CBOR":
            return ContentFormat.CBOR;
        case "SENML_JSON":
            return ContentFormat.SENML_JSON;
        case "SENML_CBOR":
            return ContentFormat.SENML_CBOR;
        case "TLV":
            return ContentFormat.TLV;
        case "JSON":
            return ContentFormat.JSON;
        default:
            throw new IllegalArgumentException("unknown format " + json.asText());
        }
    }

    static ContentFormat format(JsonNode json, ContentFormat absent) {
        ContentFormat format = format(json);
        return format == null ? absent : format;
    }

    /**
     * The node that a command writes at `path`: from "value" (resource or resource instance), "values" (multiple
     * resource), "resources" (object instance) or "instances" (object).
     */
    static LwM2mNode node(LwM2mPath path, JsonNode command, LwM2mModel model) {
        if (path.isResourceInstance()) {
            Type type = type(path, command, required(command, "value"), model);
            return LwM2mResourceInstance.newInstance(path.getResourceInstanceId(),
                    value(command.get("value"), type), type);
        } else if (path.isResource()) {
            JsonNode json = command.has("values") ? command.get("values") : required(command, "value");
            return resource(path, json, command.has("values"), command, model);
        } else if (path.isObjectInstance()) {
            return new LwM2mObjectInstance(path.getObjectInstanceId(),
                    resources(path, required(command, "resources"), command, model));
        } else if (path.isObject()) {
            List<LwM2mObjectInstance> instances = new ArrayList<>();
            for (Map.Entry<String, JsonNode> entry : entries(required(command, "instances"))) {
                LwM2mPath instance = path.append(entry.getKey());
                instances.add(new LwM2mObjectInstance(instance.getObjectInstanceId(),
                        resources(instance, entry.getValue(), command, model)));
            }
            return new LwM2mObject(path.getObjectId(), instances);
        }
        throw new IllegalArgumentException("nothing can be written at " + path);
    }

    /** The resources of an instance: {"id": value} or {"id": {"instance": value}} for a multiple one. */
    static List<LwM2mResource> resources(LwM2mPath instance, JsonNode json, JsonNode command, LwM2mModel model) {
        List<LwM2mResource> resources = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : entries(json)) {
            JsonNode value = entry.getValue();
            boolean multiple = value.isObject() && !value.has("size");
            resources.add(resource(instance.append(entry.getKey()), value, multiple, command, model));
        }
        return resources;
    }

    private static LwM2mResource resource(LwM2mPath path, JsonNode json, boolean multiple, JsonNode command,
            LwM2mModel model) {
        if (!multiple) {
            Type type = type(path, command, json, model);
            return LwM2mSingleResource.newResource(path.getResourceId(), value(json, type), type);
        }
        Iterator<JsonNode> first = json.elements();
        Type type = type(path, command, first.hasNext() ? first.next() : json, model);
        Map<Integer, Object> instances = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : entries(json)) {
            instances.put(Integer.valueOf(entry.getKey()), value(entry.getValue(), type));
        }
        return LwM2mMultipleResource.newResource(path.getResourceId(), instances, type);
    }

    /** The type: named in the command ("type", or "types" by resource id), else of the model, else guessed from JSON. */
    private static Type type(LwM2mPath path, JsonNode command, JsonNode json, LwM2mModel model) {
        JsonNode named = command.has("type") ? command.get("type")
                : command.path("types").path(path.getResourceId().toString());
        if (named.isTextual()) {
            return Type.valueOf(named.asText());
        }
        ResourceModel resource = model.getResourceModel(path.getObjectId(), path.getResourceId());
        if (resource != null) {
            return resource.type;
        } else if (json.isBoolean()) {
            return Type.BOOLEAN;
        } else if (json.isIntegralNumber()) {
            return Type.INTEGER;
        } else if (json.isNumber()) {
            return Type.FLOAT;
        }
        return json.isObject() ? Type.OPAQUE : Type.STRING;
    }

    private static Object value(JsonNode json, Type type) {
        switch (type) {
        case STRING:
            return json.asText();
        case INTEGER:
            return json.asLong();
        case UNSIGNED_INTEGER:
            return ULong.valueOf(json.asText());
        case FLOAT:
            return json.asDouble();
        case BOOLEAN:
            return json.asBoolean();
        case OPAQUE:
            return bytes(json);
        case TIME:
            return new Date(json.asLong() * 1000);
        case OBJLNK:
            return ObjectLink.decodeFromString(json.asText());
        default:
            throw new IllegalArgumentException("no value of type " + type + " can be written");
        }
    }

    /** Every value below `node`, by path. */
    static ObjectNode flat(LwM2mPath path, LwM2mNode node) {
        ObjectNode values = Lines.object();
        flatten(path, node, values);
        return values;
    }

    static ObjectNode flat(Map<LwM2mPath, LwM2mNode> nodes) {
        ObjectNode values = Lines.object();
        nodes.forEach((path, node) -> flatten(path, node, values));
        return values;
    }

    private static void flatten(LwM2mPath path, LwM2mNode node, ObjectNode values) {
        if (node instanceof LwM2mRoot root) {
            root.getObjects().forEach((id, object) -> flatten(new LwM2mPath(id), object, values));
        } else if (node instanceof LwM2mObject object) {
            object.getInstances().forEach((id, instance) -> flatten(path.append(id), instance, values));
        } else if (node instanceof LwM2mObjectInstance instance) {
            instance.getResources().forEach((id, resource) -> flatten(path.append(id), resource, values));
        } else if (node instanceof LwM2mResource resource && resource.isMultiInstances()) {
            resource.getInstances().forEach((id, instance) -> put(values, path.append(id), instance.getValue()));
        } else if (node instanceof LwM2mResource resource) {
            put(values, path, resource.getValue());
        } else if (node instanceof LwM2mResourceInstance instance) {
            put(values, path, instance.getValue());
        } else {
            // Composite answers name each requested path; null means that nothing was there.
            values.putNull(path.toString());
        }
    }

    private static void put(ObjectNode values, LwM2mPath path, Object value) {
        String name = path.toString();
        if (value instanceof Boolean b) {
            values.put(name, b);
        } else if (value instanceof Long l) {
            values.put(name, l);
        } else if (value instanceof ULong u) {
            values.put(name, u.toBigInteger());
        } else if (value instanceof Double d && Double.isFinite(d)) {
            values.put(name, d);
        } else if (value instanceof Date date) {
            values.put(name, date.getTime() / 1000);
        } else if (value instanceof byte[] bytes) {
            values.put(name, hex(bytes));
        } else if (value instanceof ObjectLink link) {
            values.put(name, link.getObjectId() + ":" + link.getObjectInstanceId());
        } else if (value instanceof Link[] links) {
            StringBuilder text = new StringBuilder();
            for (Link link : links) {
                text.append(text.length() == 0 ? "" : ",").append(link.toCoreLinkFormat());
            }
            values.put(name, text.toString());
        } else {
            values.put(name, String.valueOf(value));
        }
    }

    /** Values with their times, newest first as Leshan orders them: [{"time":seconds or null,"values":{..}}]. */
    static ArrayNode timestamped(LwM2mPath path, List<TimestampedLwM2mNode> nodes) {
        ArrayNode list = Lines.object().arrayNode();
        for (TimestampedLwM2mNode node : nodes) {
            ObjectNode entry = list.addObject();
            putTime(entry, node.getTimestamp());
            entry.set("values", flat(path, node.getNode()));
        }
        return list;
    }

    static ArrayNode timestamped(TimestampedLwM2mNodes nodes) {
        ArrayNode list = Lines.object().arrayNode();
        for (Instant time : nodes.getTimestamps()) {
            ObjectNode entry = list.addObject();
            putTime(entry, time);
            entry.set("values", flat(nodes.getNodesAt(time)));
        }
        return list;
    }

    private static void putTime(ObjectNode entry, Instant time) {
        if (time == null) {
            entry.putNull("time");
        } else {
            entry.put("time", time.toEpochMilli() / 1000.0);
        }
    }

    static JsonNode required(JsonNode command, String name) {
        JsonNode json = command.get(name);
        if (json == null || json.isNull()) {
            throw new IllegalArgumentException("\"" + name + "\" is missing");
        }
        return json;
    }

    static Iterable<Map.Entry<String, JsonNode>> entries(JsonNode object) {
        return object::fields;
    }
}
