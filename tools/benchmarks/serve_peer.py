"""The peer that Tessera's service is measured beside: FastAPI and ONNX Runtime over the same model, written to be fast.

    python serve_peer.py export --model M --intents I --out DIR
    python serve_peer.py check --dir DIR --corpus C --embeddings X.npy --labels X.jsonl [--sessions 500]
    python serve_peer.py serve --dir DIR --port P --workers N [--style tuned]
    python serve_peer.py measure URL --corpus C [--sessions 1] [--connections 1,8,64] [--seconds 10] [--pid P]

X.npy is of `tessera embed C --model M --out X.npy`, X.jsonl of `tessera label C --model M --intents I --all --evidence 0 --out X.jsonl`.
`measure` posts sessions of C (one of the median length, or several in turn) with wrk and prints a JSON line for each number of connections;
it serves for either service, which is asked for the same with the same body.

The event projection is multiplied into the tables at the export, so that an event is a sum of rows; hour, weekday and place are rows, too;
attention, norms with residuals and GELU with bias are ONNX Runtime's fused operators; calibration and the rule of parents are in the graph.
The service checks requests for what it reads only, and answers without label lines, thresholds and sets: it does less than Tessera's.

`--style plain` is the service as FastAPI's documentation writes one: a function that takes a dictionary and gives one, run in the pool of
threads, a session at a time; what is read and computed is the same code. `tuned` leaves FastAPI's own route out, reads and writes JSON by
orjson, and scores requests together that came in the same turn of the event loop.
"""

import argparse
import asyncio
import gc
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

RESERVED = {"time", "time_us", "time_ms", "gap_s", "dwell_s", "hour", "weekday", "fields"}
ROUTE = "/v1/sessions:score"


def export(model: Path, intents: Path, out: Path) -> None:
    """Writes `model.onnx`, `texts.npz` (tables of hashed texts) and `peer.json` (what tokenising needs) into `out`."""
    import onnx
    from safetensors.numpy import load_file
    config = json.loads((model / "config.json").read_text())
    vocabulary = json.loads((model / "vocabulary.json").read_text())
    settings = json.loads((intents / "intents.json").read_text())
    taxonomy = json.loads((intents / "taxonomy.json").read_text())
    facts = json.loads((intents / "facts.json").read_text()) if settings["inputs"] != "embedding" else None
    check_supported(config, settings, facts, intents)
    weights = load_file(model / "model.safetensors")
    table, tokens, texts, numbers = fold(config, vocabulary, weights)
    graph = GraphBuilder()
    build(graph, config["configuration"], weights, table, numbers, settings, taxonomy, facts, load_file(intents / "classifier.safetensors"))
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(graph.model(len(tokens["rows"]), table.shape[1], numbers.shape[0], len(facts["facts"]) if facts else 0), out / "model.onnx")
    np.savez(out / "texts.npz", **{str(i): t for i, t in enumerate(texts)})
    peer = dict(tokens=tokens, facts=facts, intents=settings["intents"], width=table.shape[1])
    (out / "peer.json").write_text(json.dumps(dict(peer, maximumEvents=config["configuration"]["maximumEvents"])))


def check_supported(config: dict, settings: dict, facts: dict | None, intents: Path) -> None:
    """Refuses what is not written here."""
    plan, choice = config["plan"], config["configuration"]
    wrong = [f"{name} {choice[name]}" for name, allowed in (("encoder", ["transformer"]), ("aggregation", ["concatenate"]),
             ("pooling", ["mean"]), ("positions", ["learned", "none"])) if choice[name] not in allowed]
    wrong += ["withinSession"] * any(lookup.get("withinSession") for lookup in plan["lookups"])
    wrong += ["ready-made vectors"] * any("vector" in s or "vectorAbsent" in s for s in plan["scalars"])
    wrong += [name for name in ("encoder.safetensors", "suspensions.json") if (intents / name).exists()]
    wrong += [f"a field named {unit['field']}" for unit in plan["units"] if unit["field"] in RESERVED]
    if facts:
        wrong += ["pairs of fields"] * bool(facts["pairs"]) + ["lists"] * any(f["form"] == "list" for f in facts["fields"])
    if settings["inputs"] not in ("both", "embedding"):
        wrong.append(f"inputs {settings['inputs']}")
    if wrong:
        sys.exit("serve_peer: the peer does not have: " + ", ".join(wrong))


