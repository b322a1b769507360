"""Log a training from Python: metrics, parameters, files, models. One file, standard library only, Python 3.8 or newer.

    import trainyard

    trainyard.params(lr=0.01, layers=[64, 64])
    for epoch in range(20):
        trainyard.log(step=epoch, loss=0.3, acc=0.9)
    trainyard.model("model.onnx", name="digits")

Inside a run that Trainyard started, records go to that run. Alone, they go to .trainyard/offline/ in the same format.
Logging never raises and never waits for a network: each call appends one line to a file that belongs to this process
(the format: src/shared/helperRecords.ts). What goes wrong is said once on stderr, and the training goes on.
"""

from __future__ import annotations

import atexit
import collections
import contextvars
import functools
import hashlib
import itertools
import json
import math
import os
import shutil
import socket
import struct
import sys
import threading
import time
import uuid
import zlib
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

__version__ = "0.1.0"
__all__ = ["log", "params", "tags", "artifact", "dataset", "image", "table", "text", "histogram", "model", "child",
           "submit", "run_directory", "Child", "SubmittedRun", "SubmitError"]

_FORMAT = 1
_KEPT_LINES = 20_000  # Lines kept in memory while the disk is full.
_HASHED_BYTES = 64 * 1024 * 1024  # A larger dataset is not read in passing.

_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_current: "contextvars.ContextVar[Optional[str]]" = contextvars.ContextVar("trainyard_child", default=None)
_warned: set = set()


def _warn(where: str, problem: object) -> None:
    """Says each kind of problem once; a training of a million steps must not print a million lines."""
    kind = (where, type(problem), str(problem) if isinstance(problem, str) else None)
    if kind in _warned:
        return
    _warned.add(kind)
    try:
        what = problem if isinstance(problem, str) else "%s: %s" % (type(problem).__name__, problem)
        sys.stderr.write("trainyard.%s: %s (training goes on; said once)\n" % (where, what))
    except Exception:
        pass


