"""Independent numbers for the strategies: the formulas of the papers, and of Flower where it publishes the same, in NumPy.

    apt-get install python3-numpy
    python3 strategies.fixture.py > strategies.fixture.json && npx biome format --write strategies.fixture.json

Three rounds. In each, every site sends the same values whatever the strategy, so that strategies differ by nothing else. The
model is rounded to float32 between rounds, as it travels; all else is float64.
"""

import json

import numpy as np

SITES, ELEMENTS, ROUNDS = 11, 24, 3
random = np.random.default_rng(20260101)
samples = [40, 310, 55, 120, 80, 64, 200, 33, 150, 95, 71]


def as_written(values):
    """Numbers with few digits, as the float32 that a model holds."""
    return np.float32(np.round(values, 6)).astype(np.float64)


start = as_written(random.normal(0, 0.5, ELEMENTS))
drift = random.normal(0, 0.05, ELEMENTS)
updates = [
    [as_written(start + drift * (r + 1) + random.normal(0, 0.02 + 0.01 * s, ELEMENTS)) for s in range(SITES)]
    for r in range(ROUNDS)
]
# Two sites that send rubbish: one far away, one with its direction turned round.
for r in range(ROUNDS):
    updates[r][3] = as_written(updates[r][3] * 30)
    updates[r][8] = as_written(start - 6 * drift * (r + 1))


def weighted(values, counts):
    return np.average(np.stack(values), axis=0, weights=np.asarray(counts, dtype=np.float64))


class FedAvg:
    def __init__(self, clip=None, share=None):
        self.clip, self.share = clip, share

    def counts(self, n):
        """Shares of the samples; with a cap, what lies above it goes to the others by their samples."""
        shares = np.asarray(samples[:n]) / sum(samples[:n])
        if self.share is None:
            return shares
        if self.share * n <= 1:
            return np.full(n, 1 / n)
        capped = np.zeros(n, dtype=bool)
        while True:
            now = np.where(capped, self.share, 0)
            now[~capped] = shares[~capped] / shares[~capped].sum() * (1 - self.share * capped.sum())
            above = (now > self.share + 1e-12) & ~capped
            if not above.any():
                return now
            capped |= above

    def mean(self, base, values):
        deltas = [v - base for v in values]
        if self.clip is not None:
            deltas = [d * min(1, self.clip / np.linalg.norm(d)) for d in deltas]
        return weighted(deltas, self.counts(len(values)))

    def step(self, base, values):
        return base + self.mean(base, values)


class FedAvgM(FedAvg):
    """Hsu, Qi and Brown 2019; Flower's FedAvgM: the pseudo-gradient is base - mean."""

    def __init__(self, rate, momentum, **other):
        super().__init__(**other)
        self.rate, self.momentum, self.vector = rate, momentum, None

    def step(self, base, values):
        gradient = -self.mean(base, values)
        self.vector = gradient if self.vector is None else self.momentum * self.vector + gradient
        return base - self.rate * self.vector


class Adaptive(FedAvg):
    """Reddi et al. 2021, algorithm 2; Flower's FedAdam, FedYogi and FedAdagrad."""

    def __init__(self, rate, beta1, tau, second, **other):
        super().__init__(**other)
        self.rate, self.beta1, self.tau, self.second = rate, beta1, tau, second
        self.m, self.v = np.zeros(ELEMENTS), np.zeros(ELEMENTS)

    def step(self, base, values):
        delta = self.mean(base, values)
        self.m = self.beta1 * self.m + (1 - self.beta1) * delta
        self.v = self.second(self.v, delta)
        return base + self.rate * self.m / (np.sqrt(self.v) + self.tau)


class Median:
    def step(self, base, values):
        return np.median(np.stack(values), axis=0)


class TrimmedMean:
    """Yin et al. 2018: without the f greatest and the f least of every weight."""

    def __init__(self, faulty):
        self.faulty = faulty

    def step(self, base, values):
        ordered = np.sort(np.stack(values), axis=0)
        return ordered[self.faulty : len(values) - self.faulty].mean(axis=0)


