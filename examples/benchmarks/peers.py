"""The same networks in PyTorch, ONNX Runtime and JAX: one recurrent layer and a linear head.

Every peer computes in the layout that it likes best, (steps, batch, features), prepared before the
clock starts. PyTorch's and JAX's GRU resets the state after the product, as oneDNN's does; ours and
ONNX Runtime's before.
"""

import numpy as np

N_CLASSES = 10
LEARNING_RATE, MAX_GRAD_NORM = 1e-3, 1.0
GATES = {"simple": 1, "lstm": 4, "gru": 3}


def _torch_classifier(cell, n_features, n_hidden, dtype):
    import torch

    class Classifier(torch.nn.Module):
        """The last hidden state of one recurrent layer into a linear head."""

        def __init__(self):
            super().__init__()
            modules = {"simple": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
            self.layer = modules[cell](n_features, n_hidden, dtype=dtype)
            self.head = torch.nn.Linear(n_hidden, N_CLASSES, dtype=dtype)

        def forward(self, X):
            """Map (steps, batch, features), or a packed sequence, to logits."""
            _, state = self.layer(X)
            last = state[0] if cell == "lstm" else state
            return self.head(last[0])

    return Classifier()


class Torch:
    """PyTorch on `n_threads` threads."""

    def __init__(self, cell, n_features, n_hidden, n_threads, dtype=np.float32):
        import torch

        torch.set_num_threads(n_threads)
        self.torch = torch
        self.dtype = torch.float32 if dtype == np.float32 else torch.float64
        self.network = _torch_classifier(cell, n_features, n_hidden, self.dtype)
        self.parameters = list(self.network.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=LEARNING_RATE)

    def step(self, X, y):
        """Do one minibatch: forward, backward, clipping, Adam."""
        torch = self.torch
        self.optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(self.network(X), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, MAX_GRAD_NORM)
        self.optimizer.step()

    def training_epoch(self, X, y, batch_size):
        """Return a function that trains for an epoch on X (n, steps, features)."""
        torch = self.torch
        X = torch.from_numpy(X).to(self.dtype).transpose(0, 1).contiguous()
        y = torch.from_numpy(y)

        def epoch():
            for batch in torch.randperm(len(y)).split(batch_size):
                self.step(X[:, batch], y[batch])

        return epoch

    def packed_epoch(self, sequences, y, batch_size):
        """Return a function that trains for an epoch on packed sequences."""
        torch = self.torch
        sequences, y = [torch.from_numpy(s) for s in sequences], torch.from_numpy(y)

        def epoch():
            for batch in torch.randperm(len(y)).split(batch_size):
                chosen = [sequences[i] for i in batch]
                packed = torch.nn.utils.rnn.pack_sequence(chosen, enforce_sorted=False)
                self.step(packed, y[batch])

        return epoch

    def padded_epoch(self, sequences, y, batch_size):
        """Return a function that trains for an epoch on padded sequences, lengths ignored.

        What a user gets who pads to the longest sequence of the minibatch; the padded steps are
        computed like the others, in front, so that the last state is that of the last true step.
        """
        torch = self.torch
        sequences, y = [torch.from_numpy(s) for s in sequences], torch.from_numpy(y)
        pad = torch.nn.utils.rnn.pad_sequence

        def epoch():
            for batch in torch.randperm(len(y)).split(batch_size):
                self.step(pad([sequences[i] for i in batch], padding_side="left"), y[batch])

        return epoch

    def prediction(self, X):
        """Return a function that predicts probabilities of X (n, steps, features)."""
        torch = self.torch
        X = torch.from_numpy(X).to(self.dtype).transpose(0, 1).contiguous()

        def predict():
            with torch.inference_mode():
                return torch.softmax(self.network(X), dim=1).numpy()

        return predict


ONNX_NODES = {"simple": "RNN", "lstm": "LSTM", "gru": "GRU"}


def onnx_constants(cell, n_features, n_hidden):
    """Return random weights of a layer and a head as ONNX's tensors."""
    from onnx import numpy_helper

    rng, n_gates = np.random.default_rng(0), GATES[cell]
    shapes = {
        "W": (1, n_gates * n_hidden, n_features),
        "R": (1, n_gates * n_hidden, n_hidden),
        "B": (1, 2 * n_gates * n_hidden),
        "weight": (n_hidden, N_CLASSES),
        "bias": (N_CLASSES,),
    }
    return [
        numpy_helper.from_array(
            rng.uniform(-1, 1, shape).astype(np.float32) / np.sqrt(n_hidden).astype(np.float32),
            name,
        )
        for name, shape in shapes.items()
    ]


def onnx_session(graph, n_threads):
    """Return a session of ONNX Runtime that computes a graph."""
    import onnxruntime
    from onnx import helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def onnx_prediction(cell, X, n_hidden, n_threads):
    """Return a function that predicts probabilities of X (n, steps, features)."""
    from onnx import TensorProto, helper

    n_features = X.shape[2]
    nodes = [
        helper.make_node(
            ONNX_NODES[cell],
            ["X", "W", "R", "B"],
            ["", "last"],
            hidden_size=n_hidden,
        ),
        helper.make_node("Squeeze", ["last"], ["state"]) if len(X) > 1
        else helper.make_node("Flatten", ["last"], ["state"]),
        helper.make_node("Gemm", ["state", "weight", "bias"], ["raw"]),
        helper.make_node("Softmax", ["raw"], ["probabilities"]),
    ]  # fmt: skip
    float32 = TensorProto.FLOAT
    shape = [X.shape[1], len(X), n_features]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("X", float32, shape)],
        [helper.make_tensor_value_info("probabilities", float32, [len(X), N_CLASSES])],
        onnx_constants(cell, n_features, n_hidden),
    )
    session = onnx_session(graph, n_threads)
    X = np.ascontiguousarray(X.transpose(1, 0, 2))
    return lambda: session.run(None, {"X": X})


