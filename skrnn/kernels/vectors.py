"""A vector of the processor's lanes as a Numba type, so that kernels read like scalar equations.

Arithmetic on vectors maps to LLVM's vector instructions one to one. Loops of scalars would lean on
LLVM's own vectoriser, which gives up where it cannot prove that a dozen arrays do not overlap.
With the JIT switched off, a vector is a short NumPy array and the bodies below are what runs.
"""

from __future__ import annotations

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import (
    lower_builtin,
    lower_cast,
    models,
    register_model,
    type_callable,
)

from . import processor


class Vector(types.Type):
    """`lanes` numbers of one floating-point type."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        self.lanes = processor.lanes(f"f{dtype.bitwidth // 8}")
        super().__init__(name=f"vector({dtype}x{self.lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        scalar = ir.FloatType() if fe_type.dtype.bitwidth == 32 else ir.DoubleType()
        super().__init__(dmm, fe_type, ir.VectorType(scalar, fe_type.lanes))


def splat(builder: ir.IRBuilder, scalar: ir.Value, lanes: int) -> ir.Value:
    """Return a vector with `scalar` in every lane."""
    shape = ir.VectorType(scalar.type, lanes)
    one = builder.insert_element(ir.Constant(shape, ir.Undefined), scalar, cgutils.int32_t(0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(one, one, everywhere)


@lower_cast(types.Float, Vector)
@lower_cast(types.Integer, Vector)
def _number_to_vector(context, builder, fromty, toty, value):
    scalar = context.cast(builder, value, fromty, toty.dtype)
    return splat(builder, scalar, toty.lanes)


def _type_on_vectors(function) -> None:
    """Let `function` take vectors and, in their place, plain numbers; it returns a vector."""

    @infer_global(function)
    class _Template(AbstractTemplate):
        def generic(self, args, kws):
            vectors = [arg for arg in args if isinstance(arg, Vector)]
            numbers = [arg for arg in args if isinstance(arg, types.Number)]
            if vectors and len(vectors) + len(numbers) == len(args):
                return signature(vectors[0], *[vectors[0]] * len(args))
            return None


def _lower_operator(symbol, instruction: str) -> None:
    """Map an arithmetic operator to one LLVM instruction."""
    _type_on_vectors(symbol)

    @lower_builtin(symbol, Vector, Vector)
    def _lower(context, builder, sig, args):
        return getattr(builder, instruction)(*args)


_lower_operator(operator.add, "fadd")
_lower_operator(operator.sub, "fsub")
_lower_operator(operator.mul, "fmul")
_lower_operator(operator.truediv, "fdiv")


def refuse_other_orders(function: str, array: types.Type, ndim: int | None = None) -> None:
    """Raise TypingError for what is not an array in C order: kernels do not look at strides."""
    in_order = isinstance(array, types.Array) and array.layout == "C"
    if not in_order or ndim not in (None, array.ndim):
        raise TypingError(f"{function} takes arrays in C order only; got {array}")


def vector_pointer(context, builder, array_type, array, place, shape):
    """Pointer to the vector that starts at a place, row and column, of a matrix in C order."""
    row, column = place
    fields = context.make_array(array_type)(context, builder, array)
    n_rows, width = cgutils.unpack_tuple(builder, fields.shape)
    if context.enable_boundscheck:  # NUMBA_BOUNDSCHECK=1, which knows of single elements only
        last = builder.add(column, ir.Constant(column.type, shape.count - 1))
        for index, size in ((row, n_rows), (column, width), (last, width)):
            cgutils.do_boundscheck(context, builder, index, size)
    first = builder.gep(fields.data, [builder.add(builder.mul(row, width), column)])
    return builder.bitcast(first, shape.as_pointer())


def load(array, row, column):
    """Return the vector that starts at ``array[row, column]``."""
    return array[row, column : column + processor.lanes(array.dtype)].copy()


@type_callable(load)
def _type_load(context):
    def typer(array, row, column):
        refuse_other_orders("load", array, ndim=2)
        return Vector(array.dtype)

    return typer


@lower_builtin(load, types.Array, types.Integer, types.Integer)
def _lower_load(context, builder, sig, args):
    array_type, row_type, column_type = sig.args
    array, row, column = args
    row = context.cast(builder, row, row_type, types.intp)
    column = context.cast(builder, column, column_type, types.intp)
    shape = context.get_value_type(sig.return_type)
    value = builder.load(vector_pointer(context, builder, array_type, array, (row, column), shape))
    value_align(value, sig.return_type)
    return value


def value_align(instruction, vector_type: Vector) -> None:
    """State that memory is aligned as its numbers are, not as a whole vector is."""
    instruction.align = vector_type.dtype.bitwidth // 8


def load_in_units(array, row, column, units):
    """Return the vector at ``array[row, column]``, less ``units[0]`` and times ``units[1]``.

    Both in float64, (2, n_columns), whatever the dtype of the array: in float32 a time in seconds
    since 1970 would have no digits left.
    """
    columns = slice(column, column + processor.lanes(array.dtype))
    values = (array[row, columns].astype(np.float64) - units[0, columns]) * units[1, columns]
    return values.astype(array.dtype)


@type_callable(load_in_units)
def _type_load_in_units(context):
    def typer(array, row, column, units):
        refuse_other_orders("load_in_units", array, ndim=2)
        refuse_other_orders("load_in_units", units, ndim=2)
        return Vector(array.dtype)

    return typer


@lower_builtin(load_in_units, types.Array, types.Integer, types.Integer, types.Array)
def _lower_load_in_units(context, builder, sig, args):
    array_type, row_type, column_type, units_type = sig.args
    array, row, column, units = args
    row = context.cast(builder, row, row_type, types.intp)
    column = context.cast(builder, column, column_type, types.intp)
    shape = context.get_value_type(sig.return_type)
    wide = ir.VectorType(ir.DoubleType(), shape.count)

    def loaded(of_type, matrix, place, like):
        pointer = vector_pointer(context, builder, of_type, matrix, place, like)
        value = builder.load(pointer)
        value.align = of_type.dtype.bitwidth // 8
        return value

    value = loaded(array_type, array, (row, column), shape)
    if shape != wide:
        value = builder.fpext(value, wide)
    for line, combine in enumerate((builder.fsub, builder.fmul)):
        place = (ir.Constant(row.type, line), column)
        value = combine(value, loaded(units_type, units, place, wide))
    return value if shape == wide else builder.fptrunc(value, shape)


def store(array, row, column, vector):
    """Write `vector` from ``array[row, column]`` on."""
    array[row, column : column + processor.lanes(array.dtype)] = vector


@type_callable(store)
def _type_store(context):
    def typer(array, row, column, vector):
        refuse_other_orders("store", array, ndim=2)
        return types.void

    return typer


@lower_builtin(store, types.Array, types.Integer, types.Integer, Vector)
def _lower_store(context, builder, sig, args):
    array_type, row_type, column_type, vector_type = sig.args
    array, row, column, vector = args
    row = context.cast(builder, row, row_type, types.intp)
    column = context.cast(builder, column, column_type, types.intp)
    place = row, column
    pointer = vector_pointer(context, builder, array_type, array, place, vector.type)
    instruction = builder.store(vector, pointer)
    value_align(instruction, vector_type)
    return context.get_dummy_value()


def fused_multiply_add(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """Emit LLVM's vector fma, which llvmlite's builder offers for scalars only."""
    scalar = "f32" if isinstance(a.type.element, ir.FloatType) else "f64"
    name = f"llvm.fma.v{a.type.count}{scalar}"
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(a.type, [a.type] * 3), name
    )
    return builder.call(function, [a, b, c])


def fma(a, b, c):
    """Return ``a * b + c``, rounded once."""
    return a * b + c


_type_on_vectors(fma)


@lower_builtin(fma, Vector, Vector, Vector)
def _lower_fma(context, builder, sig, args):
    return fused_multiply_add(builder, *args)


def clamp(vector, low, high):
    """Return `vector` limited to [low, high]; NaN stays NaN."""
    return np.minimum(np.maximum(vector, vector.dtype.type(low)), vector.dtype.type(high))


_type_on_vectors(clamp)


@lower_builtin(clamp, Vector, Vector, Vector)
def _lower_clamp(context, builder, sig, args):
    vector, low, high = args
    # Ordered comparisons are false for NaN, which therefore passes through.
    vector = builder.select(builder.fcmp_ordered("<", vector, low), low, vector)
    return builder.select(builder.fcmp_ordered(">", vector, high), high, vector)


def polynomial(coefficients, x):
    """Evaluate ``coefficients[0] + coefficients[1] * x + ...`` by Horner's rule."""
    result = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = result * x + x.dtype.type(coefficient)
    return result


