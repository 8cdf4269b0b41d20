"""How figures are written on the pages that are made from results."""


def number(value, digits=3):
    return "—" if value is None else f"{value:.{digits}f}"


def small(p):
    return "< 0.001" if p < 0.001 else number(p)


def interval(pair):
    return "—" if not pair else f"[{number(pair[0])}, {number(pair[1])}]"


def wilson(hits, n):
    """Wilson's 95 % interval of hits of n."""
    z, p = 1.959963984540054, hits / n
    middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return [(middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)]


def share(counts):
    return f"{counts['refused']} of {counts['n']}, {counts['rate']:.2f} {interval(counts['wilson95'])}"


def table(header, rows):
    lines = [header, ["---"] * len(header)] + rows
    return "\n".join("| " + " | ".join(str(c) for c in line) + " |" for line in lines) + "\n"
