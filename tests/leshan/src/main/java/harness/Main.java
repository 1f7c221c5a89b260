/*
 * An LwM2M device-management server and a bootstrap server (Eclipse Leshan) in one process on loopback, driven by lines
 * of JSON on standard input; replies and events are lines of JSON on standard output. README.md lists them.
 */
package harness;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.server.security.InMemorySecurityStore;
import org.eclipse.leshan.server.security.SecurityInfo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Reads commands until end of input or `quit`. */
public final class Main {
    private final Lines lines;
    private final Management management;
    private final Bootstrap bootstrap;

    private Main(Flags flags, Lines lines) {
        List<ObjectModel> objects = Models.load(flags);
        this.lines = lines;
        this.management = new Management(flags, objects, lines);
        this.bootstrap = new Bootstrap(flags, objects, lines);
    }

    public static void main(String[] args) throws Exception {
        Main harness = new Main(new Flags(args), new Lines());
        ObjectNode ready = Lines.event("ready");
        harness.management.start(ready);
        harness.bootstrap.start(ready);
        harness.lines.write(ready);
        harness.serve();
        harness.bootstrap.stop();
        harness.management.stop();
        System.exit(0);
    }

    private void serve() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.isBlank()) {
                continue;
            }
            JsonNode id = NullNode.getInstance();
            try {
                JsonNode command = Lines.parse(line);
                id = command.path("id").isMissingNode() ? id : command.get("id");
                String name = Values.required(command, "cmd").asText();
                ObjectNode reply = execute(name, command);
                if (reply != null) {
                    ObjectNode numbered = Lines.object();
                    numbered.set("reply", id);
                    lines.write(numbered.setAll(reply));
                }
                if (name.equals("quit")) {
                    return;
                }
            } catch (Exception error) {
                // A wrong command is the test's mistake: tell it, and go on.
                lines.failure(id, error, null);
            }
        }
    }

    /** The reply, or null where it follows once the client has answered. */
    private ObjectNode execute(String name, JsonNode command) throws Exception {
        switch (name) {
        case "add_psk":
            return addPsk(command);
        case "remove_psk":
            return removePsk(command);
        case "bs_config":
            return bootstrap.configure(command);
        case "bs_script":
            return bootstrap.script(command);
        case "bs_remove":
            return bootstrap.remove(command);
        case "file":
            return management.files().put(command);
        case "registrations":
            return management.registrations();
        case "cancel":
            return management.forget(command);
        case "quit":
            return Lines.object();
        default:
            management.request(name, command);
            return null;
        }
    }

    private ObjectNode addPsk(JsonNode command) throws Exception {
        SecurityInfo info = SecurityInfo.newPreSharedKeyInfo(Values.required(command, "endpoint").asText(),
                Values.required(command, "identity").asText(), Values.bytes(Values.required(command, "key")));
        for (InMemorySecurityStore store : stores(command)) {
            store.add(info);
        }
        return Lines.object();
    }

    /** "close": also end the DTLS sessions that use the key. */
    private ObjectNode removePsk(JsonNode command) {
        for (InMemorySecurityStore store : stores(command)) {
            store.remove(Values.required(command, "endpoint").asText(), command.path("close").asBoolean(false));
        }
        return Lines.object();
    }

    private List<InMemorySecurityStore> stores(JsonNode command) {
        String server = command.path("server").asText("dm");
        switch (server) {
        case "dm":
            return List.of(management.keys());
        case "bs":
            return List.of(bootstrap.keys());
        case "both":
            return List.of(management.keys(), bootstrap.keys());
        default:
            throw new IllegalArgumentException("server is dm, bs or both, not " + server);
        }
    }
}
