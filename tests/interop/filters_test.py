"""Filters of lists: each field with each operator against a plain evaluation; what is none."""

import unittest

from filter_cases import Filters


class EachField(Filters):
    def test_each_field_with_each_operator(self):
        for method, request, fields, message in self.filled():
            rows = self.messages(method, request, message)
            for field in fields:
                for text, holds in self.restrictions(field, rows):
                    with self.subTest(method.name, filter=text):
                        self.check(method, request, message, text, holds)

    def test_or_binds_tighter_than_and(self):
        self.fill(self.method("ListTenants"))
        method = self.method("ListTenants")
        text = 'display_name = "Alpha" OR display_name = "Beta" AND labels.team = "billing"'
        names = {row["name"] for row in self.rows(method, {"filter": text})}
        rows = self.rows(method, {})
        self.assertEqual(names, {row["name"] for row in rows
                                 if row.get("displayName") in ("Alpha", "Beta")
                                 and row.get("labels", {}).get("team") == "billing"})

    def test_what_is_no_filter_is_refused_with_its_position(self):
        many = " OR ".join(['name = "x"'] * 65)
        for method, request, fields, _ in self.filled():
            first = next(field for field in fields if field.single and field.kind == "text")
            wrong = ["=", "x", "no_such = 1", f"{first.path}", f"{first.path} = ",
                     f'{first.path} = "x', f'{first.path} = "x" {first.path} = "y"',
                     f"({first.path} = \"x\"",
                     f"{first.path} = \"x\")", f"{first.path} = 17", f'{first.path} = "*x"',
                     "(" * 9 + f'{first.path} = "x"' + ")" * 9, f"f({first.path})",
                     f'{first.path} = "{"x" * 2048}"', f'{first.path} = "x" and {first.path} = "y"',
                     many.replace("name", first.path)]
            for field in fields:
                if field.kind != "text":
                    wrong += [f'{field.written} {":" if field.list else "="} "no value"']
                if field.kind in ("enum", "bool"):
                    wrong += [f"{field.written} < {field.literal(0)}",
                              f"{field.written} = NO_VALUE"]
                if not field.single:
                    wrong.append(f'{field.written} = "x"')
            for text in wrong:
                with self.subTest(method.name, filter=text[:100]):
                    answer = self.call(method, {**request, "filter": text})
                    self.refused(answer, 400, "FILTER_INVALID")
                    position = int(answer.detail("reason")["metadata"]["position"])
                    self.assertTrue(0 <= position <= len(text.encode()), position)


if __name__ == "__main__":
    unittest.main()
