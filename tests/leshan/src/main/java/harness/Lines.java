/*
 * Lines of JSON on standard output: one object a line, written whole. Everything else (logs, stray prints of a
 * library) goes to standard error.
 */
package harness;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Where replies and events are written. */
final class Lines {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final PrintStream out;

    /** Takes standard output for itself: `System.out` is standard error from here on. */
    Lines() {
        out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.setOut(System.err);
    }

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static JsonNode parse(String line) throws JsonProcessingException {
        return MAPPER.readTree(line);
    }

    /** A new event; fill it and give it to {@link #write}. */
    static ObjectNode event(String name) {
        return object().put("event", name);
    }

    synchronized void write(ObjectNode line) {
        out.print(line);
        out.print('\n');
        out.flush();
    }

    /** An operation failed before or instead of a response. */
    void failure(JsonNode id, Throwable error, ObjectNode details) {
        ObjectNode line = object();
        line.set("reply", id);
        line.put("error", error.getClass().getSimpleName());
        line.put("message", String.valueOf(error.getMessage()));
        if (details != null) {
            line.setAll(details);
        }
        write(line);
    }
}
