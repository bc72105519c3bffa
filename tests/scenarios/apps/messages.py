#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Web process with long polling: /?after=N waits for messages after the first N.

The messages are a list in Redis, and what a client has got, only the client
knows: so any process can answer it, before or after a restart.
"""
import os
import time
import urllib.parse

import redis

import graceful

# Shorter than what proxies allow.
WAIT = 25
PAUSE = 0.1
store = redis.Redis.from_url(os.environ["REDIS_URL"])


class Messages(graceful.Handler):
    def do_GET(self):
        query = urllib.parse.urlsplit(self.path).query
        after = int(dict(urllib.parse.parse_qsl(query)).get("after", 0))
        deadline = time.monotonic() + WAIT
        messages = store.lrange("messages", after, -1)
        while not messages and time.monotonic() < deadline:
            # Nothing yet is an answer too; the client will ask again.
            if self.server.stopping:
                break
            time.sleep(PAUSE)
            messages = store.lrange("messages", after, -1)
        self.answer(200, "".join(m.decode() + "\n" for m in messages))


graceful.serve(Messages)
