"""What the peer service of serve_peer.py runs: a session's JSON → the inputs of the ONNX graph → its answer.

Texts are hashed once each and kept; what depends on a value only is a dictionary's entry; facts are written sparsely into a row that is
standardised at once. Sessions are scored one at a time or, padded, some together.
"""
from __future__ import annotations

import json
import math
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort
import orjson

UNKNOWN, MISSING, FIRST = 1, 2, 4
TEXT_LIMIT = 2048
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
Event = dict[str, Any]


class Rows(dict):
    """Rows of a field's values; those of no value of their own share the unknown one."""

    def __init__(self, values: dict, unknown: int) -> None:
        super().__init__(values)
        self.unknown = unknown

    def __missing__(self, value: Any) -> int:
        return self.unknown


class Kept(dict):
    """What a function says of texts, kept for those met before."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, text: Any) -> Any:
        return self.setdefault(text, self.make(text))


class TextRows:
    """The mean rows of texts, `[most, D]`, worked out when a text is first met; all are forgotten when the table is full."""

    def __init__(self, bags: dict[str, TextBag], width: int, most: int = 1 << 16) -> None:
        self.rows, self.used = np.empty((most, width), np.float32), 0
        self.bags = [(name, Kept(lambda text, bag=bag: self.add(bag.mean(text)))) for name, bag in bags.items()]

    def add(self, row: np.ndarray) -> int:
        """Keeps a row and gives its place."""
        self.rows[self.used] = row
        self.used += 1
        return self.used - 1

    def sums(self, columns: dict[str, Any], count: int) -> np.ndarray:
        """The sum of all texts' rows of each event."""
        if self.used + len(self.bags) * count > len(self.rows):
            self.used = 0
            for _, kept in self.bags:
                kept.clear()
        if not self.bags:
            return np.zeros((count, self.rows.shape[1]), np.float32)
        places = [[kept[text] for text in columns[name]] for name, kept in self.bags]
        return np.add.reduce(self.rows[np.array(places)])


class TextBag:
    """Texts → mean rows of their words' and n-grams' buckets."""

    def __init__(self, table: np.ndarray, buckets: int, is_address: bool) -> None:
        self.table = table
        kept = [b if b >= 0x80 or chr(b).isalnum() else 0x20 for b in range(256)]
        self.letters = bytes(0x30 if is_address and 0x30 <= b <= 0x39 else b | 0x20 if 0x41 <= b <= 0x5A else b for b in kept)
        self.word = lru_cache(1 << 16)(lambda word: self.ids(word, buckets))

    @staticmethod
    def ids(word: bytes, buckets: int) -> list[int]:
        """Buckets of a word and its runs of 3 to 5 bytes."""
        whole = b"<" + word + b">"
        runs = [whole] + [whole[i:i + n] for n in (3, 4, 5) if n < len(whole) for i in range(len(whole) - n + 1)]
        found = []
        for run in runs:
            value = 0xCBF29CE484222325
            for byte in run:
                value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
            found.append(FIRST + (value ^ value >> 32) % buckets)
        return found

    def mean(self, text: str | None) -> np.ndarray:
        """The row of a text."""
        if text is None:
            return self.table[MISSING]
        ids = [i for word in text.encode()[:TEXT_LIMIT].translate(self.letters).split() for i in self.word(word)]
        return self.table[ids].mean(0) if ids else self.table[UNKNOWN]


def words(text: str) -> set[str]:
    """The distinct words that facts speak of."""
    text = text.encode()[:TEXT_LIMIT].decode(errors="replace").lower()
    kinds = [unicodedata.category(c) for c in text]
    parts = "".join(c if k[0] == "L" or k in ("Nl", "Nd", "Mn", "Mc") else " " for c, k in zip(text, kinds)).split()
    return {part for part in parts if sum(unicodedata.category(c)[0] == "L" for c in part) >= 2}


def micros(event: Event) -> int | None:
    """An event's time in microseconds."""
    if (time := event.get("time_us")) is not None:
        return time
    if (time := event.get("time_ms")) is not None:
        return round(time * 1000)
    if (text := event.get("time")) is not None:
        return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)
    return None


def complete(events: list[Event], times: Any) -> None:
    """Works out what the events leave out: gaps, dwells, hours and weekdays from the times."""
    for place, (event, time) in enumerate(zip(events, times)):
        moment = None if time is None else EPOCH + timedelta(microseconds=time)
        before = times[place - 1] if place else None
        after = times[place + 1] if place + 1 < len(times) else None
        event.setdefault("gap_s", None if None in (time, before) else (time - before) * 1e-6)
        event.setdefault("dwell_s", None if None in (time, after) else (after - time) * 1e-6)
        event.setdefault("hour", moment and moment.hour)
        event.setdefault("weekday", moment and moment.weekday())


