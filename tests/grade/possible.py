# Whether hand-ins can be judged here at all.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

import sys

from tool.course.layout import Exercise, WorkbookError
from tool.instructor import grade
from tool.judging import sandbox

SKIPPED = 77


def skip_if_not(*stubs: Exercise) -> None:
    """Ends with status 77, after saying why: no sandbox can be made, or one of these is not as handed out."""
    why = sandbox.problem()
    try:
        for one in stubs:
            grade.refuse_edited(one)
    except WorkbookError as error:
        why = why or str(error)
    if why:
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
