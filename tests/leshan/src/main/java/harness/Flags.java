/*
 * The command line: `--name value` pairs, each with a default.
 */
package harness;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Values given on the command line. */
final class Flags {
    private static final Set<String> KNOWN = Set.of("ack-timeout-ms", "block", "cid", "awake-ms", "models",
            "update-on-send", "update-on-notify", "dm-coap", "dm-coaps", "bs-coap", "bs-coaps");

    private final Map<String, String> values = new HashMap<>();

    Flags(String[] args) {
        if (args.length % 2 != 0) {
            throw new IllegalArgumentException("flags come in pairs: --name value");
        }
        for (int i = 0; i < args.length; i += 2) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : args[i];
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException("unknown flag " + args[i]);
            }
            values.put(name, args[i + 1]);
        }
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String text(String name) {
        return values.get(name);
    }

    int number(String name, int absent) {
        String text = values.get(name);
        return text == null ? absent : Integer.parseInt(text);
    }

    boolean isOn(String name) {
        return number(name, 0) != 0;
    }
}
