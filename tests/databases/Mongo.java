import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** Keeps documents in memory and speaks MongoDB's wire protocol on the given port. */
class Mongo {
    public static void main(String[] port) {
        new MongoServer(new MemoryBackend()).bind("127.0.0.1", Integer.parseInt(port[0]));
    }
}
