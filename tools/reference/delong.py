"""Golden values of DeLong's test and of KS, from their definitions with fractions; nothing is imported that must be installed.

    python3 tools/reference/delong.py Tests/EvaluationTests/Golden

AUC is the mean of ψ(x, y) over all pairs of a positive x and a negative y (1 above, 1/2 equal, 0 below); V10(x) and V01(y) are its means over the
other class; the variance of a difference is S10 / m + S01 / n of the differences of V10 and V01 (DeLong, DeLong and Clarke-Pearson, 1988).
Scores are multiples of 1/32: they are exact in 32 bits, and many are equal.
"""
import json
import math
import random
import sys
from fractions import Fraction


def components(scores, truths):
    above = [s for s, t in zip(scores, truths) if t]
    below = [s for s, t in zip(scores, truths) if not t]
    psi = lambda x, y: Fraction(1) if x > y else Fraction(1, 2) if x == y else Fraction(0)
    v10 = [sum(psi(x, y) for y in below) / len(below) for x in above]
    v01 = [sum(psi(x, y) for x in above) / len(above) for y in below]
    return v10, v01


def variance(values):
    mean = sum(values) / len(values)
    return sum((v - mean) ** 2 for v in values) / (len(values) - 1)


def ks(scores, truths):
    m, n = sum(truths), len(truths) - sum(truths)
    return max(
        abs(
            Fraction(sum(t and s >= threshold for s, t in zip(scores, truths)), m)
            - Fraction(sum((not t) and s >= threshold for s, t in zip(scores, truths)), n))
        for threshold in set(scores))


def case(source, count, share):
    truths = [source.random() < share for _ in range(count)]
    truths[0], truths[1], truths[2], truths[3] = True, True, False, False
    base = [source.gauss(0.8 if t else 0, 1) for t in truths]
    first = [round(32 * (b + source.gauss(0, 0.5))) / 32 for b in base]
    second = [round(8 * (b + source.gauss(0, 0.9))) / 8 for b in base]
    a, b = components(first, truths), components(second, truths)
    auc = [float(sum(v10) / len(v10)) for v10, _ in (a, b)]
    own = [float(variance(v10) / len(v10) + variance(v01) / len(v01)) for v10, v01 in (a, b)]
    apart = [[x - y for x, y in zip(u, v)] for u, v in zip(a, b)]
    both = float(variance(apart[0]) / len(apart[0]) + variance(apart[1]) / len(apart[1]))
    z = (auc[0] - auc[1]) / math.sqrt(both)
    return {
        "truths": [int(t) for t in truths], "first": first, "second": second, "auc": auc, "variance": own, "difference_variance": both,
        "z": z, "p": math.erfc(abs(z) / math.sqrt(2)), "ks": [float(ks(first, truths)), float(ks(second, truths))],
    }


if __name__ == "__main__":
    source = random.Random(1988)
    cases = [case(source, count, share) for count, share in [(12, 0.4), (40, 0.2), (90, 0.5), (150, 0.1)]]
    with open(f"{sys.argv[1]}/delong.json", "w", encoding="utf-8") as file:
        json.dump({"generator": "tools/reference/delong.py", "cases": cases}, file, separators=(",", ":"))
        file.write("\n")
