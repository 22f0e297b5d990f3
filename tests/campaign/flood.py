"""Hostile publishers beside a well-behaved one. The cases are tests; the short form leaves out those
that are work more than memory."""

import sys
import unittest

import workload  # noqa: F401  (the end-to-end tests' folder comes into the path)
from workload import CampaignError


def run(seed, long):
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromName(name) for name in
                               (["flood_test", "flood_of_calls"] if long else ["flood_test"]))
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=2).run(suite)
    failed = [str(test) for test, _ in result.failures + result.errors]
    if failed:
        raise CampaignError(f"of {result.testsRun} floods failed: {', '.join(failed)}")
    return {"floods": result.testsRun, "failed": 0}
