"""What a logging call costs the training: python3 bench/helper.py [--json FILE]. Microseconds a call, best of five."""

import json
import os
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
CALLS = 20_000


def best(work):
    times = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) / CALLS * 1e6)
    return min(times)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRAINYARD_RUN_DIR"] = folder
        import trainyard

        def three():
            for i in range(CALLS):
                trainyard.log(step=i, loss=0.123456789, acc=0.987654321, lr=1e-3)

        def nan():
            for i in range(CALLS):
                trainyard.log(step=i, loss=float("nan"))

        twenty_values = {"metric/%d" % k: k / 7 for k in range(20)}

        def twenty():
            for i in range(CALLS):
                trainyard.log(twenty_values, step=i)

        def threads():
            parts = [threading.Thread(target=lambda: [trainyard.log(loss=0.5) for _ in range(CALLS // 4)])
                     for _ in range(4)]
            [part.start() for part in parts]
            [part.join() for part in parts]

        def print_peer():
            with open(os.path.join(folder, "print.txt"), "w") as file:
                for i in range(CALLS):
                    print("step", i, "loss", 0.123456789, "acc", 0.987654321, "lr", 1e-3, file=file, flush=True)

        peer = best(print_peer)
        rows = [("log, 3 values", best(three)), ("log, 20 values", best(twenty)), ("log, NaN", best(nan)),
                ("log, 4 threads", best(threads))]
    print("%-18s %10s %22s" % ("call", "us", "of a flushed print()"))
    for name, value in rows:
        print("%-18s %10.1f %21.2fx" % (name, value, value / peer))
    if "--json" in sys.argv:
        records = [{"name": "helper: " + name, "unit": "us", "value": value, "peer": "flushed print()",
                    "peerValue": peer, "ratio": value / peer} for name, value in rows]
        with open(sys.argv[sys.argv.index("--json") + 1], "w") as file:
            json.dump(records, file, indent=1)


if __name__ == "__main__":
    main()
