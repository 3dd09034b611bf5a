"""The credit models in PyTorch, as their user would write them for speed: what `tools/figures speed-credit` is measured beside.

    python credit_peer.py WORK.safetensors huihen|framework|gru-WIDTH train|check|score [threads=2] [seconds=2] [compile=180]

WORK.safetensors is written by the figure: the applicants as Tessera's networks read them, and the weights that training starts from under
Tessera's names, so that both have the same inputs and the same parameters. Prints one JSON line.

`train` tries every mode and batch size and reports each (torch.compile, whose shapes change with every batch, only if it is given seconds
to compile in, and at 256 applicants and at the size that was best without it); padding is spared throughout: recurrences go step by step over the sequences still
alive, longest first (as PyTorch's packed sequences), the plain GRU is nn.GRU over packed sequences, and the Transformer's batches are
sorted by length within windows of 16 batches. Batches are collated before the clock starts. `check` gives the losses of ten steps without
dropout by each mode, which must be Tessera's (torch.compile again only with seconds to compile in). `score` gives applicants a second and
the latency of a single one, not compiled.
"""
import json
import os
import signal
import sys
import time

THREADS = int(dict(a.split("=") for a in sys.argv[4:]).get("threads", 2))
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(THREADS)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors import safe_open  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

torch.set_num_threads(THREADS)


class Work:
    """Arrays and weights under one prefix of the file."""

    def __init__(self, path, prefix):
        self.file, self.prefix = safe_open(path, framework="np"), prefix
        self.names = set(self.file.keys())
        self.settings = {k[len(prefix) + 1:]: float(v) for k, v in self.file.metadata().items() if k.startswith(prefix + ".")}

    def __getitem__(self, name):
        return self.file.get_tensor(f"{self.prefix}.{name}")

    def weights(self):
        start = f"{self.prefix}.weights."
        return {n[len(start):]: torch.tensor(self.file.get_tensor(n)) for n in sorted(self.names) if n.startswith(start)}


class Weights(nn.Module):
    """Parameters under Tessera's names: `self("head.weight")`."""

    def __init__(self, weights):
        super().__init__()
        self.own = nn.ParameterDict({n.replace(".", "/"): nn.Parameter(w.clone()) for n, w in weights.items()})

    def forward(self, name):
        return self.own[name.replace(".", "/")]


