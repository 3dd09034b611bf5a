"""A small file of the `safetensors` package with every number type that Tessera reads.

    python tools/reference/tensors.py Tests/SequenceKernelTests/Golden
"""
import sys

import torch
from safetensors.torch import save_file

kinds = {
    "f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16, "i64": torch.int64, "i32": torch.int32,
    "i16": torch.int16, "i8": torch.int8, "u8": torch.uint8, "bool": torch.bool,
}
values = {name: torch.tensor([[0, 1, 2], [3, 100, 0]]).to(kind) for name, kind in kinds.items()}
values["f16.small"] = torch.tensor([6e-8, -1.5, 65504.0, float("inf")], dtype=torch.float16)
values["scalar"] = torch.tensor(2.5)
values["empty"] = torch.zeros(0, 4)
save_file(values, f"{sys.argv[1]}/every_type.safetensors", metadata={"written by": "safetensors \"package\" \u00e9"})
