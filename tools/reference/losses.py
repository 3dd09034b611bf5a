"""Golden values from PyTorch for the losses.

    python tools/reference/losses.py Tests/SequenceKernelTests/Golden
"""
import json
import sys

import torch
from torch.nn import functional as F

from formulas import digest, formula


def write(folder, name, reference, why, settings, values, absolute=2e-6, relative=1e-5):
    golden = {
        "name": name,
        "generator": "tools/reference/losses.py",
        "reference": f"torch {torch.__version__.split('+')[0]} {reference}",
        "tolerance": {"absolute": absolute, "relative": relative, "why": why},
        "settings": settings,
        "values": values,
    }
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


def softmax(folder):
    values = {}
    targets = torch.tensor([4, -1, 0, 6, 2])
    for smoothing in (0.0, 0.1):
        logits = formula((5, 7), 0.0, 30.0).requires_grad_()
        loss = F.cross_entropy(logits, targets, ignore_index=-1, label_smoothing=smoothing)
        loss.backward()
        values[f"loss.{smoothing}"] = [float(loss.detach())]
        values[f"gradient.{smoothing}"] = logits.grad.flatten().tolist()
    write(folder, "softmax_cross_entropy", "F.cross_entropy", "float32, one softmax", {"targets": targets.tolist()}, values)


def binary(folder):
    logits = formula((4, 3), 0.0, 40.0).requires_grad_()
    targets = formula((4, 3), 0.3, 0.5) + 0.5
    loss = F.binary_cross_entropy_with_logits(logits, targets)
    loss.backward()
    values = {"loss": [float(loss.detach())], "gradient": logits.grad.flatten().tolist()}
    write(folder, "binary_cross_entropy", "F.binary_cross_entropy_with_logits", "float32, one logarithm", {}, values)


def tied(folder):
    """300 items and 150 rows: two full blocks and a part, one full chunk and a part."""
    values = {}
    items, rows, width = 300, 150, 20
    targets = torch.tensor([-1 if m % 10 == 9 else (m * 7919) % items for m in range(rows)])
    for name, cosine, smoothing, has_bias in (
            ("cosine", 12.0, 0.0, False), ("cosine_smooth", 12.0, 0.1, False), ("dot_bias", None, 0.0, True), ("dot_smooth", None, 0.1, True)):
        table = formula((items + 2, width), 0.0, 0.7).requires_grad_()  # the first two rows do not compete
        hidden = formula((rows, width), 1.0).requires_grad_()
        bias = formula((items,), 2.0).requires_grad_()
        if cosine:
            scores = cosine * F.normalize(hidden, dim=1) @ F.normalize(table[2:], dim=1).T
        else:
            scores = hidden @ table[2:].T + bias
        loss = F.cross_entropy(scores, targets, ignore_index=-1, label_smoothing=smoothing)
        loss.backward()
        values[f"{name}.loss"] = [float(loss.detach())]
        values[f"{name}.hidden"] = digest(hidden.grad)
        values[f"{name}.hidden_last"] = hidden.grad[-2].tolist()
        values[f"{name}.table"] = digest(table.grad)
        values[f"{name}.table_last"] = table.grad[-1].tolist()
        if has_bias:
            values[f"{name}.bias"] = digest(bias.grad)
        with torch.no_grad():
            order = torch.argsort(scores, dim=1, descending=True, stable=True)
            values[f"{name}.top"] = (order[:3, :5] + 2).flatten().tolist()
            own = scores.gather(1, targets.clamp(min=0)[:, None])
            values[f"{name}.ranks"] = ((scores > own).sum(1) + 1)[:8].tolist()
    write(
        folder, "tied_softmax", "F.cross_entropy", "float32; sums over 300 items and 150 rows in another order",
        {"items": [items], "rows": [rows], "width": [width]}, values, absolute=1e-5, relative=5e-5)


def contrast(folder):
    """The slices' loss written out with a full distance matrix (CoLES; hard negatives per anchor)."""
    count, width, margin, hard = 12, 6, 0.9, 3
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 5])
    raw = formula((count, width), 0.4) + 0.8
    z = F.normalize(raw, dim=1).detach().requires_grad_()
    same = labels[:, None] == labels[None]
    square = ((z[:, None] - z[None]) ** 2).sum(-1)
    loss = (square * torch.triu(same, 1)).sum()
    distance = torch.sqrt(square + torch.eye(count))
    near = distance.detach().masked_fill(same, 1e9).argsort(dim=1, stable=True)[:, :hard]
    loss = (loss + (F.relu(margin - distance.gather(1, near)) ** 2).sum()) / count
    loss.backward()
    values = {"loss": [float(loss.detach())], "gradient": z.grad.flatten().tolist()}
    write(
        folder, "slice_contrast", "autograd over a full distance matrix", "float32; distances from a product lose digits",
        {"labels": labels.tolist(), "hard": [hard]}, values, absolute=1e-5, relative=1e-4)


for case in (softmax, binary, tied, contrast):
    case(sys.argv[1])
