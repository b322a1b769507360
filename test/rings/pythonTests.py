"""Runs python/test_*.py with unittest and leaves the counts as JSON: pythonTests.py FOLDER REPORT."""

import json
import sys
import unittest


def main(folder: str, report: str) -> int:
    suite = unittest.TestLoader().discover(folder, pattern="test_*.py", top_level_dir=folder)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped) + len(result.expectedFailures)
    # An error in setUpClass or at import has no test of its own, so "passed" must not go below zero.
    passed = max(result.testsRun - failed - skipped, 0)
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"passed": passed, "failed": failed, "skipped": skipped}, file)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
