// SPDX-License-Identifier: MIT
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Says hello on port 8080, to /slow after a second. */
class Web {
	public static void main(String[] args) throws IOException {
		HttpServer server =
		    HttpServer.create(new InetSocketAddress(8080), 0);
		ExecutorService pool = Executors.newFixedThreadPool(4);

		server.createContext("/", exchange -> answer(exchange, 0));
		server.createContext("/slow",
		    exchange -> answer(exchange, 1000));
		server.setExecutor(pool);
		// On SIGTERM: no new requests, and 5 s for those under way.
		Runtime.getRuntime().addShutdownHook(new Thread(() -> {
			pool.shutdown();
			awaitEnd(pool);
			server.stop(0);
			System.out.println("all answered, bye");
		}));
		server.start();
	}

	private static void awaitEnd(ExecutorService pool) {
		try {
			pool.awaitTermination(5, TimeUnit.SECONDS);
		} catch (InterruptedException e) {
			Thread.currentThread().interrupt();
		}
	}

	private static void answer(HttpExchange exchange, long ms)
	    throws IOException {
		byte[] hello = "hello\n".getBytes();

		System.out.println("asked for " + exchange.getRequestURI());
		try {
			Thread.sleep(ms);
		} catch (InterruptedException e) {
			throw new IOException(e);
		}
		exchange.sendResponseHeaders(200, hello.length);
		exchange.getResponseBody().write(hello);
		exchange.close();
	}
}
