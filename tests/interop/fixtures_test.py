"""Every method of the contract has a call that succeeds."""

import unittest

from conformance import Conformance


class EveryMethod(Conformance):
    def test_succeeds_with_its_fixture(self):
        for method in self.methods():
            with self.subTest(method.name):
                self.ok(method, self.fixture(method))


if __name__ == "__main__":
    unittest.main()
