"""Receives webhooks and believes what the standard's own library for Python does. Prints the port that it listens on."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(sys.argv[1])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            WEBHOOK.verify(body, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(204)
            self.end_headers()
        except WebhookVerificationError as error:
            self.send_response(400)
            self.end_headers()
            self.wfile.write(str(error).encode())

    def log_message(self, *_):
        pass


SERVER = HTTPServer(("127.0.0.1", 0), Receiver)
print(SERVER.server_address[1], flush=True)
SERVER.serve_forever()
