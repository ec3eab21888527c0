"""What is computed once needs no lock."""

import threading

from skrnn.runtime.once import computed_once


class Slow:
    def __init__(self, wait):
        self.wait = wait

    @computed_once
    def value(self):
        """What was asked for."""
        self.wait()
        return object()


def test_one_that_computes_does_not_make_another_wait():
    """With `functools.cached_property` of Python 3.11 it did, and a forked child for good."""
    begun, may_end = threading.Event(), threading.Event()

    def wait():
        begun.set()
        may_end.wait(20)

    slow, seen = Slow(wait), []
    first = threading.Thread(target=lambda: slow.value)
    second = threading.Thread(target=lambda: seen.append(Slow(lambda: None).value))
    first.start()
    begun.wait(20)
    second.start()
    second.join(5)
    waited = second.is_alive()
    may_end.set()
    first.join()
    second.join()
    assert not waited
    assert len(seen) == 1


def test_threads_that_compute_at_once_get_one_value():
    both = threading.Barrier(2)
    slow, seen = Slow(lambda: both.wait(20)), []
    threads = [threading.Thread(target=lambda: seen.append(slow.value)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen[0] is seen[1] is slow.value


def test_is_documented():
    assert Slow.value.__doc__ == "What was asked for."
