"""Figures of scikit-learn and of R's pROC, against which ours are tested.

On Debian 12:
  apt-get install python3-sklearn r-cran-proc
  /usr/bin/python3 shared/src/metrics/independent.fixture.py > shared/src/metrics/independent.fixture.json
  npx biome format --write shared/src/metrics/independent.fixture.json
"""

import json
import subprocess

import numpy
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score, average_precision_score, balanced_accuracy_score, f1_score, log_loss, matthews_corrcoef,
    roc_auc_score)
from sklearn.utils import resample

rows, classes, draws = 150, 3, 4000
random = numpy.random.RandomState(5)
y = random.choice(classes, rows, p=[0.6, 0.28, 0.12])
logits = 1.2 * random.standard_normal((rows, classes)) + 1.4 * numpy.eye(classes)[y]
exact = numpy.exp(logits) / numpy.exp(logits).sum(axis=1, keepdims=True)
# In hundredths, so that scores are tied and lie on the edges of bins; the last class takes what rounding leaves.
hundredths = numpy.floor(100 * exact).astype(int)
hundredths[:, -1] = 100 - hundredths[:, :-1].sum(axis=1)
probabilities = hundredths / 100
predicted = probabilities.argmax(axis=1)
truth = numpy.eye(classes)[y]


def calibration(bins):
    """Expected and greatest calibration error; calibration_curve leaves empty bins out."""
    confidence = probabilities.max(axis=1)
    right = (predicted == y).astype(int)
    true, stated = calibration_curve(right, confidence, n_bins=bins)
    edges = numpy.linspace(0, 1, bins + 1)
    counts = numpy.bincount(numpy.searchsorted(edges[1:-1], confidence), minlength=bins)
    gaps = abs(true - stated)
    return float((gaps * counts[counts > 0]).sum() / rows), float(gaps.max())


def scores(rows_drawn):
    truths, told, shares = y[rows_drawn], predicted[rows_drawn], probabilities[rows_drawn]
    return {
        "balancedAccuracy": balanced_accuracy_score(truths, told),
        "macroF1": f1_score(truths, told, average="macro"),
        "weightedF1": f1_score(truths, told, average="weighted"),
        "mcc": matthews_corrcoef(truths, told),
        "auc": roc_auc_score(truths, shares, multi_class="ovr", average="macro"),
    }


def bootstrap():
    drawn = [scores(resample(numpy.arange(rows), stratify=y, random_state=seed)) for seed in range(draws)]
    return {name: [float(end) for end in numpy.percentile([one[name] for one in drawn], [2.5, 97.5])]
            for name in drawn[0]}


def in_r(program):
    lines = subprocess.run(["Rscript", "--vanilla", "-e", program], check=True, capture_output=True, text=True).stdout
    return [[float(value) for value in line.split()] for line in lines.splitlines()]


def vector(values):
    return "c(" + ",".join(str(value) for value in values) + ")"


curve = "r <- roc({}, {}, levels=c(0,1), direction='<', quiet=TRUE);"
delong = [in_r(
    "suppressMessages(library(pROC));" + curve.format(vector(truth[:, c].astype(int)), vector(hundredths[:, c]))
    + "ci <- ci.auc(r, method='delong'); cat(sprintf('%.17g', c(auc(r), var(r, method='delong'), ci[1], ci[3])), fill=1000)"
)[0] for c in range(classes)]
# Of one class against the others: the stratified bootstrap of the AUC of two classes.
stratified = in_r(
    "suppressMessages(library(pROC)); set.seed(1);" + curve.format(vector(truth[:, 0].astype(int)), vector(hundredths[:, 0]))
    + f"ci <- ci.auc(r, method='bootstrap', boot.n={draws}, boot.stratified=TRUE, progress='none');"
    + "cat(sprintf('%.17g', c(ci[1], ci[3])), fill=1000)")[0]
shares = [(7, 20), (0, 10), (10, 10), (45, 50), (1, 3), (880, 1000)]
wilson = [in_r(
    f"ci <- suppressWarnings(prop.test({x}, {n}, correct=FALSE))$conf.int; cat(sprintf('%.17g', ci), fill=1000)"
)[0] for x, n in shares]
ece, mce = calibration(10)
version = in_r("cat(as.numeric(strsplit(as.character(packageVersion('pROC')), '.', fixed=TRUE)[[1]]), fill=1000)")[0]

print(json.dumps({
    "madeBy": f"independent.fixture.py: scikit-learn {sklearn.__version__}, NumPy {numpy.__version__}, "
              + "pROC " + ".".join(str(int(part)) for part in version),
    "y": y.tolist(),
    "hundredths": hundredths.tolist(),
    "scores": {
        "accuracy": accuracy_score(y, predicted),
        **scores(numpy.arange(rows)),
        "ap": float(numpy.mean([average_precision_score(truth[:, c], probabilities[:, c]) for c in range(classes)])),
        "microAp": average_precision_score(truth, probabilities, average="micro"),
        "loss": log_loss(y, probabilities, eps=1e-12),
        "brier": float(((probabilities - truth) ** 2).sum(axis=1).mean()),
        "ece": ece, "mce": mce, "ece15": calibration(15)[0],
    },
    "classAuc": [roc_auc_score(truth[:, c], probabilities[:, c]) for c in range(classes)],
    "delong": [dict(zip(["auc", "variance", "low", "high"], own)) for own in delong],
    "bootstrap": {"draws": draws, "multiclass": bootstrap(), "firstClassAuc": stratified},
    "wilson": [{"successes": x, "n": n, "low": ends[0], "high": ends[1]} for (x, n), ends in zip(shares, wilson)],
}))