class Jax:
    """JAX, a jitted scan; it takes all cores."""

    def __init__(self, cell, n_features, n_hidden):
        import jax

        self.jax = jax
        rng = np.random.default_rng(0)
        n_gates = GATES[cell]

        def weights(*shape):
            return jax.numpy.asarray(
                rng.uniform(-1, 1, shape).astype(np.float32) / np.float32(np.sqrt(n_hidden))
            )

        self.parameters = {
            "input": weights(n_features, n_gates * n_hidden),
            "recurrent": weights(n_hidden, n_gates * n_hidden),
            "bias": weights(n_gates * n_hidden),
            "recurrent_bias": weights(n_gates * n_hidden),
            "weight": weights(n_hidden, N_CLASSES),
            "output_bias": weights(N_CLASSES),
        }
        self.logits = jax.jit(self._make_logits(cell, n_hidden))

    def _make_logits(self, cell, n_hidden):
        jax, jnp = self.jax, self.jax.numpy
        sigmoid, tanh, split = jax.nn.sigmoid, jnp.tanh, jnp.split

        def simple(parameters, state, x):
            recurrent = state[0] @ parameters["recurrent"] + parameters["recurrent_bias"]
            return (tanh(x + recurrent), state[1])

        def lstm(parameters, state, x):
            recurrent = state[0] @ parameters["recurrent"] + parameters["recurrent_bias"]
            i, f, g, o = split(x + recurrent, 4, axis=1)
            c = sigmoid(f) * state[1] + sigmoid(i) * tanh(g)
            return (sigmoid(o) * tanh(c), c)

        def gru(parameters, state, x):
            h = state[0]
            recurrent = h @ parameters["recurrent"] + parameters["recurrent_bias"]
            (x_r, x_z, x_n), (h_r, h_z, h_n) = split(x, 3, axis=1), split(recurrent, 3, axis=1)
            z = sigmoid(x_z + h_z)
            return ((1 - z) * tanh(x_n + sigmoid(x_r + h_r) * h_n) + z * h, state[1])

        step = {"simple": simple, "lstm": lstm, "gru": gru}[cell]

        def logits(parameters, X):
            # The input product of all steps at once: the fastest form of a scan.
            inputs = X @ parameters["input"] + parameters["bias"]
            zeros = jnp.zeros((X.shape[1], n_hidden), X.dtype)
            state, _ = jax.lax.scan(
                lambda state, x: (step(parameters, state, x), None), (zeros, zeros), inputs
            )
            return state[0] @ parameters["weight"] + parameters["output_bias"]

        return logits

    def training_epoch(self, X, y, batch_size):
        """Return a function that trains for an epoch on X (n, steps, features)."""
        jax, jnp = self.jax, self.jax.numpy

        def loss(parameters, X, y):
            log_probabilities = jax.nn.log_softmax(self.logits(parameters, X))
            return -jnp.take_along_axis(log_probabilities, y[:, None], axis=1).mean()

        @jax.jit
        def step(parameters, mean, square, t, X, y):
            gradient = jax.grad(loss)(parameters, X, y)
            norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in jax.tree.leaves(gradient)))
            scale = jnp.minimum(1.0, MAX_GRAD_NORM / norm)
            gradient = jax.tree.map(lambda g: g * scale, gradient)
            mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
            square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
            rate = LEARNING_RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            parameters = jax.tree.map(
                lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-8), parameters, mean, square
            )
            return parameters, mean, square

        zeros = jax.tree.map(jnp.zeros_like, self.parameters)
        self.state, self.t = (self.parameters, zeros, zeros), 0
        X, y = np.ascontiguousarray(X.transpose(1, 0, 2)), y.astype(np.int32)
        rng = np.random.default_rng(0)

        def epoch():
            order = rng.permutation(len(y))
            for start in range(0, len(y), batch_size):
                batch = order[start : start + batch_size]
                self.t += 1
                self.state = step(*self.state, self.t, X[:, batch], y[batch])
            jax.block_until_ready(self.state)

        return epoch

    def prediction(self, X):
        """Return a function that predicts probabilities of X (n, steps, features)."""
        jax = self.jax
        X = jax.numpy.asarray(np.ascontiguousarray(X.transpose(1, 0, 2)))
        probabilities = jax.jit(lambda parameters, X: jax.nn.softmax(self.logits(parameters, X)))
        return lambda: jax.block_until_ready(probabilities(self.parameters, X))
