"""A server that speaks the chat completions of OpenAI, streamed and with tool calls, and says what it is told to.

Source: platform.openai.com/docs/api-reference/chat-streaming.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]
Line = str | dict[str, Any] | Callable[[Request], "Line"]
"""Words, or a tool call {"name", "arguments"}, or what makes one of the request."""


class OpenAIServer:
    """Answers each request with the next line of its script. `requests` and `keys` are what came."""

    def __init__(self) -> None:
        self.script: list[Line] = []
        self.requests: list[Request] = []
        self.keys: set[str] = set()
        self.failures = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Line:
        self.requests.append(request)
        line = self.script.pop(0)
        while callable(line):
            line = line(request)
        return line


def _handler(ours: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ours.keys.add(self.headers["Authorization"])
            if ours.failures:
                ours.failures -= 1
                self._send(500, "application/json", b'{"error": {"message": "overloaded"}}')
                return
            assert self.path == "/v1/chat/completions"
            if refusal := _refusal(request["messages"]):
                self._send(400, "application/json", json.dumps({"error": {"message": refusal}}).encode())
                return
            body = "".join(_streamed(ours.answer(request))) if request.get("stream") else ""
            self._send(200, "text/event-stream", body.encode())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


def _refusal(messages: list[Any]) -> str:
    """Say what OpenAI says where a call of a tool has no answer right behind it."""
    for index, message in enumerate(messages):
        missing = {one["id"] for one in message.get("tool_calls") or ()}
        for answer in messages[index + 1 :]:
            if answer["role"] != "tool":
                break
            missing.discard(answer["tool_call_id"])
        if missing:
            return (
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following tool_call_ids did not have response messages: {sorted(missing)}"
            )
    return ""


def _streamed(line: Line) -> Iterator[str]:
    if isinstance(line, str):
        for word in line.split(" "):
            yield _chunk({"content": f"{word} "})
        yield _chunk({}, finish="stop")
    else:
        assert isinstance(line, dict)
        arguments = json.dumps(line["arguments"])
        half = len(arguments) // 2
        call = {"index": 0, "id": f"call_{line['name']}_{abs(hash(arguments))}", "type": "function"}
        yield _chunk({"tool_calls": [{**call, "function": {"name": line["name"], "arguments": ""}}]})
        for part in (arguments[:half], arguments[half:]):
            yield _chunk({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
        yield _chunk({}, finish="tool_calls")
    yield "data: [DONE]\n\n"


def _chunk(delta: dict[str, Any], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n"