def fold(config: dict, vocabulary: dict, weights: dict[str, np.ndarray]) -> tuple[np.ndarray, dict, list[np.ndarray], np.ndarray]:
    """One table `[R, D]` of all rows that an event is a sum of, how values become rows, the texts' tables, and the numbers' matrix."""
    plan = config["plan"]
    projection, column = weights["events.project.weight"].astype(np.float64), 0
    blocks: list[np.ndarray] = []
    rows: list[dict] = []

    def add(block: np.ndarray, **told: Any) -> None:
        rows.append(dict(told, start=sum(len(b) for b in blocks), size=len(block)))
        blocks.append(block)

    for lookup in plan["lookups"]:
        name, width = lookup["field"], lookup["width"]
        block = weights[f"events.{name}.table"] @ projection[:, column:column + width].T
        column += width
        if name in plan["statistics"]:
            add(block, kind="bins", field=name, borders=plan["statistics"][name]["borders"])
        else:
            add(block, kind="values", field=name, entries=vocabulary[name]["entries"])
    texts = []
    for bag in plan["bags"]:
        texts.append((weights[f"events.{bag['field']}.buckets"] @ projection[:, column:column + bag["width"]].T).astype(np.float32))
        column += bag["width"]
    numbers, names, waves = [], [], {"hour": np.zeros((25, len(projection))), "weekday": np.zeros((8, len(projection)))}
    for scalar in plan["scalars"]:
        (kind, told), = scalar.items()
        if kind in ("hourSine", "hourCosine", "weekdaySine", "weekdayCosine"):
            which, wave = "hour" if kind[0] == "h" else "weekday", np.sin if kind.endswith("Sine") else np.cos
            period = len(waves[which]) - 1
            waves[which][:period] += np.outer(wave(2 * np.pi * np.arange(period) / period).astype(np.float32), projection[:, column])
        else:
            numbers.append(projection[:, column])
            statistics = plan["statistics"][{"value": told.get("field"), "previousGap": "@previous-gap", "latestGap": "@latest-gap"}[kind]]
            names.append(dict(kind=kind, field=told.get("field"), mean=statistics["mean"], deviation=statistics["deviation"]))
        column += 1
    for which, block in waves.items():
        add(block, kind=which)
    places = weights.get("places.weight", np.zeros((config["configuration"]["maximumEvents"], len(projection))))
    add(places + weights["events.project.bias"], kind="place")
    tokens = dict(rows=rows, numbers=names, texts=[dict(field=b["field"], **b["hashing"]) for b in plan["bags"]])
    table = np.concatenate(blocks).astype(np.float32)
    return table, tokens, texts, np.array(numbers, np.float32).reshape(len(numbers), len(projection))


