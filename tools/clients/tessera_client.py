#!/usr/bin/env python3
"""A client of Tessera's service, with Python's standard library alone.

    from tessera_client import Tessera
    with Tessera("http://127.0.0.1:8080", key=os.environ["TESSERA_KEY"]) as tessera:
        answer = tessera.score({"session": "s1", "events": [{"time": "2026-01-05T09:00:00Z", "url": "/mortgages"}]})
        print([intent["name"] for intent in answer["label"]["intents"]])

One connection is kept open; a client is for one thread. On the command line (the key in TESSERA_KEY, never an argument):

    python3 tools/clients/tessera_client.py --base http://127.0.0.1:8080 score session.json
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import math
import os
import queue
import random
import socket
import ssl
import struct
import sys
import threading
import time
from typing import Any, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit

JSON = dict[str, Any]


class TesseraError(Exception):
    """What the service refused, or that it could not be reached (status 0)."""

    def __init__(self, status: int, code: str, message: str, remedy: str = "", request_id: str = "") -> None:
        super().__init__(f"{status} {code}: {message}" + (f" — {remedy}" if remedy else ""))
        self.status, self.code, self.message, self.remedy, self.request_id = status, code, message, remedy, request_id


class Tessera:
    """A connection to a service.

    Answers 429 and 503 are tried again, `tries` times in all, after as long as the service says but at most `longest_wait` seconds. So are
    connections that break before an answer, except where events are appended, which may have arrived.
    """

    def __init__(self, base: str = "http://127.0.0.1:8080", key: str | None = None, bundle: str | None = None, timeout: float = 30.0,
                 tries: int = 4, longest_wait: float = 10.0, context: ssl.SSLContext | None = None) -> None:
        address = urlsplit(base)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("base: give http://HOST:PORT or https://HOST:PORT")
        self._address, self._prefix = address, address.path.rstrip("/")
        self._key, self._bundle, self._timeout, self._context = key, bundle, timeout, context
        self._tries, self._longest_wait = max(1, tries), longest_wait
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Tessera:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; the next call opens another."""
        if self._connection:
            self._connection.close()
        self._connection = None

    # Sessions

    def score(self, session: Mapping[str, Any], **options: Any) -> JSON:
        """Scores a session; options are `want`, `evidence`, `all`, `customer`, `time`, `consent`."""
        return self._json("POST", "/v1/sessions:score", {**session, **options})

    def rank(self, impression_id: str, customer: Mapping[str, Any], **request: Any) -> JSON:
        """Orders tiles for a customer, who has at least a `customer_id`; `sessions`, `tiles`, `top`, `time`, `consent`."""
        return self._json("POST", "/v1/sessions:rank", {"impression_id": impression_id, "customer": customer, **request})

    def credit(self, tables: Mapping[str, Sequence[Mapping[str, Any]]], reasons: int = 4) -> JSON:
        """Scores the applicant whose rows these are."""
        return self._json("POST", "/v1/sessions:credit", {"tables": tables, "reasons": reasons})

    def append(self, session: str, events: Sequence[Mapping[str, Any]], **options: Any) -> JSON:
        """Adds events to a session that the service remembers, and scores it; `visitor`, `want`, `evidence`."""
        return self._json("POST", self._session(session) + "/events", {"events": events, **options}, is_repeatable=False)

    def current(self, session: str) -> JSON:
        """The score of a remembered session as it is."""
        return self._json("GET", self._session(session))

    def forget(self, session: str) -> None:
        """Forgets a session."""
        self._call("DELETE", self._session(session))

    def batch(self, sessions: Iterable[Mapping[str, Any]]) -> Iterator[JSON]:
        """Scores any number of sessions in one stream, in order; a line that failed has `error` in place of a score.

        Sessions are taken from the iterable as the service takes them, while answers are read. The stream has a connection of its own and
        is not tried again: what was taken from the iterable is gone.
        """
        connection, ended = self._connect(), threading.Event()
        fault: queue.SimpleQueue[BaseException] = queue.SimpleQueue()

        def send() -> None:
            try:
                for session in sessions:
                    if ended.is_set():
                        return
                    line = json.dumps(session, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() + b"\n"
                    connection.send(b"%x\r\n%s\r\n" % (len(line), line))
                connection.send(b"0\r\n\r\n")
            except (OSError, http.client.HTTPException):
                pass  # the service says why in its answer, which may still come
            except BaseException as error:  # of the iterable: told to the reader, who must not wait for lines that never come
                fault.put(error)
                self._shut(connection)

        sender = threading.Thread(target=send, daemon=True)
        try:
            connection.putrequest("POST", self._target("/v1/sessions:batch"))
            for name, value in {**self._headers(), "Content-Type": "application/jsonl", "Transfer-Encoding": "chunked"}.items():
                connection.putheader(name, value)
            connection.endheaders()
            sender.start()
            answer = connection.getresponse()
            if answer.status != 200:
                raise self._error(answer, answer.read())
            for line in answer:
                if line.strip():
                    yield json.loads(line)
        except (OSError, http.client.HTTPException) as error:
            raise TesseraError(0, "unreachable", f"the stream broke: {error}", "send the sessions that were not answered again") from error
        finally:
            ended.set()
            self._shut(connection)
            connection.close()
            if not fault.empty():
                raise fault.get()

    # Other protocols

    def embeddings(self, sessions: Sequence[Mapping[str, Any]]) -> list[tuple[float, ...]]:
        """An embedding a session, by OpenAI's shape; floats are those of the service to the bit."""
        request: JSON = {"input": list(sessions), "encoding_format": "base64"}
        if self._bundle:
            request["model"] = self._bundle
        data = sorted(self._json("POST", "/v1/embeddings", request)["data"], key=lambda item: item["index"])
        return [_floats(base64.b64decode(item["embedding"])) for item in data]

    def infer(self, model: str, sessions: Sequence[Mapping[str, Any]],
              outputs: Sequence[str] = ("embedding", "probabilities")) -> dict[str, list[tuple[float, ...]]]:
        """Outputs by name, a row a session, by the Open Inference Protocol with binary tensors both ways."""
        elements = [json.dumps(session, ensure_ascii=False, allow_nan=False).encode() for session in sessions]
        tensor = b"".join(struct.pack("<I", len(element)) + element for element in elements)
        head = json.dumps({
            "inputs": [{"name": "session", "datatype": "BYTES", "shape": [len(elements)], "parameters": {"binary_data_size": len(tensor)}}],
            "outputs": [{"name": name, "parameters": {"binary_data": True}} for name in outputs]}).encode()
        answer, body = self._call("POST", f"/v2/models/{quote(model, safe='')}/infer", head + tensor, {
            "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))})
        length = int(answer.getheader("Inference-Header-Content-Length") or len(body))
        place, found = length, {}
        for output in json.loads(body[:length])["outputs"]:
            size = output.get("parameters", {}).get("binary_data_size")
            values = tuple(output["data"]) if size is None else _floats(body[place:place + size])
            place += size or 0
            rows = output["shape"][0]
            width = math.prod(output["shape"][1:])
            found[output["name"]] = [values[row * width:(row + 1) * width] for row in range(rows)]
        return found

    # The service

    def schema(self) -> JSON:
        """What the bundle reads and can answer."""
        return self._json("GET", "/v1/schema")

    def ready(self) -> bool:
        """Whether requests are taken; asked once."""
        try:
            return bool(self._json("GET", "/v2/health/ready", tries=1).get("ready"))
        except TesseraError as error:
            if error.status in (0, 503):
                return False
            raise

    def reload(self) -> list[JSON]:
        """Has all bundles read anew (scope `admin`); which they are, and whether they changed."""
        return self._json("POST", "/v1/admin:reload")["reloaded"]

    # HTTP

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._address.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._context or ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    @staticmethod
    def _session(session: str) -> str:
        return "/v1/sessions/" + quote(session, safe="")

    def _target(self, path: str) -> str:
        query = urlencode({"bundle": self._bundle}) if self._bundle and path.startswith(("/v1/sessions", "/v1/schema")) else ""
        return self._prefix + path + (f"?{query}" if query else "")

    def _headers(self) -> dict[str, str]:
        return {"Accept": "*/*", "User-Agent": "tessera-client"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})

    @staticmethod
    def _shut(connection: http.client.HTTPConnection) -> None:
        """Wakes whoever reads from a connection, which closing it does not."""
        try:
            if connection.sock:
                connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None, is_repeatable: bool = True,
              tries: int | None = None) -> JSON:
        data = None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        answer, text = self._call(method, path, data, {"Content-Type": "application/json"} if data else {}, is_repeatable, tries)
        try:
            return json.loads(text)
        except ValueError:
            raise TesseraError(answer.status, "unreadable", "the answer is no JSON", "is this a Tessera service?") from None

    def _call(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
              is_repeatable: bool = True, tries: int | None = None) -> tuple[http.client.HTTPResponse, bytes]:
        tries = tries or self._tries
        for attempt in range(1, tries + 1):
            try:
                self._connection = self._connection or self._connect()
                self._connection.request(method, self._target(path), body, {**self._headers(), **(headers or {})})
                answer = self._connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == tries or not is_repeatable:
                    told = f"no answer: {error or type(error).__name__}"
                    raise TesseraError(0, "unreachable", told, "see whether the service runs") from error
                time.sleep(min(self._longest_wait, 0.1 * 2**attempt) * random.uniform(0.5, 1))
                continue
            if answer.status < 300:
                return answer, text
            if answer.status not in (429, 503) or attempt == tries:
                raise self._error(answer, text)
            wait = answer.getheader("Retry-After", "")
            if wait.isdecimal() and int(wait) > self._longest_wait:
                raise self._error(answer, text)
            time.sleep(int(wait) if wait.isdecimal() else min(self._longest_wait, 0.1 * 2**attempt))
        raise AssertionError("the last attempt returns or raises")

    @staticmethod
    def _error(answer: http.client.HTTPResponse, text: bytes) -> TesseraError:
        request = answer.getheader("X-Request-Id", "")
        try:
            told = json.loads(text)["error"]
        except (ValueError, KeyError, TypeError):
            told = answer.reason
        if not isinstance(told, dict):  # the Open Inference Protocol's errors are a text each
            told = {"message": str(told)}
        return TesseraError(answer.status, told.get("code", "error"), told.get("message", ""), told.get("remedy", ""),
                            told.get("request_id") or request)


def _floats(data: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(data) // 4}f", data)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Ask a Tessera service. The key, where it wants one, is in TESSERA_KEY.")
    parser.add_argument("--base", default="http://127.0.0.1:8080", help="where it answers")
    parser.add_argument("--bundle", help="the bundle of models that answers")
    parser.add_argument("command", choices=["score", "rank", "credit", "batch", "embeddings", "schema", "ready", "reload"])
    parser.add_argument("file", nargs="?", default="-", help="the request as JSON, for batch as JSON Lines; - for standard input")
    arguments = parser.parse_args()

    def show(answer: Any) -> None:
        print(json.dumps(answer, ensure_ascii=False), flush=True)

    with Tessera(arguments.base, os.environ.get("TESSERA_KEY"), arguments.bundle) as tessera:
        try:
            if arguments.command == "ready":
                return 0 if tessera.ready() else 1
            if arguments.command in ("schema", "reload"):
                show(getattr(tessera, arguments.command)())
                return 0
            with sys.stdin if arguments.file == "-" else open(arguments.file, encoding="utf-8") as file:
                if arguments.command == "batch":
                    for line in tessera.batch(json.loads(text) for text in file if text.strip()):
                        show(line)
                    return 0
                request = json.load(file)
            if arguments.command == "rank":
                show(tessera.rank(**request))
            elif arguments.command == "credit":
                show(tessera.credit(**request))
            else:
                show(tessera.score(request) if arguments.command == "score" else tessera.embeddings([request]))
        except (TesseraError, OSError, ValueError, TypeError) as error:
            print(f"tessera_client: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
