# SPDX-License-Identifier: GPL-2.0
"""A server as many are: one thread, Python's own backlog of 5, and some work for each request."""
import socketserver
import time


class Work(socketserver.StreamRequestHandler):
    timeout = 0.2

    def handle(self):
        try:
            self.rfile.readline()
        except TimeoutError:
            return
        time.sleep(0.05)
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")


socketserver.TCPServer(("0.0.0.0", 8000), Work).serve_forever()
