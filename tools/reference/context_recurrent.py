"""Golden values from PyTorch for the recurrence with contexts and a time gate, the map by field, and PReLU.

    python tools/reference/context_recurrent.py Tests/SequenceKernelTests/Golden

The recurrence is written down from the equations of arXiv:2008.07796 with one matrix over [x; h; c] a gate, as printed, over sequences that
are padded at the head with noise and masked: a padded step copies the state. Weights and inputs are the formulas of formulas.py.
"""
import json
import sys

import torch
from torch import nn

from formulas import digest, formula


def run(rows, context, times, weights, lengths, gate, sees_raw, padding):
    """The state after each row, `[N, H]`: all sequences at once, each padded at its head to `max(lengths) + padding` steps."""
    width = weights["weight_rh"].shape[0]
    steps = max(lengths) + padding
    starts = [sum(lengths[:b]) for b in range(len(lengths))]
    index = torch.full((len(lengths), steps), -1)
    for b, length in enumerate(lengths):
        index[b, steps - length:] = torch.arange(starts[b], starts[b] + length)
    mask = (index >= 0).unsqueeze(-1)
    x = torch.where(mask, rows[index.clamp(min=0)], torch.full_like(rows[0], 7.0))
    t = torch.where(mask[..., 0], times[index.clamp(min=0)], torch.tensor(3.0))
    raw = weights["weight_hh"].shape[0] == 3 * width
    block = lambda name, k: weights[name][k * width:(k + 1) * width]
    # One matrix a gate over everything that the gate reads.
    full = [torch.cat([block("weight_ih", k), block("weight_hh", k), block("weight_ch", k)], 1) for k in (0, 1)]
    candidate = [block("weight_ih", 2)] + ([block("weight_hh", 2)] if raw else []) + [block("weight_ch", 2), weights["weight_rh"]]
    full.append(torch.cat(candidate, 1))
    assert raw == sees_raw
    bias = [weights["bias"][k * width:(k + 1) * width] for k in range(3)]
    h = torch.zeros(len(lengths), width)
    states = []
    for step in range(steps):
        now = x[:, step]
        r = torch.sigmoid(torch.cat([now, h, context], 1) @ full[0].T + bias[0])
        u = torch.sigmoid(torch.cat([now, h, context], 1) @ full[1].T + bias[1])
        p = torch.tanh(torch.cat([now] + ([h] if raw else []) + [context, r * h], 1) @ full[2].T + bias[2])
        new = (1 - u) * h + u * p
        if gate != "none":
            shifted = now + torch.sigmoid(weights["time.scale"] * t[:, step:step + 1])
            T = torch.sigmoid(shifted @ weights["time.weight"].T + weights["time.bias"])
            new = (1 - u) * h + p * T * u if gate == "literal" else (1 - u * T) * h + u * T * p
        h = torch.where(mask[:, step], new, h)
        states.append(h)
    kept = torch.stack(states, 1)
    return torch.cat([kept[b, steps - length:] for b, length in enumerate(lengths)])


def recurrence(name, gate, sees_raw):
    inputs, width, context, lengths = 5, 7, 3, [3, 1, 6, 0, 3]
    shapes = {
        "weight_ih": (3 * width, inputs), "weight_hh": ((3 if sees_raw else 2) * width, width), "weight_rh": (width, width),
        "weight_ch": (3 * width, context), "bias": (3 * width,),
    }
    if gate != "none":
        shapes |= {"time.weight": (width, inputs), "time.scale": (inputs,), "time.bias": (width,)}
    weights = {key: formula(shape, number, 0.3).requires_grad_() for number, (key, shape) in enumerate(shapes.items())}
    # As the test has them: a sequence's context stands behind its first row.
    wide = formula((sum(lengths), inputs + context), 0.5).requires_grad_()
    firsts = [sum(lengths[:b]) for b in range(len(lengths))]
    contexts = torch.stack([wide[f, inputs:] if n > 0 else torch.zeros(context) for f, n in zip(firsts, lengths)])
    times = torch.tensor([0.3 * (i % 4) for n in lengths for i in range(n)])
    output = run(wide[:, :inputs], contexts, times, weights, lengths, gate, sees_raw, padding=2)
    assert torch.equal(output, run(wide[:, :inputs], contexts, times, weights, lengths, gate, sees_raw, padding=0))
    (output * formula(output.shape, 1.5)).sum().backward()
    values = {"output": output.detach().flatten().tolist(), "input_gradient": wide.grad.flatten().tolist()}
    values |= {f"gradient.{key}": digest(weight.grad) for key, weight in weights.items()}
    return {
        "name": name, "reference": f"torch {version()}, the equations over head-padded, masked sequences",
        "tolerance": {"absolute": 2e-5, "relative": 2e-5, "why": "float32; 6 dependent steps, tanh good to 2e-7"},
        "settings": {"inputs": [inputs], "width": [width], "context": [context], "lengths": lengths}, "values": values,
    }


def field_map():
    fields, inputs, outputs, count = 3, 4, 5, 6
    weight = formula((fields * outputs, inputs), 0, 0.3).requires_grad_()
    rows = formula((count, fields * inputs), 0.5).requires_grad_()
    output = torch.relu(torch.einsum("nfi,foi->nfo", rows.view(count, fields, inputs), weight.view(fields, outputs, inputs))).flatten(1)
    (output * formula(output.shape, 1.5)).sum().backward()
    values = {
        "output": output.detach().flatten().tolist(), "input_gradient": rows.grad.flatten().tolist(), "gradient.weight": digest(weight.grad)
    }
    return {
        "name": "field_map", "reference": f"torch {version()} einsum and relu",
        "tolerance": {"absolute": 2e-6, "relative": 2e-6, "why": "float32; sums of at most 18 products"},
        "settings": {"fields": [fields], "inputs": [inputs], "outputs": [outputs], "lengths": [count]}, "values": values,
    }


def prelu():
    width, count = 19, 3
    layer = nn.PReLU(init=0.3)
    rows = formula((count, width), 0.5).requires_grad_()
    output = layer(rows)
    (output * formula(output.shape, 1.5)).sum().backward()
    values = {
        "output": output.detach().flatten().tolist(), "input_gradient": rows.grad.flatten().tolist(),
        "gradient.slope": digest(layer.weight.grad),
    }
    return {
        "name": "prelu", "reference": f"torch {version()} nn.PReLU",
        "tolerance": {"absolute": 2e-6, "relative": 2e-6, "why": "float32; one sum of 57 products"},
        "settings": {"width": [width], "lengths": [count]}, "values": values,
    }


def version():
    return torch.__version__.split("+")[0]


def main(folder):
    cases = [
        recurrence("context_gru_literal", "literal", True), recurrence("context_gru_coupled", "coupled", False),
        recurrence("context_gru_untimed", "none", False), field_map(), prelu(),
    ]
    for golden in cases:
        head = {"name": golden.pop("name"), "generator": "tools/reference/context_recurrent.py"}
        with open(f"{folder}/{head['name']}.json", "w") as file:
            json.dump(head | golden, file, separators=(",", ":"))
            file.write("\n")


main(sys.argv[1])
