/* Fetch.java URL - prints a page by the proxy that the system properties name, or what went wrong. */
import java.io.IOException;
import java.net.URL;

class Fetch {
    public static void main(String[] args) {
        try (var page = new URL(args[0]).openStream()) {
            page.transferTo(System.out);
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
    }
}
