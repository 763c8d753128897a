#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""skipped-tests.py JUNIT.xml: lists the tests that ctest skipped, by reason."""

import re
import sys
from collections import defaultdict
from xml.etree import ElementTree


def reason(output):
    """What a skipped test said: the line after GoogleTest's `Skipped`, else its last line."""
    match = re.search(r": Skipped\n(.+)", output)
    if match:
        return match.group(1).strip()
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def main():
    skipped = defaultdict(list)
    for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
        if case.get("status") == "notrun" or case.find("skipped") is not None:
            skipped[reason(case.findtext("system-out") or "")].append(case.get("name"))
    for why, names in sorted(skipped.items()):
        print(f"Skipped {len(names)} ({why}):")
        for name in names:
            print(f"    {name}")
    if not skipped:
        print("Skipped: nothing")


if __name__ == "__main__":
    main()
