"""The checks of tools/service-checks: see there. Loaded by schemathesis, too, for the one media type it cannot write itself."""

import argparse
import concurrent.futures
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

MARKER = "Xq7marker"  # stands in ids and values of sessions; no log may hold it


# MARK: what is said of the checks


class Report:
    """Counts of what was promised and what was not kept."""

    def __init__(self):
        self.faults = {}
        self.name = None
        self.lock = threading.Lock()

    def expect(self, holds, what):
        with self.lock:
            own = self.faults[self.name]
            own["checks"] += 1
            if not holds:
                own["failures"] += 1
                if own["failures"] <= 10:
                    print(f"service-checks: {self.name}: {what}", file=sys.stderr)
        return holds

    def note(self, **figures):
        self.faults[self.name].update(figures)


report = Report()
expect = report.expect
checks = []


def fault(function):
    """A function that is one fault of the report."""
    checks.append(function)
    return function


# MARK: the server


class Server:
    """A server of the bundle on a port of the system's choosing, with its memory watched."""

    highest = {}

    def __init__(self, run, *settings, variables=None, before=None, bundle=None, talk=None):
        self.run = run
        self.talk = []
        self.talk_file = talk
        command = [run.tessera, "serve", "--bundles", f"bank={bundle or run.bundle}", "--port", "0", *settings]
        environment = {**os.environ, **(variables or {})}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, preexec_fn=before
        )
        self.port = None
        started = threading.Event()

        def read():
            for line in self.process.stdout:
                self.talk.append(line)
                found = re.search(r"listening on https?://.*:(\d+)$", line.strip())
                if found:
                    self.port = int(found.group(1))
                    started.set()
            started.set()

        threading.Thread(target=read, daemon=True).start()
        if not started.wait(60) or self.port is None:
            self.process.wait(10)
            raise RuntimeError("the server did not start: " + "".join(self.talk))
        self.first_rss = self.rss()
        self.watching = True
        threading.Thread(target=self.watch, daemon=True).start()

    def rss(self):
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
                return next((int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS")), 0)
        except OSError:
            return 0

    def descriptors(self):
        try:
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        except OSError:
            return 0

    def watch(self):
        while self.watching and self.process.poll() is None:
            Server.highest[report.name] = max(Server.highest.get(report.name, 0), self.rss())
            time.sleep(0.05)

    def stop(self, number=signal.SIGTERM):
        self.watching = False
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        code = self.process.poll()
        expect(code is None, f"the server ended by itself with {code}: {''.join(self.talk[-5:])}")
        expect(self.stop() == 0, "the server did not end with 0 when it was told to")
        text = "".join(self.talk)
        expect(MARKER not in text and "Fatal error" not in text, "what the server says holds a value, or tells of a trap")

    # MARK: requests

    def connect(self, seconds=20):
        own = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return own

    def send(self, data, half_close=False, seconds=20):
        """The answers to bytes on a connection of their own, up to its end; the client ends it where half_close says so."""
        with self.connect(seconds) as own:
            with contextlib.suppress(OSError):
                own.sendall(data)
            if half_close:
                with contextlib.suppress(OSError):
                    own.shutdown(socket.SHUT_WR)
            answer, _ = read_answer(own)
            return answer

    def ask(self, path, body=None, method=None, headers=None, seconds=20):
        """Status, headers and body of one request."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        with self.connect(seconds) as own:
            own.sendall(request(path, data, method, headers))
            return read_answer(own)[0]

    def is_well(self):
        answer = self.ask("/v1/sessions:score", self.run.session("well"))
        return answer is not None and answer.status == 200


def request(path, data=None, method=None, headers=None, version="1.1"):
    lines = [f"{method or ('GET' if data is None else 'POST')} {path} HTTP/{version}", "Host: localhost"]
    own = {"Content-Type": "application/json"} if data is not None else {}
    if data is not None:
        own["Content-Length"] = len(data)
    own.update(headers or {})
    lines += [f"{name}: {value}" for name, value in own.items() if value is not None]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (data or b"")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def code(self):
        error = (self.json() or {}).get("error")
        return error.get("code") if isinstance(error, dict) else None


def read_answer(own, rest=b"", head=False):
    """One answer and the bytes behind it; None where the connection ended before one was whole."""
    try:
        while b"\r\n\r\n" not in rest:
            piece = own.recv(65536)
            if not piece:
                return None, rest
            rest += piece
        top, rest = rest.split(b"\r\n\r\n", 1)
        lines = top.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        if status == 100:
            return Answer(100, headers, b""), rest
        if head or status in (204, 304):
            return Answer(status, headers, b""), rest
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                while b"\r\n" not in rest:
                    piece = own.recv(65536)
                    if not piece:
                        return None, rest
                    rest += piece
                size, rest = rest.split(b"\r\n", 1)
                length = int(size, 16)
                while len(rest) < length + 2:
                    piece = own.recv(65536)
                    if not piece:
                        return None, rest
                    rest += piece
                body, rest = body + rest[:length], rest[length + 2 :]
                if length == 0:
                    return Answer(status, headers, body), rest
        length = int(headers.get("content-length", 0))
        while len(rest) < length:
            piece = own.recv(65536)
            if not piece:
                return None, rest
            rest += piece
        return Answer(status, headers, rest[:length]), rest[length:]
    except (OSError, ValueError):
        return None, rest


def ended(own, seconds):
    """Seconds until the other side ends the connection; None where it does not in time."""
    began = time.monotonic()
    own.settimeout(seconds)
    try:
        while own.recv(65536):
            own.settimeout(max(0.01, seconds - (time.monotonic() - began)))
    except TimeoutError:
        return None
    except OSError:
        pass
    return time.monotonic() - began


class Run:
    """What the checks stand on."""

    def __init__(self, options, folder):
        self.tessera, self.bundle, self.options, self.folder = options.tessera, options.bundle, options, folder
        self.quick = options.quick
        with open(f"{self.bundle}/schema.json", encoding="utf-8") as file:
            schema = json.load(file)
        self.fields = [field for field in schema["fields"] if field["role"] == "input"]
        self.text = next(field["name"] for field in self.fields if field["kind"] != "numeric")
        self.number = next((field["name"] for field in self.fields if field["kind"] == "numeric"), None)

    def event(self, second=0, **more):
        return {"time_ms": 1767603600000 + 1000 * second, self.text: f"/cards/{MARKER}", **more}

    def session(self, name, events=3, **more):
        return {"session": f"{MARKER}-{name}", "visitor": f"{MARKER}-v-{name}", "events": [self.event(n) for n in range(events)], **more}

    def path(self, name):
        return f"{self.folder}/{name}"

    def copy(self, name):
        shutil.copytree(self.bundle, self.path(name))
        return self.path(name)

    def tell(self, *arguments, **more):
        return subprocess.run([self.tessera, *arguments], capture_output=True, text=True, check=False, **more)

    def keys(self, **scopes):
        """A file of keys, and the keys by name; a scope may have its rate behind a blank."""
        path, keys = self.path(f"keys-{len(os.listdir(self.folder))}.txt"), {}
        with open(path, "w", encoding="ascii") as file:
            os.chmod(path, 0o600)
            for name, text in scopes.items():
                scope, _, rate = text.partition(" ")
                made = json.loads(self.tell("api-key", name, "--scopes", scope, *(["--rate", rate] if rate else []), "--json").stdout)
                keys[name] = made["key"]
                file.write(made["line"] + "\n")
        return path, keys

    def ledger(self):
        """Settings and environment of a server that records."""
        sign, seal = self.path("sign.key"), self.path("seal.key")
        for path in (sign, seal):
            if not os.path.exists(path):
                self.tell("audit", "key", path)
        with open(sign, encoding="ascii") as one, open(seal, encoding="ascii") as other:
            return {"TESSERA_LEDGER_KEY": one.read(), "TESSERA_VAULT_KEY": other.read()}


# MARK: bodies


ROUTES = ["/v1/sessions:score", "/v1/sessions:rank", "/v1/sessions:credit", "/v1/embeddings", "/v2/models/bank/infer", "/v1/sessions/m1/events"]


def refused(server, path, body, statuses, what, **more):
    answer = server.ask(path, body, **more)
    if not expect(answer is not None and answer.status in statuses, f"{what} at {path}: {answer and answer.status}, not one of {statuses}"):
        return answer
    expect(answer.headers.get("content-type") == "application/json", f"{what} at {path}: of type {answer.headers.get('content-type')}")
    expect("error" in (answer.json() or {}), f"{what} at {path}: no error in the answer")
    expect(MARKER.encode() not in answer.body, f"{what} at {path}: the answer repeats a value")
    expect("x-request-id" in answer.headers, f"{what} at {path}: no X-Request-Id")
    return answer


@fault
def malformed(run):
    """Texts that are no JSON, or not in UTF-8."""
    marker = MARKER.encode()
    bodies = {
        "nothing": b"", "a blank": b" ", "half an object": b'{"events":[{', "a word": b"events", "two values": b"{} {}", "no colon": b'{"events" 1}',
        "a comma too many": b'{"events":[],}', "single quotes": b"{'events':[]}", "a comment": b"{/**/}", "NaN": b'{"events":[{"x":NaN}]}',
        "invalid UTF-8": b'{"session":"\xff\xfe' + marker + b'"}', "an overlong form": b'{"session":"\xc0\xaf"}', "a surrogate": b'{"session":"\xed\xa0\x80"}',
        "half a pair": b'{"session":"\\ud800"}', "NUL": b'{"session":"a\x00b"}', "NUL bytes": b"\x00" * 100, "UTF-16": '{"a":1}'.encode("utf-16"),
        "a mark of order": b"\xef\xbb\xbf{}", "deep": b"[" * 100_000, "deep objects": b'{"a":' * 100_000, "deep within": b'{"events":[{"fields":' + b"[" * 100_000,
        "zeros": b'{"evidence":007}', "a plus": b'{"evidence":+1}', "digits": b'{"evidence":' + b"1" * 100_000 + b"}",
    }
    with Server(run) as server:
        for what, body in bodies.items():
            for path in ROUTES:
                refused(server, path, body, (400, 422), what)
        line = json.dumps(run.session("line")).encode()
        for what, body in bodies.items():
            answer = server.ask("/v1/sessions:batch", line + b"\n" + body.replace(b"\n", b" ") + b"\n" + line + b"\n", headers={"Content-Type": "application/jsonl"})
            lines = answer.body.splitlines() if answer else []
            blank = body.strip(b" \t\r\n") == b""
            if expect(len(lines) == (2 if blank else 3), f"{what} in a batch: {len(lines)} lines"):
                expect(b'"label"' in lines[0] and b'"label"' in lines[-1], f"{what} in a batch spoils other lines")
                expect(blank or b'"error"' in lines[1], f"{what} in a batch is no error")
        expect(server.is_well(), "afterwards no session is scored")


@fault
def wrong_bodies(run):
    """JSON that says what is not read: types, names, repetitions, ranges, lengths."""
    event = run.event
    session = run.session("w")

    def events(*list_):
        return {"events": list(list_)}

    def raw(text):
        return text.replace("EVENT", json.dumps(event())).encode()

    field = run.text
    bodies = {
        "no object": [1], "a text": "x", "null": None, "no events": {}, "events as an object": {"events": {}}, "no event": events(), "an event as a text": events("x"),
        "an unknown member": {**session, "no_such_member": 1}, "an unknown field": events({**event(), "no_such_field": "x"}), "a number for a text": events(event(**{field: 1})),
        "an object for a text": events(event(**{field: {}})), "true for a text": events(event(**{field: True})), "no time": events({field: "x"}),
        "a time without zone": events({"time": "2026-01-05T09:00:00"}), "a time that is none": events({"time": MARKER}), "time below 1970": events({"time_ms": -1}),
        "time beyond": events({"time_us": 2**62}), "disorder": events(event(5), event(1)), "hour 24": events(event(hour=24)), "weekday 7": events(event(weekday=7)),
        "half an hour": events(event(hour=1.5)), "a gap as a text": events(event(gap_s="1")), "fields as a list": events(event(fields=[])), "evidence -1": {**session, "evidence": -1},
        "evidence 1.5": {**session, "evidence": 1.5}, "nothing wanted": {**session, "want": []}, "an unknown want": {**session, "want": [MARKER]}, "wanted twice": {**session, "want": ["intents", "intents"]},
        "all as a number": {**session, "all": 1}, "consent of no kind": {**session, "consent": MARKER}, "a long id": {**session, "session": "x" * 513}, "a long visitor": {**session, "visitor": "x" * 513},
        "1 MB of text": events(event(**{field: "x" * 1_000_000})), "10,000 events": events(*(event(n) for n in range(10_000))), "an infinite gap": raw('{"events":[{"time_ms":1,"gap_s":1e400}]}'),
        "a gap beyond floats": raw('{"events":[{"time_ms":1,"gap_s":1e39}]}'), "a dwell beyond floats": raw('{"events":[{"time_ms":1,"dwell_s":-1e39}]}'),
        "1,000 members": events({f"m{n}": 1 for n in range(1000)}), "a long name": events({"n" * 100_000: 1}),
        "session twice": raw('{"session":"a","session":"a","events":[EVENT]}'), "events twice": raw('{"events":[EVENT],"events":[EVENT]}'), "time twice": raw('{"events":[{"time_ms":1,"time_ms":1}]}'),
        "time in two forms": raw('{"events":[{"time_ms":1,"time_us":1000}]}'), "a field twice": raw('{"events":[{"time_ms":1,"%s":"a","%s":"a"}]}' % (field, field)),
        "a field twice, first null": raw('{"events":[{"time_ms":1,"%s":null,"%s":"a"}]}' % (field, field)), "a field in fields, too": raw('{"events":[{"time_ms":1,"%s":"a","fields":{"%s":"a"}}]}' % (field, field)),
        "fields twice": raw('{"events":[{"time_ms":1,"fields":{},"fields":{}}]}'),
        "gap twice": raw('{"events":[{"time_ms":1,"gap_s":null,"gap_s":null}]}'), "an escaped name twice": raw('{"events":[EVENT],"\\u0065vents":[EVENT]}'),
    }
    if run.number:
        bodies |= {
            "a text for a number": events(event(**{run.number: "1"})), "a number beyond": raw('{"events":[{"time_ms":1,"%s":1e400}]}' % run.number),
            "a number twice, first null": raw('{"events":[{"time_ms":1,"%s":null,"%s":1}]}' % (run.number, run.number)),
        }

    def binary(text, size, count=1, header=None):
        top = json.dumps({"inputs": [{"name": "session", "datatype": "BYTES", "shape": [count], "parameters": {"binary_data_size": size}}]}).encode()
        return top + text, {"Inference-Header-Content-Length": len(top) if header is None else header, "Content-Type": "application/octet-stream"}

    own = json.dumps(session).encode()
    with Server(run) as server:
        for what, body in bodies.items():
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            refused(server, "/v1/sessions:score", body.replace(b"MARKER", MARKER.encode()), (422,), what)
        for what, (body, headers) in {
            "no bytes": binary(b"", 0), "length alone": binary(struct.pack("<I", 5), 4), "length beyond": binary(struct.pack("<I", 2**32 - 1) + own, len(own) + 4),
            "another size": binary(struct.pack("<I", len(own)) + own, 7), "two for one": binary((struct.pack("<I", len(own)) + own) * 2, 2 * len(own) + 8),
            "header beyond": binary(own, len(own), header=10**9), "header negative": binary(own, len(own), header=-1), "header no number": binary(own, len(own), header="x"),
            "bytes that are no session": binary(struct.pack("<I", 3) + b"\xff\x00{", 7), "10^9 sessions": binary(b"", 0, count=10**9),
        }.items():
            refused(server, "/v2/models/bank/infer", body, (400, 422), what, headers=headers)
        for what, body in {
            "data twice": b'{"inputs":[{"name":"session","datatype":"BYTES","shape":[1],"data":["{}"],"data":["{}"]}]}', "name twice": b'{"inputs":[{"name":"session","name":"session","datatype":"BYTES","shape":[1],"data":["{}"]}]}',
            "an unknown output": {"inputs": [], "outputs": [{"name": MARKER}]}, "no input": {"inputs": []}, "two inputs": {"inputs": [{}, {}]},
        }.items():
            refused(server, "/v2/models/bank/infer", body, (400, 422), what)
        for what, body in {
            "no customer": {}, "65 sessions": {"customer": {"customer_id": "c"}, "impression_id": "i", "sessions": [session] * 65}, "top 0": {"customer": {"customer_id": "c"}, "impression_id": "i", "top": 0},
            "a tile twice": {"customer": {"customer_id": "c"}, "impression_id": "i", "tiles": ["a", "a"]}, "201 features": {"customer": {f"c{n}": 1 for n in range(201)}, "impression_id": "i"},
            "a customer as a list": {"customer": [], "impression_id": "i"}, "a feature as an object": {"customer": {"customer_id": "c", "age": {}}, "impression_id": "i"},
        }.items():
            refused(server, "/v1/sessions:rank", body, (422,), what)
        for what, body in {
            "no tables": {}, "no applicants": {"tables": {}}, "two applicants": {"tables": {"applicants": [{"applicant_id": "a"}, {"applicant_id": "b"}]}}, "rows as a text": {"tables": {"applicants": "x"}},
            "an unknown table": {"tables": {"applicants": [{"applicant_id": "a"}], "MARKER": []}}, "a row as a number": {"tables": {"applicants": [1]}},
        }.items():
            refused(server, "/v1/sessions:credit", body, (422,), what)
        for path in ("/v1/sessions/" + "x" * 201, "/v1/sessions/a%20b", "/v1/sessions/a%00b", "/v1/sessions/%ff", "/v1/sessions/..%2f..%2fetc", "/v1/sessions/", "/v1/sessions/%"):
            refused(server, path, None, (404, 422), "an id that is none")
            refused(server, path + "/events", {"events": [event()]}, (404, 422), "an id that is none")
        longest = "x" * 200
        answer = server.ask(f"/v1/sessions/{longest}/events", {"events": [event()]})
        expect(answer is not None and answer.status == 200, f"an id of 200 bytes: {answer and answer.status} {answer and answer.body[:200]}")
        refused(server, "/v1/sessions:score?bundle=none", session, (404,), "no such bundle")
        refused(server, "/v1/sessions:score", session, (415,), "text/plain", headers={"Content-Type": "text/plain"})
        refused(server, "/v1/sessions:batch", session, (415,), "JSON for a batch")
        refused(server, "/no/such/route", None, (404,), "no such route")
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "GET"):
            answer = refused(server, "/v1/sessions:score", None, (405,), method, method=method)
            expect(answer is not None and answer.headers.get("allow") == "POST", f"{method}: Allow {answer and answer.headers.get('allow')}")
        for value in (1e308, -1e308, 5e-324, 1e38):
            for name in filter(None, (run.number, "gap_s", "dwell_s")):
                answer = server.ask("/v1/sessions:score", {**events(event(**{name: value})), "want": ["intents", "embedding", "conversion"], "customer": {"customer_id": "c"}})
                expect(answer is not None and answer.status in (200, 422) and answer.json() is not None, f"{name} {value}: {answer and answer.status} {answer and answer.body[:100]}")
        expect(server.is_well(), "afterwards no session is scored")


# MARK: connections


@fault
def transport(run):
    """What HTTP/1.1 allows and what it does not."""
    body = json.dumps(run.session("t")).encode()
    path = "/v1/sessions:score"
    with Server(run, "--timeouts-request-seconds", "2", "--timeouts-idle-seconds", "3") as server:
        whole = server.ask(path, body)
        answers = [whole]

        def good(answer, what):
            expect(answer is not None and answer.status == 200 and answer.body == whole.body, f"{what}: {answer and answer.status} {answer and answer.body[:120]}")
            answers.append(answer)

        def bad(answer, statuses, what):
            expect(answer is None or answer.status in statuses, f"{what}: {answer and answer.status}, not one of {statuses} or the end")

        top = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[n : n + 7]), body[n : n + 7]) for n in range(0, len(body), 7))
        chunked = top + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"
        good(server.send(chunked), "a body in pieces")
        good(server.send(top + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\nX-Trailer: 1\r\n\r\n"), "a body with a trailer")
        bad(server.send(top + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), (400,), "a piece without a length")
        bad(server.send(top + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), (400,), "a piece of 2^72 bytes")
        bad(server.send(top + b"Transfer-Encoding: gzip\r\n\r\n" + body), (400, 411, 501), "a coding that is none of ours")
        length = b"Content-Length: %d\r\n" % len(body)
        bad(server.send(top + length + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"), (400, 200), "both lengths")
        bad(server.send(top + length + b"Content-Length: 1\r\n\r\n" + body), (400,), "two lengths")
        for text in (b"-1", b"x", b"1e3", b"99999999999999999999999", b""):
            bad(server.send(top + b"Content-Length: " + text + b"\r\n\r\n" + body), (400, 413), f"length {text!r}")
        too_long = server.send(top + b"Content-Length: 1073741824\r\n\r\n")
        expect(too_long is not None and too_long.status == 413, f"1 GiB announced: {too_long and too_long.status}")
        endless = top + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 80
        too_long = server.send(endless)
        expect(too_long is None or too_long.status == 413, f"5 MB in pieces: {too_long and too_long.status}")
        short = server.send(top + b"Content-Length: %d\r\n\r\n" % (len(body) + 10) + body, half_close=True)
        expect(short is None or short.status == 400, f"fewer bytes than said, and an end: {short and short.status}")
        began = time.monotonic()
        short = server.send(top + b"Content-Length: %d\r\n\r\n" % (len(body) + 10) + body)
        expect(short is not None and short.status == 408 and 1.5 < time.monotonic() - began < 4, f"fewer bytes than said: {short and short.status}")
        with server.connect() as own:
            own.sendall(top + length + b"Expect: 100-continue\r\n\r\n")
            own.settimeout(1)
            answer, rest = read_answer(own)
            expect(answer is not None and answer.status == 100, f"Expect: 100-continue is not answered within a second: {answer and answer.status}")
            own.settimeout(10)
            own.sendall(body)
            good(read_answer(own, rest)[0], "a body after 100")
        with server.connect() as own:
            own.sendall(top + b"Content-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n")
            own.settimeout(2)
            answer, _ = read_answer(own)
            expect(answer is not None and answer.status == 413, f"Expect with 1 GiB: {answer and answer.status}")
        with server.connect() as own:
            own.sendall(b"".join(request(path, body, headers={"X-Request-Id": f"p{n}"}) for n in range(100)))
            rest, order = b"", []
            for _ in range(100):
                answer, rest = read_answer(own, rest)
                if answer is None:
                    break
                order.append(answer.headers["x-request-id"])
                good(answer, "one of many at once")
            expect(order == [f"p{n}" for n in range(100)], f"{len(order)} of 100 answers to requests that came at once, or out of order")
        good(server.send(request(path, body), half_close=True), "a half-closed connection")
        good(server.send(chunked, half_close=True), "a half-closed connection after pieces")
        with server.connect() as own:
            own.sendall(request(path, body) * 5)
            own.shutdown(socket.SHUT_WR)
            rest = b""
            for _ in range(5):
                answer, rest = read_answer(own, rest)
                good(answer, "one of five before a half-close")
            expect(ended(own, 5) is not None, "a half-closed connection is left open after its answers")
        for data in (request(path, body, version="1.0"), request(path, body, version="1.0").replace(b"Host: localhost\r\n", b"")):
            with server.connect() as own:
                own.sendall(data)
                good(read_answer(own)[0], "HTTP/1.0")
                expect(ended(own, 1) is not None, "HTTP/1.0: the connection is left open")
        with server.connect() as own:
            own.sendall(request(path, body, version="1.0", headers={"Connection": "keep-alive"}) * 2)
            first, rest = read_answer(own)
            good(first, "HTTP/1.0 kept alive")
            good(read_answer(own, rest)[0], "HTTP/1.0 kept alive, the second")
        with server.connect() as own:
            own.sendall(request(path, body, headers={"Connection": "close"}))
            good(read_answer(own)[0], "Connection: close")
            expect(ended(own, 1) is not None, "Connection: close leaves it open")
        for target in (f"http://localhost:{server.port}{path}", f"HTTP://example.org{path}"):
            good(server.ask(target, body), "an absolute target")
        answer = server.ask("http://localhost", None)
        expect(answer is not None and answer.status == 200, f"an absolute target without a path: {answer and answer.status}")
        bad(server.send(request(path, body, headers={"X-Long": "x" * 100_000})), (400, 413, 431), "a header of 100 KB")
        bad(server.send(request("/" + "x" * 100_000)), (400, 404, 414, 431), "a target of 100 KB")
        bad(server.send(top + b"".join(b"X-%d: 1\r\n" % n for n in range(5000)) + length + b"\r\n" + body), (400, 431), "5,000 fields")
        bad(server.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200), (400,), "TLS on a plain port")
        bad(server.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), (400, 404, 405, 505), "HTTP/2")
        bad(server.send(b"GET / HTTP/9.9\r\n\r\n"), (400, 505), "HTTP/9.9")
        bad(server.send(b"\r\n\r\nGET  / HTTP/1.1\r\n\r\n"), (200, 400), "two blanks")
        bad(server.send(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n"), (400,), "a blank before a colon")
        bad(server.send(os.urandom(10_000)), (400,), "noise")
        bad(server.send(b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n"), (400, 404, 405, 501), "CONNECT")
        with server.connect() as own:
            own.sendall(request("/docs", method="HEAD") + request(path, body))
            head, rest = read_answer(own, head=True)
            expect(head is not None and head.status == 200 and int(head.headers.get("content-length", 0)) > 1000, "HEAD: no length")
            good(read_answer(own, rest)[0], "a request after HEAD")
        with server.connect() as own:
            own.settimeout(10)
            expect(ended(own, 8) is not None, "whoever says nothing is kept for ever")
        # Refused before the body was read: what follows must still be told apart, or the connection end.
        with server.connect() as own:
            own.sendall(request("/no/such", b"x" * 1000) + request(path, body))
            first, rest = read_answer(own)
            second, _ = read_answer(own, rest)
            expect(first is not None and first.status == 404 and (second is None or second.body == whole.body), "a body that nobody read")
        expect(all(len(answer.headers.get("x-request-id", "")) > 0 for answer in answers if answer), "an answer without X-Request-Id")
        expect(server.is_well(), "afterwards no session is scored")


def in_parallel(count, body):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(body, range(count)))


@fault
def slow_clients(run):
    """Headers, bodies and readers that take their time; others are served meanwhile."""
    body = json.dumps(run.session("s")).encode()
    with Server(run, "--timeouts-header-seconds", "2", "--timeouts-request-seconds", "3", "--timeouts-idle-seconds", "30") as server:
        whole = request("/v1/sessions:score", body)
        start = whole.index(b"\r\n\r\n") + 4

        def drip(_):
            with server.connect() as own:
                began = time.monotonic()
                with contextlib.suppress(OSError):
                    for byte in whole[: start - 4]:
                        own.sendall(bytes([byte]))
                        own.settimeout(0.2)
                        with contextlib.suppress(TimeoutError):
                            own.recv(1000)
                            break
                return time.monotonic() - began

        def drip_body(_):
            with server.connect() as own:
                began = time.monotonic()
                own.sendall(whole[:start])
                with contextlib.suppress(OSError):
                    for byte in body:
                        own.sendall(bytes([byte]))
                        own.settimeout(0.2)
                        try:
                            answer = own.recv(1000)
                            return time.monotonic() - began, answer
                        except TimeoutError:
                            pass
                return time.monotonic() - began, b""

        def never_reads(_):
            with server.connect() as own:
                own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                own.settimeout(1)
                began = time.monotonic()
                many = request("/openapi.json") * 200
                while time.monotonic() - began < 12:
                    try:
                        own.sendall(many)
                    except TimeoutError:
                        # Neither taken nor given: a peer that is gone resets what is sent to it.
                        continue
                    except OSError:
                        return time.monotonic() - began
                return None

        def well(_):
            worst = 0
            until = time.monotonic() + 6
            while time.monotonic() < until:
                began = time.monotonic()
                if not server.is_well():
                    return 99
                worst = max(worst, time.monotonic() - began)
                time.sleep(0.02)
            return worst

        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            served = pool.submit(well, 0)
            headers = [pool.submit(drip, n) for n in range(80)]
            bodies = [pool.submit(drip_body, n) for n in range(80)]
            readers = [pool.submit(never_reads, n) for n in range(8)]
            seconds = [one.result() for one in headers]
            expect(all(1.5 < one < 4 for one in seconds), f"slow headers end after {min(seconds):.1f} to {max(seconds):.1f} s, not 2")
            ends = [one.result() for one in bodies]
            expect(all(2.5 < one < 5 for one, _ in ends), f"slow bodies end after {min(ends)[0]:.1f} to {max(ends)[0]:.1f} s, not 3")
            expect(all(b" 408 " in answer for _, answer in ends), f"slow bodies are told {set(answer[:20] for _, answer in ends)}")
            gone = [one.result() for one in readers]
            expect(all(one is not None for one in gone), f"{sum(one is None for one in gone)} who never read are kept for ever")
            worst = served.result()
            expect(worst < 1, f"others waited for {worst:.2f} s")
            report.note(others_waited_ms=round(worst * 1000, 1), header_seconds=round(max(seconds), 2), body_seconds=round(max(one for one, _ in ends), 2))


@fault
def flood(run):
    """Two thousand connections at once: within the limit all are answered, beyond it those that were there, and afterwards all again."""
    count = 300 if run.quick else 2000
    body = json.dumps(run.session("f")).encode()

    def hold(server, many):
        held = []
        for _ in range(many):
            own = socket.socket()
            own.setblocking(False)
            with contextlib.suppress(BlockingIOError, OSError):
                own.connect(("127.0.0.1", server.port))
            held.append(own)
        time.sleep(1)
        return held

    with Server(run, "--limits-connections", str(2 * count), "--timeouts-header-seconds", "20") as server:
        held = hold(server, count)
        began = time.monotonic()
        expect(server.is_well(), "within the limit others are not served")
        waited = time.monotonic() - began
        expect(waited < 1, f"within the limit others wait for {waited:.2f} s")
        answered = 0
        for own in held:
            own.setblocking(True)
            own.settimeout(20)
            with contextlib.suppress(OSError):
                own.sendall(request("/v1/sessions:score", body))
        for own in held:
            answer, _ = read_answer(own)
            # Who waits too long is told so; nobody is dropped.
            answered += answer is not None and answer.status in (200, 503)
        expect(answered == count, f"{answered} of {count} connections are answered")
        for own in held:
            own.close()
        report.note(connections=count, answered=answered, waited_ms=round(waited * 1000, 1))
    with Server(run, "--limits-connections", "64", "--timeouts-header-seconds", "2") as server:
        with server.connect() as own:
            own.sendall(request("/v1/sessions:score", body))
            first, rest = read_answer(own)
            held = hold(server, count)
            own.sendall(request("/v1/sessions:score", body))
            second, _ = read_answer(own, rest)
            expect(first and second and second.status == 200, "who was there before the flood is not served")
        expect(server.rss() < 1000, f"{server.rss():.0f} MB in a flood")
        for own in held:
            own.close()
        began = time.monotonic()
        well = False
        while not well and time.monotonic() - began < 30:
            with contextlib.suppress(OSError):
                well = server.is_well()
        expect(well, "after the flood nobody is served")
        report.note(recovered_seconds=round(time.monotonic() - began, 2))


@fault
def streams(run):
    """Batches that stop, that nobody reads, and that go on while the service ends."""
    line = json.dumps(run.session("b")).encode() + b"\n"
    top = request("/v1/sessions:batch", b"", headers={"Content-Type": "application/jsonl", "Content-Length": None, "Transfer-Encoding": "chunked"})

    def piece(data):
        return b"%x\r\n%s\r\n" % (len(data), data)

    with Server(run, "--timeouts-request-seconds", "2") as server:
        with server.connect() as own:
            own.sendall(top + piece(line))
            for _ in range(2):
                time.sleep(1.2)
                own.sendall(piece(line))
            own.sendall(b"0\r\n\r\n")
            answer, _ = read_answer(own)
            expect(answer is not None and len(answer.body.splitlines()) == 3 and b'"error"' not in answer.body, "a batch that pauses is not answered")
        with server.connect() as own:
            own.sendall(top + piece(line) + piece(line[:-20]))
            began = time.monotonic()
            answer, _ = read_answer(own)
            expect(answer is not None and b'"timeout"' in answer.body.splitlines()[-1], "a batch that stops within a line is not told so")
            expect(time.monotonic() - began < 4, "a batch that stops is kept for ever")
        with server.connect(1) as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            own.sendall(top)
            began, sent, gone = time.monotonic(), 0, False
            while not gone and time.monotonic() - began < 15:
                try:
                    own.sendall(piece(line * 100))
                    sent += 100
                except TimeoutError:
                    continue
                except OSError:
                    gone = True
            expect(gone, "a batch whose answers nobody reads is kept for ever")
            expect(server.rss() < 400, f"{server.rss():.0f} MB for a batch whose answers nobody reads")
            report.note(unread_lines=sent)
        with server.connect() as own:
            # Longer than a body may take, and never a moment in which the service waits for more of it.
            began, sent = time.monotonic(), 50

            def ahead():
                nonlocal sent
                while time.monotonic() - began < 4:
                    own.sendall(piece(line * 50))
                    sent += 50
                own.sendall(b"0\r\n\r\n")

            own.sendall(top + piece(line * 50))
            sending = threading.Thread(target=ahead)
            sending.start()
            told, errors, end = 0, 0, b""
            with contextlib.suppress(OSError):
                while not end.endswith(b"\r\n0\r\n\r\n"):
                    some = own.recv(1 << 20)
                    if not some:
                        break
                    told, errors, end = told + some.count(b"}\n"), errors + some.count(b'"error"'), (end + some)[-7:]
            sending.join()
            expect(told == sent and errors == 0, f"of {sent} lines sent without a pause {told} were answered, {errors} with errors")
            report.note(lines_ahead=sent)
        before = server.descriptors()
        with server.connect() as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            own.sendall(top + piece(line * 8000) + b"0\r\n\r\n")
            began = time.monotonic()
            while server.descriptors() > before and time.monotonic() - began < 15:
                time.sleep(0.1)
            expect(server.descriptors() <= before, "a batch that was sent whole and whose answers nobody reads is kept for ever")
        many = b"".join(piece(line) for _ in range(2000))
        answer = server.send(top + many + b"0\r\n\r\n")
        expect(answer is not None and len(answer.body.splitlines()) == 2000, "2,000 lines are not 2,000 answers")
        expect(server.is_well(), "afterwards no session is scored")
    server = Server(run, "--timeouts-drain-seconds", "2", "--timeouts-request-seconds", "5")
    with server.connect() as own:
        own.sendall(top + piece(line))
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while server.process.poll() is None and time.monotonic() - began < 20:
                own.sendall(piece(line))
                time.sleep(0.1)
    server.watching = False
    expect(server.process.wait(20) == 0 and time.monotonic() - began < 10, f"with a stream open it ended after {time.monotonic() - began:.1f} s")


@fault
def few_files(run):
    """More connections than the process may open files."""
    for files in (64, 200):
        with Server(run, "--timeouts-header-seconds", "2", "--limits-connections", "1000", before=lambda files=files: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) as server:
            expect(any("limits.connections" in line for line in server.talk), "nobody is told that there is room for fewer connections")
            held = []
            for _ in range(3 * files):
                own = socket.socket()
                own.setblocking(False)
                with contextlib.suppress(BlockingIOError, OSError):
                    own.connect(("127.0.0.1", server.port))
                held.append(own)
            time.sleep(1.5)
            expect(server.process.poll() is None, f"{files} files: the flood ended the service")
            for own in held:
                own.close()
            began, well = time.monotonic(), False
            while not well and time.monotonic() - began < 20 and server.process.poll() is None:
                with contextlib.suppress(OSError):
                    well = server.is_well()
            expect(well, f"{files} files: after the flood nobody is served")
    with Server(run, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096))) as server:
        expect(not any("limits.connections" in line for line in server.talk), "the limit could be raised, and was not")


# MARK: what the server stands on


@fault
def broken_bundles(run):
    """Bundles that fail during a reload, by the route and by SIGHUP; the one that was there answers on."""
    folder = run.copy("reloaded")
    path, keys = run.keys(admin="admin", scores="embed,intents")
    admin, scores = {"X-Api-Key": keys["admin"]}, {"X-Api-Key": keys["scores"]}
    body = run.session("r", want=["intents", "embedding"])
    damages = {
        "a byte of the encoder": "encoder/model.safetensors", "a byte of the intents": "intents/classifier.safetensors", "a byte of the schema": "schema.json",
        "a byte of the description": "bundle.json", "a byte of the manifest": "manifest.json", "a byte of the ranker": "ranker/ranker.safetensors",
        "a byte of the predictor": "predictor/softmax.safetensors", "a byte of the credit model": "credit/config.json", "a byte of the tiles": "tiles.csv",
    }
    with Server(run, "--access-key-file", path, bundle=folder) as server:
        before = server.ask("/v1/sessions:score", body, headers=scores)
        expect(before is not None and before.status == 200, "nothing is scored before")

        def same(what):
            after = server.ask("/v1/sessions:score", body, headers=scores)
            expect(after is not None and after.body == before.body, f"{what}: the old bundle does not answer as before")

        def fails(what, statuses=(409,)):
            answer = server.ask("/v1/admin:reload", b"", headers={**admin, "Content-Type": None}, seconds=60)
            if expect(answer is not None and answer.status in statuses, f"{what}: {answer and answer.status} {answer and answer.body[:200]}"):
                expect(answer.status == 200 or answer.code() == "reload_failed", f"{what}: {answer.body[:200]}")
            same(what)

        fails("nothing changed", (200,))
        for what, name in damages.items():
            place = f"{folder}/{name}"
            if not os.path.exists(place):
                continue
            with open(place, "rb") as file:
                good = file.read()
            for how, bad in {"changed": good[: len(good) // 2] + bytes([good[len(good) // 2] ^ 1]) + good[len(good) // 2 + 1 :], "cut": good[: len(good) // 2], "empty": b""}.items():
                with open(place, "wb") as file:
                    file.write(bad)
                fails(f"{what}, {how}")
            os.remove(place)
            fails(f"{what}, missing")
            with open(place, "wb") as file:
                file.write(good)
        os.rename(folder, folder + ".away")
        fails("no folder")
        lines = len(server.talk)
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 20
        while len(server.talk) == lines and time.monotonic() < until:
            time.sleep(0.05)
        expect(any("not reloaded" in line for line in server.talk[lines:]), f"SIGHUP says nothing of the failure: {server.talk[lines:]}")
        same("SIGHUP")
        os.rename(folder + ".away", folder)
        fails("mended", (200,))
        forbidden = server.ask("/v1/admin:reload", b"", headers=scores)
        expect(forbidden is not None and forbidden.status == 403, "a key without the scope reloads")


class Load:
    """Clients that ask on connections of their own, each one thing after another, and remember what they were told."""

    def __init__(self, server, count, make, headers=None):
        self.server, self.make, self.headers = server, make, headers or {}
        self.stopped = threading.Event()
        self.told, self.refused, self.lost = [], [], []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.client, args=(n,), daemon=True) for n in range(count)]
        for one in self.threads:
            one.start()

    def client(self, number):
        own, rest, turn = None, b"", 0
        while not self.stopped.is_set():
            name = f"{number}-{turn}"
            turn += 1
            path, body = self.make(name)
            if own is None:
                try:
                    own, rest = self.server.connect(10), b""
                except OSError:
                    if self.server.process.poll() is not None or self.stopped.wait(0.02):
                        break
                    continue
            try:
                own.sendall(request(path, json.dumps(body).encode(), headers=self.headers))
                answer, rest = read_answer(own, rest)
            except OSError:
                answer = None
            with self.lock:
                if answer is None:
                    self.lost.append((name, time.monotonic()))
                elif answer.status == 200:
                    self.told.append((name, answer))
                else:
                    self.refused.append((name, answer))
            if answer is None or answer.headers.get("connection", "").lower() == "close":
                own.close()
                own = None

    def stop(self):
        self.stopped.set()
        for one in self.threads:
            one.join(30)


def record_settings(run, name):
    return ["--ledger-file", run.path(name), "--ledger-mode", "sync"], run.ledger()


def on_record(run, ledger):
    """Decisions of a ledger; expects the ledger to be whole."""
    import sqlite3

    verified = run.tell("audit", "verify", ledger, "--json")
    expect(verified.returncode == 0, f"the ledger is not whole: {verified.stdout[:300]} {verified.stderr[:300]}")
    with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as base:
        return base.execute("select count(*) from entries where kind = 1").fetchone()[0]


@fault
def full_disk(run):
    """No room for the ledger: nothing is told that is not on record, and all is well again when there is room."""
    for mode in ("sync", "bounded-async"):
        ledger = run.path(f"full-{mode}.ledger")
        settings = ["--ledger-file", ledger, "--ledger-mode", mode, "--ledger-pending", "64"]

        def limited():
            # Writes beyond a file's limit fail like those on a full disk; ignored, the signal does not end the process.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        server = Server(run, *settings, variables=run.ledger(), before=limited)
        with server:
            expect(server.is_well(), f"{mode}: nothing is scored before")
            size = max(os.path.getsize(run.path(name)) for name in os.listdir(run.folder) if name.startswith(os.path.basename(ledger)))
            load = Load(server, 4, lambda name: ("/v1/sessions:score", run.session(f"full-{mode}-{name}")))
            time.sleep(1)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
            time.sleep(3)
            told = len(load.told)
            time.sleep(1)
            expect(len(load.told) == told, f"{mode}: {len(load.told) - told} answers are told while nothing can be recorded")
            expect(len(load.refused) > 0, f"{mode}: nobody is refused")
            codes = {(answer.status, answer.code()) for _, answer in load.refused}
            expect(codes <= {(503, "ledger_unavailable"), (503, "overloaded")} and (503, "ledger_unavailable") in codes, f"{mode}: {codes}")
            expect(all("retry-after" in answer.headers for _, answer in load.refused), f"{mode}: no Retry-After")
            live = server.ask("/v2/health/live")
            expect(live is not None and live.status == 200, f"{mode}: the process does not answer")
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            began = time.monotonic()
            while len(load.told) == told and time.monotonic() - began < 15:
                time.sleep(0.02)
            recovered = time.monotonic() - began
            expect(recovered < 5, f"{mode}: with room again nothing is told for {recovered:.1f} s")
            time.sleep(0.5)
            load.stop()
            expect(not load.lost, f"{mode}: {len(load.lost)} requests without an answer")
        recorded, told = on_record(run, ledger), len(load.told) + 1
        expect(recorded >= told, f"{mode}: {told} answers told, {recorded} on record")
        report.note(**{mode.replace("-", "_"): {"told": told, "recorded": recorded, "refused": len(load.refused), "recovered_seconds": round(recovered, 2)}})


@fault
def terminated(run):
    """SIGTERM while many ask: every request that was taken is answered."""
    for turn in range(2 if run.quick else 6):
        settings, variables = record_settings(run, f"term-{turn}.ledger") if turn % 2 else ([], {})
        server = Server(run, *settings, "--timeouts-drain-seconds", "10", variables=variables)
        load = Load(server, 16, lambda name: ("/v1/sessions:score", run.session(name, want=["intents", "embedding"])))
        time.sleep(0.7)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        # A client that sends one byte after another while the service ends, and one that sends nothing.
        code = server.process.wait(30)
        seconds = time.monotonic() - began
        load.stop()
        server.watching = False
        expect(code == 0, f"it ended with {code}: {server.talk[-3:]}")
        expect(seconds < 8, f"it took {seconds:.1f} s")
        expect(not load.lost, f"{len(load.lost)} of {len(load.told)} requests without an answer")
        expect(not load.refused, f"refused: {[(a.status, a.code()) for _, a in load.refused[:3]]}")
        expect(any(a.headers.get("connection") == "close" for _, a in load.told), "no answer says that the connection ends")
        if turn % 2:
            recorded = on_record(run, run.path(f"term-{turn}.ledger"))
            expect(recorded >= len(load.told), f"{len(load.told)} told, {recorded} on record")
        report.note(answered=len(load.told), lost=len(load.lost), seconds=round(seconds, 2))


@fault
def killed(run):
    """kill -9 while sessions grow and decisions are recorded: what was acknowledged is there afterwards."""
    sessions, ledger = run.path("killed.sessions"), run.path("killed.ledger")
    variables = run.ledger()
    settings = ["--sessions-folder", sessions, "--ledger-file", ledger, "--ledger-mode", "sync"]
    known, told = {}, 0
    for turn in range(2 if run.quick else 5):
        server = Server(run, *settings, variables=variables)

        def make(name, turn=turn):
            number, step = (int(part) for part in name.split("-"))
            return f"/v1/sessions/k{turn}-{number}/events", {"visitor": f"{MARKER}-k", "events": [run.event(1000 * turn + step)]}

        load = Load(server, 8, make)
        time.sleep(1.2)
        server.watching = False
        server.process.kill()
        server.process.wait(10)
        load.stop()
        expect(not load.refused, f"refused: {[(a.status, a.body[:100]) for _, a in load.refused[:3]]}")
        for name, answer in load.told:
            session = f"k{turn}-{name.split('-')[0]}"
            known[session] = max(known.get(session, 0), answer.json()["events"])
        told += len(load.told)
    with Server(run, *settings, variables=variables) as server:
        missing = 0
        for session, count in known.items():
            answer = server.ask(f"/v1/sessions/{session}")
            found = answer.json().get("events", 0) if answer is not None and answer.status == 200 else 0
            missing += not count <= found <= count + 1
            told += answer is not None and answer.status == 200
        expect(missing == 0, f"{missing} of {len(known)} sessions are not as they were acknowledged")
        answer = server.ask(f"/v1/sessions/{next(iter(known))}", method="DELETE")
        expect(answer is not None and answer.status == 204, f"forgetting: {answer and answer.status}")
    with Server(run, *settings, variables=variables) as server:
        answer = server.ask(f"/v1/sessions/{next(iter(known))}")
        expect(answer is not None and answer.status == 404, f"a forgotten session is there after a restart: {answer and answer.status}")
    recorded = on_record(run, ledger)
    expect(recorded >= told, f"{told} answers told, {recorded} on record")
    report.note(acknowledged_sessions=len(known), told=told, recorded=recorded)


# MARK: who may ask


@fault
def encryption(run):
    """TLS, with a certificate that signs itself."""
    certificate, key = run.path("tls.crt"), run.path("tls.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    body = json.dumps(run.session("tls")).encode()
    with Server(run, "--tls-certificate", certificate, "--tls-key", key, "--timeouts-header-seconds", "2") as server:
        trusting = ssl.create_default_context(cafile=certificate)
        with trusting.wrap_socket(server.connect(), server_hostname="localhost") as own:
            own.sendall(request("/v1/sessions:score", body) * 3)
            rest = b""
            for _ in range(3):
                answer, rest = read_answer(own, rest)
                expect(answer is not None and answer.status == 200, "an encrypted request is not answered")
        with expect_error("a certificate that nobody trusts is taken"):
            ssl.create_default_context().wrap_socket(server.connect(), server_hostname="localhost").close()
        answer = server.send(request("/"), seconds=5)
        expect(answer is None, "a request in the clear is answered on an encrypted port")
        # `openssl` decides by itself whether it still speaks 1.1; what counts is that no session comes about.
        old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_1"], input=b"", capture_output=True, check=False, timeout=20)
        expect(b"Cipher is (NONE)" in old.stdout or old.returncode != 0, "TLS 1.1 is spoken")
        with server.connect() as own:
            expect((ended(own, 6) or 9) < 4, "whoever begins no handshake is kept")
        with server.connect() as own:
            own.sendall(b"\x16\x03\x01")
            expect((ended(own, 6) or 9) < 4, "half a handshake is kept")
        with trusting.wrap_socket(server.connect(), server_hostname="localhost") as own:
            own.sendall(request("/v1/sessions:score", body)[:40])
            expect((ended(own, 6) or 9) < 4, "half a header is kept")
    wrong = run.path("wrong.key")
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", wrong], check=True, capture_output=True)
    for what, own in {"a key of another certificate": (certificate, wrong), "no such key": (certificate, "/no/such"), "a key for a certificate": (key, key), "no key": (certificate, None)}.items():
        ended_with(run, what, "--tls-certificate", own[0], *(["--tls-key", own[1]] if own[1] else []))


@contextlib.contextmanager
def expect_error(what):
    try:
        yield
        expect(False, what)
    except OSError:
        expect(True, what)


def ended_with(run, what, *settings):
    """A server that must not start with these settings."""
    try:
        result = run.tell("serve", "--bundles", f"bank={run.bundle}", "--port", "0", *settings, timeout=30)
        expect(0 < result.returncode < 128, f"{what}: it ended with {result.returncode}")
        expect(len(result.stderr) > 20, f"{what}: nothing is said")
    except subprocess.TimeoutExpired:
        expect(False, f"{what}: it serves")


@fault
def keys(run):
    """Wrong keys, keys for something else, rates, and addresses that others can reach."""
    path, own = run.keys(marketing="embed,intents,rank", risk="credit", prometheus="metrics", slow="intents 2/s", admin="admin")
    session, applicant = run.session("k"), {"tables": {"applicants": [{"applicant_id": "a"}]}}
    with Server(run, "--access-key-file", path, "--log-access", run.path("keys.log")) as server:

        def status(name, route, body=None, form="X-Api-Key"):
            value = own.get(name, name)
            answer = server.ask(route, body, headers={form: value if form == "X-Api-Key" else f"Bearer {value}"} if value is not None else {})
            if answer is not None and answer.status == 401:
                expect(answer.headers.get("www-authenticate", "").startswith("Bearer"), "401 without WWW-Authenticate")
            expect(answer is not None and (answer.status != 403 or answer.code() == "forbidden" or route.startswith("/v2")), f"{name} at {route}: {answer and answer.body[:100]}")
            return answer and answer.status

        good = own["marketing"]
        for wrong in (None, "", "x", "tsk_", good[:-1], good + "x", good[:-1] + ("A" if good[-1] != "A" else "B"), "x" * 8000, "tsk_" + "0" * 52, "\xff\xfe"):
            for form in ("X-Api-Key", "Authorization"):
                expect(status(wrong, "/v1/sessions:score", session, form) == 401, f"a wrong key ({str(wrong)[:8]}…) in {form} is taken")
        answer = server.ask("/v1/sessions:score", session, headers={"Authorization": "Basic " + good})
        expect(answer is not None and answer.status == 401, "Basic is taken")
        for name, route, body, wanted in (
            ("marketing", "/v1/sessions:score", session, 200), ("marketing", "/v1/sessions:credit", applicant, 403), ("marketing", "/metrics", None, 403),
            ("marketing", "/v1/admin:reload", {}, 403), ("marketing", "/v1/sessions:score", {**session, "want": ["conversion"], "customer": {"customer_id": "c"}}, 403),
            ("risk", "/v1/sessions:score", session, 403), ("risk", "/v1/sessions:rank", {"impression_id": "i", "customer": {"customer_id": "c"}}, 403), ("risk", "/v1/embeddings", {"input": session}, 403),
            ("risk", "/v1/sessions/s/events", {"events": [run.event()]}, 403), ("risk", "/v1/sessions/s", None, 403), ("risk", "/v2/models/bank/infer", {"inputs": [
                {"name": "session", "datatype": "BYTES", "shape": [1], "data": [json.dumps(session)]}]}, 403), ("prometheus", "/metrics", None, 200), ("prometheus", "/v1/schema", None, 403),
            ("admin", "/v1/admin:reload", {}, 200), ("admin", "/v1/sessions:score", session, 403),
        ):
            found = status(name, route, body)
            expect(found == wanted, f"{name} at {route}: {found}, not {wanted}")
        for route in ("/", "/docs", "/openapi.json", "/v2/health/live", "/v2/health/ready"):
            expect(status(None, route) == 200, f"{route} asks for a key")
        for route in ("/v1/schema", "/v1/models", "/v2/models/bank", "/metrics", "/v1/sessions/s"):
            expect(status(None, route) == 401, f"{route} asks for no key")
        codes = [server.ask("/v1/sessions:score", session, headers={"X-Api-Key": own["slow"]}) for _ in range(10)]
        limited = [answer for answer in codes if answer is not None and answer.status == 429]
        expect(0 < len(limited) < 10, f"{len(limited)} of 10 are limited to two a second")
        expect(all(1 <= int(answer.headers.get("retry-after", 0)) <= 60 for answer in limited), "429 without Retry-After")
        time.sleep(float(limited[-1].headers["retry-after"]) + 0.1 if limited else 0)
        expect(status("slow", "/v1/sessions:score", session) == 200, "after Retry-After the key is refused")
        expect(status("marketing", "/v1/sessions:score", session) == 200, "one key's rate is another's")
    for address in ("0.0.0.0", "::"):
        ended_with(run, f"{address} without keys", "--address", address)
    with Server(run, "--address", "0.0.0.0", "--access-allow-anonymous", "true") as server:
        expect(server.is_well(), "anonymous callers are not served where they may be")
        expect(status_of(server, "/v1/admin:reload", {}) == 403, "anonymous callers reload")
    open_file = run.path("open.txt")
    shutil.copy(path, open_file)
    os.chmod(open_file, 0o644)
    for what, text in {"an empty file of keys": "", "a file of keys with a strange line": "x y z w v\n"}.items():
        place = run.path("bad-keys.txt")
        with open(place, "w", encoding="ascii") as file:
            os.chmod(place, 0o600)
            file.write(text)
        ended_with(run, what, "--access-key-file", place)


def status_of(server, route, body=None):
    answer = server.ask(route, body)
    return answer and answer.status


@fault
def logs(run):
    """The access log and what the server says hold nothing of the sessions, whatever came of them."""
    place = run.path("access.log")
    path, own = run.keys(all="embed,intents,rank,convert,credit,metrics,admin")
    headers = {"X-Api-Key": own["all"]}
    session = run.session("log")
    with Server(run, "--log-access", place, "--access-key-file", path, "--sessions-folder", run.path("log.sessions")) as server:
        asked = 0
        for route, body in (
            ("/v1/sessions:score", session), ("/v1/sessions:score", {MARKER: MARKER}), ("/v1/sessions:score", MARKER.encode()), (f"/v1/sessions/{MARKER}/events", {"events": session["events"]}),
            (f"/v1/sessions/{MARKER}", None), (f"/{MARKER}", None), (f"/v1/schema?bundle={MARKER}", None), (f"/v2/models/{MARKER}", None), ("/v1/embeddings", {"input": session, "user": MARKER}),
            ("/v1/sessions:rank", {"impression_id": MARKER, "customer": {"customer_id": MARKER}, "sessions": [session]}), ("/v1/sessions:credit", {"tables": {"applicants": [{"applicant_id": MARKER}]}}),
        ):
            for more in (headers, {"X-Api-Key": MARKER}, {**headers, "User-Agent": MARKER, "Referer": MARKER, "Cookie": MARKER}, {**headers, "X-Request-Id": f"{MARKER} <script>"}):
                answer = server.ask(route, body, headers=more)
                asked += expect(answer is not None and answer.status < 500, f"{route[:20]}: {answer and answer.status}")
    with open(place, "rb") as file:
        text = file.read()
    lines = [json.loads(line) for line in text.splitlines()]
    expect(len(lines) == asked, f"{len(lines)} lines of {asked} requests")
    expect(MARKER.encode() not in text, "the log holds a value of a session")
    expect(own["all"].encode() not in text, "the log holds a key")
    metrics = b""
    with Server(run) as server:
        server.ask("/v1/sessions:score", session)
        server.ask(f"/{MARKER}")
        answer = server.ask("/metrics")
        metrics = answer.body if answer else b""
    expect(MARKER.encode() not in metrics, "the metrics hold a value of a session")
    report.note(lines=len(lines))


# MARK: the contract


if __name__ != "__main__":
    import schemathesis

    @schemathesis.serializer("application/jsonl", "application/x-ndjson")
    def json_lines(_, value):
        items = value if isinstance(value, list) else [value]
        return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def contract_document(server, headers, strict):
    """The service's document, with the fields of the bundle in place of "any field", so that what is made from it reaches the models."""
    document = server.ask("/openapi.json").json()
    schema = server.ask("/v1/schema", headers=headers).json()
    schemas = document["components"]["schemas"]
    limit = schemas["Value"]["anyOf"][0]["maxLength"]
    kinds = {field["name"]: {"type": ["number", "null"]} if field["kind"] == "numeric" else {"type": ["string", "null"], "maxLength": limit} for field in schema["fields"]}
    event = schemas["Event"]
    event["properties"] = {**kinds, **event["properties"]}
    event["properties"]["fields"] = {"type": "object", "properties": kinds, "additionalProperties": False}
    event["additionalProperties"] = False
    for content in document["paths"]["/v1/sessions:batch"]["post"]["requestBody"]["content"].values():
        content["schema"] = {"type": "array", "items": {"$ref": "#/components/schemas/ScoreRequest"}, "maxItems": 4}
        content.pop("example", None)
    if strict:
        document["security"] = [one for one in document["security"] if one]
    return document


CONTRACT = """
[checks.positive_data_acceptance]
# A document cannot say that events come in the order of time, or which columns a credit model reads.
expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429", "503"]

[[operations]]
include-operation-id = "scoreBatch"
# A line that is refused is told within an answer of 200.
checks.negative_data_rejection.enabled = false

[[operations]]
include-operation-id-regex = "^infer(Version)?$"
# The length of the JSON is whatever the header says.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422", "429", "503"]

[[operations]]
include-operation-id = "reloadBundles"
generation.max-examples = 5
"""


def contract(run):
    """schemathesis over the service's own document, with and without keys: every check that it has, but that of objects' owners."""
    figures = {}
    for name in ("anonymous", "keys"):
        report.name = f"contract-{name}"
        report.faults[report.name] = {"checks": 0, "failures": 0}
        path, keys_ = run.keys(all="embed,intents,rank,convert,credit,metrics,admin")
        headers = {"X-Api-Key": keys_["all"]} if name == "keys" else {}
        settings = ["--access-key-file", path] if name == "keys" else []
        with Server(run, *settings) as server:
            folder = run.path(f"contract-{name}")
            os.makedirs(folder)
            with open(f"{folder}/openapi.json", "w", encoding="utf-8") as file:
                json.dump(contract_document(server, headers, name == "keys"), file)
            with open(f"{folder}/schemathesis.toml", "w", encoding="utf-8") as file:
                file.write(CONTRACT)
            command = [
                os.path.join(os.path.dirname(sys.executable), "st"), "--config-file", f"{folder}/schemathesis.toml", "run", f"{folder}/openapi.json",
                "--url", f"http://127.0.0.1:{server.port}", "--mode", "all", "--max-examples", str(run.options.examples), "--seed", str(run.options.seed),
                "--report", "json", "--report-json-path", f"{folder}/report.json", "--no-color", "--request-timeout", "30", "--continue-on-failure",
            ]
            for field, value in headers.items():
                command += ["-H", f"{field}: {value}"]
            own = os.path.dirname(os.path.abspath(__file__))
            talk = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, "PYTHONPATH": own, "SCHEMATHESIS_HOOKS": "service_checks", "PYTHONDONTWRITEBYTECODE": "1"})
            try:
                with open(f"{folder}/report.json", encoding="utf-8") as file:
                    found = json.load(file)
            except OSError:
                raise RuntimeError("schemathesis wrote no report: " + talk.stdout[-3000:] + talk.stderr[-2000:]) from None
            expect(found["complete"] and not found["errors"], f"errors: {found['errors']} {found['stop_reason']}")
            for one in found["failures"]:
                expect(False, f"{one['title']}: {one['operations']}")
            if found["failures"] or found["errors"]:
                print(talk.stdout, file=sys.stderr)
            expect(server.is_well() if not headers else True, "afterwards no session is scored")
            figures[name] = {
                "operations": found["operations"]["tested"], "requests": found["test_cases"]["generated"], "seconds": round(found["running_time"], 1),
                "failures": {one["type"]: one["count"] for one in found["failures"]},
            }
    return figures


