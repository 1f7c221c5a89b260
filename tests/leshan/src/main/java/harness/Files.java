/*
 * Files for a client to pull (Package URI of the Firmware Update object): coap(s)://127.0.0.1:<dm port>/file/<name>.
 */
package harness;

import java.util.Arrays;

import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.server.resources.CoapExchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The resource /file, whose children are the files. */
final class Files extends CoapResource {
    private final Lines lines;

    Files(Lines lines) {
        super("file", false);
        this.lines = lines;
    }

    /** Command `file`: adds or replaces one. */
    ObjectNode put(JsonNode command) {
        String name = Values.required(command, "name").asText();
        byte[] body = command.has("hex") ? Values.bytes(command.get("hex").asText()) : Values.bytes(command);
        add(new File(name, body));
        return Lines.object().put("path", "/file/" + name).put("size", body.length);
    }

    private final class File extends CoapResource {
        private final byte[] body;
        private final byte[] etag;

        File(String name, byte[] body) {
            super(name);
            this.body = body;
            int hash = Arrays.hashCode(body);
            this.etag = new byte[] { (byte) (hash >> 24), (byte) (hash >> 16), (byte) (hash >> 8), (byte) hash };
        }

        /** Called once for a whole block-wise transfer. */
        @Override
        public void handleGET(CoapExchange exchange) {
            lines.write(Lines.event("file_get").put("name", getName()).put("address",
                    exchange.getSourceAddress().getHostAddress() + ":" + exchange.getSourcePort()));
            exchange.setETag(etag);
            exchange.respond(ResponseCode.CONTENT, body);
        }
    }
}
