#!/usr/bin/env python3
"""Training and embedding rates of Tessera beside PyTorch's on the same workload, in alternating rounds.

    VENV/bin/python tools/benchmarks/beside_pytorch.py PEERS TESSERA [--rounds 3] [--sizes tiny,small,base] [--compiled]

PEERS is the folder with the peers' programs (train.py, infer.py, workload.py); the Python that runs this needs torch, numpy and
safetensors. TESSERA is the binary. The workload and PyTorch's reference weights are made first, where BENCH_DATA says. Each
round runs one after the other; medians, ranges and the median of the rounds' ratios are printed as one JSON object. Tessera
checks its losses and embeddings against the reference while it is timed and fails when they differ.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

STEPS = {"tiny": 48, "small": 32, "base": 20}


def last_json(command, environment, field):
    """The last JSON object that a command prints which holds `field`."""
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("{") and field in line:
            return json.loads(line)
    raise SystemExit(f"{' '.join(map(str, command))}: no {field}\n{done.stdout[-1000:]}{done.stderr[-1000:]}")


def summary(values):
    return {"median": statistics.median(values), "range": [min(values), max(values)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers", type=pathlib.Path)
    parser.add_argument("tessera", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="tiny,small,base")
    parser.add_argument("--compiled", action="store_true", help="PyTorch's compiled mode too; the faster of the two counts")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="tessera-bench-")
    environment = dict(os.environ, BENCH_RESULTS=folder)
    environment.setdefault("BENCH_DATA", folder)
    environment.setdefault("BENCH_WAIT", "10")
    data = environment["BENCH_DATA"]
    python = sys.executable
    if not (pathlib.Path(data) / "reference-base.safetensors").exists():
        for arguments in (["workload.py"], ["train.py", "reference"]):
            subprocess.run([python, str(options.peers / arguments[0]), *arguments[1:]], check=True, env=environment, stdout=sys.stderr)
    modes = ["eager", "compile"] if options.compiled else ["eager"]
    result = {}
    for size in options.sizes.split(","):
        ours, theirs, vectors, peer_vectors, median_us, peer_us, difference = [], [], [], [], [], [], 0.0
        for number in range(options.rounds):
            print(f"beside_pytorch: {size}, round {number + 1} of {options.rounds}", file=sys.stderr)
            train = last_json(
                [options.tessera, "bench", "train", data, "--size", size, "--steps", str(STEPS[size]), "--threads", "2", "--json"],
                environment, "events_per_second")
            ours.append(train["events_per_second"])
            difference = max(difference, train["greatest_relative_difference"])
            theirs.append(max(
                last_json(
                    [python, options.peers / "train.py", f"config={size}", "plan=bucketed", f"mode={mode}", "dtype=fp32", "threads=2",
                     "heads=None"], environment, "events_per_s")["events_per_s"]
                for mode in modes))
            infer = last_json([options.tessera, "bench", "infer", data, "--size", size, "--threads", "2", "--json"], environment,
                              "sessions_per_second")
            vectors.append(infer["sessions_per_second"])
            median_us.append(1000 * infer["median_milliseconds"])
            peer = last_json([python, options.peers / "infer.py", f"config={size}", "engine=torch", "threads=2"], environment,
                             "sessions_per_s")
            peer_vectors.append(peer["sessions_per_s"])
            peer_us.append(peer["p50_us"])
        result[size] = {
            "train_events_per_second": summary(ours), "pytorch_train_events_per_second": summary(theirs),
            "train_ratio": statistics.median(a / b for a, b in zip(ours, theirs)),
            "reference_losses_relative_difference": difference,
            "embed_sessions_per_second": summary(vectors), "pytorch_embed_sessions_per_second": summary(peer_vectors),
            "embed_ratio": statistics.median(a / b for a, b in zip(vectors, peer_vectors)),
            "one_session_us": summary(median_us), "pytorch_one_session_us": summary(peer_us),
        }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