class GraphBuilder:
    """Collects nodes and weights."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper
        self.helper, self.numpy = helper, numpy_helper
        self.nodes: list = []
        self.weights: list = []

    def weight(self, values: np.ndarray) -> str:
        """A constant."""
        self.weights.append(self.numpy.from_array(np.ascontiguousarray(values), f"w{len(self.weights)}"))
        return self.weights[-1].name

    def __call__(self, kind: str, *inputs: str, outputs: list[str] | None = None, domain: str = "", **attributes: Any) -> str:
        """A node; gives its first output."""
        outputs = outputs or [f"x{len(self.nodes)}"]
        self.nodes.append(self.helper.make_node(kind, list(inputs), outputs, domain=domain, **attributes))
        return outputs[0]

    def model(self, lookups: int, width: int, numbers: int, facts: int) -> Any:
        """The whole as a model."""
        from onnx import TensorProto as T
        value = self.helper.make_tensor_value_info
        inputs = [value("ids", T.INT64, [lookups, "batch", "events"]), value("texts", T.FLOAT, ["batch", "events", width]),
                  value("numbers", T.FLOAT, ["batch", "events", numbers]), value("lengths", T.INT32, ["batch"]),
                  value("weights", T.FLOAT, ["batch", 1, "events"])]
        inputs += [value("facts", T.FLOAT, ["batch", facts])] if facts else []
        outputs = [value(name, T.FLOAT, None) for name in ("embedding", "probabilities")]
        graph = self.helper.make_graph(self.nodes, "session", inputs, outputs, self.weights)
        opsets = [self.helper.make_opsetid("", 20), self.helper.make_opsetid("com.microsoft", 1)]
        return self.helper.make_model(graph, opset_imports=opsets, ir_version=10)


def build(g: GraphBuilder, choice: dict, weights: dict[str, np.ndarray], table: np.ndarray, numbers: np.ndarray, settings: dict,
          taxonomy: dict, facts: dict | None, head: dict[str, np.ndarray]) -> None:
    """Rows → event vectors → Transformer → embedding → logits → probabilities."""
    own, epsilon = "com.microsoft", 1e-5
    axis = g.weight(np.array([0]))
    x = g("ReduceSum", g("Gather", g.weight(table), "ids"), axis, keepdims=0)
    x = g("Add", x, "texts")
    if len(numbers):
        x = g("Add", x, g("MatMul", "numbers", g.weight(numbers)))

    def constants(name: str, *parts: str) -> list[str]:
        return [g.weight(weights[f"encoder.{name}.{part}"]) for part in parts]

    normed = g("LayerNormalization", x, *constants("layers.0.norm1", "weight", "bias"), axis=-1, epsilon=epsilon)
    for layer in range(choice["layers"]):
        at = f"layers.{layer}"
        qkv = weights[f"encoder.{at}.attention.qkv.weight"].T, weights[f"encoder.{at}.attention.qkv.bias"]
        y = g("Attention", normed, *map(g.weight, qkv), "lengths", domain=own, num_heads=choice["heads"],
              unidirectional=int(choice["attention"] == "causal"))
        y = g("MatMul", y, g.weight(weights[f"encoder.{at}.attention.output.weight"].T))
        summed = f"sum{layer}"
        normed = g("SkipLayerNormalization", y, x, *constants(f"{at}.norm2", "weight", "bias"),
                   *constants(f"{at}.attention.output", "bias"), domain=own, epsilon=epsilon, outputs=[f"norm{layer}", "", "", summed])
        y = g("MatMul", normed, g.weight(weights[f"encoder.{at}.feed_forward.up.weight"].T))
        y = g("BiasGelu", y, *constants(f"{at}.feed_forward.up", "bias"), domain=own)
        y = g("MatMul", y, g.weight(weights[f"encoder.{at}.feed_forward.down.weight"].T))
        following = f"layers.{layer + 1}.norm1" if layer + 1 < choice["layers"] else "norm"
        x = f"next{layer}"
        normed = g("SkipLayerNormalization", y, summed, *constants(following, "weight", "bias"),
                   *constants(f"{at}.feed_forward.down", "bias"), domain=own, epsilon=epsilon, outputs=[f"out{layer}", "", "", x])
    pooled = g("Squeeze", g("MatMul", "weights", normed), g.weight(np.array([1])))
    if "projection.weight" in weights:
        pooled = g("Gemm", pooled, g.weight(weights["projection.weight"]), g.weight(weights["projection.bias"]), transB=1)
    g("Identity", pooled, outputs=["embedding"])
    features = g("Concat", pooled, "facts", axis=1) if facts else pooled
    last = "head."
    if "head.up.weight" in head:
        last = "head.down."
        features = g("Gelu", g("Gemm", features, g.weight(head["head.up.weight"]), g.weight(head["head.up.bias"]), transB=1))
    calibrate(g, features, head[last + "weight"], head[last + "bias"], settings, taxonomy)


def calibrate(g: GraphBuilder, features: str, weight: np.ndarray, bias: np.ndarray, settings: dict, taxonomy: dict) -> None:
    """Logits → probabilities. Temperatures go into the last matrix; rising functions are sums of clipped ramps."""
    kinds = settings["calibration"]
    scale = np.array([c.get("scale", 1) for c in kinds], np.float32)
    shift = np.array([c.get("bias", 0) for c in kinds], np.float32)
    logits = g("Gemm", features, g.weight(weight * scale[:, None]), g.weight(bias * scale + shift), transB=1)
    probabilities = g("Sigmoid", logits)
    steps = [k for k, c in enumerate(kinds) if c["kind"] == "isotonic"]
    if steps:
        count = max(max(len(kinds[k]["logits"]) for k in steps) - 1, 1)
        begin, length, rise = (np.zeros((len(kinds), count)) for _ in range(3))
        floor = np.zeros(len(kinds))
        for k in steps:
            x, y = np.array(kinds[k]["logits"]), np.array(kinds[k]["probabilities"])
            begin[k, :len(x) - 1], length[k, :len(x) - 1], rise[k, :len(x) - 1] = x[:-1], np.diff(x), np.diff(y) / np.diff(x)
            floor[k] = y[0]
        begin, length, rise, floor = (a.astype(np.float32) for a in (begin, length, rise, floor))
        along = g("Relu", g("Sub", g("Unsqueeze", logits, g.weight(np.array([2]))), g.weight(begin)))
        ramps = g("Mul", g("Min", along, g.weight(length)), g.weight(rise))
        rising = g("Add", g("ReduceSum", ramps, g.weight(np.array([2])), keepdims=0), g.weight(floor))
        probabilities = g("Where", g.weight(np.isin(np.arange(len(kinds)), steps)), rising, probabilities)
    above = {intent["id"]: intent.get("parent") for intent in taxonomy["intents"]}
    ids = settings["intents"]
    below = np.eye(len(ids), dtype=np.float32)
    for k, name in enumerate(ids):
        while (name := above.get(name)) is not None:
            if name in ids:
                below[ids.index(name), k] = 1
    if below.sum() > len(ids):
        spread = g("Mul", g("Unsqueeze", probabilities, g.weight(np.array([1]))), g.weight(below))
        probabilities = g("ReduceMax", spread, g.weight(np.array([2])), keepdims=0)
    g("Identity", probabilities, outputs=["probabilities"])


# A corpus as requests

def strings(corpus: Path, name: str) -> list[str]:
    """A list of texts of the corpus."""
    ends, raw = np.load(corpus / f"{name}.offsets.npy"), np.load(corpus / f"{name}.bytes.npy").tobytes()
    return [raw[a:b].decode() for a, b in zip(ends[:-1], ends[1:])]


def requests(corpus: Path, numbers: list[int] | None = None) -> Iterator[dict[str, Any]]:
    """Some sessions, or all, as bodies of requests; what Tessera worked out at the import is given for each event."""
    load = lambda name: np.load(corpus / f"{name}.npy", mmap_mode="r")  # noqa: E731
    schema = json.loads((corpus / "schema.json").read_text())
    offsets, keys = load("session_offsets"), strings(corpus, "session_key")
    seconds = {name: load(name) for name in ("gap_s", "dwell_s")}
    calendar = {name: load(name) for name in ("hour", "weekday")}
    times, columns = load("time_us"), {}
    for field in schema["fields"]:
        if field.get("role", "input") == "input":
            columns[field["name"]] = (load(field["stem"] + ".values"), None) if field["kind"] == "numeric" else (
                load(field["stem"] + ".codes"), [None] + strings(corpus, field["stem"] + ".dictionary"))

    def value(name: str, event: int) -> str | float | None:
        column, entries = columns[name]
        number = 0.0 if entries else float(column[event])
        return entries[column[event]] if entries else None if number != number else int(number) if number.is_integer() else number

    for session in range(len(keys)) if numbers is None else numbers:
        events = []
        for event in range(offsets[session], offsets[session + 1]):
            told: dict[str, Any] = {"time_us": int(times[event])} if times[event] > -(1 << 63) else {}
            # The shortest decimals that are these floats again.
            told.update({name: None if column[event] != column[event] else float(str(column[event])) for name, column in seconds.items()})
            told.update({name: None if column[event] == 255 else int(column[event]) for name, column in calendar.items()})
            told.update({name: value(name, event) for name in columns})
            events.append(told)
        yield {"session": keys[session], "want": ["embedding", "intents"], "evidence": 0, "all": True, "events": events}


def check(dir: Path, corpus: Path, embeddings: Path, labels: Path, sessions: int) -> int:
    """Prints the greatest differences to Tessera over sessions spread through the corpus."""
    import orjson
    from serve_peer_sessions import Scorer
    scorer, ours = Scorer(dir), np.load(embeddings)
    lines = [json.loads(line)["probabilities"] for line in labels.read_text().splitlines()]
    relative = difference = together = 0.0
    numbers = np.linspace(0, len(ours) - 1, min(sessions, len(ours))).astype(int).tolist()
    bodies = list(requests(corpus, numbers))
    batch = [json.loads(answer) for answer in scorer.answers([scorer.session(orjson.loads(orjson.dumps(body))) for body in bodies[:32]])]
    for place, (number, body) in enumerate(zip(numbers, bodies)):
        answer = orjson.loads(scorer.answers([scorer.session(orjson.loads(orjson.dumps(body)))])[0])
        one = np.array(answer["embedding"])
        relative = max(relative, float(np.abs(one - ours[number]).max() / np.abs(ours[number]).max()))
        difference = max(difference, max(abs(answer["probabilities"][k] - p) for k, p in lines[number].items()))
        if place < len(batch):
            together = max(together, float(np.abs(one - batch[place]["embedding"]).max()),
                           max(abs(batch[place]["probabilities"][k] - p) for k, p in answer["probabilities"].items()))
    fits = relative < 1e-4 and difference < 1e-3 and together < 1e-4
    told = dict(sessions=len(numbers), embedding_relative=relative, probability=difference, alone_or_together=together, fits=fits)
    print(json.dumps(told))
    return 0 if fits else 1


# The service

def application() -> Any:
    """The app of one worker; its folder comes by the environment, as uvicorn's workers are processes of their own."""
    from fastapi import FastAPI, Request, Response
    import orjson
    from serve_peer_sessions import Scorer, Session
    scorer = Scorer(Path(os.environ["PEER_DIR"]))
    app = FastAPI(openapi_url=None)
    waiting: list[tuple[Session, asyncio.Future]] = []
    # What was made so far stays: it need not be looked through again and again.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)

    def flush() -> None:
        taken = [(session, future) for session, future in waiting if not future.done()]
        waiting.clear()
        for (_, future), answer in zip(taken, scorer.answers([session for session, _ in taken]) if taken else []):
            future.set_result(answer)

    async def together(request: Request) -> Response:
        """Requests that came in the same turn of the event loop are scored together; nobody waits for others to come."""
        session, loop = scorer.session(orjson.loads(await request.body())), asyncio.get_running_loop()
        if not waiting:
            loop.call_soon(flush)
        waiting.append((session, future := loop.create_future()))
        return Response(await future, media_type="application/json")

    def alone(session: dict[str, Any]) -> dict[str, Any]:
        """One request, in a thread of the pool, where FastAPI runs functions that wait or compute."""
        score = scorer.scores([scorer.session(session)])[0]
        return {**score, "embedding": score["embedding"].tolist()}

    async def refuse(_: Request, error: Exception) -> Response:
        told = {"error": {"code": "bad_request", "message": type(error).__name__}}
        return Response(orjson.dumps(told), 400, media_type="application/json")

    for kind in (ValueError, KeyError, TypeError, AttributeError, IndexError):
        app.add_exception_handler(kind, refuse)
    if os.environ["PEER_STYLE"] == "plain":
        app.post(ROUTE)(alone)
    else:
        # A plain route: FastAPI's own would look for parameters that there are none of.
        app.add_route(ROUTE, together, methods=["POST"])
    return app


