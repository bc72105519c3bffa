# SPDX-License-Identifier: MIT
"""Says hello, at /slow after a second."""
import time


def application(environ, start_response):
    print("asked for", environ["PATH_INFO"], flush=True)
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\n"]
