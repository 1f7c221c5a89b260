/*
 * Object definitions: Leshan's own (objects 0 to 7 and 21 in all their versions) and those of a directory of OMA DDF
 * files.
 */
package harness;

import java.io.File;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.StaticModel;

/** Loads object definitions. */
final class Models {
    private Models() {
    }

    static List<ObjectModel> load(Flags flags) {
        List<ObjectModel> objects = new ArrayList<>(ObjectLoader.loadAllDefault());
        if (flags.has("models")) {
            objects.addAll(ObjectLoader.loadObjectsFromDir(new File(flags.text("models")), true));
        }
        return objects;
    }

    /** One definition an object, that of its highest version up to 1.1 (Leshan knows LwM2M 1.1 and no newer). */
    static LwM2mModel newest(Collection<ObjectModel> objects) {
        Map<Integer, ObjectModel> newest = new HashMap<>();
        for (ObjectModel object : objects) {
            ObjectModel other = newest.get(object.id);
            boolean allowed = object.id >= 10 || object.version.compareTo("1.1") <= 0;
            if (allowed && (other == null || object.version.compareTo(other.version) > 0)) {
                newest.put(object.id, object);
            }
        }
        return new StaticModel(newest.values());
    }

    static Map<Integer, String> versions(LwM2mModel model) {
        Map<Integer, String> versions = new HashMap<>();
        model.getObjectModels().forEach(object -> versions.put(object.id, object.version));
        return versions;
    }
}
