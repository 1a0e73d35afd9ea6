"""Errors of the parts of one request, which are told together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .errors import MtlError, RecipeError


class SeveralErrors(MtlError):
    """What is wrong with several parts of a request, one after another."""

    def __init__(self, errors: Sequence[MtlError]) -> None:
        self.errors = tuple(errors)
        self.exit_code = max(error.exit_code for error in self.errors)
        super().__init__(*(fault for error in self.errors for fault in error.faults))

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))

    def __reduce__(self) -> tuple[type[SeveralErrors], tuple[tuple[MtlError, ...]]]:
        """Pickle as what it was made of."""
        return type(self), (self.errors,)


class Together:
    """Takes in the errors of some parts, and raises them once all parts are done."""

    def __init__(self) -> None:
        self._errors: list[MtlError] = []

    @contextmanager
    def part(self) -> Iterator[None]:
        """Take in the error that ends a part, if one does."""
        try:
            yield
        except MtlError as error:
            self._errors += error.errors if isinstance(error, SeveralErrors) else (error,)

    def fault_if_any(self) -> None:
        """Raise what was taken in, each row once; faults of one recipe are told as one error."""
        found: dict[str, MtlError] = {}
        for error in self._errors:
            if isinstance(error, RecipeError):
                known = found.get(error.recipe)
                before = known if isinstance(known, RecipeError) else RecipeError((), error.recipe)
                found[error.recipe] = RecipeError((*before.own, *error.own), error.recipe, (*before.data, *error.data))
            else:
                found.setdefault(str(error), error)
        if len(found) == 1:
            raise next(iter(found.values()))
        if found:
            raise SeveralErrors(tuple(found.values()))
