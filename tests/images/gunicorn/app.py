# SPDX-License-Identifier: MIT
"""Says hello, at /slow after three seconds: longer than the drain."""
import time


def application(environ, start_response):
    print("asked for", environ["PATH_INFO"], flush=True)
    if environ["PATH_INFO"] == "/slow":
        time.sleep(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\n"]
