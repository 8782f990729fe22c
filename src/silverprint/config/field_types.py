"""Types of single values in params.yaml. A rule is the text of the ValueError."""

import re
from ipaddress import IPv6Address
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator
from pydantic.dataclasses import dataclass

from silverprint.config.class_names import class_name, is_printable
from silverprint.userinfo import without_userinfo

PACKAGED_BACKBONE = "efficientnet_lite0"  # the weights come inside a package
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN_HEADERS = frozenset(
    {"host", "user-agent", "cookie", "connection", "content-length", "transfer-encoding", "accept-encoding", "range",
     "if-none-match", "if-modified-since", "referer"}
)  # fmt: skip


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name is 1 to 40 of a-z 0-9 - _, a letter or digit first")
    return text


def _title(text: str) -> str:
    if len(text.strip()) < 3:
        raise ValueError("the question put to annotators has at least 3 characters")
    return _shown(text)


def _shown(text: str) -> str:
    if not is_printable(text.replace("\n", "").replace("\t", "")):
        raise ValueError("people see this text: printable characters only")
    return text


def _line(text: str) -> str:
    if not text.strip() or not is_printable(text):
        raise ValueError("must be one line of printable characters, not empty")
    return text


def _drop(text: str) -> str:
    if text.startswith("s3:") and without_userinfo(text) != text:
        raise ValueError("must name no user and no password; S3's come from AWS's own variables or files")
    return _line(text)


def _share_shown(value: object) -> bool | float:
    if isinstance(value, bool):
        return value
    if not isinstance(value, int | float) or not 0 < value < 1:
        raise ValueError("must be true, false, or the share of the pictures, above 0 and below 1")
    return value


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
        )
    except ValueError:
        good = False
    if not good or " " in text or not is_printable(text):
        raise ValueError("an address begins with http:// or https:// and names a host, without user or password")
    return text


def _storage(text: str) -> str:
    if text != "disk" and not _BUCKET.fullmatch(text):
        raise ValueError("must be disk, or s3://bucket/prefix: letters, digits, dots, - and _ between single slashes")
    return text


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]") and _is_ipv6(host[1:-1]):
        host = host[1:-1]
    if not (_HOST.fullmatch(host) or _is_ipv6(host)) or not re.fullmatch("[1-9][0-9]{0,4}", port) or int(port) > 65535:
        raise ValueError("must be host:port in lower case, one host and a port of 1 to 65535, no * and no scheme")
    return f"{host}:{port}"


def _is_ipv6(host: str) -> bool:
    try:
        return str(IPv6Address(host)) == host
    except ValueError:
        return False


def _header_name(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("a header's name is letters, digits and hyphens, as in X-Api-Key")
    if text.lower() in _OWN_HEADERS:
        raise ValueError("the crawler sets this header itself; user_agent and cookies are knobs of their own")
    return text


def _header_value(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("a header holds printable ASCII in one line; ${ENV:NAME} takes it from the environment")
    return text


def _cookie_name(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("a cookie's name is letters, digits and marks such as - and _")
    return text


def _cookie_value(text: str) -> str:
    if ";" in text or "," in text or " " in text:
        raise ValueError("a cookie's value has no blank, comma or semicolon: one cookie a line, name: value")
    return _header_value(text)


def _spider(text: str) -> str:
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", text):
        raise ValueError("a spider is module:Class")
    return text


def _backbone(text: str) -> str:
    if text != PACKAGED_BACKBONE and not re.fullmatch(r"(torchvision|timm|open_clip)/[\w.-]+", text, re.ASCII):
        raise ValueError(f"a backbone is {PACKAGED_BACKBONE}, torchvision/NAME, timm/NAME or open_clip/NAME")
    return text


def _sha256(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError("a SHA-256 is 64 of 0-9 a-f")
    return text


Encoding: TypeAlias = Literal[
    "auto", "utf-8", "cp437", "cp850", "cp852", "cp866", "cp1250", "cp1251", "cp1252", "latin-1", "gbk", "gb18030",
    "big5", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "koi8-r",
]  # fmt: skip
Name: TypeAlias = Annotated[str, AfterValidator(_name)]
ClassName: TypeAlias = Annotated[str, AfterValidator(class_name)]
Title: TypeAlias = Annotated[str, AfterValidator(_title)]
Shown: TypeAlias = Annotated[str, AfterValidator(_shown)]
Line: TypeAlias = Annotated[str, AfterValidator(_line)]
DropPath: TypeAlias = Annotated[str, AfterValidator(_drop)]
Address: TypeAlias = Annotated[str, AfterValidator(_address)]
StorageAddress: TypeAlias = Annotated[str, AfterValidator(_storage)]
BackboneName: TypeAlias = Annotated[str, AfterValidator(_backbone)]
Sha256: TypeAlias = Annotated[str, AfterValidator(_sha256)]
HeaderName: TypeAlias = Annotated[str, AfterValidator(_header_name)]
HeaderValue: TypeAlias = Annotated[str, AfterValidator(_header_value)]
CookieName: TypeAlias = Annotated[str, AfterValidator(_cookie_name)]
CookieValue: TypeAlias = Annotated[str, AfterValidator(_cookie_value)]
Spider: TypeAlias = Annotated[str, AfterValidator(_spider)]
HostAndPort: TypeAlias = Annotated[str, AfterValidator(_host_and_port)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
OpenShare: TypeAlias = Annotated[float, Field(gt=0, lt=1)]
ShareShown: TypeAlias = Annotated[bool | float, PlainValidator(_share_shown)]  # of pictures; true: all, false: none
Grey: TypeAlias = Annotated[float, Field(ge=0, le=255)]
Policy: TypeAlias = Literal["flag", "reject", "ignore"]
Radius: TypeAlias = Annotated[int, Field(ge=0, le=64)]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Positive: TypeAlias = Annotated[int, Field(ge=1)]
ImageCount: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000)]
People: TypeAlias = Annotated[int, Field(ge=1, le=50)]
ReleaseFormat: TypeAlias = Literal[
    "parquet", "imagefolder", "webdataset", "csv", "coco", "yolo-cls", "datumaro", "cvat", "fiftyone"
]
Bytes: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000_000)]

# A section of params.yaml: no unknown knob, no figure that is none.
frozen = dataclass(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
frozen_by_name = dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
