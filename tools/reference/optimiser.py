"""Golden values from PyTorch for ten steps of AdamW with clipping.

    python tools/reference/optimiser.py Tests/SequenceKernelTests/Golden

A weight [5, 3] that decays, a bias [3] that does not, a table [4, 3] that decays. The gradient of step s is a formula of index and
s, made larger at every third step so that clipping to norm 1 acts on some steps only.
"""
import json
import sys

import torch
from torch import nn

from formulas import formula

STEPS = 10


def run(decay_everything):
    weight, bias, table = [nn.Parameter(formula(shape, phase)) for shape, phase in (((5, 3), 0.0), ((3,), 1.0), ((4, 3), 2.0))]
    groups = [{"params": [weight, table], "weight_decay": 0.1}, {"params": [bias], "weight_decay": 0.1 if decay_everything else 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.99), eps=1e-8)
    norms = []
    for step in range(STEPS):
        for number, parameter in enumerate((weight, bias, table)):
            parameter.grad = formula(parameter.shape, 3.0 + step + number, 2.0 if step % 3 == 2 else 0.1)
        norms.append(float(nn.utils.clip_grad_norm_([weight, bias, table], 1.0)))
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 * (step + 1) / STEPS
        optimiser.step()
    return {
        "weight": weight.detach().flatten().tolist(), "bias": bias.detach().flatten().tolist(),
        "table": table.detach().flatten().tolist(), "norms": norms,
    }


def main(folder):
    values = {f"{'all' if every else 'some'}.{key}": value for every in (False, True) for key, value in run(every).items()}
    golden = {
        "name": "adamw",
        "generator": "tools/reference/optimiser.py",
        "reference": f"torch {torch.__version__.split('+')[0]} optim.AdamW, nn.utils.clip_grad_norm_",
        "tolerance": {"absolute": 1e-6, "relative": 2e-6, "why": "float32; ten steps of rounding in another order of operations"},
        "settings": {"steps": [STEPS]},
        "values": values,
    }
    with open(f"{folder}/adamw.json", "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


main(sys.argv[1])
