"""A process that flushes into the lake until nothing is left: `python -m vuelve.bench.lake_flusher <namespace> <rows>`.

It says `flushed` after each commit, so that who wants to kill it knows where it is.
"""

import sys


def main() -> None:
    import django

    django.setup()
    from vuelve.lake import catalogue, flushing
    from vuelve.platform.clock import real

    catalogue.NAMESPACE = sys.argv[1]
    rows = int(sys.argv[2])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while flushing.flush_once(now=real.now(), rows=rows).events:
        sys.stdout.write("flushed\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
