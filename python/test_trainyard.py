"""Tests of the helper: python3 -m unittest discover python. Each case runs a real program, as a run would."""

import glob
import json
import os
import struct
import subprocess
import sys
import tempfile
import textwrap
import unittest
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.run_dir = os.path.join(folder.name, "run")
        os.makedirs(self.run_dir)

    def program(self, code, alone=False, env=None, preexec=None, check=True):
        """Runs code with the helper on its path; answers with the completed process."""
        variables = {k: v for k, v in os.environ.items() if not k.startswith("TRAINYARD_")}
        variables["PYTHONPATH"] = HERE
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
        if not alone:
            variables.update(TRAINYARD_RUN_DIR=self.run_dir, TRAINYARD_RUN_ID="run-1")
        variables.update(env or {})
        script = os.path.join(self.folder, "script.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(code))
        done = subprocess.run([sys.executable, script], cwd=self.folder, env=variables, preexec_fn=preexec,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def files(self):
        found = []
        for path in sorted(glob.glob(os.path.join(self.run_dir, "metrics", "*.jsonl"))):
            with open(path, encoding="utf-8") as file:
                found.append([json.loads(line) for line in file if line.strip()])
        return found

    def records(self, kind):
        return [record for file in self.files() for record in file if record["t"] == kind]

    def values(self):
        return [(record["step"], record["values"]) for record in self.records("metrics")]

    def output(self, path):
        with open(os.path.join(self.run_dir, *path.split("/")), "rb") as file:
            return file.read()


class Logging(Case):
    def test_every_spelling(self):
        self.program("""
            import trainyard
            trainyard.log(step=3, loss=0.5, acc=1)
            trainyard.log({"loss": 0.25}, step=4)
            trainyard.log("loss", 0.125, step=5)
            trainyard.log({"loss": 1.0}, 6)
            trainyard.log({"train": {"loss": 1}, "val": {"deep": {"x": 2}}})
        """)
        self.assertEqual(self.values(), [
            (3, {"loss": 0.5, "acc": 1}), (4, {"loss": 0.25}), (5, {"loss": 0.125}), (6, {"loss": 1.0}),
            (0, {"train/loss": 1, "val/deep/x": 2}),
        ])
        header = self.files()[0][0]
        self.assertEqual((header["t"], header["v"], header["seq"], header["run"]), ("header", 1, 0, "run-1"))

    def test_steps_count_per_set_of_names_and_follow_given_ones(self):
        self.program("""
            import trainyard
            for _ in range(2): trainyard.log(a=1)
            trainyard.log(b=1)
            trainyard.log(a=1, step=10)
            trainyard.log(a=1)
        """)
        self.assertEqual([(step, list(v)) for step, v in self.values()],
                         [(0, ["a"]), (1, ["a"]), (0, ["b"]), (10, ["a"]), (11, ["a"])])

    def test_numbers_of_all_kinds(self):
        self.program("""
            import decimal, fractions, trainyard
            class Tensor:
                def __float__(self): return 2.5
            trainyard.log(nan=float("nan"), inf=float("inf"), ninf=-float("inf"), tensor=Tensor(), yes=True,
                          dec=decimal.Decimal("1.5"), frac=fractions.Fraction(1, 4), big=10**400, long=10**30)
            trainyard.log(nan=float("nan"))
        """)
        self.assertEqual(self.values(), [
            (0, {"nan": "NaN", "inf": "Infinity", "ninf": "-Infinity", "tensor": 2.5, "yes": 1.0, "dec": 1.5,
                 "frac": 0.25, "long": 1e30}),
            (0, {"nan": "NaN"}),
        ])

    def test_nothing_raises_and_each_problem_is_said_once(self):
        done = self.program("""
            import trainyard
            for _ in range(100):
                trainyard.log(bad="text", good=1)
                trainyard.log(None); trainyard.log(1, 2, 3, 4); trainyard.log("x"); trainyard.log(step="soon", a=1)
                trainyard.params(3); trainyard.tags(object()); trainyard.artifact("/no/such/file")
                trainyard.dataset(None); trainyard.model(5, name=None); trainyard.image("i", object())
                trainyard.table("t", 5); trainyard.histogram("h", "words"); trainyard.text("t", object())
            class Evil:
                def __float__(self): raise RuntimeError("no")
                def __str__(self): raise RuntimeError("no")
            trainyard.log(evil=Evil(), fine=2)
            trainyard.params(evil=Evil())
            print("trained")
        """)
        self.assertEqual(done.stdout, "trained\n")
        self.assertLess(len(done.stderr.splitlines()), 40)
        self.assertIn((0, {"good": 1}), self.values())
        self.assertIn((0, {"fine": 2}), self.values())

    def test_errors_of_the_training_itself_pass_through(self):
        done = self.program("""
            import trainyard
            with trainyard.child("fold"):
                raise KeyError("mine")
        """, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("KeyError: 'mine'", done.stderr)
        self.assertEqual(self.records("child-end")[0]["status"], "failed")

    def test_params_and_tags(self):
        self.program("""
            import trainyard
            trainyard.params({"opt": {"lr": 0.1}}, layers=[64, 32], name="x", flag=True, none=None, bad=float("nan"))
            trainyard.tags(stage="baseline", fold=3)
        """)
        self.assertEqual(self.records("params")[0]["values"], {
            "opt/lr": 0.1, "layers": "[64, 32]", "name": "x", "flag": True, "none": None, "bad": "NaN"})
        self.assertEqual(self.records("tags")[0]["values"], {"stage": "baseline", "fold": "3"})


class Processes(Case):
    def check_sequences(self):
        for file in self.files():
            self.assertEqual([record["seq"] for record in file], list(range(len(file))))

    def test_threads(self):
        self.program("""
            import threading, trainyard
            def work(n):
                for i in range(500): trainyard.log({"t%d" % n: i})
            threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
            [t.start() for t in threads]; [t.join() for t in threads]
        """)
        self.check_sequences()
        self.assertEqual(len(self.values()), 4000)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork")
    def test_forks_while_threads_log(self):
        self.program("""
            import os, threading, trainyard
            stop = threading.Event()
            def work():
                while not stop.is_set(): trainyard.log(parent=1)
            threads = [threading.Thread(target=work) for _ in range(3)]
            [t.start() for t in threads]
            pids = []
            for n in range(20):
                pid = os.fork()
                if pid == 0:
                    for i in range(20): trainyard.log(child=i)
                    os._exit(0)
                pids.append(pid)
            for pid in pids: assert os.waitpid(pid, 0)[1] == 0
            stop.set(); [t.join() for t in threads]
        """)
        self.check_sequences()
        self.assertEqual(len(self.files()), 21)
        self.assertEqual(sum("child" in v for _, v in self.values()), 400)

    def test_spawned_workers_have_files_of_their_own(self):
        self.program("""
            import multiprocessing, trainyard
            def work(n): trainyard.log(worker=n)
            if __name__ == "__main__":
                trainyard.log(main=1)
                with multiprocessing.get_context("spawn").Pool(2) as pool: pool.map(work, range(10))
        """)
        self.check_sequences()
        self.assertGreaterEqual(len(self.files()), 2)
        self.assertEqual(sorted(v["worker"] for _, v in self.values() if "worker" in v), list(range(10)))

    def test_children_nest_and_do_not_leak_between_threads(self):
        self.program("""
            import threading, trainyard
            with trainyard.child("outer") as outer:
                with trainyard.child("inner"):
                    trainyard.log(x=1)
                    thread = threading.Thread(target=lambda: (trainyard.log(free=1), outer.log(bound=1)))
                    thread.start(); thread.join()
                trainyard.log(x=2)
            trainyard.log(x=3)
        """)
        outer, inner = self.records("child")
        self.assertNotIn("child", outer)
        self.assertEqual(inner["child"], outer["id"])
        whose = [(list(r["values"].items())[0], r.get("child")) for r in self.records("metrics")]
        self.assertEqual(whose, [(("x", 1), inner["id"]), (("free", 1), None), (("bound", 1), outer["id"]),
                                 (("x", 2), outer["id"]), (("x", 3), None)])
        self.assertEqual([r["id"] for r in self.records("child-end")], [inner["id"], outer["id"]])

    @unittest.skipUnless(hasattr(os, "fork"), "no rlimits")
    def test_a_disk_without_room_keeps_the_training_alive_and_loses_nothing_once_there_is_room(self):
        done = self.program("""
            import resource, signal, trainyard
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
            for i in range(200): trainyard.log(loss=i)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            for i in range(200, 300): trainyard.log(loss=i)
        """)
        self.assertIn("said once", done.stderr)
        lines, whole = [], []
        for path in glob.glob(os.path.join(self.run_dir, "metrics", "*")):
            with open(path, encoding="utf-8") as file:
                lines += file.read().splitlines()
        for line in lines:
            try:
                whole.append(json.loads(line))
            except ValueError:
                pass
        self.assertEqual([r["values"]["loss"] for r in whole if r["t"] == "metrics"], list(range(300)))
        self.assertLessEqual(len(lines) - len(whole), 1)

    def test_a_program_that_closes_every_descriptor_goes_on_in_another_file(self):
        self.program("""
            import os, trainyard
            trainyard.log(a=1)
            os.closerange(3, 256)
            for n in range(3): trainyard.log(b=n)
        """)
        self.assertEqual(len(self.files()), 2)
        self.assertEqual([file[0]["t"] for file in self.files()], ["header", "header"])
        self.assertEqual([v["b"] for _, v in self.values() if "b" in v], [0, 1, 2])

    def test_a_signal_handler_may_log(self):
        self.program("""
            import signal, time, trainyard
            signal.signal(signal.SIGALRM, lambda *_: trainyard.log(alarm=1))
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            end = time.time() + 0.5
            while time.time() < end: trainyard.log(loss=1)
            signal.setitimer(signal.ITIMER_REAL, 0)
        """)
        seqs = [record["seq"] for record in self.files()[0]]
        self.assertEqual(sorted(seqs), list(range(len(seqs))))


class Files(Case):
    def test_artifacts_are_copies(self):
        self.program("""
            import os, trainyard
            open("a.txt", "w").write("one")
            os.makedirs("folder/deep"); open("folder/deep/b", "w").write("b")
            trainyard.artifact("a.txt"); trainyard.artifact("folder"); trainyard.artifact("a.txt", name="../../x/y.txt")
            open("a.txt", "w").write("two")
            trainyard.artifact("a.txt", name="again.txt"); trainyard.artifact("folder")
            inside = os.path.join(os.environ["TRAINYARD_RUN_DIR"], "outputs", "made.bin")
            open(inside, "w").write("m"); trainyard.artifact(inside)
        """)
        paths = [record["path"] for record in self.records("artifact")]
        self.assertEqual(paths, ["outputs/a.txt", "outputs/folder", "outputs/x/y.txt", "outputs/again.txt",
                                 "outputs/folder", "outputs/made.bin"])
        self.assertEqual(self.output("outputs/a.txt"), b"one")
        self.assertEqual(self.output("outputs/folder/deep/b"), b"b")
        left = [name for _, _, names in os.walk(self.run_dir) for name in names if "part" in name]
        self.assertEqual(left, [])

    def test_model_takes_external_weights_along(self):
        self.program("""
            import trainyard
            open("m.onnx", "wb").write(b"m"); open("m.onnx.data", "wb").write(b"d")
            trainyard.model("m.onnx", name="digits")
        """)
        record = self.records("model")[0]
        self.assertEqual((record["name"], record["path"]), ("digits", "outputs/m.onnx"))
        self.assertEqual(self.output("outputs/m.onnx.data"), b"d")

    def test_datasets(self):
        self.program("""
            import os, trainyard
            open("d.csv", "w").write("1,2"); os.makedirs("many"); open("many/a", "w").write("abc")
            trainyard.dataset("d.csv"); trainyard.dataset("many", name="all"); trainyard.dataset("s3://b/k")
        """)
        kinds = [(r["name"], r["kind"], r["size"], bool(r["hash"])) for r in self.records("dataset")]
        self.assertEqual(kinds, [("d.csv", "file", 3, True), ("all", "folder", 3, False), ("k", "other", None, False)])

    def test_media(self):
        self.program("""
            import trainyard
            trainyard.image("grey", [[0, 128], [255, 64]])
            trainyard.image("colour/first", [[[0.0, 0.5, 1.0]] * 2] * 3, step=7)
            trainyard.table("t", [{"a": 1, "b": float("nan")}, {"a": None, "c": "x"}])
            trainyard.text("sample", "h\\u00e9llo")
            trainyard.histogram("w", [0, 1, 1, 2, float("nan")], bins=2)
        """)
        grey, colour = self.records("image")
        self.assertEqual(pixels(self.output(grey["path"])), (2, 2, b"\0\x00\x80\0\xff\x40"))
        self.assertEqual(pixels(self.output(colour["path"]))[:2], (2, 3))
        self.assertEqual(colour["step"], 7)
        table = self.records("table")[0]
        self.assertEqual(json.loads(self.output(table["path"])), {
            "columns": ["a", "b", "c"], "rows": [[1, "NaN", None], [None, None, "x"]]})
        self.assertEqual(self.output(self.records("text")[0]["path"]).decode("utf-8"), "h\u00e9llo")
        self.assertEqual(json.loads(self.output(self.records("histogram")[0]["path"])), {
            "counts": [1, 3], "edges": [0.0, 1.0, 2], "nonFinite": 1})


class Alone(Case):
    def test_without_a_run_everything_is_kept_beside_the_script(self):
        done = self.program("""
            import os, subprocess, sys, trainyard
            trainyard.log(loss=1)
            subprocess.run([sys.executable, "-c", "import trainyard; trainyard.log(sub=1)"], check=True)
        """, alone=True)
        self.assertEqual(done.stderr.count("not started by Trainyard"), 1)
        runs = glob.glob(os.path.join(self.folder, ".trainyard", "offline", "*"))
        self.assertEqual(len(runs), 1)
        self.assertTrue(os.path.basename(runs[0]).split("-")[2] == "script")
        with open(os.path.join(runs[0], "spec.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["v"], 1)
        self.assertEqual(len(glob.glob(os.path.join(runs[0], "metrics", "*.jsonl"))), 2)
        self.assertIn("trainyard import-offline", done.stderr)
        with open(os.path.join(runs[0], "end.json"), encoding="utf-8") as file:
            self.assertIsNone(json.load(file)["error"])

    def test_alone_says_in_the_end_how_it_ended(self):
        self.program('import trainyard; trainyard.log(loss=1); raise ValueError("no such shape")', alone=True,
                     check=False)
        [end] = glob.glob(os.path.join(self.folder, ".trainyard", "offline", "*", "end.json"))
        with open(end, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["error"], "ValueError: no such shape")

    def test_importing_does_nothing(self):
        done = self.program("import trainyard", alone=True)
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        self.assertFalse(os.path.exists(os.path.join(self.folder, ".trainyard")))

    def test_submit_without_a_tracker_says_what_to_do(self):
        done = self.program("""
            import trainyard
            try: trainyard.submit("train.py")
            except trainyard.SubmitError as error: print(error)
        """, env={"TRAINYARD_HOME": os.path.join(self.folder, "nowhere")})
        self.assertIn("No tracker runs", done.stdout)
        self.assertIn("trainyard tracker", done.stdout)

    def test_submit_speaks_to_the_tracker(self):
        done = self.program("""
            import http.server, json, os, threading, trainyard
            paths = []
            class Tracker(http.server.BaseHTTPRequestHandler):
                def answer(self, code, body):
                    data = json.dumps(body).encode()
                    self.send_response(code); self.send_header("content-length", str(len(data))); self.end_headers()
                    self.wfile.write(data)
                def do_POST(self):
                    body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                    assert self.headers["authorization"] == "Bearer secret", self.headers
                    assert self.headers["content-type"] == "application/json"
                    if self.path == "/v1/folders/workspace":
                        return self.answer(200, {"workspace": os.path.basename(body["folders"][0]), "name": "?"})
                    paths.append(self.path)
                    if body["configuration"]["script"] == "bad.py":
                        self.answer(400, {"error": {"code": "invalid", "message": "No bad.py.", "hint": "Look."}})
                    else:
                        assert body["configuration"]["args"] == ["--lr", "0.1"] and os.path.isabs(body["folder"])
                        self.answer(200, {"id": "r1", "name": "calm-crane", "workspace": "w1"})
                def do_GET(self):
                    if self.path == "/v1/workspaces":
                        known = {"id": "research", "name": "My research", "isDefault": False}
                        return self.answer(200, {"workspaces": [known]})
                    assert self.path == "/v1/workspaces/w1/runs/r1"
                    self.answer(200, {"state": "finished"})
                def log_message(self, *args): pass
            server = http.server.HTTPServer(("127.0.0.1", 0), Tracker)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            home = os.environ["TRAINYARD_HOME"]; os.makedirs(home)
            json.dump({"port": server.server_port, "token": "secret"}, open(home + "/tracker.json", "w"))
            run = trainyard.submit("train.py", ["--lr", 0.1], experiment="e")
            print(run.id, run.wait())
            try: trainyard.submit("bad.py")
            except trainyard.SubmitError as error: print(error)
            trainyard.submit("train.py", ["--lr", 0.1], workspace="My research", folder="elsewhere")
            try: trainyard.submit("train.py", workspace="reserch")
            except trainyard.SubmitError as error: print(error)
            os.environ["TRAINYARD_WORKSPACE"] = "research"
            trainyard.submit("train.py", ["--lr", 0.1])
            own = os.path.basename(os.getcwd())
            print([path.replace(own, "own") for path in paths])
        """, env={"TRAINYARD_HOME": os.path.join(self.folder, "home"), "http_proxy": "http://127.0.0.1:9"})
        self.assertEqual(done.stdout.splitlines(), [
            "r1 finished", "No bad.py. Look.", "No workspace reserch. There are: My research.",
            str(["/v1/workspaces/%s/runs" % name for name in ("own", "own", "research", "research")])])


def pixels(data):
    """Width, height and the unpacked rows of a PNG."""
    width, height = struct.unpack(">II", data[16:24])
    start = data.index(b"IDAT") + 4
    size = struct.unpack(">I", data[start - 8:start - 4])[0]
    return width, height, zlib.decompress(data[start:start + size])


if __name__ == "__main__":
    unittest.main()
