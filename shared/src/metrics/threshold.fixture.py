"""Thresholds by scikit-learn, for the tests beside: python3 threshold.fixture.py > threshold.fixture.json

Debian's python3-sklearn 1.2.1, python3-scipy 1.10.1 and python3-numpy 1.24.2 made the numbers. A threshold is chosen on drawn
validation scores by roc_curve and Youden's index; what stands beside are scikit-learn's figures, and SciPy's intervals by Wilson,
of drawn test scores at that threshold in hundredths.
"""

import json

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score, roc_curve


def draw(random, rows, prevalence, skill, decimals):
    labels = (random.random(rows) < prevalence).astype(int)
    logits = random.normal(size=rows) + skill * (labels - 0.5) + np.log(prevalence / (1 - prevalence))
    return labels, np.round(1 / (1 + np.exp(-logits)), decimals)


def youden(labels, scores):
    false_positive, true_positive, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    index = true_positive - false_positive
    # The first threshold is reached by nobody, the last by all.
    inner = range(1, len(thresholds) - 1)
    most = max(index[place] for place in inner)
    halfway = [(thresholds[place] + thresholds[place + 1]) / 2 for place in inner if np.isclose(index[place], most)]
    return min(halfway, key=lambda threshold: abs(threshold - 0.5)), most, len(halfway)


def rate(value, right, of):
    low, high = binomtest(int(right), int(of)).proportion_ci(method="wilson")
    return {"value": value, "low": low, "high": high}


def case(name, seed, rows, prevalence, skill, decimals):
    random = np.random.default_rng(seed)
    labels, scores = draw(random, rows, prevalence, skill, decimals)
    test_labels, test_scores = draw(random, 4 * rows, prevalence, skill, decimals)
    threshold, index, best = youden(labels, scores)
    answers = (test_scores >= round(threshold, 2)).astype(int)
    (tn, fp), (fn, tp) = confusion_matrix(test_labels, answers)
    return {
        "name": name,
        "validation": {"y": labels.tolist(), "scores": scores.tolist()},
        "test": {"y": test_labels.tolist(), "scores": test_scores.tolist()},
        "threshold": threshold,
        "index": index,
        "best": best,
        "rates": {
            "sensitivity": rate(recall_score(test_labels, answers), tp, tp + fn),
            "specificity": rate(recall_score(test_labels, answers, pos_label=0), tn, tn + fp),
            "ppv": rate(precision_score(test_labels, answers), tp, tp + fp),
            "npv": rate(precision_score(test_labels, answers, pos_label=0), tn, tn + fn),
            "accuracy": rate(accuracy_score(test_labels, answers), tp + tn, len(answers)),
        },
    }


cases = [
    case("even classes", 7, 60, 0.5, 2.0, 6),
    case("a rare second class", 8, 80, 0.15, 2.0, 6),
    case("equal scores", 9, 70, 0.6, 1.0, 1),
]
print(json.dumps({"cases": cases}, indent=1))
