#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Web process: says hello, after so long: /?seconds=0.5"""
import time
import urllib.parse

import graceful


class Web(graceful.Handler):
    def do_GET(self):
        query = urllib.parse.urlsplit(self.path).query
        seconds = dict(urllib.parse.parse_qsl(query)).get("seconds", 0)
        self.log_message("begun: %s", self.path)
        time.sleep(float(seconds))
        self.answer(200, "hello")


graceful.serve(Web)
