"""Search in any script, positions in a batch, the screen's characters, unknown terminals."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import unicodedata
import uuid

from case import FIXTURES, Absent, Wrong, equal

HOOK = "blocks.1.hook_resid_post"


def captured(case, prompts, name):
    store = case.scratch / f"{name}.epstore"
    case.output("capture", case.tiny_model(), "--prompts", prompts, "--template", "raw", "--hook", HOOK, "--quiet", "-o", store)
    return store


def dictionary(case, prompts, name):
    """A dictionary of all positions of the prompts."""
    store = captured(case, prompts, name)
    path = case.scratch / f"{name}.epdict"
    case.output("build", store, "--percentile", "30", "--quiet", "-o", path)
    return path


def contexts(case, path):
    """Per region, the texts of its contexts."""
    return {
        line["id"]: [c["text"] or "" for c in line["closest"] + line["farthest"]]
        for line in case.lines("regions", path, "--json")
    }


def plain(text):
    return unicodedata.normalize("NFKC", text).lower()


def case_13(case):
    """A prompt has the same rows alone and beside longer ones"""
    captured(case, case.file("one.jsonl"), "one")
    path = dictionary(case, case.file("three.jsonl"), "three")
    rows = []
    for name in ["one", "three"]:
        out = case.scratch / f"{name}.safetensors"
        case.output("assign", path, case.scratch / f"{name}.epstore", "-o", out, "--quiet")
        data = out.read_bytes()
        length = int.from_bytes(data[:8], "little")
        begin, end = json.loads(data[8 : 8 + length])["distances"]["data_offsets"]
        rows.append(data[8 + length + begin : 8 + length + end])
    count = len(rows[0])
    if count == 0:
        raise Wrong("no rows")
    equal(rows[1][:count], rows[0], "distances of the rows of p0, beside others and alone")


def case_32(case):
    """Words are found in scripts without spaces, inside words and in labels"""
    path = dictionary(case, case.file("zh.jsonl"), "zh")
    texts = contexts(case, path)
    queries = ["猫", "喜欢", "黑猫", "私は猫", "ภาษา", "ไทย", "itgc", "春天", "屋顶上", "cat", "后的结果", "好きです"]
    for query in queries:
        expected = sorted(r for r, lines in texts.items() if any(plain(query) in plain(t) for t in lines))
        hits = case.lines("search", path, f"context:{query}", "--limit", "1000", "--json")
        equal(sorted(h["id"] for h in hits), expected, f"regions with {query}")
        if not expected:
            raise Wrong(f"{query} is in no context")
        for hit in hits:
            snippet = hit["snippet"].encode()
            for low, high in hit["matches"]:
                equal(plain(snippet[low:high].decode()), plain(query), "what is marked")
            if not hit["matches"]:
                raise Wrong(f"nothing is marked for {query}")
    inside = sorted(r for r, lines in texts.items() if any("eep" in t for t in lines))
    equal(sorted(h["id"] for h in case.lines("search", path, "context:*eep*", "--json")), inside, "regions with *eep*")
    first = min(texts)
    case.output("label", path, str(first), "黑猫在屋顶")
    equal([h["id"] for h in case.lines("search", path, "label:猫", "--json")], [first], "label:猫")


class Terminal:
    """The explorer in tmux."""

    def __init__(self, case, path, term=None, columns=80, rows=40, **environment):
        if shutil.which("tmux") is None:
            raise Absent("tmux")
        self.socket = "screens-" + uuid.uuid4().hex[:8]
        values = dict(os.environ, LANG="C.UTF-8", **environment)
        for name in ["DATA", "CACHE", "STATE", "CONFIG"]:
            values[f"XDG_{name}_HOME"] = str(case.scratch / name.lower())
        term = f"TERM={term} " if term is not None else ""
        command = f"{term}'{pathlib.Path(case.program).resolve()}' '{path}'; echo ended with $?; sleep 60"
        subprocess.run(
            ["tmux", "-L", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), command],
            env=values, check=True,
        )

    def tmux(self, *words):
        return subprocess.run(["tmux", "-L", self.socket, *words], capture_output=True, text=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def wait(self, found):
        for _ in range(100):
            screen = self.screen()
            if found(screen):
                return screen
            time.sleep(0.1)
        raise Wrong("the screen shows: " + " / ".join(l for l in screen.splitlines() if l.strip())[:300])

    def keys(self, *words):
        self.tmux("send-keys", *words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")


def shown(case, path, pieces, **options):
    """A screen of the explorer that has all of the pieces, each perhaps on another region's row."""
    with Terminal(case, path, columns=200, rows=50, **options) as terminal:
        screens = terminal.wait(lambda s: "coher" in s and "ended with" not in s)
        for _ in range(40):
            if all(piece in screens for piece in pieces):
                return screens
            terminal.keys("j")
            time.sleep(0.15)
            screens += terminal.screen()
        missing = [piece for piece in pieces if piece not in screens]
        raise Wrong(f"never shown: {missing}")


def case_36(case):
    """Joined emoji, flags and marks are shown whole"""
    path = dictionary(case, case.file("emoji.jsonl"), "emoji")
    shown(case, path, ["🇩🇪", "👍🏽", "⚠️", "1️⃣", "한글", "नमस्ते"])


def case_40(case):
    """Control characters reach the screen as pictures"""
    path = dictionary(case, case.file("evil.jsonl"), "evil")
    for words in [("search", path, "clipboard"), ("search", path, "csi"), ("regions", path)]:
        text = case.output(*words)
        for character in text:
            if unicodedata.category(character) == "Cc" and character not in "\n\t" or character == "\u202e":
                raise Wrong(f"{words[0]} prints U+{ord(character):04X}")
    equal(len(case.lines("search", path, "clipboard", "--json")) > 0, True, "regions with clipboard")


def case_60(case):
    """A terminal that the system does not know is driven as one that it does"""
    path = dictionary(case, FIXTURES / "cases/13-batch-positions/three.jsonl", "plain")
    # The last is known nowhere.
    for term in ["xterm-kitty", "xterm-ghostty", "foot", "wezterm", "xterm-nowhere"]:
        with Terminal(case, path, term=term, TERMINFO="/nonexistent", TERMINFO_DIRS="/lib/terminfo") as terminal:
            screen = terminal.wait(lambda s: "coher" in s or "ended with" in s)
            if "Error opening terminal" in screen or "ended with" in screen:
                raise Wrong(f"TERM={term}: {screen.strip().splitlines()[-1]}")
            if term == "xterm-nowhere":
                terminal.keys("q")
                screen = terminal.wait(lambda s: "ended with" in s)
                if "no terminfo entry for TERM=xterm-nowhere" not in screen:
                    raise Wrong("nothing says that another entry stands in")
    with Terminal(case, path, term="dumb") as terminal:
        screen = terminal.wait(lambda s: "ended with" in s)
        for piece in ["TERM=dumb", "ended with 1"]:
            if piece not in screen:
                raise Wrong(f"TERM=dumb: expected {piece!r}, found {screen.strip()!r}")
