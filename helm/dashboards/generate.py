#!/usr/bin/env python3
"""Writes the dashboards of helm/carillon/dashboards.

  helm/dashboards/generate.py            writes them
  helm/dashboards/generate.py --check    exit 1 when one is not what its source says
"""

import pathlib
import sys

from destinations import destinations
from grafana import text
from overview import overview
from storage import storage_and_process

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "carillon/dashboards"


def main():
    stale = 0
    for one in (overview(), destinations(), storage_and_process()):
        path = FOLDER / f"{one['uid']}.json"
        if "--check" not in sys.argv[1:]:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(text(one))
        elif not path.is_file() or path.read_text() != text(one):
            print(f"{path.name} is not what its source says: run helm/dashboards/generate.py")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