def krum_scores(values, faulty):
    """Blanchard et al. 2017: the sum of the squared distances to the n - f - 2 nearest others."""
    distance = np.array([[np.linalg.norm(a - b) ** 2 for b in values] for a in values])
    nearest = max(1, len(values) - faulty - 2)
    return [np.sort(np.delete(row, i))[:nearest].sum() for i, row in enumerate(distance)]


class MultiKrum:
    def __init__(self, faulty, keep):
        self.faulty, self.keep = faulty, keep

    def step(self, base, values):
        best = np.argsort(krum_scores(values, self.faulty), kind='stable')[: self.keep]
        return np.mean([values[i] for i in best], axis=0)


class Bulyan:
    """El Mhamdi, Guerraoui and Rouault 2018: theta by Krum, one after the other; then the beta nearest to their median."""

    def __init__(self, faulty):
        self.faulty = faulty

    def step(self, base, values):
        theta = len(values) - 2 * self.faulty
        beta = theta - 2 * self.faulty
        left, chosen = list(values), []
        for _ in range(theta):
            scores = krum_scores(left, self.faulty) if len(left) > 1 else [0]
            chosen.append(left.pop(int(np.argmin(scores))))
        chosen = np.stack(chosen)
        nearest = np.argsort(np.abs(chosen - np.median(chosen, axis=0)), axis=0, kind='stable')[:beta]
        return np.take_along_axis(chosen, nearest, axis=0).mean(axis=0)


adam = lambda v, d: 0.99 * v + 0.01 * d**2
yogi = lambda v, d: v - 0.01 * d**2 * np.sign(v - d**2)
adagrad = lambda v, d: v + d**2
cases = [
    ('fedavg', {}, SITES, FedAvg()),
    ('fedavg', {'clipNorm': 0.4}, SITES, FedAvg(clip=0.4)),
    ('fedavg', {'clipNorm': 1000}, SITES, FedAvg(clip=1000)),
    ('fedavg', {'maximumShare': 0.15}, SITES, FedAvg(share=0.15)),
    ('fedavg', {'maximumShare': 0.05}, SITES, FedAvg(share=0.05)),
    ('fedavg', {'maximumShare': 0.5, 'clipNorm': 0.3}, 3, FedAvg(share=0.5, clip=0.3)),
    ('fedprox', {'mu': 0.1}, SITES, FedAvg()),
    ('fedavgm', {'rate': 0.7, 'momentum': 0.9}, SITES, FedAvgM(0.7, 0.9)),
    ('fedavgm', {'rate': 1, 'momentum': 0.5, 'clipNorm': 0.4}, SITES, FedAvgM(1, 0.5, clip=0.4)),
    ('fedadam', {'rate': 0.02, 'beta1': 0.9, 'beta2': 0.99, 'tau': 0.001}, SITES, Adaptive(0.02, 0.9, 0.001, adam)),
    ('fedyogi', {'rate': 0.02, 'beta1': 0.9, 'beta2': 0.99, 'tau': 0.001}, SITES, Adaptive(0.02, 0.9, 0.001, yogi)),
    ('fedadagrad', {'rate': 0.02, 'beta1': 0, 'tau': 0.001}, SITES, Adaptive(0.02, 0, 0.001, adagrad)),
    ('median', {}, SITES, Median()),
    ('median', {}, 10, Median()),
    ('trimmed-mean', {'faulty': 2}, SITES, TrimmedMean(2)),
    ('trimmed-mean', {'faulty': 0}, 10, TrimmedMean(0)),
    ('multi-krum', {'faulty': 2}, SITES, MultiKrum(2, 7)),
    ('multi-krum', {'faulty': 3, 'keep': 1}, 10, MultiKrum(3, 1)),
    ('bulyan', {'faulty': 2}, SITES, Bulyan(2)),
    ('bulyan', {'faulty': 1}, 8, Bulyan(1)),
]
results = []
for name, settings, sites, strategy in cases:
    model, models = start, []
    for values in updates:
        model = np.float32(strategy.step(model, values[:sites])).astype(np.float64)
        models.append([float(f'{x:.9g}') for x in model])
    results.append({'name': name, 'settings': settings, 'sites': sites, 'models': models})

short = lambda values: [float(f'{x:.9g}') for x in values]
print(
    json.dumps(
        {
            'samples': samples,
            'start': short(start),
            'updates': [[short(site) for site in one] for one in updates],
            'cases': results,
        }
    )
)
