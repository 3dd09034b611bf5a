"""Golden values from PyTorch for layer norm, attention and a pre-norm Transformer layer.

    python tools/reference/transformer.py Tests/SequenceKernelTests/Golden

Weights and inputs are formulas of the index (`formula` below, also in Golden.swift), so the files hold results only. PyTorch
computes padded batches with a mask; Tessera computes packed rows; only real rows are kept.
"""
import json
import math
import sys

import torch
from torch import nn
from torch.nn import functional as F


def formula(shape, phase, amplitude=1.0):
    count = math.prod(shape)
    index = torch.arange(count, dtype=torch.float64)
    return (amplitude * torch.cos(0.7 * index + phase)).to(torch.float32).reshape(shape)


def digest(gradient):
    g = gradient.detach().double().flatten()
    weights = torch.cos(0.11 * torch.arange(len(g), dtype=torch.float64))
    return [float((g * weights).sum()), float(g.norm())] + g[:6].tolist()


def fill(module):
    """The n-th parameter (in the order of declaration) is 0.3 cos(0.7 i + n), gains of norms 1 more."""
    for number, (name, parameter) in enumerate(module.named_parameters()):
        values = formula(parameter.shape, number, 0.3)
        if "norm" in name and name.endswith("weight"):
            values = values + 1
        parameter.data = values


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.output = nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x, lengths, causal):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        valid = torch.arange(t)[None] < lengths[:, None]
        mask = valid[:, None, None, :].expand(b, 1, t, t)
        if causal:
            mask = mask & torch.tril(torch.ones(t, t, dtype=torch.bool))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.output(y.transpose(1, 2).reshape(b, t, d))


class Layer(nn.Module):
    def __init__(self, d, heads, ff):
        super().__init__()
        self.norm1 = nn.LayerNorm(d)
        self.attention = Attention(d, heads)
        self.norm2 = nn.LayerNorm(d)
        self.up, self.down = nn.Linear(d, ff), nn.Linear(ff, d)

    def forward(self, x, lengths, causal):
        x = x + self.attention(self.norm1(x), lengths, causal)
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Norm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.LayerNorm(d)

    def forward(self, x, lengths, causal):
        return self.norm(x)


def case(folder, name, module, d, lengths, causal, settings):
    fill(module)
    rows = formula((sum(lengths), d), 0.5).requires_grad_()
    longest = max(lengths)
    padded = torch.full((len(lengths), longest, d), 7.0)  # noise where nothing belongs: it must not matter
    place = [(b, t) for b, length in enumerate(lengths) for t in range(length)]
    b, t = torch.tensor(place).T
    padded = padded.index_put((b, t), rows)
    output = module(padded, torch.tensor(lengths), causal)[b, t]
    upstream = formula(output.shape, 1.5)
    (output * upstream).sum().backward()
    values = {"output": output.detach().flatten().tolist(), "input_gradient": rows.grad.flatten().tolist()}
    for key, parameter in module.named_parameters():
        values["gradient." + key] = digest(parameter.grad)
    text = json.dumps({
        "name": name, "generator": "tools/reference/transformer.py", "reference": "torch " + torch.__version__.split("+")[0],
        "weights": "0.3 cos(0.7 index + number of the parameter), gains of norms 1 more",
        "tolerance": {"absolute": 1e-5, "relative": 1e-4,
                      "why": "float32 sums of up to a few hundred terms in another order, and softmax, GELU and norm on top"},
        "settings": {**settings, "lengths": lengths, "causal": [int(causal)]},
        "values": {key: [float(f"{value:.9g}") for value in result] for key, result in values.items()}})
    with open(f"{folder}/{name}.json", "w") as file:
        file.write(text + "\n")


def main():
    folder = sys.argv[1]
    torch.set_num_threads(1)
    case(folder, "layer_norm", Norm(20), 20, [5], False, {"width": [20]})
    lengths = [5, 1, 17, 3]
    for causal in (False, True):
        kind = "causal" if causal else "bidirectional"
        case(folder, f"attention_{kind}", Attention(12, 3), 12, lengths, causal, {"width": [12], "heads": [3]})
        case(folder, f"transformer_layer_{kind}", Layer(16, 2, 24), 16, lengths, causal,
             {"width": [16], "heads": [2], "hidden": [24]})


main()
