"""How threads share the shards of a kernel.

The thread that calls a kernel publishes a call in a mailbox: the address of a function, the address
of its arguments, and the number of shards. Whoever looks into the mailbox, the caller included,
claims the next shard that nobody has claimed, until none is left. The caller waits for shards that
are being worked on, never for a thread that has not come: where another process keeps a core busy,
it does the work itself.

Numba's own parallel loops end with a barrier that every thread must reach. With one core busy, each
of them took milliseconds for a kernel of microseconds; and each kernel is compiled twice for them.
"""

from __future__ import annotations

import sys

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.callconv import RETCODE_OK, errcode_t, excinfo_ptr_t
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin

from .compilation import device, kernel

# Places in a mailbox. CALL is one word, so that it changes in one indivisible step: the number of
# the call, its number of shards, and the next shard that is free. WORKERS is how many threads
# besides the caller may join.
CALL, ADDRESS, ARGUMENTS, DONE, WORKERS = range(5)
_FIELD_BITS = 20
_FIELD = (1 << _FIELD_BITS) - 1
MOST_SHARDS = _FIELD - 1
# Looks at the mailbox before the caller lets go of its core: some hundreds of microseconds, as long
# as a shard takes that is worth another thread.
_LOOKS_OF_CALLER = 20_000
_NAP = 50  # microseconds

_WORD = ir.IntType(64)
_PROCESSOR = llvm.get_process_triple().split("-")[0]
_PAUSES = {
    "x86_64": ("llvm.x86.sse2.pause", []),
    "aarch64": ("llvm.aarch64.hint", [ir.IntType(32)(1)]),
    "arm64": ("llvm.aarch64.hint", [ir.IntType(32)(1)]),
}
_SLEEP = types.ExternalFunction("usleep", types.intc(types.uintc))
if sys.platform == "win32":
    _NAP = 0  # milliseconds there: lets another thread run
    _SLEEP = types.ExternalFunction("Sleep", types.void(types.uintc))


def new_mailbox() -> np.ndarray:
    """Return a mailbox without a call."""
    return np.zeros(5, np.int64)


def _pointer(context, builder, mailbox_type, mailbox, place):
    fields = context.make_array(mailbox_type)(context, builder, mailbox)
    return builder.gep(fields.data, [place])


@intrinsic
def _look(typingctx, mailbox, place):
    """Return a word of the mailbox as other threads have left it."""

    def codegen(context, builder, sig, args):
        return builder.load_atomic(_pointer(context, builder, mailbox, *args), "acquire", 8)

    return types.int64(mailbox, types.intp), codegen


@intrinsic
def _put(typingctx, mailbox, place, word):
    """Write a word of the mailbox, after all that was written before."""

    def codegen(context, builder, sig, args):
        pointer = _pointer(context, builder, mailbox, *args[:2])
        builder.store_atomic(args[2], pointer, "release", 8)
        return context.get_dummy_value()

    return types.void(mailbox, types.intp, types.int64), codegen


@intrinsic
def _add_one(typingctx, mailbox, place):
    """Add one to a word of the mailbox in one indivisible step."""

    def codegen(context, builder, sig, args):
        pointer = _pointer(context, builder, mailbox, *args)
        return builder.atomic_rmw("add", pointer, _WORD(1), "acq_rel")

    return types.int64(mailbox, types.intp), codegen


@intrinsic
def _replace(typingctx, mailbox, place, expected, word):
    """Write a word of the mailbox if it is as expected; return whether it was."""

    def codegen(context, builder, sig, args):
        pointer = _pointer(context, builder, mailbox, *args[:2])
        result = builder.cmpxchg(pointer, args[2], args[3], "acq_rel", "acquire")
        return builder.extract_value(result, 1)

    return types.boolean(mailbox, types.intp, types.int64, types.int64), codegen


@intrinsic
def _pause(typingctx):
    """Tell the core that it is waiting, so that it saves power and lets its twin run."""

    def codegen(context, builder, sig, args):
        if _PROCESSOR in _PAUSES:
            name, operands = _PAUSES[_PROCESSOR]
            shape = ir.FunctionType(ir.VoidType(), [operand.type for operand in operands])
            builder.call(cgutils.get_or_insert_function(builder.module, shape, name), operands)
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def _call_shard(typingctx, address, shard, arguments):
    """Call ``void (*address)(shard, arguments)``."""

    def codegen(context, builder, sig, args):
        shape = ir.FunctionType(ir.VoidType(), [_WORD, _WORD])
        builder.call(builder.inttoptr(args[0], shape.as_pointer()), args[1:])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@device
def _work(mailbox):
    """Claim and run shards until none is free; return whether there was one."""
    worked = False
    while True:
        call = _look(mailbox, CALL)
        shard = call & _FIELD
        if shard >= (call >> _FIELD_BITS) & _FIELD:
            return worked
        # Both belong to this call, or the word has changed and the claim fails.
        address, arguments = _look(mailbox, ADDRESS), _look(mailbox, ARGUMENTS)
        if _replace(mailbox, CALL, call, call + 1):
            _call_shard(address, shard, arguments)
            _add_one(mailbox, DONE)
            worked = True


