"""Agreement beyond chance from the definitions, pair by pair and with fractions; no library.

    python tools/reference/agreement.py Tests/IntentTaxonomyTests/Golden

`published` are worked examples of the literature, which this program checks itself against before it writes anything.
"""
import itertools
import json
import random
import sys
from fractions import Fraction


def cohen(pairs):
    """Cohen (1960), eq. 1: pairs of categories."""
    categories = sorted({c for pair in pairs for c in pair})
    n = len(pairs)
    observed = Fraction(sum(a == b for a, b in pairs), n)
    chance = sum(Fraction(sum(a == c for a, _ in pairs), n) * Fraction(sum(b == c for _, b in pairs), n) for c in categories)
    return None if chance == 1 else (observed - chance) / (1 - chance)


def fleiss(units):
    """Fleiss (1971), eq. 2-7, from lists of categories; units of one rating are left out."""
    units = [u for u in units if len(u) > 1]
    agree = [Fraction(sum(a == b for a, b in itertools.permutations(u, 2)), len(u) * (len(u) - 1)) for u in units]
    observed = sum(agree) / len(units)
    everything = [c for u in units for c in u]
    chance = sum(Fraction(everything.count(c), len(everything)) ** 2 for c in set(everything))
    return None if chance == 1 else (observed - chance) / (1 - chance)


def krippendorff(units, distance):
    """Krippendorff (2011): one minus observed over expected disagreement, over all pairable values."""
    units = [u for u in units if len(u) > 1]
    everything = [c for u in units for c in u]
    n = len(everything)
    observed = sum(Fraction(sum(distance(a, b) for a, b in itertools.permutations(u, 2))) / (len(u) - 1) for u in units) / n
    expected = Fraction(sum(distance(a, b) for a, b in itertools.permutations(everything, 2))) / (n * (n - 1))
    return None if expected == 0 else 1 - observed / expected


def differ(a, b):
    return int(a != b)


def square(a, b):
    return (Fraction(a) - Fraction(b)) ** 2


# Four observers, twelve units, missing values left out.
KRIPPENDORFF_UNITS = [[1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
                      [2, 2, 2, 2], [5, 5, 5], [1, 1], [3]]
# Fleiss, Levin and Paik; the table of 10 subjects, 14 raters, 5 categories that Wikipedia's "Fleiss' kappa" works through.
FLEISS_COUNTS = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0], [3, 2, 6, 3, 0],
                 [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
# Fifty grant proposals read by two people: Wikipedia's "Cohen's kappa".
COHEN_TABLE = [[20, 5], [10, 15]]


def counts(units, categories):
    return [[u.count(c) for c in categories] for u in units]


def number(value):
    return None if value is None else float(value)


def main(folder):
    cohen_pairs = [(a, b) for a in range(2) for b in range(2) for _ in range(COHEN_TABLE[a][b])]
    fleiss_units = [[c for c, count in enumerate(row) for _ in range(count)] for row in FLEISS_COUNTS]
    published = [
        {"source": "Wikipedia, Cohen's kappa, example", "coefficient": "cohen", "table": COHEN_TABLE, "value": 0.4, "places": 2,
         "computed": number(cohen(cohen_pairs))},
        {"source": "Wikipedia, Fleiss' kappa, worked example", "coefficient": "fleiss", "units": FLEISS_COUNTS, "value": 0.210, "places": 3,
         "computed": number(fleiss(fleiss_units))},
        {"source": "Krippendorff (2011), section C", "coefficient": "krippendorff", "units": counts(KRIPPENDORFF_UNITS, range(1, 6)),
         "value": 0.743, "places": 3, "computed": number(krippendorff(KRIPPENDORFF_UNITS, differ))},
        {"source": "Krippendorff (2011), section D, interval", "coefficient": "krippendorff_of_values", "values": KRIPPENDORFF_UNITS,
         "value": 0.849, "places": 3, "computed": number(krippendorff(KRIPPENDORFF_UNITS, square))},
    ]
    for example in published:
        assert abs(example["computed"] - example["value"]) <= 0.5 * 10 ** -example["places"] + 1e-12, example
    drawn = []
    source = random.Random(4)
    for case in range(12):
        categories = list(range(2 + case % 3))
        units = []
        for _ in range(5 + 3 * case):
            leaning = source.choice(categories)
            units.append([leaning if source.random() < 0.6 else source.choice(categories) for _ in range(source.randint(1, 4))])
        pairs = [(u[0], u[1]) for u in units if len(u) > 1]
        values = [[Fraction(source.randint(0, 20), 20) for _ in u] for u in units]
        drawn.append({
            "units": counts(units, categories),
            "table": [[sum(p == (a, b) for p in pairs) for b in categories] for a in categories],
            "values": [[float(v) for v in u] for u in values],
            "cohen": number(cohen(pairs)), "fleiss": number(fleiss(units)), "krippendorff": number(krippendorff(units, differ)),
            "krippendorff_of_values": number(krippendorff(values, square)),
        })
    with open(f"{folder}/agreement.json", "w") as file:
        json.dump({"generator": "tools/reference/agreement.py", "tolerance": 1e-12, "why": "double sums of at most some hundred terms",
                   "published": published, "drawn": drawn}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
