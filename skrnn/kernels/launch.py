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
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin

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


def launch(function, driver, n_shards, arguments):
    """Run ``function(shard, *arguments)`` for every shard, as the driver has it."""
    for shard in range(n_shards):
        function(shard, *arguments)


@infer_global(launch)
class _TypeOfLaunch(AbstractTemplate):
    def generic(self, args, kws):
        function, driver, _, arguments = args
        # Compiles the function for these arguments.
        function.get_call_type(self.context, (types.intp, *arguments.types), {})
        return signature(types.void, function, driver, types.intp, arguments)


def _emit_entry(context, builder, function, arguments, packed_type):
    """Emit ``void entry(shard, address of the packed arguments)``, which calls the function."""
    call = function.get_call_type(context.typing_context, (types.intp, *arguments.types), {})
    compiled = function.dispatcher.get_compile_result(call)
    context.add_linking_libs([compiled.library])
    word = context.get_value_type(types.intp)
    shape = ir.FunctionType(ir.VoidType(), [word, word])
    entry = ir.Function(builder.module, shape, name=compiled.fndesc.mangled_name + "_shard")
    entry.linkage = "internal"
    inner = ir.IRBuilder(entry.append_basic_block())
    shard, address = entry.args
    packed = inner.load(inner.inttoptr(address, packed_type.as_pointer()))
    values = [inner.extract_value(packed, i) for i in range(len(arguments.types))]
    callee = context.declare_function(builder.module, compiled.fndesc)
    context.call_conv.call_function(inner, callee, call.return_type, call.args, [shard, *values])
    inner.ret_void()
    return entry


@lower_builtin(launch, types.Dispatcher, types.NamedUniTuple, types.Integer, types.BaseTuple)
def _lower_launch(context, builder, sig, args):
    function, _, _, arguments = sig.args
    _, driver, n_shards, values = args
    address, n_threads = cgutils.unpack_tuple(builder, driver)
    word = n_threads.type
    packed = cgutils.alloca_once_value(builder, values)
    entry = _emit_entry(context, builder, function, arguments, values.type)
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
