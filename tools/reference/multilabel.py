"""Golden values from scikit-learn for metrics of several labels.

    python -m venv .build/reference && .build/reference/bin/pip install scikit-learn==1.5.2
    .build/reference/bin/python tools/reference/multilabel.py Tests/EvaluationTests/Golden

Scores are multiples of 1/64: they are exact in 32 bits, none lies on the border of a bin but those that also do in 64 bits, and many are
equal. The calibration error, which scikit-learn does not have, is taken from its definition with fractions. With `--plain` every
value is taken from its definition and nothing is imported: where scikit-learn is there, both must agree before anything is written.
"""
import json
import random
import sys
from fractions import Fraction


def f1(truths, answers):
    found = sum(t and a for t, a in zip(truths, answers))
    both = sum(truths) + sum(answers)
    return Fraction(2 * found, both) if both else Fraction(0)


def average_precision(truths, scores):
    """Sum of (recall_n - recall_(n-1)) precision_n over the distinct scores from the highest; None without positives."""
    area, recall = Fraction(0), Fraction(0)
    if not any(truths):
        return None
    for threshold in sorted(set(scores), reverse=True):
        taken = [t for t, s in zip(truths, scores) if s >= threshold]
        now = Fraction(sum(taken), sum(truths))
        area += (now - recall) * Fraction(sum(taken), len(taken))
        recall = now
    return area


def calibration(truths, scores, bins=10):
    """Weighted mean distance of mean score and frequency in bins of equal width."""
    total = Fraction(0)
    for part in range(bins):
        own = [(t, s) for t, s in zip(truths, scores) if min(bins - 1, int(s * bins)) == part]
        total += abs(sum(s for _, s in own) - sum(t for t, _ in own))
    return total / len(truths)


def mean(values):
    return sum(values) / len(values) if values else None


def check(case, truth, scores, answers):
    import numpy
    from sklearn.metrics import average_precision_score, f1_score
    truth, scores, answers = (numpy.array(x, dtype=float).T for x in (truth, scores, answers))
    occurring = [k for k in range(truth.shape[1]) if truth[:, k].any()]
    theirs = {
        "micro_f1": f1_score(truth, answers, average="micro"),
        "macro_f1": mean([f1_score(truth[:, k], answers[:, k], zero_division=0) for k in occurring]),
        "mean_average_precision": mean([average_precision_score(truth[:, k], scores[:, k]) for k in occurring]),
        "micro_average_precision": average_precision_score(truth, scores, average="micro"),
    }
    for name, value in theirs.items():
        assert abs(case[name] - value) < 1e-12, (name, case[name], value)


def main(folder, plain):
    source = random.Random(11)
    cases = []
    for number in range(8):
        examples, labels = 6 + 9 * number, 2 + number % 4
        thresholds = [Fraction(source.randint(16, 48), 64) if number % 2 else Fraction(1, 2) for _ in range(labels)]
        truth, scores = [], []
        for label in range(labels):
            share = 0 if number > 2 and label == 1 else source.random()
            truth.append([int(source.random() < share) for _ in range(examples)])
            scores.append([Fraction(min(64, source.randint(0, 48) + 16 * t), 64) for t in truth[-1]])
        if not any(map(any, truth)):
            truth[0][0] = 1
        answers = [[int(s >= threshold) for s in own] for own, threshold in zip(scores, thresholds)]
        occurring = [k for k in range(labels) if any(truth[k])]
        flat = [sum(x, []) for x in (truth, answers, scores)]
        case = {
            "labels": labels, "thresholds": [float(t) for t in thresholds],
            "present": [truth[k][s] for s in range(examples) for k in range(labels)],
            "scores": [float(scores[k][s]) for s in range(examples) for k in range(labels)],
            "f1": [float(f1(t, a)) for t, a in zip(truth, answers)],
            "average_precision": [None if not any(t) else float(average_precision(t, s)) for t, s in zip(truth, scores)],
            "calibration": [float(calibration(t, s)) for t, s in zip(truth, scores)],
            "micro_f1": float(f1(flat[0], flat[1])),
            "macro_f1": float(mean([f1(truth[k], answers[k]) for k in occurring])),
            "mean_average_precision": float(mean([average_precision(truth[k], scores[k]) for k in occurring])),
            "micro_average_precision": float(average_precision(flat[0], flat[2])),
            "expected_calibration_error": float(calibration(flat[0], flat[2])),
        }
        if not plain:
            check(case, truth, scores, answers)
        cases.append(case)
    with open(f"{folder}/multilabel.json", "w") as file:
        json.dump({"generator": "tools/reference/multilabel.py", "reference": "definitions with fractions; scikit-learn 1.5.2 agrees",
                   "tolerance": 1e-12, "why": "double sums of at most some hundred terms, scores exact in 32 bits", "cases": cases},
                  file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1], "--plain" in sys.argv)
