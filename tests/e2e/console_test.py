"""The console's file of pages as carillond serves it: headers, deep links, what is missing or damaged."""

import hashlib
import http.client
import struct
import unittest

from harness import EndToEnd

PAGES = {"index.html": ("text/html; charset=utf-8", b"<!doctype html>page", False),
         "assets/a-1.js": ("text/javascript", b"script", True)}


def pak(pages):
    heads, data = b"", b""
    for path, (kind, content, hashed) in pages.items():
        heads += struct.pack("<H", len(path)) + path.encode() + struct.pack("<H", len(kind))
        heads += kind.encode() + struct.pack("<BIII", hashed, len(content), 0, 0)
        data += content
    body = b"CARPAK1\n" + struct.pack("<I", len(pages)) + heads + data
    return body + hashlib.sha256(body).digest()


class Console(EndToEnd):
    def begin(self, content, **settings):
        file = self.folder / "pages.pak"
        if content is not None:
            file.write_bytes(content)
        self.write_config([], [], console={"file": str(file), **settings})
        self.carillond = self.server()

    def said(self):
        line, = self.carillond.log("the console cannot be served")
        return line["error"]

    def get(self, path, method="GET", **headers):
        host, port = self.carillond.admin_address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=240)
        self.addCleanup(connection.close)
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def test_pages_and_deep_links(self):
        self.begin(pak(PAGES), embed_origins=["https://app.example.com"])
        status, headers, _ = self.get("/console")
        self.assertEqual((status, headers["Location"]), (308, "console/"))
        for path in ("/console/", "/console/destinations/acme.inc/crm?tab=keys"):
            status, headers, body = self.get(path)
            self.assertEqual((status, body), (200, PAGES["index.html"][1]), path)
            self.assertIn("frame-ancestors https://app.example.com;",
                          headers["Content-Security-Policy"])
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(self.get(path, If_None_Match=headers["ETag"])[0], 304)
        status, headers, body = self.get("/console/assets/a-1.js")
        self.assertEqual((status, body), (200, b"script"))
        self.assertIn("immutable", headers["Cache-Control"])
        self.assertEqual(self.get("/console/assets/a-2.js")[0], 404)
        self.assertEqual(self.get("/console/", method="HEAD")[2], b"")
        self.assertEqual(self.get("/console/", method="POST")[0], 405)
        self.assertEqual(self.get("/healthz")[0], 200)

    def test_a_damaged_file_is_said_and_nothing_else_suffers(self):
        damaged = bytearray(pak(PAGES))
        damaged[-40] ^= 1
        self.begin(bytes(damaged))
        status, headers, body = self.get("/console/")
        self.assertEqual(status, 503)
        self.assertIn(b"The console is not installed", body)
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertEqual(self.get("/healthz")[0], 200)
        self.assertIn("pages.pak is no whole console.pak", self.said())

    def test_one_that_is_missing(self):
        self.begin(None)
        self.assertEqual(self.get("/console/deliveries")[0], 503)
        self.assertIn("pages.pak cannot be read", self.said())

    def test_disabled_it_is_not_there(self):
        self.begin(pak(PAGES), disabled=True)
        self.assertEqual(self.get("/console/")[0], 404)


if __name__ == "__main__":
    unittest.main()
