"""Golden values from PyTorch for the GRU over packed sequences.

    python tools/reference/recurrent.py Tests/SequenceKernelTests/Golden

`pack_padded_sequence` over noise-padded rows; weights and inputs are the formulas of formulas.py. Lengths hold ties and a 1.
"""
import json
import sys

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from formulas import digest, formula


def main(folder):
    inputs, width, layers, lengths = 5, 7, 2, [3, 1, 6, 3]
    gru = nn.GRU(inputs, width, layers, batch_first=True)
    for number, (_, parameter) in enumerate(gru.named_parameters()):
        parameter.data = formula(parameter.shape, number, 0.3)
    rows = formula((sum(lengths), inputs), 0.5).requires_grad_()
    b, t = torch.tensor([(b, t) for b, length in enumerate(lengths) for t in range(length)]).T
    padded = torch.full((len(lengths), max(lengths), inputs), 7.0).index_put((b, t), rows)
    packed = pack_padded_sequence(padded, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    output = pad_packed_sequence(gru(packed)[0], batch_first=True)[0][b, t]
    upstream = formula(output.shape, 1.5)
    (output * upstream).sum().backward()
    values = {"output": output.detach().flatten().tolist(), "input_gradient": rows.grad.flatten().tolist()}
    for key, parameter in gru.named_parameters():
        kind, layer = key.rsplit("_l", 1)
        values[f"gradient.layers.{layer}.{kind}"] = digest(parameter.grad)
    golden = {
        "name": "gru",
        "generator": "tools/reference/recurrent.py",
        "reference": f"torch {torch.__version__.split('+')[0]} nn.GRU, pack_padded_sequence",
        "tolerance": {"absolute": 2e-5, "relative": 2e-5, "why": "float32; 6 dependent steps, tanh good to 2e-7"},
        "settings": {"inputs": [inputs], "width": [width], "layers": [layers], "lengths": lengths},
        "values": values,
    }
    with open(f"{folder}/gru.json", "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


main(sys.argv[1])