def rows_of(offsets, chosen):
    """The rows of some sequences, one after another, and where each begins."""
    lengths = offsets[chosen + 1] - offsets[chosen]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    rows = np.repeat(offsets[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
    return rows, starts


def step_order(starts):
    """Rows in the order of the steps, longest sequence first; rows of each step; the sequence of each place."""
    lengths = np.diff(starts)
    order = np.argsort(-lengths, kind="stable")
    longest = int(lengths.max(initial=0))
    sizes = [int((lengths > step).sum()) for step in range(longest)]
    rows = np.concatenate([starts[order[:n]] + step for step, n in enumerate(sizes)]) if longest else np.zeros(0, np.int64)
    return rows, sizes, order


# -- recurrences -------------------------------------------------------------------------------------------------------------------


def time_cell(gates, openness, h, hidden, reset):
    """Equations 2 to 6 of Guo et al. (2020); `gates` holds the products of row and context."""
    width = h.shape[1]
    a = gates + F.linear(h, hidden)
    r, u = torch.sigmoid(a[:, : 2 * width]).split(width, 1)
    p = torch.tanh(a[:, 2 * width :] + F.linear(r * h, reset))
    return h + u * (p * openness - h)


def context_cell(gates, h, hidden, reset):
    """Equations 8 to 11."""
    width = h.shape[1]
    r, u = torch.sigmoid(gates[:, : 2 * width] + F.linear(h, hidden)).split(width, 1)
    p = torch.tanh(gates[:, 2 * width :] + F.linear(r * h, reset))
    return h + u * (p - h)


def run_cell(gates, openness, context, hidden, reset, sizes, cell_time, cell_context):
    """Last states, longest sequence first."""
    h = gates.new_zeros(sizes[0], reset.shape[0])
    ended = []
    start = 0
    for step, n in enumerate(sizes):
        if n < h.shape[0]:
            ended.append(h[n:])
            h = h[:n]
        own = gates[start : start + n] + context[:n]
        h = cell_context(own, h, hidden, reset) if openness is None else cell_time(own, openness[start : start + n], h, hidden, reset)
        start += n
    ended.append(h)
    return torch.cat(ended[::-1])


@torch.jit.script
def scripted_time(gates, openness, context, hidden, reset, sizes: list[int]):
    width = reset.shape[0]
    h = torch.zeros(sizes[0], width)
    ended: list[torch.Tensor] = []
    start = 0
    for n in sizes:
        if n < h.shape[0]:
            ended.append(h[n:])
            h = h[:n]
        a = gates[start : start + n] + context[:n] + F.linear(h, hidden)
        ru = torch.sigmoid(a[:, : 2 * width])
        r, u = ru[:, :width], ru[:, width:]
        p = torch.tanh(a[:, 2 * width :] + F.linear(r * h, reset))
        h = h + u * (p * openness[start : start + n] - h)
        start += n
    ended.append(h)
    ended.reverse()
    return torch.cat(ended)


@torch.jit.script
def scripted_context(gates, context, hidden, reset, sizes: list[int]):
    width = reset.shape[0]
    h = torch.zeros(sizes[0], width)
    ended: list[torch.Tensor] = []
    start = 0
    for n in sizes:
        if n < h.shape[0]:
            ended.append(h[n:])
            h = h[:n]
        a = gates[start : start + n] + context[:n]
        ru = torch.sigmoid(a[:, : 2 * width] + F.linear(h, hidden))
        r, u = ru[:, :width], ru[:, width:]
        p = torch.tanh(a[:, 2 * width :] + F.linear(r * h, reset))
        h = h + u * (p - h)
        start += n
    ended.append(h)
    ended.reverse()
    return torch.cat(ended)


# -- HUIHEN ------------------------------------------------------------------------------------------------------------------------


class Huihen(nn.Module):
    modes = ("eager", "script", "compile")
    batches = (128, 256, 512, 1024, 2048)

    def __init__(self, work, mode, dropout=None):
        super().__init__()
        self.w = Weights(work.weights())
        self.fields = torch.tensor(work["vocabulary_fields"]).long()
        self.dropout = work.settings["dropout"] if dropout is None else dropout
        self.mode = mode
        self.cells = (time_cell, context_cell)
        if mode == "compile":
            self.cells = tuple(torch.compile(cell, dynamic=True) for cell in self.cells)

    def mapped(self, table, field):
        """The field's map of a whole table: amounts are not negative, so it may be made before they multiply."""
        width = table.shape[1]
        return torch.relu(F.linear(table, self.w("field.weight")[field * width : (field + 1) * width]))

    def forward(self, b):
        w = self.w
        table, width = w("behaviour.weight"), w("behaviour.weight").shape[1]
        maps = w("field.weight").view(-1, width, width)[self.fields]
        behaviours = torch.relu(torch.bmm(maps, table.unsqueeze(2)).squeeze(2))
        x = F.embedding(b["behaviours"], behaviours) * b["scales"]
        calendar_field = w("field.weight").shape[0] // width - 1
        calendar = torch.cat(
            (
                F.embedding(b["weekdays"], self.mapped(w("weekday.weight"), calendar_field)),
                F.embedding(b["days"], self.mapped(w("day.weight"), calendar_field)),
            ),
            1,
        )
        profile = [torch.relu(F.linear(b[group], w(f"profile.{group}.weight"))) for group in ("user", "device", "item")]
        gates = F.linear(x, w("intention.weight_ih"), w("intention.bias"))
        openness = torch.sigmoid(
            F.linear(x + torch.sigmoid(b["times"] * w("intention.time.scale")), w("intention.time.weight"), w("intention.time.bias"))
        )
        context = F.linear(calendar, w("intention.weight_ch"))
        hidden, reset = w("intention.weight_hh"), w("intention.weight_rh")
        if self.mode == "script":
            ended = scripted_time(gates, openness, context, hidden, reset, b["session_steps"])
        else:
            ended = run_cell(gates, openness, context, hidden, reset, b["session_steps"], *self.cells)
        intentions = F.embedding(b["session_places"], ended)
        gates = F.linear(intentions, w("habit.weight_ih"), w("habit.bias"))
        # Customers in the order of their lengths.
        context = F.linear(torch.cat((profile[0], profile[2]), 1)[b["order"]], w("habit.weight_ch"))
        hidden, reset = w("habit.weight_hh"), w("habit.weight_rh")
        if self.mode == "script":
            habit = scripted_context(gates, context, hidden, reset, b["customer_steps"])
        else:
            habit = run_cell(gates, None, context, hidden, reset, b["customer_steps"], *self.cells)
        x = torch.cat((ended[b["last_places"]], habit[b["places"]], *profile), 1)
        for layer in range(3):
            x = F.linear(x, w(f"interaction.layers.{layer}.weight"), w(f"interaction.layers.{layer}.bias"))
            if layer < 2:
                x = F.dropout(F.prelu(x, w(f"interaction.layers.{layer}.slope")), self.dropout, self.training)
        return x[:, 1] - x[:, 0]

    @staticmethod
    def collate(work, chosen):
        sessions, starts = rows_of(work["applicants"].astype(np.int64), chosen)
        rows, session_starts = rows_of(work["sessions"].astype(np.int64), sessions)
        steps, sizes, order = step_order(session_starts)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        customer_rows, customer_sizes, customers = step_order(starts)
        back = np.empty_like(customers)
        back[customers] = np.arange(len(customers))
        picked = rows[steps]
        tensor = torch.tensor
        batch = {
            "behaviours": tensor(work["behaviours"][picked]), "scales": tensor(work["scales"][picked]).unsqueeze(1),
            "times": tensor(work["times"][picked]).unsqueeze(1), "weekdays": tensor(work["weekdays"][sessions[order]]),
            "days": tensor(work["days"][sessions[order]]), "session_steps": sizes,
            "session_places": tensor(place[customer_rows]), "customer_steps": customer_sizes,
            "order": tensor(customers), "places": tensor(back), "last_places": tensor(place[starts[1:] - 1]),
            "outcomes": tensor(work["outcomes"][chosen]),
        }
        for group in ("user", "device", "item"):
            batch[group] = tensor(work[group][chosen])
        return batch

    @staticmethod
    def lengths(work):
        return None


# -- framework ---------------------------------------------------------------------------------------------------------------------


class Framework(nn.Module):
    modes = ("eager", "compile")
    batches = (128, 256, 512, 1024, 2048)

    def __init__(self, work, mode, dropout=None):
        super().__init__()
        self.w = Weights(work.weights())
        self.heads = int(work.settings["heads"])
        self.scalars = torch.tensor(work["scalar_fields"]).long()
        self.dropout = work.settings["dropout"] if dropout is None else dropout
        width = self.w("head.weight").shape[1]
        self.register_buffer("positions", self.sinusoids(int(work.settings["longest"]), width))
        self.body = torch.compile(self.network, dynamic=True) if mode == "compile" else self.network

    @staticmethod
    def sinusoids(longest, width):
        place = torch.arange(longest, dtype=torch.float64).unsqueeze(1)
        angle = place / torch.pow(10_000.0, torch.arange(0, width, 2, dtype=torch.float64) / width)
        return torch.stack((angle.sin(), angle.cos()), 2).flatten(1).float()

    def forward(self, b):
        return self.body(b["places"], b["floats"], b["padded"], b["from_end"], b["mask"], b["bias"], b["counts"])

    def network(self, places, floats, padded, from_end, mask, bias, counts):
        w = lambda name: self.w("histories.0." + name)  # noqa: E731
        width = w("tables.0.values.weight").shape[1]
        vectors = F.embedding(places, w("tables.0.values.weight"))
        slopes = w("tables.0.slopes")
        vectors = vectors.index_add(1, self.scalars, floats.unsqueeze(2) * slopes)
        scores = torch.tanh(F.linear(vectors, w("tables.0.attention.weight")) + w("tables.0.attention.names"))
        weights = torch.softmax(torch.matmul(scores, w("tables.0.attention.query")) / width**0.5, 1)
        x = torch.matmul(weights.unsqueeze(1), vectors).squeeze(1)
        x = F.embedding(padded, x) + self.positions[from_end]
        x = x * mask
        layer = "items.layers.0."
        norm = F.layer_norm(x, (width,), w(layer + "norm1.weight"), w(layer + "norm1.bias"))
        count, steps = x.shape[0], x.shape[1]
        qkv = F.linear(norm, w(layer + "attention.qkv.weight"), w(layer + "attention.qkv.bias"))
        q, k, v = qkv.view(count, steps, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        attended = attended.transpose(1, 2).reshape(count, steps, width)
        branch = F.linear(attended, w(layer + "attention.output.weight"), w(layer + "attention.output.bias"))
        x = x + F.dropout(branch, self.dropout, self.training)
        norm = F.layer_norm(x, (width,), w(layer + "norm2.weight"), w(layer + "norm2.bias"))
        up = F.gelu(F.linear(norm, w(layer + "feed_forward.up.weight"), w(layer + "feed_forward.up.bias")))
        x = x + F.dropout(F.linear(up, w(layer + "feed_forward.down.weight"), w(layer + "feed_forward.down.bias")), self.dropout, self.training)
        x = F.layer_norm(x, (width,), w("items.norm.weight"), w("items.norm.bias"))
        pooled = (x * mask).sum(1) / counts
        return F.linear(pooled, self.w("head.weight"), self.w("head.bias")).squeeze(1)

    @staticmethod
    def collate(work, chosen):
        rows, starts = rows_of(work["applicants"].astype(np.int64), chosen)
        lengths = np.diff(starts)
        steps = int(lengths.max())
        column = np.arange(steps)
        mask = column < lengths[:, None]
        padded = np.where(mask, starts[:-1, None] + column, 0)
        from_end = np.where(mask, lengths[:, None] - 1 - column, 0)
        tensor = torch.tensor
        bias = torch.zeros(len(chosen), 1, 1, steps).masked_fill_(~tensor(mask)[:, None, None, :], float("-inf"))
        return {
            "places": tensor(work["places"][rows]), "floats": tensor(work["floats"][rows]), "padded": tensor(padded),
            "from_end": tensor(from_end), "mask": tensor(mask).unsqueeze(2).float(), "bias": bias,
            "counts": tensor(lengths).unsqueeze(1).float(), "outcomes": tensor(work["outcomes"][chosen]),
        }

    @staticmethod
    def lengths(work):
        return np.diff(work["applicants"])


# -- plain GRU ---------------------------------------------------------------------------------------------------------------------


class PlainGRU(nn.Module):
    modes = ("packed", "packed-sorted")
    batches = (64, 128, 256, 512, 1024, 2048)

    def __init__(self, work, mode, dropout=None):
        super().__init__()
        weights = work.weights()
        width, inputs = weights["encoder.layers.0.weight_hh"].shape[1], weights["encoder.layers.0.weight_ih"].shape[1]
        self.gru, self.head = nn.GRU(inputs, width), nn.Linear(width, 1)
        with torch.no_grad():
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(self.gru, name + "_l0").copy_(weights["encoder.layers.0." + name])
            self.head.weight.copy_(weights["head.weight"])
            self.head.bias.copy_(weights["head.bias"])

    def forward(self, b):
        packed = nn.utils.rnn.PackedSequence(b["rows"], b["sizes"])
        _, last = self.gru(packed)
        return self.head(last[0]).squeeze(1)

    @staticmethod
    def collate(work, chosen):
        rows, starts = rows_of(work["applicants"].astype(np.int64), chosen)
        steps, sizes, order = step_order(starts)
        return {
            "rows": torch.tensor(work["rows"][rows[steps]]), "sizes": torch.tensor(sizes),
            "outcomes": torch.tensor(work["outcomes"][chosen][order]),
        }

    @staticmethod
    def lengths(work):
        return np.diff(work["applicants"])


# -- driver ------------------------------------------------------------------------------------------------------------------------


class InOneFile:
    """Arrays read once."""

    def __init__(self, work):
        self.work, self.read, self.settings, self.weights = work, {}, work.settings, work.weights

    def __getitem__(self, name):
        if name not in self.read:
            self.read[name] = self.work[name]
        return self.read[name]


def plan(kind, work, batch, mode):
    """Applicants of each batch; sorted by length within windows of 16 batches where that spares padding or short steps."""
    count = len(work["outcomes"])
    order = np.random.default_rng(1).permutation(count)
    lengths = kind.lengths(work)
    if lengths is not None and mode != "packed":
        window = 16 * batch
        order = np.concatenate([w[np.argsort(lengths[w], kind="stable")] for w in np.split(order, range(window, count, window))])
    batches = [order[i : i + batch] for i in range(0, count - count % batch or count, batch)]
    # Whoever stops within a pass must not have had the short ones alone.
    return [batches[i] for i in np.random.default_rng(2).permutation(len(batches))]


def step(model, optimizer, parameters, batch, clip=1.0):
    optimizer.zero_grad(set_to_none=True)
    loss = F.binary_cross_entropy_with_logits(model(batch), batch["outcomes"])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, clip)
    optimizer.step()
    return loss


def training(kind, work, mode, dropout=None):
    model = kind(work, mode, dropout).train()
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        parameters, lr=work.settings["learning_rate"], weight_decay=work.settings["weight_decay"], fused=True)
    return model, parameters, optimizer


def out_of_time(*_):
    raise TimeoutError("compiling took longer than it was given")


def train(kind, work, seconds, compiling):
    results, faults = [], {}
    signal.signal(signal.SIGALRM, out_of_time)
    for mode in kind.modes:
        if mode == "compile" and compiling == 0:
            continue
        sizes = [size for size in kind.batches if size <= len(work["outcomes"])]
        if mode == "compile":  # it takes minutes: two batch sizes, and more batches before the clock starts
            best = max(results, key=lambda r: r["applicants_per_s"], default={"batch": 256})["batch"]
            sizes = sorted({min(256, sizes[-1]), best})
        for size in sizes:
            batches = [kind.collate(work, chosen) for chosen in plan(kind, work, size, mode)]
            signal.alarm(compiling if mode == "compile" else 0)
            try:
                model, parameters, optimizer = training(kind, work, mode)
                for batch in batches[: 8 if mode == "compile" else 3]:
                    step(model, optimizer, parameters, batch)
                rates, began = [], time.perf_counter()
                while len(rates) < 2 or time.perf_counter() - began < seconds:
                    start, done = time.perf_counter(), 0
                    for batch in batches:
                        step(model, optimizer, parameters, batch)
                        done += len(batch["outcomes"])
                        if time.perf_counter() - start > seconds / 2:
                            break
                    rates.append(done / (time.perf_counter() - start))
                results.append({"mode": mode, "batch": size, "applicants_per_s": float(np.median(rates))})
            except Exception as fault:  # a mode that this installation lacks must not cost the others
                faults[mode] = f"{type(fault).__name__}: {str(fault).splitlines()[0][:200] if str(fault) else ''}"
                break
    signal.alarm(0)
    count = sum(p.numel() for p in model.parameters())
    return {"modes": results, "faults": faults, "parameters": count}


def check(kind, work, compiling):
    """Losses of ten steps on the first batches of 128 in the file's order, without dropout, by each mode."""
    results, faults = [], {}
    signal.signal(signal.SIGALRM, out_of_time)
    batches = [kind.collate(work, np.arange(i * 128, (i + 1) * 128)) for i in range(4)]
    for mode in kind.modes:
        if mode == "compile" and compiling == 0:
            continue
        signal.alarm(compiling if mode == "compile" else 0)
        try:
            model, parameters, optimizer = training(kind, work, mode, dropout=0.0)
            losses = [step(model, optimizer, parameters, batches[i % 4]).item() for i in range(10)]
            results.append({"mode": mode, "losses": losses, "parameters": sum(p.numel() for p in model.parameters())})
        except Exception as fault:  # as in `train`
            faults[mode] = f"{type(fault).__name__}: {str(fault).splitlines()[0][:200] if str(fault) else ''}"
    signal.alarm(0)
    return {"modes": results, "faults": faults}


def score(kind, work, seconds):
    results, faults = [], {}
    for mode in kind.modes:
        if mode == "compile":
            continue
        try:
            model = kind(work, mode).eval()
            with torch.inference_mode():
                best = 0.0
                for size in kind.batches:
                    batches = [kind.collate(work, chosen) for chosen in plan(kind, work, size, mode)]
                    model(batches[0])
                    began, done = time.perf_counter(), 0
                    while done == 0 or time.perf_counter() - began < seconds / len(kind.batches):
                        for batch in batches:
                            model(batch)
                            done += len(batch["outcomes"])
                    best = max(best, done / (time.perf_counter() - began))
                single = [kind.collate(work, np.array([i])) for i in range(min(64, len(work["outcomes"])))]
                for batch in single[:20]:
                    model(batch)
                times = []
                for index in range(256):
                    start = time.perf_counter()
                    model(single[index % len(single)])
                    times.append(time.perf_counter() - start)
            times.sort()
            results.append({
                "mode": mode, "applicants_per_s": best, "p50_us": 1e6 * times[len(times) // 2], "p99_us": 1e6 * times[int(len(times) * 0.99)]})
        except Exception as fault:
            faults[mode] = f"{type(fault).__name__}: {str(fault).splitlines()[0][:200] if str(fault) else ''}"
    return {"modes": results, "faults": faults}


def main():
    path, what, action = sys.argv[1:4]
    options = dict(a.split("=") for a in sys.argv[4:])
    kind = {"huihen": Huihen, "framework": Framework, "gru": PlainGRU}[what.split("-")[0]]
    work = InOneFile(Work(path, what))
    seconds = float(options.get("seconds", 2))
    result = {"train": lambda: train(kind, work, seconds, int(options.get("compile", 0))), "check": lambda: check(kind, work, int(options.get("compile", 0))), "score": lambda: score(kind, work, seconds)}[action]()
    print(json.dumps({**result, "torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)


if __name__ == "__main__":
    main()
