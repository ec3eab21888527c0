"""A model of characters by counts of the few before each, to compare language models with."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np


class CharacterCounts:
    """Mixes the counts after the last 0 to `order` characters (Kneser and Ney 1995).

    A shorter context counts how many different characters stand before it, and what is taken off
    a count depends on whether it is 1, 2, or more (Chen and Goodman 1999).

    Parameters
    ----------
    texts : list of str
        What is counted.
    order : int
        Of the longest context.
    """

    def __init__(self, texts, order):
        counts = defaultdict(Counter)
        for text in texts:
            for place in range(order, len(text)):
                counts[text[place - order : place]][text[place]] += 1
        tables = [counts]
        for _ in range(order):
            shorter = defaultdict(Counter)
            for context, followers in tables[-1].items():
                for character in followers:
                    shorter[context[1:]][character] += 1
            tables.append(shorter)
        self._levels = [Level.of(table) for table in reversed(tables)]
        self._n_characters = len(set("".join(texts))) + 1  # all others are one

    def proba(self, text):
        """Return the probability of each character of a text, (n_characters,)."""
        return np.array([self._proba_at(text, place) for place in range(len(text))])

    def _proba_at(self, text, place):
        proba = 1 / self._n_characters
        for n, level in enumerate(self._levels[: place + 1]):
            context = text[place - n : place]
            if context not in level.followers:
                break
            proba = level.proba(context, text[place], proba)
        return proba


@dataclass
class Level:
    """The counts after contexts of one length.

    Attributes
    ----------
    followers : dict of str to Counter
        What follows each context, and how often.
    totals, spread : dict of str to number
        The sum of a context's counts, and how much of it is given to shorter contexts.
    discounts : list of float
        What is taken off a count of 0, of 1, of 2, and of more.
    """

    followers: dict
    totals: dict
    spread: dict
    discounts: list

    @classmethod
    def of(cls, table):
        """Return the level of a table of counters."""
        n = Counter(count for followers in table.values() for count in followers.values())
        # Few contexts, as the empty one alone, may have no count of 1: nothing is taken off then.
        share = n[1] / max(n[1] + 2 * n[2], 1)
        discounts = [0.0] + [k - (k + 1) * share * n[k + 1] / max(n[k], 1) for k in (1, 2, 3)]
        totals = {context: followers.total() for context, followers in table.items()}
        spread = {
            context: sum(discounts[min(count, 3)] for count in followers.values())
            for context, followers in table.items()
        }
        return cls(table, totals, spread, discounts)

    def proba(self, context, character, of_shorter):
        """Return the probability of a character, given that after the shorter context."""
        count = self.followers[context][character]
        kept = count - self.discounts[min(count, 3)]
        return (kept + self.spread[context] * of_shorter) / self.totals[context]
