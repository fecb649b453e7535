"""Run the benchmarks one after the other, and print and draw what they found.

    python benchmarks/run.py            hours: what the README's figures come from
    python benchmarks/run.py --quick    five minutes: fewer repeats, into benchmarks/quick/

Those that need pictures of other people (pictures.py, usps.py, fully_convolutional.py) or networks
to compare (packaged.py) take a path and are called by hand. Let nothing else run meanwhile.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent

SUITE: dict[str, list[str] | None] = {
    # and what makes each quick; None: there is no quick way
    "startup": ["--repeats", "2"],
    "classify": ["--repeats", "2"],
    "throughput": ["--repeats", "1"],
    "read": [],
    "many": ["--small", "3000", "--large", "5", "--repeats", "1"],
    "pages": ["--pages", "30"],
    "fuzz": ["--files", "500"],
    "service_fuzz": ["--requests", "500", "--pictures", "200"],
    "augmentation": ["--repeats", "1", "--digits", "5000"],
    "fast": ["--seeds", "3", "--half-minute-seeds", "1", "--parts", "1"],
    "training": ["--seeds", "1", "--epochs", "2"],
    "allocator": ["--repeats", "1", "--digits", "5000"],
    "bulk": ["--pictures", "3000", "--repeats", "1"],
    "tune": None,
    "confidence": None,
    "tiny": None,
    "accurate": None,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    environment = dict(os.environ)
    if quick:
        # Few repeats must not take the place of what the README claims.
        results = HERE / "quick"
        shutil.rmtree(results, ignore_errors=True)
        environment["INKDIGITS_RESULTS"] = str(results)
    for name, quick_arguments in SUITE.items():
        if quick and quick_arguments is None:
            continue
        print(f"{name} …", end=" ", flush=True)
        start = time.perf_counter()
        arguments = (quick_arguments or []) if quick else []
        run(f"{name}.py", *arguments, environment=environment, silent=True)
        print(f"{time.perf_counter() - start:.0f} s", flush=True)
    print()
    run("table.py", environment=environment)
    run("plots.py", environment=environment)


def run(script: str, *arguments: str, environment: dict[str, str], silent: bool = False) -> None:
    process = subprocess.run(
        [sys.executable, str(HERE / script), *arguments],
        env=environment,
        stdout=subprocess.PIPE if silent else None,
        stderr=subprocess.STDOUT if silent else None,
        text=True,
        check=False,
    )
    if process.returncode:
        sys.exit(f"\n{script} failed:\n{process.stdout or ''}")


if __name__ == "__main__":
    main()
