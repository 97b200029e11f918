import io.trino.server.Server;

/** Starts Trino; the argument is the version that it tells of itself. */
final class Launcher {
    private Launcher() {}

    public static void main(String[] arguments) {
        new Server().start(arguments[0]);
    }
}
