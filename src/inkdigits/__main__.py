"""``inkdigits``, or ``python -m inkdigits`` for when the script is not on the path."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; of a Ctrl-C before or after its verb nothing is said."""
    try:
        # Most of the time until a verb begins goes by in here.
        from inkdigits.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says it


if __name__ == "__main__":
    main()
