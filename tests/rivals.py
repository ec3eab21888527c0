"""The same network in ONNX Runtime and in PyTorch, fed from the same named weights."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from .naive import Weights, directions_of, n_layers_of

# For each of ONNX's gates in its order: the place of ours, and the sign that its weights take.
# ONNX's update gate is one minus ours, and 1 - sigma(a) = sigma(-a).
ONNX_GATES = {
    "simple": [(0, 1)],
    "lstm": [(0, 1), (3, 1), (1, 1), (2, 1)],  # input, output, forget, cell
    "gru": [(1, -1), (0, 1), (2, 1)],  # update, reset, new
}
ONNX_NODES = {"simple": "RNN", "lstm": "LSTM", "gru": "GRU"}
ONNX_ATTRIBUTES = {
    ("simple", "tanh"): lambda n: {"activations": ["Tanh"] * n},
    ("simple", "relu"): lambda n: {"activations": ["Relu"] * n},
    ("lstm", "tanh"): lambda n: {},
    ("gru", "tanh"): lambda n: {"linear_before_reset": 0},
}


def to_onnx_gates(array: np.ndarray, cell: str) -> np.ndarray:
    """Return the columns (the last axis) in the order and with the signs of ONNX's gates."""
    blocks = np.split(array, len(ONNX_GATES[cell]), axis=-1)
    return np.concatenate([sign * blocks[place] for place, sign in ONNX_GATES[cell]], axis=-1)


def onnx_layer_arrays(weights: Weights, layer: int, cell: str) -> dict[str, np.ndarray]:
    """Return ONNX's W (directions, rows, inputs), R (.., rows, hidden) and B (.., 2 * rows)."""
    by_direction = {"W": [], "R": [], "B": []}
    for direction in directions_of(weights):
        prefix = f"layer_{layer}.{direction}."
        bias = to_onnx_gates(weights[prefix + "bias"], cell)
        by_direction["W"].append(to_onnx_gates(weights[prefix + "input"], cell).T)
        by_direction["R"].append(to_onnx_gates(weights[prefix + "recurrent"], cell).T)
        by_direction["B"].append(np.concatenate([bias, np.zeros_like(bias)]))
    return {name: np.float32(parts) for name, parts in by_direction.items()}


def onnx_model(weights: Weights, *, cell: str, activation: str):
    """Return the network as an ONNX model of X (steps, batch, features) and lengths (batch,).

    Its outputs are "raw" (batch, outputs), of the last states, and "raw_steps" (steps, batch,
    outputs), of every step's.
    """
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(operation, inputs, outputs, **attributes):
        nodes.append(helper.make_node(operation, inputs, outputs, **attributes))
        return outputs[-1]

    directions = directions_of(weights)
    steps, last = "X", ""
    for layer in range(n_layers_of(weights)):
        arrays = onnx_layer_arrays(weights, layer, cell)
        n_hidden = arrays["R"].shape[2]
        names = [constant(f"{key}{layer}", array) for key, array in arrays.items()]
        last = node(
            ONNX_NODES[cell],
            [steps, *names, "lengths"],
            [f"Y{layer}", f"Y_h{layer}"],
            hidden_size=n_hidden,
            direction="bidirectional" if len(directions) == 2 else "forward",
            **ONNX_ATTRIBUTES[cell, activation](len(directions)),
        )
        # (steps, directions, batch, hidden) -> (steps, batch, directions * hidden)
        width = constant(f"width{layer}", np.array([0, 0, len(directions) * n_hidden]))
        turned = node("Transpose", [f"Y{layer}"], [f"turned{layer}"], perm=[0, 2, 1, 3])
        steps = node("Reshape", [turned, width], [f"steps{layer}"])
    # Y_h, (directions, batch, hidden): after each sequence's last step, and after its step 0.
    beside = node("Transpose", [last], ["beside"], perm=[1, 0, 2])
    width = constant("width", np.array([0, weights["output.weight"].shape[0]]))
    state = node("Reshape", [beside, width], ["state"])
    head = [constant(name, np.float32(weights[name])) for name in ("output.weight", "output.bias")]
    node("Gemm", [state, *head], ["raw"])
    node("Add", [node("MatMul", [steps, head[0]], ["product"]), head[1]], ["raw_steps"])

    n_features = weights["layer_0.forward.input"].shape[0]
    n_outputs = len(weights["output.bias"])
    graph = helper.make_graph(
        nodes,
        "network",
        [
            helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, None, n_features]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, [None]),
        ],
        [
            helper.make_tensor_value_info("raw", TensorProto.FLOAT, [None, n_outputs]),
            helper.make_tensor_value_info("raw_steps", TensorProto.FLOAT, [None, None, n_outputs]),
        ],
        constants,
    )
    # Versions old enough for every runtime in the supported range.
    opset = helper.make_opsetid("", 14)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8)


