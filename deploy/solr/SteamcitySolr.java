import java.util.Properties;
import org.apache.solr.embedded.JettyConfig;
import org.apache.solr.embedded.JettySolrRunner;

/** Solr on loopback: `java -cp 'lib/*' SteamcitySolr.java HOME PORT`. */
public class SteamcitySolr {
  public static void main(String[] args) throws Exception {
    var config = JettyConfig.builder().setContext("/solr").setPort(Integer.parseInt(args[1])).build();
    var runner = new JettySolrRunner(args[0], new Properties(), config);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        runner.stop();
      } catch (Exception error) {
        error.printStackTrace();
      }
    }));
    runner.start();
    Thread.currentThread().join();
  }
}
