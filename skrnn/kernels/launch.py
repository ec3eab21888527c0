"""Runs one kernel for many shards: a parallel and a serial driver over the same machine code.

A kernel written with ``prange`` inside is compiled twice by Numba, once as a loop body and once
around it, and again for its serial twin; that is seconds for every kernel. Here the parallel loop
is a tiny function of its own, compiled once for all kernels, which calls a kernel by its address.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numba
from llvmlite import ir
from numba import prange, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from .compilation import kernel

_DRIVER_SIGNATURE = types.void(types.intp, types.intp, types.intp, types.intp)


class Driver(NamedTuple):
    """Who runs the shards: the address of a driver, and how many threads it may use."""

    address: int
    n_threads: int


@intrinsic
def _call_shard(typingctx, address, shard, arguments):
    """Call ``void (*address)(shard, arguments)``."""

    def codegen(context, builder, signature, args):
        address, shard, arguments = args
        shape = ir.FunctionType(ir.VoidType(), [shard.type, arguments.type])
        builder.call(builder.inttoptr(address, shape.as_pointer()), [shard, arguments])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), codegen


@kernel
def _serial_driver(address, n_threads, n_shards, arguments):
    for shard in range(n_shards):
        _call_shard(address, shard, arguments)


def _parallel_loop(address, n_threads, n_shards, arguments):
    # As many iterations as threads are wanted: that, not a global setting, limits them.
    for thread in prange(n_threads):
        for shard in range(thread, n_shards, n_threads):
            _call_shard(address, shard, arguments)


@cache
def _parallel_driver() -> Any:
    # Made at first use: a process that only ever runs serially never starts a threading layer.
    return kernel(_parallel_loop, parallel=True)


@cache
def _address(parallel: bool) -> int:
    """Address of the machine code of a driver."""
    driver = _parallel_driver() if parallel else _serial_driver
    driver.compile(_DRIVER_SIGNATURE)
    compiled = driver.overloads[_DRIVER_SIGNATURE.args]
    return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)


def most_threads() -> int:
    """Return the number of threads that Numba's threading layer has, or would start."""
    return int(numba.config.NUMBA_NUM_THREADS)


def make_driver(n_threads: int) -> Driver:
    """Return the driver for this number of threads; with one, no threading layer is touched."""
    if numba.config.DISABLE_JIT:
        return Driver(0, 1)
    return Driver(_address(n_threads > 1), n_threads)


@intrinsic
def _launch_by_address(typingctx, function, address, n_threads, n_shards, arguments):
    """Hand `function` and the address of its packed arguments to the driver."""
    shard_types = (types.intp, *arguments.types)
    call = function.get_call_type(typingctx, shard_types, {})

    def codegen(context, builder, signature, args):
        _, address, n_threads, n_shards, values = args
        compiled = function.dispatcher.get_compile_result(call)
        context.add_linking_libs([compiled.library])
        word = n_threads.type
        packed = cgutils.alloca_once_value(builder, values)
        shape = ir.FunctionType(ir.VoidType(), [word, word])
        name = compiled.fndesc.mangled_name + "_shard"
        entry = ir.Function(builder.module, shape, name=name)
        entry.linkage = "internal"
        inner = ir.IRBuilder(entry.append_basic_block())
        unpacked = inner.load(inner.inttoptr(entry.args[1], packed.type))
        shard_values = [inner.extract_value(unpacked, i) for i in range(len(arguments.types))]
        callee = context.declare_function(builder.module, compiled.fndesc)
        context.call_conv.call_function(
            inner, callee, call.return_type, call.args, [entry.args[0], *shard_values]
        )
        inner.ret_void()
        # The driver is a Numba function too: (return slot, exception slot, arguments...).
        slot = ir.IntType(8).as_pointer().as_pointer()
        numba_function = ir.FunctionType(ir.IntType(32), [slot, slot, word, word, word, word])
        unused = cgutils.alloca_once(builder, ir.IntType(8).as_pointer())
        builder.call(
            builder.inttoptr(address, numba_function.as_pointer()),
            [
                unused,
                unused,
                builder.ptrtoint(entry, word),
                n_threads,
                n_shards,
                builder.ptrtoint(packed, word),
            ],
        )
        return context.get_dummy_value()

    word = types.intp
    return types.void(function, word, word, word, arguments), codegen


def launch(function, driver, n_shards, arguments):
    """Run ``function(shard, *arguments)`` for every shard, as the driver has it."""
    for shard in range(n_shards):
        function(shard, *arguments)


@overload(launch, inline="always")
def _overload_launch(function, driver, n_shards, arguments):
    def implementation(function, driver, n_shards, arguments):
        _launch_by_address(function, driver.address, driver.n_threads, n_shards, arguments)

    return implementation
