"""Properties that are computed when they are first wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class computed_once(Generic[T]):  # noqa: N801, used like a function
    """A property that an object computes once and keeps; no lock is held meanwhile.

    Before Python 3.12, `functools.cached_property` computes under one lock for all objects of a
    class: threads with models of their own wait for each other, and in a child that was forked at
    that moment the lock stays taken for good. Here two threads may both compute; both get the value
    of the first that is done.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> computed_once[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> computed_once[T] | T:
        if instance is None:
            return self
        value: T = vars(instance).setdefault(self._name, self._function(instance))
        return value