def _quiet(function: Callable) -> Callable:
    """The promise of the module: logging never raises into a training."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as problem:
            _warn(function.__name__, problem)
            return None

    return call


# --- The file of this process ----------------------------------------------------------------------------------------


class _Writer:
    """Appends lines to this process's own file, one write each, and keeps what the disk has no room for."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # Re-entrant: a signal handler may log in the middle of a log call.
        self.fd: Optional[int] = None
        self.seq = itertools.count()  # One step in C, so that a signal handler between two bytecodes does no harm.
        self.begun = False
        self.torn = False
        self.busy = False  # Opening the file or emptying `pending`: what a signal handler logs meanwhile waits its turn.
        self.pending: "collections.deque[bytes]" = collections.deque(maxlen=_KEPT_LINES)

    def add(self, kind: str, child: Optional[str], rest: str) -> None:
        """`rest` is the inside of a JSON object."""
        with self.lock:
            if not self.begun:
                self.begun = True
                self._push(self._header(next(self.seq)))
            seq = next(self.seq)
            whose = "" if child is None else '"child":"%s",' % child
            line = '{"t":"%s","seq":%d,"time":%d,%s%s}\n' % (kind, seq, time.time_ns() // 1_000_000, whose, rest)
            self._push(line.encode("ascii"))

    def flush(self) -> None:
        with self.lock:
            if self.busy:
                return
            self.busy = True
            try:
                while self.pending:
                    if not self._write(self.pending[0]):
                        return
                    self.pending.popleft()
            finally:
                self.busy = False

    def _push(self, line: bytes) -> None:
        if self.fd is None or self.pending or self.busy:
            self.pending.append(line)
            self.flush()
        elif not self._write(line):
            self.pending.append(line)

    def _write(self, line: bytes) -> bool:
        try:
            if self.fd is None:
                self.fd = self._open()
            if self.torn:
                line = b"\n" + line
            written = os.write(self.fd, line)
            # After half a line the rest cannot be trusted to fit either: end it, and write the whole line again.
            self.torn = written != len(line) and (written > 0 or self.torn)
            if written == len(line):
                return True
            _warn("log", "The disk is full; records are kept in memory until there is room.")
        except OSError as problem:
            if problem.errno == 9:  # EBADF: something closed every descriptor, as daemons do. Begin another file.
                self.fd, self.torn = None, False
                self.pending.append(self._header(next(self.seq)))
            _warn("log", problem)
        return False

    def _open(self) -> int:
        folder = os.path.join(run_directory(), "metrics")
        os.makedirs(folder, exist_ok=True)
        name = "%d-%x-%s.jsonl" % (os.getpid(), time.time_ns() // 1_000_000, uuid.uuid4().hex[:8])
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        fd = os.open(os.path.join(folder, name), flags, 0o666)
        return fd

    def _header(self, seq: int) -> bytes:
        header = {"t": "header", "v": _FORMAT, "seq": seq, "time": time.time_ns() // 1_000_000,
                  "run": os.environ.get("TRAINYARD_RUN_ID"), "pid": os.getpid(), "ppid": os.getppid(),
                  "host": socket.gethostname(), "argv": [str(word) for word in getattr(sys, "argv", [])],
                  "python": "%d.%d.%d" % sys.version_info[:3], "helper": __version__}
        return (_encode(header) + "\n").encode("ascii")


_writer = _Writer()
_steps: Dict[Any, int] = {}


def _after_fork() -> None:
    """A forked child writes a file of its own; the parent's lock may have been held by a thread that is not here."""
    global _writer
    inherited, _writer = _writer, _Writer()
    if inherited.fd is not None:
        try:
            os.close(inherited.fd)
        except OSError:
            pass


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _writer.flush())


def run_directory() -> str:
    """The folder that this run writes to; made on first use when the program was not started by Trainyard."""
    directory = os.environ.get("TRAINYARD_RUN_DIR")
    if directory:
        return directory
    script = os.path.splitext(os.path.basename(sys.argv[0] if getattr(sys, "argv", None) else ""))[0] or "python"
    name = "%s-%s-%s" % (time.strftime("%Y%m%d-%H%M%S"), _inner(script).replace("/", "-"), uuid.uuid4().hex[:4])
    directory = os.path.abspath(os.path.join(".trainyard", "offline", name))
    os.makedirs(os.path.join(directory, "outputs"), exist_ok=True)
    spec = {"v": 1, "runId": name, "argv": [sys.executable or "python", *getattr(sys, "argv", [])],
            "wrapper": {"cwd": os.getcwd()}, "createdMs": time.time_ns() // 1_000_000}
    with open(os.path.join(directory, "spec.json"), "w", encoding="utf-8") as file:
        json.dump(spec, file)
    os.environ["TRAINYARD_RUN_DIR"] = directory  # Processes started from here belong to the same run.
    atexit.register(_end_offline, directory, os.getpid())
    sys.stderr.write("trainyard: not started by Trainyard, so this run is kept in %s; see it with: "
                     "trainyard import-offline\n" % os.path.relpath(directory))
    return directory


def _end_offline(directory: str, pid: int) -> None:
    """Says how the program that began the run ended; of one that was killed nothing is known, and nothing is said."""
    if os.getpid() != pid:
        return
    try:
        kind, value = getattr(sys, "last_type", None), getattr(sys, "last_value", None)
        error = None if kind is None else ("%s: %s" % (kind.__name__, value))[:1000]
        part = os.path.join(directory, "end.json.tmp")
        with open(part, "w", encoding="utf-8") as file:
            json.dump({"v": 1, "error": error, "endedMs": time.time_ns() // 1_000_000}, file)
        os.replace(part, os.path.join(directory, "end.json"))
    except Exception as problem:
        _warn("log", problem)


def _outputs() -> str:
    return os.environ.get("TRAINYARD_OUTPUTS") or os.path.join(run_directory(), "outputs")


# --- Values ----------------------------------------------------------------------------------------------------------


def _number(value: Any) -> Union[int, float, str]:
    """Whatever can be a float: Python and NumPy scalars, 0-d tensors, decimals. NaN and infinities become strings."""
    if type(value) is int and -(2**53) <= value <= 2**53:
        return value
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"


def _flat(values: Mapping, prefix: str = "") -> Dict[str, Any]:
    """{"train": {"loss": 1}} is the metric train/loss."""
    flat: Dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, "%s%s/" % (prefix, key)))
        else:
            flat[(prefix + str(key))[:250] or "?"] = value
    return flat


def _plain(value: Any) -> Any:
    """A value of a parameter or a table cell: JSON's own kinds stay, numbers become numbers, the rest its text."""
    if value is None or isinstance(value, (str, bool)):
        return value
    try:
        return _number(value) if not isinstance(value, (list, tuple, dict, set, bytes)) else str(value)
    except Exception:
        return str(value)


def _inner(name: str) -> str:
    """A relative path that stays inside, on every system."""
    parts = name.replace("\\", "/").replace("\0", "").split("/")
    return "/".join(part.replace(":", "_") for part in parts if part not in ("", ".", "..")) or "unnamed"


def _next_step(child: Optional[str], key: Any, step: Any) -> int:
    if step is None:
        chosen = _steps.get((child, key), 0)
    else:
        chosen = int(step)
    _steps[(child, key)] = chosen + 1
    return chosen


def _log(child: Optional[str], args: Tuple, step: Any, values: Dict[str, Any]) -> None:
    if args:
        if isinstance(args[0], Mapping):
            values = {**args[0], **values}
            if step is None:
                step = args[1] if len(args) > 1 else values.pop("step", None)
        else:
            values = {str(args[0]): args[1], **values}
            if len(args) > 2 and step is None:
                step = args[2]
    for value in values.values():
        if type(value) is not float and type(value) is not int:
            values = _numbers(_flat(values))
            break
    if not values:
        return
    chosen = _next_step(child, tuple(values), step)
    try:
        body = _encode(values)
    except ValueError:  # NaN or an infinity, for which JSON has no word.
        body = _encode(_numbers(values))
    _writer.add("metrics", child, '"step":%d,"values":%s' % (chosen, body))


def _numbers(values: Dict[str, Any]) -> Dict[str, Any]:
    numbers = {}
    for key, value in values.items():
        try:
            numbers[key] = _number(value)
        except Exception:
            _warn("log", "%r is not a number (%s) and was left out." % (key, type(value).__name__))
    return numbers


# --- Files -----------------------------------------------------------------------------------------------------------


def _keep(path: Any, name: Optional[str] = None) -> str:
    """Copies a file or folder into the outputs, whole or not at all; answers with its path in the run directory."""
    source = os.path.abspath(os.fspath(path))
    outputs = os.path.realpath(_outputs())
    if name is None and os.path.realpath(source).startswith(outputs + os.sep):
        return "outputs/" + os.path.relpath(os.path.realpath(source), outputs).replace(os.sep, "/")
    inner = _inner(name or os.path.basename(source))
    target = os.path.join(outputs, *inner.split("/"))
    if os.path.realpath(source) != os.path.realpath(target):
        _copy(source, target)
    return "outputs/" + inner


def _copy(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    part = "%s.%s.part" % (target, uuid.uuid4().hex[:8])
    try:
        if os.path.isdir(source):
            shutil.copytree(source, part)
            if os.path.isdir(target):
                shutil.rmtree(target)
        else:
            shutil.copy2(source, part)
        os.replace(part, target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        if os.path.isfile(part):
            os.remove(part)
        raise


def _media(child: Optional[str], kind: str, name: str, step: Optional[int], suffix: str,
           write: Callable[[str], Any], extra: Optional[Dict[str, Any]] = None) -> None:
    chosen = _next_step(child, (kind, name), step)
    inner = "media/%s-%d-%s%s" % (_inner(name), chosen, uuid.uuid4().hex[:8], suffix)
    target = os.path.join(_outputs(), *inner.split("/"))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    # The suffix stays last: writers such as PIL and matplotlib go by it.
    part = os.path.join(os.path.dirname(target), ".part-" + os.path.basename(target))
    try:
        write(part)
        os.replace(part, target)
    except BaseException:
        if os.path.exists(part):
            os.remove(part)
        raise
    _record(child, kind, {"name": str(name)[:250] or "?", "step": chosen, "path": "outputs/" + inner, **(extra or {})})


def _record(child: Optional[str], kind: str, fields: Dict[str, Any]) -> None:
    _writer.add(kind, child, _encode(fields)[1:-1])


def _write_text(content: str) -> Callable[[str], None]:
    def write(path: str) -> None:
        with open(path, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(content)

    return write


def _list(value: Any) -> Any:
    """Arrays, tensors and frames' values as nested lists."""
    for method in ("detach", "cpu"):
        if hasattr(value, method):
            value = getattr(value, method)()
    return value.tolist() if hasattr(value, "tolist") else value


def _array(value: Any) -> Any:
    """The value as a NumPy array if the training itself uses NumPy and the value is one, or a tensor; else None."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(value, "__array__"):
        return None
    for method in ("detach", "cpu"):
        if hasattr(value, method):
            value = getattr(value, method)()
    return numpy.asarray(value)


def _png(value: Any) -> bytes:
    """Rows of grey values, or of 1 to 4 channels (also channels first); floats are 0 to 1, integers 0 to 255."""
    array = _array(value)
    if array is not None:
        return _png_of_array(array)
    rows = _list(value)
    if isinstance(rows[0][0], (list, tuple)) and len(rows) in (1, 3, 4) and len(rows[0][0]) not in (1, 3, 4):
        rows = [list(zip(*lines)) for lines in zip(*rows)]
    pixels = [[list(p) if isinstance(p, (list, tuple)) else [p] for p in row] for row in rows]
    floats = any(isinstance(v, float) for row in pixels for p in row for v in p)
    scale = 255.0 if floats else 1
    raw = bytearray()
    for row in pixels:
        raw.append(0)
        raw += bytes(0 if v != v else max(0, min(255, round(v * scale))) for p in row for v in p)

    return _png_file(len(pixels[0]), len(pixels), len(pixels[0][0]), bytes(raw))


def _png_of_array(array: Any) -> bytes:
    numpy = sys.modules["numpy"]
    if array.ndim == 3 and array.shape[0] in (1, 3, 4) and array.shape[2] not in (1, 3, 4):
        array = array.transpose(1, 2, 0)
    height, width = array.shape[:2]
    if array.dtype.kind == "f":
        array = numpy.nan_to_num(array) * 255.0
    if array.dtype.kind == "b":
        array = array * 255
    pixels = numpy.clip(numpy.rint(array), 0, 255).astype(numpy.uint8).reshape(height, -1)
    raw = numpy.concatenate([numpy.zeros((height, 1), numpy.uint8), pixels], axis=1).tobytes()
    return _png_file(width, height, pixels.shape[1] // width, raw)


def _png_file(width: int, height: int, channels: int, raw: bytes) -> bytes:
    """`raw` is the rows, each after its filter byte 0 (PNG specification, 9.2)."""

    def chunk(tag: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    data = zlib.compress(raw, 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _image(value: Any) -> Tuple[str, Callable[[str], Any]]:
    if isinstance(value, (str, os.PathLike)):
        source = os.fspath(value)
        return os.path.splitext(source)[1].lower() or ".png", lambda path: shutil.copyfile(source, path)
    if hasattr(value, "savefig"):
        return ".png", lambda path: value.savefig(path, format="png")
    if hasattr(value, "save") and hasattr(value, "mode"):
        return ".png", lambda path: value.save(path, format="PNG")

    def write(path: str) -> None:
        with open(path, "wb") as file:
            file.write(_png(value))

    return ".png", write


def _rows(rows: Any, columns: Optional[Sequence[str]]) -> Tuple[List[str], List[list]]:
    if hasattr(rows, "columns") and hasattr(rows, "values") and not isinstance(rows, Mapping):
        columns, rows = columns or [str(c) for c in rows.columns], _list(rows.values)
    elif isinstance(rows, Mapping):
        columns = columns or [str(c) for c in rows]
        rows = list(zip(*(_list(column) for column in rows.values())))
    else:
        rows = list(_list(rows))
        if rows and isinstance(rows[0], Mapping):
            columns = columns or list(dict.fromkeys(str(key) for row in rows for key in row))
            rows = [[row.get(column) for column in columns] for row in rows]
    width = max([len(row) for row in rows] or [0])
    names = [str(c) for c in columns] if columns is not None else [str(i) for i in range(width)]
    return names, [[_plain(cell) for cell in row] for row in rows]


def _bins(values: Any, bins: int) -> Dict[str, Any]:
    array = _array(values)
    if array is not None:
        numpy = sys.modules["numpy"]
        flat = array.astype(float).ravel()
        good = flat[numpy.isfinite(flat)]
        counts, edges = numpy.histogram(good, bins=bins, range=None if good.size else (0.0, 1.0))
        return {"counts": counts.tolist(), "edges": edges.tolist(), "nonFinite": int(flat.size - good.size)}

    def leaves(value: Any) -> Iterable[float]:
        if isinstance(value, (list, tuple)):
            for inner in value:
                yield from leaves(inner)
        else:
            yield float(value)

    values = _list(values)
    numbers = list(leaves(values if isinstance(values, (list, tuple, int, float)) else list(values)))
    finite = [n for n in numbers if math.isfinite(n)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    width = high / bins - low / bins
    counts = [0] * bins
    for n in finite:
        counts[max(0, min(bins - 1, int((n - low) / width)))] += 1
    edges = [low + width * i for i in range(bins)] + [high]
    return {"counts": counts, "edges": edges, "nonFinite": len(numbers) - len(finite)}


def _describe_data(path: Any) -> Tuple[str, Optional[int], Optional[str]]:
    """Kind, size in bytes, and for a file of moderate size its hash."""
    if os.path.isdir(path):
        size = 0
        for count, (folder, _, names) in enumerate(os.walk(path)):
            if count > 1000:
                return "folder", None, None
            size += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)
        return "folder", size, None
    if not os.path.isfile(path):
        return "other", None, None
    size = os.path.getsize(path)
    if size > _HASHED_BYTES:
        return "file", size, None
    with open(path, "rb") as file:
        return "file", size, "sha256:" + hashlib.sha256(file.read()).hexdigest()


# --- What people call ------------------------------------------------------------------------------------------------


class _Scope:
    """The logging calls, bound to the run (id None) or to one of its children."""

    def __init__(self, id: Optional[str]) -> None:
        self._id = id

    def _whose(self) -> Optional[str]:
        return self._id

    def log(self, *args: Any, step: Optional[int] = None, **values: Any) -> None:
        """log(step=3, loss=0.2), log({"loss": 0.2}, step=3) or log("loss", 0.2, step=3).

        Without `step`, each set of names counts its own calls from 0. Values are anything that float() takes; nested
        dicts become names with "/". NaN and infinities are kept.
        """
        try:
            _log(self._whose(), args, step, values)
        except Exception as problem:
            _warn("log", problem)

    @_quiet
    def params(self, *args: Mapping[str, Any], **values: Any) -> None:
        """What the training was told: params(lr=0.01) or params({"lr": 0.01})."""
        merged = _flat({**(args[0] if args else {}), **values})
        _record(self._whose(), "params", {"values": {key: _plain(value) for key, value in merged.items()}})

    @_quiet
    def tags(self, *args: Mapping[str, Any], **values: Any) -> None:
        """Words to find the run by: tags(stage="baseline")."""
        merged = _flat({**(args[0] if args else {}), **values})
        _record(self._whose(), "tags", {"values": {key: str(value) for key, value in merged.items()}})

    @_quiet
    def artifact(self, path: Union[str, os.PathLike], name: Optional[str] = None) -> None:
        """Keeps a copy of a file or folder, as it is now, with the run. The same name again replaces it."""
        kept = _keep(path, name)
        fields = {"name": kept[len("outputs/"):], "path": kept, "source": os.path.abspath(os.fspath(path))}
        _record(self._whose(), "artifact", fields)

    @_quiet
    def dataset(self, path: Union[str, os.PathLike], name: Optional[str] = None) -> None:
        """Says what data were read: a file, a folder, or any other address. Nothing is copied."""
        where = os.fspath(path)
        kind, size, digest = _describe_data(where)
        shown = where if kind == "other" else os.path.abspath(where)
        fields = {"name": (name or os.path.basename(where.rstrip("/\\")) or where)[:250], "path": shown}
        _record(self._whose(), "dataset", {**fields, "kind": kind, "size": size, "hash": digest})

    @_quiet
    def image(self, name: str, image: Any, step: Optional[int] = None) -> None:
        """A path, a PIL image, a matplotlib figure, or an array: height x width, with 1, 3 or 4 channels or none."""
        suffix, write = _image(image)
        _media(self._whose(), "image", name, step, suffix, write)

    @_quiet
    def table(self, name: str, rows: Any, columns: Optional[Sequence[str]] = None, step: Optional[int] = None) -> None:
        """Rows as lists or dicts, a dict of columns, an array, or a data frame."""
        names, cells = _rows(rows, columns)
        write = _write_text(json.dumps({"columns": names, "rows": cells}))
        _media(self._whose(), "table", name, step, ".json", write, {"rows": len(cells)})

    @_quiet
    def text(self, name: str, text: str, step: Optional[int] = None) -> None:
        """A sample, a report, a prompt and its answer."""
        _media(self._whose(), "text", name, step, ".txt", _write_text(str(text)))

    @_quiet
    def histogram(self, name: str, values: Any, bins: int = 64, step: Optional[int] = None) -> None:
        """The distribution of the numbers in a list, array or tensor of any shape."""
        write = _write_text(json.dumps(_bins(values, bins)))
        _media(self._whose(), "histogram", name, step, ".json", write)

    @_quiet
    def model(self, path: Union[str, os.PathLike], name: str) -> None:
        """Keeps the model file with the run and registers it as the next version of the model `name`."""
        kept = _keep(path)
        source = os.path.abspath(os.fspath(path))
        for suffix in (".data", "_data"):  # Where ONNX exporters put large weights.
            if os.path.isfile(source + suffix):
                _keep(source + suffix)
        _record(self._whose(), "model", {"name": str(name)[:250], "path": kept, "source": source})

    def child(self, name: str) -> "Child":
        """with trainyard.child("fold 1") as fold: a run inside this one, to any depth."""
        return Child(name, self._whose)


class _Root(_Scope):
    """The module's own functions: they belong to the innermost child that is open here."""

    def __init__(self) -> None:
        super().__init__(None)

    def _whose(self) -> Optional[str]:
        return _current.get()


class Child(_Scope):
    """A run inside the run. Inside its `with`, the module's functions log to it; a thread or task started meanwhile
    uses the methods of this object, since threads do not inherit the place they were started from."""

    def __init__(self, name: str, parent: Callable[[], Optional[str]]) -> None:
        super().__init__(uuid.uuid4().hex[:16])
        self.name = str(name)
        self._parent = parent
        self._token: Any = None

    @property
    def id(self) -> str:
        return str(self._id)

    def __enter__(self) -> "Child":
        try:
            _record(self._parent(), "child", {"id": self._id, "name": self.name})
            self._token = _current.set(self._id)
        except Exception as problem:
            _warn("child", problem)
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        try:
            end: Dict[str, Any] = {"id": self._id, "status": "finished" if kind is None else "failed"}
            if kind is not None:
                end["error"] = ("%s: %s" % (kind.__name__, error))[:1000]
            _record(None, "child-end", end)
            if self._token is not None:
                _current.reset(self._token)
        except Exception as problem:
            _warn("child", problem)


_root = _Root()
log = _root.log
params = _root.params
tags = _root.tags
artifact = _root.artifact
dataset = _root.dataset
image = _root.image
table = _root.table
text = _root.text
histogram = _root.histogram
model = _root.model
child = _root.child


# --- Submitting ------------------------------------------------------------------------------------------------------


class SubmitError(RuntimeError):
    """The tracker could not be reached or refused; the message says why and what to do."""


class SubmittedRun:
    """A run that the tracker has accepted."""

    def __init__(self, summary: Dict[str, Any]) -> None:
        self.id: str = summary["id"]
        self.name: str = summary["name"]
        self.workspace: str = summary["workspace"]

    def state(self) -> str:
        """queued, preparing, running, finished, failed, cancelled or unknown."""
        return str(_call("GET", "/v1/workspaces/%s/runs/%s" % (self.workspace, self.id))["state"])

    def wait(self, poll_seconds: float = 1.0) -> str:
        """Returns the state in which the run ended."""
        while True:
            state = self.state()
            if state not in ("queued", "preparing", "running"):
                return state
            time.sleep(poll_seconds)


def submit(script: str, args: Sequence[Any] = (), *, folder: Union[str, os.PathLike, None] = None,
           experiment: Optional[str] = None, env: Optional[Mapping[str, str]] = None, workspace: Optional[str] = None,
           **configuration: Any) -> SubmittedRun:
    """Starts a script as a run of its own, through the tracker of this machine.

    `folder` is the training folder (default: the current one), `script` a path in it; further keywords are those of a
    run configuration (name, interpreter, environment, outputs, tags, ...). `workspace` is a name or id; default: that
    of the run which submits, else the one that the folder belongs to. Raises SubmitError.
    """
    config = {**configuration, "script": os.fspath(script), "args": [str(word) for word in args]}
    experiment = experiment or os.environ.get("TRAINYARD_EXPERIMENT")
    if experiment:
        config["experiment"] = experiment
    if env is not None:
        config["env"] = dict(env)
    own = ("TRAINYARD_RUN_ID", "TRAINYARD_RUN_DIR", "TRAINYARD_OUTPUTS")
    variables = {key: value for key, value in os.environ.items() if key not in own}
    where = os.path.abspath(os.fspath(folder or "."))
    body = {"folder": where, "configuration": config, "variables": variables, "requestId": uuid.uuid4().hex}
    whose = _workspace(where, workspace or os.environ.get("TRAINYARD_WORKSPACE"))
    return SubmittedRun(_call("POST", "/v1/workspaces/%s/runs" % whose, body))


def _workspace(folder: str, asked: Optional[str]) -> str:
    if not asked:
        return _call("POST", "/v1/folders/workspace", {"folders": [folder]})["workspace"]
    known = _call("GET", "/v1/workspaces")["workspaces"]
    for one in known:
        if asked in (one["id"], one["name"]) or (asked == "default" and one["isDefault"]):
            return one["id"]
    raise SubmitError("No workspace %s. There are: %s." % (asked, ", ".join(one["name"] for one in known)))


def _call(method: str, path: str, body: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    import urllib.error
    import urllib.request

    home = os.environ.get("TRAINYARD_HOME") or os.path.join(os.path.expanduser("~"), ".trainyard")
    discovery = os.path.join(home, "tracker.json")
    start = "Start it with `trainyard tracker`, or open the Trainyard view in the editor."
    try:
        with open(discovery, encoding="utf-8") as file:
            found = json.load(file)
        address, token = "http://127.0.0.1:%d" % int(found["port"]), str(found["token"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise SubmitError("No tracker runs for the home %s (%s). %s" % (home, problem, start)) from None
    headers = {"Authorization": "Bearer " + token}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode("utf-8")
    request = urllib.request.Request(address + path, data, headers, method=method)
    # No proxy: the tracker is on this machine, and its token must not leave it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as refusal:
        try:
            error = json.load(refusal)["error"]
            words = [error["message"], error.get("hint"), *error.get("details", [])]
            message = " ".join(word for word in words if word)
        except (ValueError, KeyError, TypeError):
            message = "The tracker answered %d." % refusal.code
        raise SubmitError(message) from None
    except OSError as problem:
        raise SubmitError("The tracker at %s does not answer (%s). %s" % (address, problem, start)) from None
