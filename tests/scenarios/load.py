#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Visitors of a web site, each with one request after the other:

    load.py METHOD URL ANSWER

%d in URL and ANSWER is the number of the visitor's request, from 1. A visitor
sends back the cookie that was set. What is not answered so has failed. On
SIGTERM the requests under way are finished, and the figures printed.
"""
import collections
import http.client
import signal
import sys
import threading
import urllib.request

VISITORS = 8
PAUSE = 0.01
TIMEOUT = 20


def request(method, url, cookie):
    """What is answered, and the cookie."""
    headers = {"Cookie": cookie} if cookie else {}
    question = urllib.request.Request(url, method=method, headers=headers)
    with urllib.request.urlopen(question, timeout=TIMEOUT) as answer:
        new = answer.headers.get("Set-Cookie", "").split(";")[0]
        return answer.read().decode(), new or cookie


def visit(method, url, expected, end, results):
    number, cookie = 1, None
    while not end.wait(PAUSE):
        try:
            text, cookie = request(method, url.replace("%d", str(number)),
                                   cookie)
        except (OSError, http.client.HTTPException) as error:
            results.append(str(error) or repr(error))
            continue
        good = text == expected.replace("%d", str(number))
        results.append("answered" if good else "answer: " + text)
        number += 1


def main(*arguments):
    results, end = [], threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    visitors = [threading.Thread(target=visit,
                                 args=[*arguments, end, results])
                for _ in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    reasons = collections.Counter(results)
    print(f"sent {len(results)}, failed {len(results) - reasons['answered']}")
    for reason, count in reasons.most_common():
        print(f"{count} {reason}")


main(*sys.argv[1:])
