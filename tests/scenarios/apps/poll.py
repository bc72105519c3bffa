#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Long-polling client: prints each message once, whatever the server does.

    poll.py URL

It knows which messages it has, and asks again for the next ones when the
connection goes. Half an answer is none: urllib holds it against its length.
"""
import http.client
import random
import sys
import time
import urllib.request

# Longer than the server waits.
TIMEOUT = 40


def messages(url, after):
    with urllib.request.urlopen(f"{url}?after={after}", timeout=TIMEOUT) as a:
        return a.read().decode().splitlines()


def main(url):
    count = 0
    while True:
        try:
            for message in messages(url, count):
                count += 1
                print(message, flush=True)
        except (OSError, http.client.HTTPException) as error:
            print(f"reconnecting: {error}", file=sys.stderr)
            # Not all clients in the same moment.
            time.sleep(random.uniform(0.05, 0.2))


main(*sys.argv[1:])