def main():
    parser = argparse.ArgumentParser(prog="tools/service-checks")
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--tessera", required=True)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--examples", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    options.examples = options.examples or (10 if options.quick else 100)
    options.bundle, options.tessera = os.path.abspath(options.bundle), os.path.abspath(options.tessera)
    only = set(filter(None, options.only.split(",")))
    names = {one.__name__.replace("_", "-"): one for one in checks}
    unknown = only - set(names) - {"contract"}
    if unknown:
        print(f"service-checks: there is no {', '.join(sorted(unknown))}; there are contract, {', '.join(names)}", file=sys.stderr)
        return 64
    figures = {"seed": options.seed, "quick": options.quick}
    with tempfile.TemporaryDirectory(prefix="tessera-checks-") as folder:
        run = Run(options, folder)
        if not only or "contract" in only:
            print("service-checks: contract", file=sys.stderr)
            figures["contract"] = contract(run)
        for name, one in names.items():
            if only and name not in only:
                continue
            print(f"service-checks: {name}", file=sys.stderr)
            report.name = name
            report.faults[name] = {"checks": 0, "failures": 0}
            began = time.monotonic()
            try:
                one(run)
            except Exception as error:  # noqa: BLE001: a check that broke is a failure and not the end of the others
                expect(False, f"the check broke: {type(error).__name__}: {error}")
                import traceback

                traceback.print_exc()
            report.note(seconds=round(time.monotonic() - began, 1))
    for name, highest in Server.highest.items():
        report.faults[name]["rss_mb"] = round(highest)
        if highest > 1500:
            report.faults[name]["failures"] += 1
            print(f"service-checks: {name}: {highest:.0f} MB of memory", file=sys.stderr)
    figures["faults"] = report.faults
    figures["rss_mb"] = round(max(Server.highest.values(), default=0))
    figures["checks"] = sum(one["checks"] for one in report.faults.values())
    figures["failures"] = sum(one["failures"] for one in report.faults.values())
    print(json.dumps(figures, indent=1))
    return 1 if figures["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
