"""The commands and their options; each body is imported when its command runs."""

import typer

app = typer.Typer(name="mtl", rich_markup_mode=None)


@app.callback()
def root() -> None:
    """Multi-task NLP."""


def main() -> None:
    app()
