"""Where lines of files end: with a line feed, a carriage return before it or not, and with nothing else."""

from __future__ import annotations


def without_end(line: str) -> str:
    r"""Return a line without its end: `\n`, `\r\n`, or `\r\r\n`, as where `\n` was made `\r\n` twice.

    A `\r` elsewhere is white space inside the line.

    >>> without_end("a\rb\r\n")
    'a\rb'
    """
    return line.removesuffix("\n").rstrip("\r")


def hint_of_returns(line: str) -> str:
    """Return a sentence for the end of a message where a line may be several, as on old Macs; or nothing."""
    if "\r" not in line:
        return ""
    return r" The line has carriage returns (\r) in it: lines should end with \n or \r\n."
