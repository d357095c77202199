"""Temperatures by SciPy, for the tests beside: python3 temperature.fixture.py > temperature.fixture.json

Debian's python3-scipy 1.10.1 and python3-numpy 1.24.2 made the numbers. Logits are drawn; what a test is given are the
probabilities, as a model gives them; the temperature is fitted to these by a bounded search for the least log loss.
"""

import json

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax


def calibration_error(probabilities, labels, bins=10):
    """Guo et al. 2017, bins (l, u] of equal width."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1)
    inside = [place == bin for bin in range(bins)]
    return sum(abs(right[own].sum() - confidence[own].sum()) for own in inside) / len(labels)


def case(name, seed, rows, classes, sharpness):
    draw = np.random.default_rng(seed)
    labels = draw.integers(classes, size=rows)
    logits = draw.normal(size=(rows, classes))
    logits[np.arange(rows), labels] += 1.2
    given = np.round(softmax(sharpness * logits, axis=1), 9)
    scores = np.log(given)

    def loss(temperature):
        return -log_softmax(scores / temperature, axis=1)[np.arange(rows), labels].mean()

    found = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-10})
    scaled = softmax(scores / found.x, axis=1)
    one_hot = np.eye(classes)[labels]
    return {
        "name": name,
        "classes": classes,
        "y": labels.tolist(),
        "probabilities": given.ravel().tolist(),
        "temperature": found.x,
        "loss": {"plain": loss(1), "scaled": loss(found.x)},
        "ece": {"plain": calibration_error(given, labels), "scaled": calibration_error(scaled, labels)},
        "brier": {
            "plain": ((given - one_hot) ** 2).sum(axis=1).mean(),
            "scaled": ((scaled - one_hot) ** 2).sum(axis=1).mean(),
        },
    }


cases = [
    case("too sure", 7, 60, 4, 3.0),
    case("too modest", 8, 50, 3, 0.3),
    case("about right", 9, 40, 2, 1.0),
]
print(json.dumps({"cases": cases}, indent=1))
