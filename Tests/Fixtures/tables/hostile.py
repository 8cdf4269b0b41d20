"""Makes tables in Parquet that no library writes: what they state contradicts their size.

    python3 Tests/Fixtures/tables/hostile.py
"""
import pathlib
import struct

HERE = pathlib.Path(__file__).parent


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def value(kind, given):
    """In Thrift's compact protocol: 5 an integer, 8 bytes, 9 a list of (kind, values), 12 a structure."""
    if kind == 5:
        return varint(given << 1)
    if kind == 8:
        return varint(len(given)) + given
    if kind == 12:
        return structure(given)
    inner, values = given
    return bytes([0xF0 | inner]) + varint(len(values)) + b"".join(value(inner, one) for one in values)


def structure(fields):
    out, last = b"", 0
    for number, kind, given in fields:
        out += bytes([number - last << 4 | kind]) + value(kind, given)
        last = number
    return out + b"\0"


def column(name, kind, repetition=0, length=0, converted=0):
    return [(1, 5, kind), (2, 5, length), (3, 5, repetition), (4, 8, name.encode()), (6, 5, converted)]


def chunk(kind, count, size):
    return [(3, 12, [(1, 5, kind), (4, 5, 0), (5, 5, count), (7, 5, size), (9, 5, 4)])]


def page(content, count, encoding):
    header = [(1, 5, 0), (2, 5, len(content)), (3, 5, len(content))]
    return structure(header + [(5, 12, [(1, 5, count), (2, 5, encoding), (3, 5, 3), (4, 5, 3)])]) + content


def write(name, body, columns, groups):
    """`groups`: the rows of each, and its chunks."""
    schema = [[(4, 8, b"root"), (5, 5, len(columns))]] + columns
    rows = sum(count for count, _ in groups)
    parts = [[(1, 9, (12, chunks)), (3, 5, count)] for count, chunks in groups]
    footer = structure([(2, 9, (12, schema)), (3, 5, rows), (4, 9, (12, parts))])
    (HERE / name).write_bytes(b"PAR1" + body + footer + struct.pack("<I", len(footer)) + b"PAR1")


# Four values of 2^62 bytes each: their number of bytes is 2^64, or 0.
empty = page(b"", 4, 9)
write("wide-values.parquet", empty, [column("prompt", 7, length=1 << 62, converted=11)], [(4, [chunk(7, 4, len(empty))])])

# The same page again and again.
text = page(struct.pack("<I", 200) + b"a" * 200, 1, 0)
write("overlapping.parquet", text, [column("prompt", 6)], [(1, [chunk(6, 1, len(text))])] * 20)

# Four million rows, of which every column but a few bytes says that there is nothing.
rows = 4 << 20
levels = varint(rows << 1) + b"\0"
nothing = page(struct.pack("<I", len(levels)) + levels, rows, 0)
names = ["prompt"] + [f"c{number}" for number in range(9)]
write(
    "empty-columns.parquet", nothing * len(names), [column(name, 6, repetition=1) for name in names],
    [(rows, [chunk(6, rows, len(nothing)) for _ in names])])
