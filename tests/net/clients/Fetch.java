/* Fetch.java URL - prints a page by the proxy of the system properties, or what went wrong. */
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