@type_callable(polynomial)
def _type_polynomial(context):
    return lambda coefficients, x: x


@lower_builtin(polynomial, types.BaseTuple, Vector)
def _lower_polynomial(context, builder, sig, args):
    vector_type = sig.args[1]
    coefficients, x = args
    terms = [
        context.cast(builder, value, types.float64, vector_type)
        for value in cgutils.unpack_tuple(builder, coefficients)
    ]
    result = terms.pop()
    while terms:
        result = fused_multiply_add(builder, result, x, terms.pop())
    return result


def power_of_two(shifted):
    """Return ``2 ** n`` where `shifted` is ``n + 1.5 * 2 ** mantissa_bits``."""
    mantissa_bits = np.finfo(shifted.dtype).nmant
    return np.exp2(shifted - shifted.dtype.type(1.5 * 2.0**mantissa_bits))


_type_on_vectors(power_of_two)


@lower_builtin(power_of_two, Vector)
def _lower_power_of_two(context, builder, sig, args):
    bits, mantissa, bias = (32, 23, 127) if sig.args[0].dtype.bitwidth == 32 else (64, 52, 1023)
    integers = ir.VectorType(ir.IntType(bits), sig.args[0].lanes)

    def constant(value):
        return ir.Constant(integers, [value] * sig.args[0].lanes)

    # The low bits of `shifted` hold n; moving them to the exponent drops all bits above them.
    exponent = builder.shl(builder.bitcast(args[0], integers), constant(mantissa))
    return builder.bitcast(builder.add(exponent, constant(bias << mantissa)), args[0].type)


def lanes_of(array):
    """Numbers in a vector of the array's type."""
    return processor.lanes(array.dtype)


@type_callable(lanes_of)
def _type_lanes_of(context):
    return lambda array: types.intp


@lower_builtin(lanes_of, types.Array)
def _lower_lanes_of(context, builder, sig, args):
    return context.get_constant(types.intp, Vector(sig.args[0].dtype).lanes)


def where_positive(condition, value):
    """Return `value` in the lanes where `condition` is above zero, zero in the others."""
    return np.where(condition > 0, value, value.dtype.type(0))


_type_on_vectors(where_positive)


@lower_builtin(where_positive, Vector, Vector)
def _lower_where_positive(context, builder, sig, args):
    zero = ir.Constant(args[0].type, [0.0] * sig.args[0].lanes)
    return builder.select(builder.fcmp_ordered(">", args[0], zero), args[1], zero)
