"""Recognise handwritten digits: a small neural network on the 1,797 scans that come with scikit-learn.

Trains in under a minute on two cores, and leaves model.onnx, which takes the raw 8 x 8 pixels (0 to 16) of any number
of digits and answers with a label and ten probabilities for each.
"""

import argparse
import json
import math
import time

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split

import trainyard


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--lr", type=float, default=0.02, help="learning rate at the start; it falls to zero")
    parser.add_argument("--hidden", type=int, default=256, help="width of the two hidden layers")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    trainyard.params(vars(args))
    rng = np.random.default_rng(args.seed)

    digits = load_digits()
    x, held_x, y, held_y = train_test_split(
        digits.data.astype(np.float32), digits.target, test_size=0.2, stratify=digits.target, random_state=args.seed
    )
    print(f"{len(x)} digits to learn from, {len(held_x)} held out")

    network = Network([64, args.hidden, args.hidden, 10], rng)
    for epoch in range(args.epochs):
        began = time.perf_counter()
        lr = args.lr * 0.5 * (1 + math.cos(math.pi * epoch / args.epochs))
        # Every epoch sees each digit many times, each time moved by up to one pixel and under other noise.
        seen_x, seen_y = disturb(np.repeat(x, 24, axis=0), rng), np.repeat(y, 24)
        order = rng.permutation(len(seen_x))
        losses, hits = [], 0
        for start in range(0, len(order), args.batch):
            rows = order[start : start + args.batch]
            batch_loss, correct = network.learn(seen_x[rows] / 16, seen_y[rows], lr)
            losses.append(batch_loss)
            hits += correct
        loss, acc = np.mean(losses), hits / len(order)
        held_probabilities = network.predict(held_x / 16)
        val_loss = -np.log(held_probabilities[np.arange(len(held_y)), held_y] + 1e-12).mean()
        val_acc = (held_probabilities.argmax(axis=1) == held_y).mean()
        trainyard.log(step=epoch, loss=loss, acc=acc)
        trainyard.log(step=epoch, val_loss=val_loss, val_acc=val_acc)
        trainyard.log(step=epoch, lr=lr)
        seconds = time.perf_counter() - began
        print(f"epoch {epoch + 1:2d}/{args.epochs}  loss {loss:.4f}  val_acc {val_acc:.4f}  {seconds:.1f} s")

    onnx.save(network.to_onnx(), "model.onnx")
    report(held_x, held_y, network.predict(held_x / 16))


def disturb(images, rng):
    """Moves each 8 x 8 image by -1, 0 or 1 pixel in both directions, and adds noise."""
    padded = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    top, left = rng.integers(0, 3, (2, len(images), 1, 1))
    grid = np.arange(8)
    moved = padded[np.arange(len(images))[:, None, None], top + grid[:, None], left + grid]
    return np.clip(moved + rng.normal(0, 3, moved.shape), 0, 16).astype(np.float32).reshape(-1, 64)


class Network:
    """Fully connected layers with ReLU between them, trained by stochastic gradient descent with momentum."""

    def __init__(self, sizes, rng):
        shapes = list(zip(sizes, sizes[1:]))
        self.weights = [rng.normal(0, math.sqrt(2 / a), (a, b)).astype(np.float32) for a, b in shapes]
        self.biases = [np.zeros(b, np.float32) for _, b in shapes]
        self.momenta = [np.zeros_like(p) for p in self.weights + self.biases]

    def predict(self, x):
        return self.forward(x)[-1]

    def forward(self, x):
        """The input, the output of each layer, and in the end the probabilities."""
        layers = [x]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1]):
            layers.append(np.maximum(layers[-1] @ weight + bias, 0))
        scores = layers[-1] @ self.weights[-1] + self.biases[-1]
        exp = np.exp(scores - scores.max(axis=1, keepdims=True))
        return [*layers, exp / exp.sum(axis=1, keepdims=True)]

    def learn(self, x, y, lr, momentum=0.9, decay=1e-4):
        """One step; returns the mean cross-entropy and how many were right."""
        *layers, probabilities = self.forward(x)
        rows = np.arange(len(y))
        loss, correct = -np.log(probabilities[rows, y] + 1e-12).mean(), (probabilities.argmax(axis=1) == y).sum()
        error = probabilities
        error[rows, y] -= 1
        error /= len(y)
        weight_steps, bias_steps = [], []
        for index in reversed(range(len(self.weights))):
            weight_steps.insert(0, layers[index].T @ error + decay * self.weights[index])
            bias_steps.insert(0, error.sum(axis=0))
            error = (error @ self.weights[index].T) * (layers[index] > 0)
        for p, m, step in zip(self.weights + self.biases, self.momenta, weight_steps + bias_steps):
            m *= momentum
            m -= lr * step
            p += m
        return float(loss), int(correct)

    def to_onnx(self):
        """The same computation as an ONNX graph, from raw pixels to label and probabilities."""
        constants = [numpy_helper.from_array(np.float32(16), "depth")]
        nodes, value = [helper.make_node("Div", ["pixels", "depth"], ["scaled"])], "scaled"
        last = len(self.weights) - 1
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            constants += [numpy_helper.from_array(weight, f"w{index}"), numpy_helper.from_array(bias, f"b{index}")]
            nodes.append(helper.make_node("Gemm", [value, f"w{index}", f"b{index}"], [f"gemm{index}"]))
            value = f"gemm{index}"
            if index < last:
                nodes.append(helper.make_node("Relu", [value], [f"relu{index}"]))
                value = f"relu{index}"
        nodes.append(helper.make_node("Softmax", [value], ["probabilities"], axis=1))
        nodes.append(helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0))
        inputs = [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 64])]
        outputs = [
            helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10]),
        ]
        graph = helper.make_graph(nodes, "digits", inputs, outputs, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        return model


def report(x, y, probabilities):
    """What the model gets wrong, and its answers for held-out digits, to compare a deployed service with."""
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(y, predicted)
    columns = ["digit", *[f"taken for {digit}" for digit in range(10)]]
    trainyard.table("confusion", [[digit, *row] for digit, row in enumerate(matrix.tolist())], columns=columns)
    least_sure = probabilities[np.arange(len(y)), y].argsort()[:16]
    tiles = np.pad(x[least_sure].reshape(16, 8, 8), ((0, 0), (1, 1), (1, 1)))
    sheet = tiles.reshape(4, 4, 10, 10).transpose(0, 2, 1, 3).reshape(40, 40)
    trainyard.image("hardest digits", np.kron(1 - sheet / 16, np.ones((8, 8))))
    rows = slice(0, 100)
    answers = {"pixels": x[rows].tolist(), "label": predicted[rows].tolist(), "truth": y[rows].tolist(),
               "probabilities": probabilities[rows].tolist()}
    with open("held_out.json", "w") as file:
        json.dump(answers, file)
    trainyard.artifact("held_out.json")
    print(f"{(predicted == y).mean():.1%} of the held-out digits are right")


if __name__ == "__main__":
    main()
