"""Makes a virtual environment and installs one requirements file into it.

Usage: install.py ENVIRONMENT REQUIREMENTS MARKER=HASH [MARKER=HASH ...]

Several processes may start at once. The first one works under an advisory lock that the kernel releases with its
holder, so a killed installation never blocks the next; the others wait and then find the markers.
"""

import fcntl
import os
import subprocess
import sys
import venv


def has_content(path: str, content: str) -> bool:
    try:
        with open(path, encoding="ascii") as marker:
            return marker.read() == content
    except FileNotFoundError:
        return False


def is_usable(environment: str) -> bool:
    """False if the installation was never finished, or if the interpreter that it links to is gone."""
    if not os.access(os.path.join(environment, "bin", "python"), os.X_OK):
        return False
    return any(name.startswith(".installed-") for name in os.listdir(environment))


def install(environment: str, requirements: str, markers: list[tuple[str, str]]) -> None:
    if not is_usable(environment):
        venv.create(environment, with_pip=True, clear=True)
    python = os.path.join(environment, "bin", "python")
    # --no-compile: Python compiles modules on import, a tenth of what pip would compile here.
    options = ["--quiet", "--no-compile", "--no-input", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", "install", *options, "--requirement", requirements], check=True)
    for path, digest in markers:
        with open(path, "w", encoding="ascii") as marker:
            marker.write(digest)


def main() -> None:
    environment, requirements, *pairs = sys.argv[1:]
    markers = [(os.path.join(environment, name), digest) for name, _, digest in (p.partition("=") for p in pairs)]
    # The folder of the requirements always exists and is the same for all callers, so no lock file is left behind.
    lock = os.open(os.path.dirname(requirements), os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if is_usable(environment) and all(has_content(path, digest) for path, digest in markers):
        return
    install(environment, requirements, markers)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failure:
        sys.exit(f"{' '.join(failure.cmd[:4])} ended with exit status {failure.returncode}")
