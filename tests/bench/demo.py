"""``pulse-tui demo --headless`` from start to exit."""

import subprocess
import sys
import time


def main() -> None:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "pulse_tui", "demo", "--headless"], capture_output=True, check=False)
    print(f"demo --headless, start to exit             {time.perf_counter() - started:5.1f} s  exit {done.returncode}")


if __name__ == "__main__":
    main()
