"""What a check of Tests/cases has to hand: the input folder, the program, and words for what is wrong."""
import json
import os
import pathlib
import shutil
import subprocess

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Fixtures"


class Wrong(Exception):
    """Another result than the right one."""


class Absent(Exception):
    """The folder lacks the case's input."""


class Case:
    def __init__(self, program, folder, number, scratch):
        self.program, self.root, self.number, self.scratch = program, folder, number, scratch

    @property
    def folder(self):
        """The folder of this case; the first whose name begins with its number."""
        for path in sorted(self.root.glob(f"{self.number}-*")):
            return path
        raise Absent(f"no folder {self.number}-*")

    def file(self, name):
        """A file or folder of this case."""
        path = self.folder / name
        if not path.exists():
            raise Absent(f"no {name}")
        return path

    def tiny_model(self):
        """A random model with a token a byte."""
        folder = self.scratch / "model"
        if not folder.exists():
            folder.mkdir()
            for name in ("config.json", "model.safetensors"):
                shutil.copy(FIXTURES / "models/tiny-llama" / name, folder / name)
            shutil.copy(FIXTURES / "tokenizer-json/bytes.tokenizer.json", folder / "tokenizer.json")
        return folder

    def run(self, *words, stdin=None, **environment):
        """Runs the program: (exit status, standard output, standard error)."""
        values = dict(os.environ, XDG_DATA_HOME=str(self.scratch / "data"), XDG_CACHE_HOME=str(self.scratch / "cache"))
        values.update(environment)
        done = subprocess.run(
            [self.program, *map(str, words)], capture_output=True, text=True, input=stdin, env=values, timeout=300
        )
        return done.returncode, done.stdout, done.stderr

    def output(self, *words, **environment):
        """Standard output of a run that has to succeed."""
        status, out, error = self.run(*words, **environment)
        if status != 0:
            raise Wrong(f"exit {status}: {error.strip().splitlines()[-1] if error.strip() else ''}")
        return out

    def lines(self, *words, **environment):
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.output(*words, **environment).splitlines() if line.strip()]

    def refused(self, *words, naming=(), **environment):
        """A run that has to be refused by name: exit status 1 and every one of `naming` in the message."""
        status, _, error = self.run(*words, **environment)
        if status != 1:
            raise Wrong(f"expected a refusal, found exit {status}")
        for name in naming:
            if name not in error:
                raise Wrong(f"expected the message to name {name!r}, found: {error.strip()}")
        return error


def equal(found, expected, what):
    if found != expected:
        raise Wrong(f"{what}: expected {str(expected)[:200]!r}, found {str(found)[:200]!r}")