# Facts: each writer takes a session's columns and writes its facts into `raw`, which is 0 before.

LOGARITHMS = [math.log1p(n) for n in range(1024)]


def logarithm(count: int) -> float:
    """log1p of a count."""
    return LOGARITHMS[count] if count < 1024 else math.log1p(count)


def tally(values: Any) -> dict:
    """How often each value comes."""
    if values.count(values[0]) == len(values):
        return {values[0]: len(values)}
    counts: dict = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


class Facts:
    """The facts of a session by a plan: `[F]` floats, standardised and cut at ±4."""

    def __init__(self, plan: dict) -> None:
        self.short = plan["shortGapSeconds"]
        self.has_time = plan["hasTime"]
        start = 9 if self.has_time else 1
        self.blocks: list[tuple[str, Callable[..., None]]] = []
        for field in plan["fields"]:
            values, form = field["values"], field["form"]
            width, block = {
                "few": (1 + 4 * len(values), self.few), "many": (10 + len(values), self.many), "words": (1 + len(values), self.words),
                "number": (7, self.number)}[form]
            if form == "words":
                known = {value: start + 1 + k for k, value in enumerate(values)}
                told: tuple = (Kept(lambda text, known=known: [known[word] for word in words(text) if word in known]),)
            elif form == "number":
                told = tuple(field["tertiles"]) if len(field["tertiles"]) == 2 else (math.nan, math.nan)
            else:
                told = ({value: start + width - len(values) * (4 if form == "few" else 1) + k for k, value in enumerate(values)},)
            self.blocks.append((field["name"], lambda column, raw, block=block, start=start, told=told: block(column, raw, start, *told)))
            start += width
        self.zeros = array("d", bytes(8 * start))
        self.columns = np.array([fact["column"] for fact in plan["facts"]])
        self.means = np.array([fact["mean"] for fact in plan["facts"]])
        self.inverses = 1 / np.array([fact["scale"] for fact in plan["facts"]])
        self.angles = {n: [(round(math.sin(a) * 1e12) * 1e-12, round(math.cos(a) * 1e12) * 1e-12)
                           for a in (2 * math.pi * k / n for k in range(n))] for n in (7, 24)}

    def __call__(self, columns: dict[str, Any], count: int, times: Any, gaps: np.ndarray, events: list[Event]) -> np.ndarray:
        """One session's facts."""
        raw = self.zeros[:]
        raw[0] = logarithm(count)
        if self.has_time:
            raw[1:9] = array("d", self.time(count, times, gaps.tolist(), events[0]))
        for name, block in self.blocks:
            block(columns[name], raw)
        facts = ((np.frombuffer(raw)[self.columns] - self.means) * self.inverses).astype(np.float32)
        facts[facts != facts] = 0
        return np.minimum(np.maximum(facts, -4, out=facts), 4, out=facts)

    def time(self, count: int, times: Any, gaps: list[float], first: Event) -> list[float]:
        """How long, how hasty, and when it began."""
        own = [time for time in times if time is not None]
        long = (own[-1] - own[0]) * 1e-6 if own else math.nan
        known = [gap for gap in gaps if gap == gap]
        hour, weekday = first["hour"], first["weekday"]
        none = math.nan, math.nan
        return [
            math.log1p(max(0.0, long)) if own else long, math.log1p(max(0.0, long / count)) if own else long,
            math.log1p(max(0.0, max(known))) if known else math.nan,
            sum([gap <= self.short for gap in known]) / len(known) if known else math.nan,
            *(none if hour is None else self.angles[24][hour]), *(none if weekday is None else self.angles[7][weekday])]

    @staticmethod
    def few(column: Any, raw: array, start: int, kept: dict[str, int]) -> None:
        """Count, share, first and last of each kept value."""
        known, size = [value for value in column if value is not None] if None in column else column, len(kept)
        if not known:
            raw[start + 1 + size:start + 1 + 2 * size] = array("d", [math.nan] * size)
            return
        counts, total = tally(known), len(known)
        raw[start] = logarithm(len(counts))
        for value, times in counts.items():
            if (place := kept.get(value)) is not None:
                raw[place], raw[place + size] = logarithm(times), times / total
        if (place := kept.get(known[0])) is not None:
            raw[place + 2 * size] = 1
        if (place := kept.get(known[-1])) is not None:
            raw[place + 3 * size] = 1

    @staticmethod
    def many(column: Any, raw: array, start: int, kept: dict[str, int]) -> None:
        """How values gather, and how often a session comes back to one."""
        known = [value for value in column if value is not None]
        if not known:
            for place in (1, 2, 5, 8, 9):
                raw[start + place] = math.nan
            return
        counts, total = tally(known), len(known)
        runs = 1 + sum([a != b for a, b in zip(known, known[1:])])
        order = sorted(counts.values(), reverse=True)
        first, second = order[0], order[1] if len(order) > 1 else 0
        returns = runs - len(counts)
        raw[start:start + 10] = array("d", [
            logarithm(len(counts)), first / total, second / total, logarithm(first), logarithm(second), total / len(counts),
            logarithm(runs), logarithm(returns), returns / runs, known[0] == known[-1]])
        for value, times in counts.items():
            if (place := kept.get(value)) is not None:
                raw[place] = logarithm(times)

    @staticmethod
    def words(column: Any, raw: array, start: int, places: dict[str, list[int]]) -> None:
        """Which kept words occur."""
        known = [text for text in column if text is not None]
        raw[start] = logarithm(len(known))
        for text in set(known):
            for place in places[text]:
                raw[place] = 1

    @staticmethod
    def number(column: Any, raw: array, start: int, low: float, high: float) -> None:
        """Mean, range, last, and shares."""
        known = [min(max(value, -1e100), 1e100) for value in column if value is not None]
        count = len(known)
        raw[start:start + 7] = array("d", [
            sum(known) / count, min(known), max(known), known[-1], count / len(column), sum([value <= low for value in known]) / count,
            sum([value >= high for value in known]) / count] if known else [math.nan] * 4 + [0] + [math.nan] * 2)


