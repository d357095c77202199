"""Independent numbers for the server's part of SCAFFOLD (Karimireddy et al. 2020, algorithm 1, option II), in NumPy.

    apt-get install python3-numpy
    python3 scaffold.fixture.py > scaffold.fixture.json && npx biome format --write scaffold.fixture.json

As the paper has it: every site keeps a variate of its own and hands in how its model and its variate changed. Sites are weighted by
their samples, which the paper does by giving each the same. Model and variates are rounded to float32 between rounds.
"""

import json

import numpy as np

SITES, ELEMENTS, ROUNDS, RATE, BATCH, EPOCHS = 5, 12, 3, 0.05, 16, 2
random = np.random.default_rng(20260303)
as_written = lambda values: np.float32(np.round(values, 6)).astype(np.float64)
short = lambda values: [float(f'{x:.9g}') for x in values]

start = as_written(random.normal(0, 0.5, ELEMENTS))
ends = [[as_written(start + random.normal(0.1 * r, 0.2, ELEMENTS)) for _ in range(SITES)] for r in range(ROUNDS)]


def capped(shares, most):
    """What lies above the cap goes to the others by their share."""
    if most is None:
        return shares
    if most * len(shares) <= 1:
        return np.full(len(shares), 1 / len(shares))
    fixed = np.zeros(len(shares), dtype=bool)
    while True:
        now = np.where(fixed, most, 0)
        now[~fixed] = shares[~fixed] / shares[~fixed].sum() * (1 - most * fixed.sum())
        above = (now > most + 1e-12) & ~fixed
        if not above.any():
            return now
        fixed |= above


def run(samples, present, rate=1, share=None):
    samples = np.asarray(samples, dtype=np.float64)
    overall = capped(samples / samples.sum(), share)
    x, c, own = start, np.zeros(ELEMENTS), np.zeros((SITES, ELEMENTS))
    models, controls = [], []
    for r, here in enumerate(present):
        weights = capped(samples[here] / samples[here].sum(), share)
        step, change = np.zeros(ELEMENTS), np.zeros(ELEMENTS)
        for weight, i in zip(weights, here):
            steps = EPOCHS * max(1, int(samples[i]) // BATCH)
            y = ends[r][i]
            after = own[i] - c + (x - y) / (steps * RATE)
            step += weight * (y - x)
            change += overall[i] * (after - own[i])
            own[i] = after
        x = np.float32(x + rate * step).astype(np.float64)
        c = np.float32(c + change).astype(np.float64)
        models.append(short(x))
        controls.append(short(c))
    return {'samples': samples.astype(int).tolist(), 'present': present, 'models': models, 'controls': controls}


everyone = [list(range(SITES))] * ROUNDS
some = [[0, 1, 3], [1, 2, 4], [0, 1, 2, 3]]
even, uneven = [40] * SITES, [40, 310, 55, 15, 120]
cases = [
    ({}, run(even, everyone)),
    ({}, run(even, some)),
    ({}, run(uneven, everyone)),
    ({}, run(uneven, some)),
    ({'rate': 0.5}, run(uneven, some, rate=0.5)),
    ({'maximumShare': 0.35}, run(uneven, everyone, share=0.35)),
    ({'maximumShare': 0.25, 'rate': 1.5}, run(uneven, some, rate=1.5, share=0.25)),
]
print(
    json.dumps(
        {
            'stage': {'batchSize': BATCH, 'localEpochs': EPOCHS, 'rate': RATE},
            'start': short(start),
            'ends': [[short(site) for site in one] for one in ends],
            'cases': [{'settings': settings, **case} for settings, case in cases],
        }
    )
)
