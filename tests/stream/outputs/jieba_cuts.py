"""What jieba makes of a sentence without and with a user dictionary.

In a process of its own: its sources are full of warnings, which are errors here, and its dictionary is global.
"""

import subprocess
import sys
from pathlib import Path

import orjson

JIEBA = """
import json, sys, jieba
jieba.setLogLevel("ERROR")
jieba.dt.tmp_dir = sys.argv[3]
before = jieba.lcut(sys.argv[1])
jieba.load_userdict(sys.argv[2])
print(json.dumps([before, jieba.lcut(sys.argv[1])]))
"""


def cut_before_and_after(dictionary: Path, sentence: str) -> tuple[list[str], list[str]]:
    """The pieces of the sentence, without the dictionary and with it."""
    argv = [sys.executable, "-W", "ignore", "-c", JIEBA, sentence, str(dictionary), str(dictionary.parent)]
    before, after = orjson.loads(subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout)
    return before, after