def _run(mailbox, address, arguments, n_shards):
    """Publish a call, take part in it, and return when every shard is done."""
    _put(mailbox, ADDRESS, address)
    _put(mailbox, ARGUMENTS, arguments)
    _put(mailbox, DONE, 0)
    number = (_look(mailbox, CALL) >> 2 * _FIELD_BITS) + 1
    _put(mailbox, CALL, number << 2 * _FIELD_BITS | n_shards << _FIELD_BITS)
    _work(mailbox)
    looks = 0
    while _look(mailbox, DONE) < n_shards:
        looks += 1
        if looks < _LOOKS_OF_CALLER:
            _pause()
        else:
            # The other thread may be waiting for this very core.
            _SLEEP(_NAP)


@kernel
def serve(mailbox, worker, n_looks, n_naps):
    """Work on what comes into the mailbox; when nothing comes, look, then nap, then return.

    While there are more workers than `mailbox[WORKERS]`, those with higher numbers leave it alone.
    """
    looks = 0
    while looks < n_looks + n_naps:
        looks += 1
        if worker < _look(mailbox, WORKERS) and _work(mailbox):
            looks = 0
        elif looks < n_looks:
            _pause()
        else:
            _SLEEP(_NAP)


def launch(function, mailbox, n_shards, arguments):
    """Run ``function(shard, *arguments)`` for every shard, with all who look into the mailbox."""
    for shard in range(n_shards):
        function(shard, *arguments)


@infer_global(launch)
class _TypeOfLaunch(AbstractTemplate):
    def generic(self, args, kws):
        function, mailbox, _, arguments = args
        # Compiles the function for these arguments.
        function.get_call_type(self.context, (types.intp, *arguments.types), {})
        return signature(types.void, function, mailbox, types.intp, arguments)


# What the launching kernel packs for the shards: the arguments, and where a shard that raises
# leaves its status. If several raise, any of them is as good.
_ARGUMENTS, _CODE, _EXCEPTION = range(3)


def _part(builder, packed, part):
    return builder.gep(packed, [cgutils.int32_t(0), cgutils.int32_t(part)], inbounds=True)


def _emit_entry(context, builder, function, arguments, packed_type):
    """Emit ``void entry(shard, address of what is packed)``, which calls the function."""
    call = function.get_call_type(context.typing_context, (types.intp, *arguments.types), {})
    compiled = function.dispatcher.get_compile_result(call)
    context.add_linking_libs([compiled.library])
    shape = ir.FunctionType(ir.VoidType(), [_WORD, _WORD])
    entry = ir.Function(builder.module, shape, name=compiled.fndesc.mangled_name + "_shard")
    entry.linkage = "internal"
    inner = ir.IRBuilder(entry.append_basic_block())
    shard, address = entry.args
    packed = inner.inttoptr(address, packed_type.as_pointer())
    values = inner.load(_part(inner, packed, _ARGUMENTS))
    values = [inner.extract_value(values, i) for i in range(len(arguments.types))]
    callee = context.declare_function(builder.module, compiled.fndesc)
    status, _ = context.call_conv.call_function(
        inner, callee, call.return_type, call.args, [shard, *values]
    )
    with inner.if_then(status.is_error, likely=False):
        inner.store(status.excinfoptr, _part(inner, packed, _EXCEPTION))
        inner.store(status.code, _part(inner, packed, _CODE))
    inner.ret_void()
    return entry


@lower_builtin(launch, types.Dispatcher, types.Array, types.Integer, types.BaseTuple)
def _lower_launch(context, builder, sig, args):
    function, mailbox_type, _, arguments = sig.args
    _, mailbox, n_shards, values = args
    packed_type = ir.LiteralStructType([values.type, errcode_t, excinfo_ptr_t])
    packed = cgutils.alloca_once(builder, packed_type)
    builder.store(values, _part(builder, packed, _ARGUMENTS))
    builder.store(RETCODE_OK, _part(builder, packed, _CODE))
    entry = _emit_entry(context, builder, function, arguments, packed_type)
    addresses = [builder.ptrtoint(pointer, _WORD) for pointer in (entry, packed)]
    run = types.void(mailbox_type, types.int64, types.int64, types.int64)
    context.compile_internal(builder, _run, run, [mailbox, *addresses, n_shards])
    code = builder.load(_part(builder, packed, _CODE))
    with builder.if_then(builder.icmp_signed("!=", code, RETCODE_OK), likely=False):
        # As if the kernel had called the shard's function itself.
        exception = builder.load(_part(builder, packed, _EXCEPTION))
        builder.store(exception, context.call_conv._get_excinfo_argument(builder.function))
        context.call_conv._return_errcode_raw(builder, code)
    return context.get_dummy_value()
