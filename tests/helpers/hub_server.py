"""A Hugging Face Hub on loopback, as far as uploads of a dataset go: repositories, files, large files, tags."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_loopback"


@dataclass
class Repository:
    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, dict[str, bytes]] = field(default_factory=dict)
    head: str = "0" * 40  # the newest commit
    targets: dict[str, str] = field(default_factory=dict)  # tag -> commit


@dataclass
class Hub:
    """
    Attributes:
        large: bytes of large files by their SHA-256.
        fails: path's part -> the status with which it is answered.
    """

    address: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    fails: dict[str, int] = field(default_factory=dict)
    uploads: int = 0


@contextmanager
def serving() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self) -> None:
        self._reply(*self._answer(b""))

    def do_POST(self) -> None:
        self._reply(*self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0))))

    def do_DELETE(self) -> None:
        self._reply(*self._answer(b""))

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.large[hashlib.sha256(content).hexdigest()] = content
        self.hub.uploads += 1
        self._reply(200, {})

    def _answer(self, content: bytes) -> tuple[int, Any]:
        path = unquote(urlsplit(self.path).path)
        for part, status in self.hub.fails.items():
            if part in path:
                return status, {"error": f"no, says {part}"}
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "Invalid username or password."}
        if path == "/api/repos/create":
            return self._create(json.loads(content))
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if found := re.fullmatch(r"/datasets/(.+)\.git/info/lfs/objects/batch", path):
            return 200, self._batch(json.loads(content))
        found = re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/(\w[\w-]*)(?:/(.+))?)?", path)
        if found is None or found[1] not in self.hub.repositories:
            return 404, {"error": "Repository not found"}
        repository = self.hub.repositories[found[1]]
        if found[2] in ("tag", "refs"):
            return self._refs(repository, found[3], content)
        return self._of(repository, found[1], found[2], content)

    def _create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = f"{asked['organization']}/{asked['name']}"
        url = f"{self.hub.address}/datasets/{name}"
        if name in self.hub.repositories:
            return 409, {"error": "You already created this dataset repo", "url": url}
        self.hub.repositories[name] = Repository(asked.get("visibility") == "private" or bool(asked.get("private")))
        return 200, {"url": url, "name": name}

    def _batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A large file that is there already is not asked for again."""
        objects = [
            {"oid": one["oid"], "size": one["size"]}
            | ({} if one["oid"] in self.hub.large else {"actions": {"upload": {"href": f"{self.hub.address}/up"}}})
            for one in asked["objects"]
        ]
        return {"transfer": "basic", "objects": objects}

    def _of(self, repository: Repository, name: str, what: str | None, content: bytes) -> tuple[int, Any]:
        if what == "tree":
            return 200, [
                {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}  # noqa: S324 (as Git)
                for path, data in repository.files.items()
            ]
        if what == "preupload":
            asked = [one["path"] for one in json.loads(content)["files"]]
            return 200, {"files": [_before_upload(path, repository.files.get(path)) for path in asked]}
        if what == "commit":
            self._commit(repository, [json.loads(line) for line in content.splitlines()])
            url = f"{self.hub.address}/datasets/{name}/commit/{repository.head}"
            return 200, {"commitUrl": url, "commitOid": repository.head}
        return 200, {"id": name, "private": repository.private, "sha": repository.head, "siblings": [], "tags": []}

    def _refs(self, repository: Repository, named: str | None, content: bytes) -> tuple[int, Any]:
        """Tags: listed, given to the commit that they are posted for, or deleted."""
        if self.command == "GET":
            tags = [
                {"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": commit}
                for tag, commit in repository.targets.items()
            ]
            return 200, {"branches": [], "converts": [], "tags": tags}
        if self.command == "DELETE":
            del repository.tags[str(named)], repository.targets[str(named)]
            return 200, {}
        tag = json.loads(content)["tag"]
        if tag in repository.tags:
            return 409, {"error": f"Tag {tag} already exists"}
        assert named == repository.head
        repository.tags[tag], repository.targets[tag] = dict(repository.files), repository.head
        return 200, {}

    def _commit(self, repository: Repository, steps: list[dict[str, Any]]) -> None:
        repository.head = hashlib.sha1(f"{repository.head}{steps}".encode()).hexdigest()  # noqa: S324 (as Git)
        for step in steps:
            value = step["value"]
            if step["key"] == "file":
                repository.files[value["path"]] = base64.b64decode(value["content"])
            elif step["key"] == "lfsFile":
                repository.files[value["path"]] = self.hub.large[value["oid"]]
            elif step["key"] == "deletedFile":
                del repository.files[value["path"]]

    def _reply(self, status: int, document: Any) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 404:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def _before_upload(path: str, there: bytes | None) -> dict[str, Any]:
    """How the file is uploaded, and the name of what is there by now: a file that is the same stays as it is."""
    found = {"path": path, "uploadMode": _mode(path), "shouldIgnore": False}
    if there is not None:
        blob = hashlib.sha1(b"blob %d\0" % len(there) + there)  # noqa: S324 (as Git)
        is_regular = _mode(path) == "regular" or not there  # an empty file is never a large one
        found["oid"] = blob.hexdigest() if is_regular else hashlib.sha256(there).hexdigest()
    return found


def _mode(path: str) -> str:
    return "regular" if path.endswith(".md") else "lfs"
