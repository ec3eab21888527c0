"""Transformers for sequences: one module each, found by their being in this folder."""

from .._registry import modules_of
from ._transformer import SequenceTransformer
from .differences import SequenceDifferences
from .frames import SequenceFrames
from .scaler import SequenceScaler
from .tokens import TokenEncoder

__all__ = [
    "TRANSFORMERS",
    "SequenceDifferences",
    "SequenceFrames",
    "SequenceScaler",
    "SequenceTransformer",
    "TokenEncoder",
]

# Those of numbers: a TokenEncoder, whose X are texts, is none of them.
TRANSFORMERS: dict[str, type[SequenceTransformer]] = {
    kind.__name__: kind
    for module in modules_of(__name__, __path__)
    for kind in vars(module).values()
    if getattr(kind, "__module__", None) == module.__name__
    and isinstance(kind, type)
    and issubclass(kind, SequenceTransformer)
}

# Pickles name a class by its module, and a transformer's own file may move.
SequenceTransformer.__module__ = TokenEncoder.__module__ = __name__
for _name, _kind in TRANSFORMERS.items():
    _kind.__module__ = __name__
    globals()[_name] = _kind