def serve(dir: Path, port: int, workers: int, style: str) -> None:
    """Runs the service until it is ended."""
    import uvicorn
    os.environ["PEER_DIR"], os.environ["PEER_STYLE"] = str(dir.resolve()), style
    sys.path.insert(0, str(Path(__file__).parent))
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    uvicorn.run("serve_peer:application", factory=True, host="127.0.0.1", port=port, workers=workers, loop="uvloop", http="httptools",
                access_log=False, log_level="warning", backlog=2048, lifespan="off", ws="none", proxy_headers=False, server_header=False,
                date_header=False)


def cpu_seconds(pid: int | None) -> float:
    """Processor seconds of a process and its children that live."""
    import psutil
    own = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)] if pid else []
    return sum(sum(process.cpu_times()[:2]) for process in own)


def measure(url: str, corpus: Path, sessions: int, connections: list[int], seconds: int, pid: int | None, key: str | None) -> None:
    """Prints requests a second, latencies and, of a process, processor time a request."""
    lengths = np.diff(np.load(corpus / "session_offsets.npy"))
    order = np.argsort(lengths, kind="stable")
    numbers = [int(order[len(order) // 2])] if sessions == 1 else np.linspace(0, len(lengths) - 1, sessions).astype(int).tolist()
    bodies = [json.dumps(body, separators=(",", ":"), ensure_ascii=False) for body in requests(corpus, numbers)]
    headers = 'wrk.headers["Content-Type"] = "application/json"\n' + (f'wrk.headers["Authorization"] = "Bearer {key}"\n' if key else "")
    turns = "local place = 0\nfunction request()\n  place = place % #bodies + 1\n  return requests[place]\nend\n"
    made = "function init()\n  requests = {}\n  for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end\nend\n"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f'wrk.method = "POST"\n{headers}bodies = {{{",".join(f"[==[{body}]==]" for body in bodies)}}}\n{made}{turns}')
        script.flush()
        for count in connections:
            began = cpu_seconds(pid)
            command = ["wrk", "-t1", f"-c{count}", f"-d{seconds}s", "--latency", "-s", script.name, url + ROUTE]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            used = cpu_seconds(pid) - began
            unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
            shares = {p: float(value) * unit[u] for p, value, u in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", told)}
            done = int(re.search(r"(\d+) requests in", told)[1])
            bad = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
            rate, events = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1]), float(np.mean(lengths[numbers]))
            print(json.dumps(dict(connections=count, events=events, requests_per_s=rate, p50_ms=shares["50"], p99_ms=shares["99"],
                                  failed=int(bad[1]) if bad else 0, cpu_us=used / done * 1e6 if pid else None)), flush=True)


def main() -> int:
    """The commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, paths: list[str], **numbers: Any) -> argparse.ArgumentParser:
        own = commands.add_parser(name)
        for path in paths:
            own.add_argument(f"--{path}", type=Path, required=True)
        for option, default in numbers.items():
            own.add_argument(f"--{option}", type=int, default=default)
        return own

    command("export", ["model", "intents", "out"])
    command("check", ["dir", "corpus", "embeddings", "labels"], sessions=500)
    command("serve", ["dir"], port=8090, workers=2).add_argument("--style", choices=["plain", "tuned"], default="tuned")
    own = command("measure", ["corpus"], sessions=1, seconds=10, pid=None)
    own.add_argument("url")
    own.add_argument("--connections", type=lambda text: [int(c) for c in text.split(",")], default=[1, 8, 64])
    own.add_argument("--key")
    told = vars(parser.parse_args())
    return {"export": export, "check": check, "serve": serve, "measure": measure}[told.pop("command")](**told) or 0


if __name__ == "__main__":
    sys.exit(main())
