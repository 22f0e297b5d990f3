"""Pages: whatever their size, each row comes once, in order, while others come and go; a token is
good for the list that it was made for, by whoever got it, also after kill -9, and unchanged."""

import unittest

from conformance import TOKENS
from lists import Lists

ONE_PAGE = {"ListKeys"}  # of which a destination has eight at most


class Pages(Lists):
    def filled(self):
        for method in self.lists():
            if method.short in ONE_PAGE:
                continue
            self.fill(method)
            yield method, self.scope(method)
            self.restart_empty()

    def restart_empty(self):
        """The next list begins with nothing of this one."""
        self.carillond.kill()
        for path in sorted((self.folder / "data").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self.start()

    def paged(self, method, request, size, between=lambda: None):
        names, token = [], ""
        while True:
            rows, token, answer = self.page(method, {**request, "page_size": size,
                                                     "page_token": token})
            self.assertLessEqual(len(rows), size)
            names += [row["name"] for row in rows]
            if not token:
                return names, answer
            self.assertLess(len(names), 1000)
            between()

    def test_of_every_size_while_rows_come_and_go(self):
        for method, request in self.filled():
            all_names, answer = self.paged(method, request, 500)
            with self.subTest(method.name):
                self.assertGreater(len(all_names), 4)
                self.assertEqual(len(all_names), len(set(all_names)))
                for size in (1, 7, 500, 100_000):
                    names, answer = self.paged(method, request, size)
                    self.assertEqual(names, all_names, f"pages of {size}")
                    if "total_size" in method.output.fields_by_name:
                        self.assertEqual(answer["totalSize"], len(all_names))
                self.come_and_go(method, request, all_names)

    def come_and_go(self, method, request, all_names):
        delete = self.contract.by_short.get("Delete" + method.short.removeprefix("List")[:-1])
        made = []

        def change():
            made.append(self.one_more(method, len(made)) if len(made) < 40 else None)
            if len(made) % 2 == 0 and made[-2]:
                self.ok(delete, {"name": made[-2]})

        for size in (1, 7):
            names, _ = self.paged(method, request, size, change)
            self.assertEqual([name for name in names if name in all_names], all_names)
            self.assertEqual(len(names), len(set(names)))

    def test_sizes_that_are_none(self):
        for method in self.lists():
            with self.subTest(method.name):
                if method.short == "ListKeys":
                    self.fill_keys()
                request = self.scope(method)
                self.refused(self.call(method, {**request, "page_size": -1}), 400, "FIELD_INVALID")
                self.ok(method, {**request, "page_size": 2**31 - 1})

    def test_tokens(self):
        asked = []
        for method, request in self.filled():
            with self.subTest(method.name):
                _, token, _ = self.page(method, {**request, "page_size": 1})
                following = self.page(method, {**request, "page_size": 1, "page_token": token})[0]
                for what, wrong in self.wrongs(method, request, token):
                    with self.subTest(method.name, what=what):
                        self.refused(self.call(method, wrong), 400, "PAGE_TOKEN_INVALID")
                self.foreign(method, request, token)
                for other, other_request, other_token in asked:
                    with self.subTest(method.name, of=other.name):
                        self.refused(self.call(method, {**request, "page_token": other_token}), 400,
                                     "PAGE_TOKEN_INVALID")
                self.carillond.settled()  # a row that came again would be another one
                self.restart_by_kill()
                again = self.page(method, {**request, "page_size": 1, "page_token": token})[0]
                self.assertEqual([row["name"] for row in again], [row["name"] for row in following])
                asked = [(method, request, token)]

    def wrongs(self, method, request, token):
        for at in range(0, len(token), 5):
            other = "A" if token[at] != "A" else "B"
            yield f"edited at {at}", {**request, "page_token": token[:at] + other + token[at + 1:]}
        for what, text in (("cut by one", token[:-1]), ("cut in half", token[:len(token) // 2]),
                           ("longer", token + "AAAA"), ("a word", "next"), ("long", "A" * 100_000)):
            yield what, {**request, "page_token": text}
        if method.has("filter"):
            field = self.filters(method)[0]
            yield "another filter", {**request, "filter": f"{field}:*", "page_token": token}
        if method.has("order_by"):
            usual = [row["name"] for row in self.rows(method, request)]
            for order in (order.partition(" ")[0] + way for order in self.orders(method)
                          for way in ("", " desc")):
                if self.call(method, {**request, "order_by": order}).status == 200 and usual != [
                        row["name"] for row in self.rows(method, {**request, "order_by": order})]:
                    yield "another order", {**request, "order_by": order, "page_token": token}
                    break
        if request:
            tenant = request["parent"].split("/")[1]
            parent = request["parent"].replace(tenant, "filed", 1)
            yield "another parent", {"parent": parent, "page_token": token}

    def foreign(self, method, request, token):
        """Of an operator's token a principal of one tenant makes nothing."""
        for role in ("tenant_admin", "reader"):
            if role in method.roles and request.get("parent", "").startswith("tenants/acme"):
                answer = self.call(method, {**request, "page_token": token}, TOKENS[role])
                with self.subTest(method.name, role=role):
                    self.refused(answer, 400, "PAGE_TOKEN_INVALID")


if __name__ == "__main__":
    unittest.main()
