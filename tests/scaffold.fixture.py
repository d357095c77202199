"""What SCAFFOLD is for, in NumPy: sites that pull in different directions, and many local steps (Karimireddy et al. 2020).

    apt-get install python3-numpy
    python3 scaffold.fixture.py > scaffold.fixture.json && npx biome format --write scaffold.fixture.json

Site i has the loss ½ Σ aᵢ (w − bᵢ)². The optimum of the losses together, weighted by samples, is known. The whole algorithm runs, sites
and server; what is written down is the way of the model and where it ends, for FedAvg as well. All in float64.
"""

import json

import numpy as np

ROUNDS, RATE, BATCH, EPOCHS = 60, 0.1, 8, 2
samples = np.array([16, 80, 40])
a = np.array([[1.0, 0.2, 3.0, 0.5], [0.3, 1.5, 0.5, 2.0], [2.0, 0.4, 1.0, 0.1]])
b = np.array([[1.0, -2.0, 0.5, 3.0], [-1.0, 2.0, 1.5, 0.0], [2.0, 0.0, -2.0, -1.0]])
steps = EPOCHS * np.maximum(1, samples // BATCH)
share = samples / samples.sum()
optimum = (share[:, None] * a * b).sum(0) / (share[:, None] * a).sum(0)
start = np.zeros(4)


def run(controlled, absent):
    x, c, own = start.copy(), np.zeros(4), np.zeros((3, 4))
    way = []
    for r in range(1, ROUNDS + 1):
        here = [i for i in range(3) if i not in absent.get(r, ())]
        ends, changes = {}, {}
        for i in here:
            y = x.copy()
            for _ in range(steps[i]):
                gradient = a[i] * (y - b[i])
                y = y - RATE * (gradient - own[i] + c if controlled else gradient)
            ends[i] = y
            after = own[i] - c + (x - y) / (steps[i] * RATE)
            changes[i] = after - own[i]
            if controlled:
                own[i] = after
        weight = samples[here] / samples[here].sum()
        x = x + sum(w * (ends[i] - x) for w, i in zip(weight, here))
        if controlled:
            c = c + sum(share[i] * changes[i] for i in here)
        way.append([float(f'{value:.9g}') for value in x])
    return way


# One is away in the second and third round and comes back; another misses every fifth round.
absent = {2: (2,), 3: (2,), **{r: (0,) for r in range(5, ROUNDS + 1, 5)}}
print(
    json.dumps(
        {
            'rate': RATE,
            'batchSize': BATCH,
            'localEpochs': EPOCHS,
            'samples': samples.tolist(),
            'a': a.tolist(),
            'b': b.tolist(),
            'start': start.tolist(),
            'optimum': optimum.tolist(),
            'absent': {str(r): list(sites) for r, sites in absent.items() if r <= 20},
            'scaffold': run(True, {}),
            'fedavg': run(False, {}),
            'sometimesAway': run(True, absent)[:20],
        }
    )
)