def onnx_raw_outputs(weights: Weights, sequences, *, cell: str, activation: str) -> np.ndarray:
    """Return ONNX Runtime's raw outputs, (n_sequences, n_outputs), in float32."""
    return _onnx_outputs("raw", weights, sequences, cell=cell, activation=activation)


def onnx_step_outputs(weights: Weights, sequences, *, cell: str, activation: str) -> np.ndarray:
    """Return ONNX Runtime's raw outputs of all steps, (n_steps, n_outputs), in float32."""
    steps = _onnx_outputs("raw_steps", weights, sequences, cell=cell, activation=activation)
    return np.concatenate([steps[: len(sequence), i] for i, sequence in enumerate(sequences)])


def _onnx_outputs(output: str, weights: Weights, sequences, *, cell: str, activation: str):
    lengths = np.array([len(s) for s in sequences], dtype=np.int32)
    padded = np.zeros((lengths.max(), len(sequences), sequences[0].shape[1]), dtype=np.float32)
    for i, sequence in enumerate(sequences):
        padded[: len(sequence), i] = sequence
    model = onnx_model(weights, cell=cell, activation=activation)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run([output], {"X": padded, "lengths": lengths})[0]


def import_torch():
    """Return torch, or skip the test that asks for it."""
    return pytest.importorskip(
        "torch", reason="PyTorch is gigabytes, so the test extra leaves it out; CI installs it"
    )


class TorchNetwork:
    """The network of LSTM or simple cells as PyTorch modules in float64.

    PyTorch's GRU resets the state after the matrix product, so it is another cell than ours.
    """

    CELLS = (("lstm", "tanh"), ("simple", "relu"), ("simple", "tanh"))

    def __init__(self, weights: Weights, *, cell: str, activation: str):
        torch = import_torch()
        self.directions = directions_of(weights)
        self.layers = []
        for layer in range(n_layers_of(weights)):
            options = {} if cell == "lstm" else {"nonlinearity": activation}
            self.layers.append(
                {"lstm": torch.nn.LSTM, "simple": torch.nn.RNN}[cell](
                    input_size=weights[f"layer_{layer}.forward.input"].shape[0],
                    hidden_size=weights[f"layer_{layer}.forward.recurrent"].shape[0],
                    bidirectional=len(self.directions) == 2,
                    dtype=torch.float64,
                    **options,
                )
            )
        self.head = torch.nn.Linear(*weights["output.weight"].shape, dtype=torch.float64)
        with torch.no_grad():
            for module in self.layers:
                for name, parameter in module.named_parameters():
                    if name.startswith("bias_hh"):  # PyTorch adds two biases; ours is the first.
                        parameter.zero_()
            for name, parameter in self.parameters():
                parameter.copy_(torch.from_numpy(np.float64(weights[name]).T.copy()))

    def parameters(self):
        """Yield our name of each of PyTorch's parameters; its matrices are ours transposed."""
        for layer, module in enumerate(self.layers):
            for direction in self.directions:
                suffix = "_l0" + {"forward": "", "backward": "_reverse"}[direction]
                prefix = f"layer_{layer}.{direction}."
                yield prefix + "input", getattr(module, "weight_ih" + suffix)
                yield prefix + "recurrent", getattr(module, "weight_hh" + suffix)
                yield prefix + "bias", getattr(module, "bias_ih" + suffix)
        yield "output.weight", self.head.weight
        yield "output.bias", self.head.bias

    def raw_outputs(self, sequences):
        """Return the tensor of raw outputs, (n_sequences, n_outputs)."""
        _, state = self._through_layers(sequences)
        # h_n, or (h_n, c_n) of the LSTM; h_n is (directions, batch, hidden).
        h_n = state[0] if isinstance(state, tuple) else state
        return self.head(h_n.transpose(0, 1).reshape(len(sequences), -1))

    def step_outputs(self, sequences):
        """Return the tensor of raw outputs of all steps, (n_steps, n_outputs)."""
        torch = import_torch()
        steps, _ = self._through_layers(sequences)
        return self.head(torch.cat(torch.nn.utils.rnn.unpack_sequence(steps)))

    def _through_layers(self, sequences):
        """Return the top layer's packed hidden states, and its last state."""
        torch = import_torch()
        steps = torch.nn.utils.rnn.pack_sequence(
            [torch.from_numpy(np.float64(s)) for s in sequences], enforce_sorted=False
        )
        for module in self.layers:
            steps, state = module(steps)
        return steps, state

    def gradient(self, sequences, loss) -> Weights:
        """Return the gradient, by name, of loss(raw outputs), a scalar tensor, by autograd."""
        return self.gradient_of(loss(self.raw_outputs(sequences)))

    def gradient_of(self, loss) -> Weights:
        """Return the gradient, by name, of a scalar tensor."""
        for _, parameter in self.parameters():
            parameter.grad = None
        loss.backward()
        return {name: parameter.grad.numpy().T for name, parameter in self.parameters()}
