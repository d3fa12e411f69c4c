"""Refuses to patch a version of moto other than the one that the patches were written for.

The patches replace functions inside moto. With another version they may have no effect or a wrong one, and tests would
silently prove less.
"""

import sys
from importlib.metadata import PackageNotFoundError, version

# The same as in requirements/server.txt.
PATCHED_VERSION = "5.2.5"


def require_patched_version() -> None:
    try:
        installed = version("moto")
    except PackageNotFoundError:
        installed = "none"
    if installed == PATCHED_VERSION:
        return
    sys.exit(
        f"The patches in local-cloud/moto are for moto {PATCHED_VERSION}, and {installed} is installed. "
        f"Delete .venv to have requirements/server.txt installed again. For an update of moto, read its changes to the "
        f"functions that local-cloud/moto replaces, set PATCHED_VERSION in local-cloud/moto/patched_version.py, and run "
        f"npm run test:e2e -- test/e2e/local-cloud"
    )
