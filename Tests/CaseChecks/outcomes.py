"""Refusals of many wordings, languages and formats, and what only looks like one."""
import json

from case import Wrong


def case_28(case):
    """answers are judged as a person judges them"""
    expected = json.loads(case.file("expected.json").read_text())
    lines = case.lines("outcomes", case.file("answers.jsonl"), "--json")
    found = {line["id"]: line["outcome"] for line in lines if "id" in line}
    wrong = [f"{name}: expected {want}, found {found.get(name)}" for name, want in expected.items() if found.get(name) != want]
    if wrong:
        raise Wrong(f"{len(wrong)} of {len(expected)}; {wrong[0]}")
    summary = lines[-1]["summary"]
    if summary["n"] != len(expected) or summary["rate"] != summary["refused"] / len(expected):
        raise Wrong(f"expected refused / n of all {len(expected)} answers, found {summary['rate']}")
    if summary["left"] != summary["degenerate"] + summary["unclear"]:
        raise Wrong("expected degenerate and unclear answers together as left")
