"""Golden values from PyTorch for the losses of stage distillation (systems.md 2.3).

    python tools/reference/stage_distillation.py Tests/CreditRiskTests/Golden

Each loss is written with PyTorch's own functions (kl_div, cosine_similarity, layer_norm, cross_entropy) and its gradient is autograd's.
Inputs are the formulas of formulas.py.
"""
import json
import sys

import torch
from torch.nn import functional as F

from formulas import formula

COUNT, WIDTH = 6, 7


def bernoulli(logits):
    return torch.stack([F.logsigmoid(-logits), F.logsigmoid(logits)], -1)


def soft(logits, teacher, tau):
    """tau^2 KL(teacher || student), a value an example."""
    return tau ** 2 * F.kl_div(bernoulli(logits / tau), bernoulli(teacher / tau), log_target=True, reduction="none").sum(-1)


def coarse(p, h, distance):
    if distance == "cosine":
        return 1 - F.cosine_similarity(p, h, dim=-1)
    return F.mse_loss(F.layer_norm(p, [WIDTH]), F.layer_norm(h, [WIDTH]), reduction="none").mean(-1)


def fine(p, prototypes, outcomes, t):
    cosines = F.cosine_similarity(p.unsqueeze(1), prototypes, dim=-1)
    return F.cross_entropy(cosines / t, outcomes, reduction="none")


def effective(counts, beta, power):
    weights = ((1 - beta) / (1 - beta ** torch.tensor(counts, dtype=torch.float64))) ** power
    return weights / ((weights * torch.tensor(counts)).sum() / sum(counts))


def pieces():
    """Every loss alone: values of each example, gradients of their sum."""
    outcomes = torch.tensor([i % 2 for i in range(COUNT)])
    teacher, average = formula((COUNT,), 1.1, 3.0), formula((COUNT,), 2.1, 2.0)
    h, prototypes = formula((COUNT, WIDTH), 0.9), formula((COUNT, 2, WIDTH), 0.2)
    values = {}

    def put(name, loss, *inputs):
        gradients = torch.autograd.grad(loss.sum(), inputs)
        values[name] = loss.detach().tolist()
        values[f"{name}.gradient"] = gradients[0].flatten().tolist()

    z = formula((COUNT,), 0.4, 2.5).requires_grad_()
    p = formula((COUNT, WIDTH), 0.5).requires_grad_()
    put("hard", F.binary_cross_entropy_with_logits(z, outcomes.float(), reduction="none"), z)
    put("soft", soft(z, teacher, 2.0), z)
    put("self", soft(z, average, 1.0), z)
    put("cosine", coarse(p, h, "cosine"), p)
    put("normed", coarse(p, h, "normed"), p)
    put("fine", fine(p, prototypes, outcomes, 0.1), p)
    for name, counts, beta, power in [("weights", [900, 60], 0.999, 1.0), ("damped", [900, 60], 0.99, -1.0)]:
        values[name] = effective(counts, beta, power).tolist()
    return {
        "name": "stage_losses", "reference": f"torch {version()} functional and autograd",
        "tolerance": {"absolute": 1e-5, "relative": 1e-5, "why": "float32 in PyTorch, cosines over a temperature of 0.1"},
        "settings": {"count": [COUNT], "width": [WIDTH]}, "values": values,
    }


def version():
    return torch.__version__.split("+")[0]


def main(folder):
    for golden in [pieces()]:
        head = {"name": golden.pop("name"), "generator": "tools/reference/stage_distillation.py"}
        with open(f"{folder}/{head['name']}.json", "w") as file:
            json.dump(head | golden, file, separators=(",", ":"))
            file.write("\n")


main(sys.argv[1])
