"""The Unicode version of both generated headers, and of the Python that generates them."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

UNICODE_VERSION = "14.0.0"
LAST_CODE_POINT = 0x10FFFF


def write(header: Path, text: str) -> None:
    """Write a header, or end the program where the running Python has another Unicode version."""
    if unicodedata.unidata_version != UNICODE_VERSION:
        sys.exit(
            f"{header.name}: the running Python should have Unicode {UNICODE_VERSION}, as UNICODE_VERSION in "
            f"unicode_version.py says. Found Unicode {unicodedata.unidata_version}. Run another Python, or change "
            "UNICODE_VERSION and generate both headers."
        )
    header.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{header}: Unicode {UNICODE_VERSION}\n")
