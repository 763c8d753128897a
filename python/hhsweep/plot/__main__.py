# SPDX-License-Identifier: MIT
"""``python -m hhsweep.plot``, the same as ``hhsweep-plot``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
