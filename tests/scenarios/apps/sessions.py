#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Web process with sessions: PUT /ITEM lays something into the visitor's basket.

A basket is a set in Redis that expires, and nothing of it is in this process.
The same PUT twice is as good as once: a proxy may repeat it.
"""
import http.cookies
import os
import secrets

import redis

import graceful

LIFETIME = 3600
store = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


class Sessions(graceful.Handler):
    def session(self):
        cookies = http.cookies.SimpleCookie(self.headers.get("Cookie", ""))
        if "session" in cookies:
            return cookies["session"].value
        return secrets.token_urlsafe()

    def do_PUT(self):
        session = self.session()
        with store.pipeline() as transaction:
            transaction.sadd(session, self.path)
            transaction.expire(session, LIFETIME)
            transaction.scard(session)
            count = transaction.execute()[-1]
        cookie = f"session={session}; HttpOnly; SameSite=Lax"
        self.answer(200, f"{count} items", [("Set-Cookie", cookie)])


graceful.serve(Sessions)
