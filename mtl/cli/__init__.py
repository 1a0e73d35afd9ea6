"""The command line: the only part of the library that prints or exits."""

from .app import app, main

__all__ = ["app", "main"]
