# scripts/workbook's entry. All that takes time to load is elsewhere, so that Ctrl+C finds us here.
#
# SPDX-License-Identifier: MIT
import sys

if sys.version_info < (3, 9):
    print(f"scripts/workbook: {sys.executable} is older than Python 3.9", file=sys.stderr)
    sys.exit(3)

try:
    import commands
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(commands.run_to_the_end(sys.argv[1:]))