class Session(NamedTuple):
    """A session as the graph wants it."""
    name: str
    ids: list[list[int]]
    texts: np.ndarray
    numbers: np.ndarray
    facts: np.ndarray | None


class Sessions:
    """Sessions' JSON → inputs of the graph, by what the export kept."""

    def __init__(self, folder: Path) -> None:
        told = json.loads((folder / "peer.json").read_text())
        tokens, tables = told["tokens"], np.load(folder / "texts.npz")
        self.intents: list[str] = told["intents"]
        self.width, self.most = told["width"], told["maximumEvents"]
        self.values: list[tuple[str, Rows]] = []
        self.bins: list[tuple[str, int, list[float]]] = []
        for row in tokens["rows"]:
            start = row["start"]
            if row["kind"] == "values":
                own = {entry: start + FIRST + k for k, entry in enumerate(row["entries"])}
                self.values.append((row["field"], Rows({None: start + MISSING, **own}, start + UNKNOWN)))
            elif row["kind"] == "bins":
                self.bins.append((row["field"], start, row["borders"]))
            elif row["kind"] in ("hour", "weekday"):
                own = {k: start + k for k in range(row["size"] - 1)}
                self.values.append((row["kind"], Rows(own, start + row["size"] - 1)))
            else:
                self.places = list(range(start, start + row["size"]))
        bags = {bag["field"]: TextBag(tables[str(k)], bag["buckets"], bag["isAddress"]) for k, bag in enumerate(tokens["texts"])}
        self.texts = TextRows(bags, self.width)
        self.numbers = tokens["numbers"]
        self.means = np.array([[number["mean"]] for number in self.numbers])
        self.deviations = np.array([[number["deviation"]] for number in self.numbers])
        self.facts = Facts(told["facts"]) if told["facts"] else None
        fields = [name for name, _ in self.values] + [name for name, _, _ in self.bins] + list(bags)
        fields += [number["field"] for number in self.numbers] + ([name for name, _ in self.facts.blocks] if self.facts else [])
        self.given = {"gap_s", "dwell_s", "hour", "weekday"}
        self.fields = {name for name in fields if name and name != "@dwell"} | self.given | {"time_us"}

    def columns(self, events: list[Event]) -> dict[str, Any]:
        """Events' values by field. Events that have the same members in the same order, as most senders', are turned around at once."""
        names = list(events[0])
        if all([list(event) == names for event in events]):
            columns: dict[str, Any] = dict(zip(names, zip(*[event.values() for event in events])))
            for name in self.fields.difference(names):
                columns[name] = (None,) * len(events)
            return columns
        return {name: [event.get(name) for event in events] for name in self.fields}

    def prepare(self, name: str, events: list[Event]) -> Session:
        """One session. Events may be completed in place."""
        count, columns = len(events), self.columns(events)
        times = columns["time_us"] if None not in columns["time_us"] else [micros(event) for event in events]
        if not self.given <= events[0].keys() or not all(self.given <= event.keys() for event in events):
            complete(events, times)
            columns = self.columns(events)
        seconds = np.empty((3, count), np.float32)
        seconds[0], seconds[1] = columns["gap_s"], columns["dwell_s"]
        moments = np.array(times, np.float64)
        seconds[2] = (moments[-1] - moments) * 1e-6
        facts = self.facts(columns, count, times, seconds[0], events) if self.facts else None
        if count > self.most:
            columns = {name: column[-self.most:] for name, column in columns.items()}
            seconds, count = seconds[:, -self.most:], self.most
        logs = np.log1p(np.maximum(seconds, 0)).astype(np.float64)
        ids = [[rows[value] for value in columns[field]] for field, rows in self.values]
        ids.append(self.places[:count])
        for field, start, borders in self.bins:
            column = logs[1].tolist() if field == "@dwell" else columns[field]
            ids.append([start + (MISSING if v is None or v != v else FIRST + bisect_right(borders, v)) for v in column])
        texts = self.texts.sums(columns, count)
        numbers = np.empty((len(self.numbers), count))
        for index, number in enumerate(self.numbers):
            if number["kind"] == "value":
                numbers[index] = logs[1] if number["field"] == "@dwell" else columns[number["field"]]
            else:
                numbers[index] = logs[0 if number["kind"] == "previousGap" else 2]
        numbers = ((numbers - self.means) / self.deviations).astype(np.float32)
        numbers[numbers != numbers] = 0
        return Session(name, ids, texts, np.minimum(np.maximum(numbers, -8), 8).T, facts)

    def inputs(self, sessions: list[Session]) -> dict[str, np.ndarray]:
        """Inputs of the graph for sessions together, padded to the longest."""
        lengths = [len(session.texts) for session in sessions]
        if len(sessions) == 1:
            one, count = sessions[0], lengths[0]
            weights = np.full((1, 1, count), 1 / count, np.float32)
            feeds = dict(ids=np.array(one.ids)[:, None], texts=one.texts[None], numbers=np.ascontiguousarray(one.numbers)[None])
            facts = None if one.facts is None else one.facts[None]
        else:
            many, longest = len(sessions), max(lengths)
            weights = np.zeros((many, 1, longest), np.float32)
            sizes = {"texts": self.width, "numbers": len(self.numbers)}
            feeds = {name: np.zeros((many, longest, size), np.float32) for name, size in sizes.items()}
            feeds["ids"] = np.zeros((len(sessions[0].ids), many, longest), np.int64)
            for place, (session, count) in enumerate(zip(sessions, lengths)):
                feeds["ids"][:, place, :count] = session.ids
                feeds["texts"][place, :count] = session.texts
                feeds["numbers"][place, :count] = session.numbers
                weights[place, 0, :count] = 1 / count
            facts = None if sessions[0].facts is None else np.stack([session.facts for session in sessions])
        feeds.update(lengths=np.array(lengths, np.int32), weights=weights)
        if facts is not None:
            feeds["facts"] = facts
        return feeds


class Scorer:
    """Request bodies → answers' bodies."""

    def __init__(self, folder: Path) -> None:
        self.sessions = Sessions(folder)
        options = ort.SessionOptions()
        # One thread each: workers fill the processors, and a second thread costs such small products more than it gives.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.graph = ort.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])

    def session(self, request: dict[str, Any]) -> Session:
        """A request's session."""
        return self.sessions.prepare(request.get("session", "session"), request["events"])

    def scores(self, sessions: list[Session]) -> list[dict[str, Any]]:
        """Answers of sessions that are scored together; embeddings are arrays."""
        embeddings, probabilities = self.graph.run(["embedding", "probabilities"], self.sessions.inputs(sessions))
        return [{"session": session.name, "embedding": embedding, "probabilities": dict(zip(self.sessions.intents, row))}
                for session, embedding, row in zip(sessions, embeddings, probabilities.tolist())]

    def answers(self, sessions: list[Session]) -> list[bytes]:
        """The same as JSON."""
        return [orjson.dumps(one, option=orjson.OPT_SERIALIZE_NUMPY) for one in self.scores(sessions)]
