# SPDX-License-Identifier: MIT
"""
An HTTP server that stops as it should: on SIGTERM it ceases to listen, answers
the requests that it has, and ends.
"""
import http.server
import os
import signal
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    # An answer is one write: whoever is killed has sent all of it or nothing,
    # and a proxy can ask someone else.
    wbufsize = -1

    def answer(self, status, text="", headers=()):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    # server_close() waits for threads that are no daemons.
    daemon_threads = False
    request_queue_size = 128
    # For handlers that wait: time to come to an end.
    stopping = False

    def stop(self, *_):
        self.stopping = True
        # It waits for serve_forever(), which this signal has interrupted.
        threading.Thread(target=self.shutdown).start()


def serve(handler):
    server = Server(("", int(os.environ["PORT"])), handler)
    signal.signal(signal.SIGTERM, server.stop)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
