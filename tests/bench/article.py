"""The article's job from file to table in plain Python, as one would write it: `python -m tests.bench.article FILE`."""

import json
import sys

from tests.stream.corpus.discover_reference import reference

if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as lines:  # noqa: PTH123  as one would write it
        texts = [json.loads(line)["text"] for line in lines]
    sys.stdout.writelines(f"{word}\t{count}\n" for word, count in reference(texts, 10, 1.0))
