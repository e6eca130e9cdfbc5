#!/usr/bin/env python3
"""Writes the test vectors beside this file: good containers, damaged ones, and what a reader must say of each.

README.md explains the fields. Deterministic: a second run writes the same bytes. The folder foreign/ is not touched.
"""
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

sys.dont_write_bytecode = True
from writer import (  # noqa: E402
    COMPRESSED, CREATED, DELETED, EXTERNAL, ID, LARGE, Container, File, Raw, key, seal, text)

HERE = Path(__file__).resolve().parent


def described(f):
    digest = None if f.flags else hashlib.sha256(f.content).hexdigest()
    return {"name": f.name, "size": len(f.content), "sha256": digest, "meta": Raw(f.meta_text),
            "meta_text": f.meta_text, "flags": f.flags, "data_offset": f.offset, "crc32c": f.crc} | (
                {"readable": False} if f.flags else {})


def pretty(value, pad="\n"):
    inner = pad + " "
    if isinstance(value, list) and value:
        return "[" + ",".join(inner + text(item) for item in value) + pad + "]"
    if isinstance(value, dict) and ("container" in value or "append" in value):
        return "{" + ",".join(f"{inner}{text(k)}: {pretty(v, inner)}" for k, v in value.items()) + pad + "}"
    return text(value)


def write(name, raw, description, /, **facts):
    (HERE / (name + ".des")).write_bytes(raw)
    facts = {"container": name + ".des", "bytes": len(raw), "description": description} | facts
    (HERE / (name + ".json")).write_text(pretty(facts) + "\n", encoding="utf-8")


def good(name, description, files, /, recipe=True, verify="clean", **options):
    c = seal(files, **options)
    last = {f.name: f for f in c.files}          # in plain v1 the last entry of a name wins
    facts = c.facts | {"verify": verify, "entries": [described(f) for f in c.files if last[f.name] is f]}
    if recipe and c.facts["tail"]:
        facts["recipe"] = {
            "id": options.get("id", ID), "created_at": options.get("createdAt", CREATED),
            "epoch": options.get("epoch", 0), "shard_bits": options.get("shardBits", 0),
            "append": [{"name": f.name, "meta": f.meta, "meta_text": text(f.meta), "body":
                        {"utf8": f.body} if isinstance(f.body, str) else {"repeat": f.body[0], "count": f.body[1]}}
                       for f in files]}
    write(name, c.bytes, description, outcome="good", **facts)


def bad(name, at, description, damaged, code="corrupt", /, **facts):
    if isinstance(damaged, Container):
        facts |= {"entries": [described(f) for f in damaged.files]} if at == "verify" else {}
        damaged = damaged.bytes
    write("bad-" + name, damaged, description, outcome="bad", detected_at=at, code=code, **facts)


def by_key(names):
    return sorted(names, key=key)


def make_good():
    hello = File("a.txt", "hello", {"mime": "text/plain"})
    good("empty", "No entries; the smallest container our writer makes.", [], createdAt=0)
    good("one", "One entry; every optional TRAILER field is set.", [hello], epoch=7, shardBits=8)
    names = ["zebra.txt", "caf\u00e9.txt", "cafe\u0301.txt", "za\u017c\u00f3\u0142\u0107.txt", "\u6587\u4ef6.txt",
             "\U0001f4e6\U0001f469\u200d\U0001f680.bin", "docs/a/b.txt", "docs/a.txt", " ", "...", "-rf", "C:\\x",
             "tab\there", "n" * 255, "n" * 128 + "/" + "n" * 127, "DES_20251121_(000000001000_10)"]
    good("names", "Names in no order: NFC and NFD of one visible name, emoji, components, 255 and 256 bytes.",
         [File(n, n[:9]) for n in names])
    good("empty-bodies", "Empty bodies at the start, in the middle and at the end of DATA.",
         [File("e1"), File("e2"), File("full", "x"), File("e3"), File("more", "yy"), File("e4"), File("e5")])
    numbers = [Raw(n) for n in ("-0", "1.10", "1E+2", "-12.5e-7", "0.1000000000000000055511151231257827")]
    good("meta", "META: nested, escaped, numbers kept as text, a caller's own size removed.", [
        File("nested", "n", {"size": 99, "o": {}, "tags": ["x", [], {}, {"size": 1, "deep": [[None]]}, True, False]}),
        File("numbers", "12", {"float": Raw("1e3"), "big": Raw("12345678901234567890"), "all": numbers}),
        File("escapes", "e", {"note": "\" \\ / \b\t\n\f\r \x00\x1b\x1f \x7f",
                              "": "", "ke\"y": "\u00fcn\u00efcode \u2028 \U0001f4e6"})])
    good("types", "A file, a symlink and a directory, by META type.", [
        File("docs", "", {"type": "directory", "mode": 493, "mtime": "2025-11-21T00:00:00.000000000Z"}),
        File("docs/a.txt", "target", {"mode": 420, "mtime": "2025-11-21T08:30:00.123456789Z", "type": "file"}),
        File("docs/link", "a.txt", {"type": "symlink", "mode": 511})], createdAt=-1)

    sizes = {5: LARGE, 10: LARGE - 1, 63: 0, 64: 0, 99: 0}
    names = by_key(f"cl-{i:03d}.bin" for i in range(100))
    files = [File(n, (f"{i:02x}", sizes.get(i, 7 * i)), {"i": i}) for i, n in enumerate(names)]
    files.sort(key=lambda f: len(f.content) >= LARGE)
    good("clustered", "Clustered, two pages; a body of 128 KiB lies apart, one of 128 KiB - 1 does not.", files)
    good("clustered-large-only", "Clustered with no small body: smallEnd is 16.", [File("large.bin", ("ab", LARGE))])

    names = by_key(f"lp-{i:03d}" for i in range(200))
    files = [File(n, f"{n}-" * 29 if i // 64 in (0, 2) else ("4c", LARGE)) for i, n in enumerate(names)]
    files.sort(key=lambda f: len(f.content) >= LARGE)
    good("clustered-large-pages", "Clustered; pages 1 and 3 have no small body (their large ones share a DATA range).",
         files, recipe=False, shared=True)
    good("not-clustered", "Three pages, appended in name order.",
         [File(f"{i:03d}.txt", f"body {i}") for i in range(150)])

    tie = key("tie-8515")                        # tie-8515 and tie-52651 have the same top 32 bits
    below = [n for n in (f"n{i}" for i in range(300)) if key(n) < tie][:63]
    above = [n for n in (f"n{i}" for i in range(300)) if key(n) > tie][:10]
    good("root-tie", "Entries 63 and 64 tie in the top 32 bits of their keys across a page border.",
         [File(n, n) for n in above + ["tie-8515", "tie-52651"] + below])

    good("feature-compatible", "Unknown compatible feature bits are ignored.", [hello],
         recipe=False, compatible=0x80000001)
    good("gap", "Unused bytes after each body in DATA.", [hello, File("b.txt", "world")], recipe=False, gap=b"????")
    good("shared-range", "Two entries share one DATA range.", [hello, replace(hello, name="b.txt")],
         recipe=False, shared=True)
    frame = bytes.fromhex("28b52ffd2005290000") + b"hello"
    good("flags", "A deleted and a compressed entry, and a DICTIONARY; a reader without these features refuses both.",
         [hello, File("gone", "gone", flags=DELETED), File("packed", "hello", {"codec": "zstd"}, COMPRESSED, frame)],
         recipe=False, dictionary=b"not a real dictionary")
    good("external", "An external entry; its body is not in the container.",
         [hello, File("huge.bin", ("00", 1000), flags=EXTERNAL)], recipe=False)
    good("v1-duplicates", "Plain v1 with a repeated name: the last entry wins, verify reports the other.",
         [File("x", "first"), hello, File("x", "second"), File("y", "y")], verify="findings", tail=False)
    good("v1-unsorted", "Plain v1, entries in append order.",
         [File(f"f{i}", f"{i}" * i) for i in (3, 1, 2, 0, 9)], tail=False)
    good("v1-gaps", "Plain v1 with unused bytes between the regions.", [hello, File("b")], tail=False, between=b"....")


def make_bad():
    base = [File(n, f"body of {n}", {"note": n}) for n in ("alpha", "beta", "gamma", "delta", "epsilon")]
    many = [File(n, f"{n}-" * 20) for n in by_key(f"m{i:02d}" for i in range(70))]
    c, two = seal(base), seal(many)
    raw, at, first, n = c.bytes, c.at, c.files[0], len(base)
    trailer, footer, zero = at["trailer"], at["footer"], seal([], tail=False).bytes

    def sealed(edit=None, files=base, **options):
        return seal(files, edit=edit, **options)

    def setting(i, **values):
        return lambda files: files[i].__dict__.update(values)

    bad("header-magic", "open", "HEADER magic is wrong.", c.flipped(0), offset=0)
    bad("header-version", "open", "HEADER says version 2.", c.patched(8, b"\2"), offset=8)
    bad("header-reserved", "open", "A reserved byte of HEADER is not zero.", c.flipped(15), offset=15)
    bad("footer-magic", "open", "FOOTER magic is wrong.", c.flipped(footer), offset=footer)
    bad("footer-version", "open", "FOOTER says version 2.", sealed(footerVersion=2), "unsupported", offset=footer + 8)
    bad("tail-version", "open", "FOOTER reserved byte 0 is 2.", sealed(tailVersion=2), offset=footer + 9)
    bad("tail-hidden", "open", "FOOTER says plain v1, but a TRAILER stands before it.", c.patched(footer + 9, bytes(7)),
        offset=footer + 9)
    bad("tail-length", "open", "tailLength is not the sum of the sections.",
        sealed(tailLength=footer - at["checksums"] - 4), offset=footer + 10)
    bad("trailer-magic", "open", "TRAILER magic is wrong.", c.flipped(trailer), offset=trailer)
    bad("trailer-crc", "open", "One bit of TRAILER is flipped.", c.flipped(trailer + 88), offset=trailer + 88)
    bad("footer-crc", "open", "One bit of fileCount is flipped.", c.flipped(footer + 64), offset=footer + 64)
    bad("feature-incompatible", "open", "Unknown incompatible feature bit 31.",
        sealed(incompatible=1 << 31), "unsupported", offset=trailer + 12)
    bad("page-entry-count", "open", "pageEntryCount is 128 where the count demands 64.", sealed(pageEntryCount=128),
        offset=trailer + 16)
    bad("page-count", "open", "pageCount is 2 where the count demands 1.", sealed(pageCount=2), offset=trailer + 20)
    bad("root-crc", "open", "One bit of ROOT is flipped.", two.flipped(two.at["root"] + 12), offset=two.at["root"] + 12)
    bad("data-past-end", "open", "DATA ends past the end of the file.", sealed(dataLength=1 << 40), offset=footer + 24)
    bad("v1-data-past-end", "open", "Plain v1: DATA ends past the end of the file.",
        sealed(tail=False, dataLength=1 << 40))
    bad("index-past-end", "open", "INDEX begins past the end of the file.",
        sealed(indexStart=len(raw)), offset=footer + 48)
    bad("v1-index-past-end", "open", "Plain v1: INDEX ends past the end of the file.",
        sealed(tail=False, indexLength=1 << 20))
    bad("index-overlaps-tail", "open", "INDEX runs into TAIL.", sealed(indexLength=footer - 128 - at["index"]))
    bad("v1-overlap-data-meta", "open", "Plain v1: META begins inside DATA.", sealed(tail=False, metaStart=20))
    bad("v1-overlap-meta-index", "open", "Plain v1: META runs into INDEX.", sealed(tail=False, metaLength=at["index"]))
    bad("v1-wrap-footer", "open", "Plain v1: dataStart + dataLength wraps around.",
        sealed(tail=False, dataLength=2**64 - 16))
    bad("file-count", "open", "fileCount is one too small for the sections of TAIL.", sealed(fileCount=n - 1))
    bad("v1-file-count-large", "open", "Plain v1: fileCount cannot fit into INDEX.",
        sealed(tail=False, fileCount=1 << 60))
    bad("v1-file-count-small", "lookup", "Plain v1: bytes are left in INDEX after the last entry.",
        sealed(tail=False, fileCount=n - 1), name="alpha", earlier=True)
    bad("v1-file-count-one-more", "lookup", "Plain v1: INDEX ends before the last entry.",
        seal([File("n" * 99)], tail=False, fileCount=2), name="n" * 99, earlier=True)
    bad("truncated-byte", "open", "The last byte is missing.", raw[:-1])
    bad("truncated-footer", "open", "FOOTER is missing.", raw[:footer])
    bad("truncated-half", "open", "The second half is missing.", raw[:len(raw) // 2])
    bad("truncated-head", "open", "HEADER is missing.", raw[16:])
    bad("truncated-middle", "open", "One byte of DATA is missing.", raw[:20] + raw[21:])
    bad("trailing-byte", "open", "One byte follows FOOTER.", raw + b"\0")
    bad("no-bytes", "open", "An empty file.", b"")
    bad("71-bytes", "open", "One byte less than a FOOTER.", zero[-71:])
    bad("87-bytes", "open", "One byte less than the smallest container.", zero[1:])
    bad("random", "open", "Random bytes.", b"".join(hashlib.sha256(bytes([i])).digest() for i in range(32)))

    bad("page-crc", "lookup", "One bit of an INDEX page is flipped.", c.flipped(at["checksums"] - 12),
        name=first.name, offset=at["checksums"] - 12)
    bad("index-unsorted", "lookup", "Two INDEX entries are swapped; every checksum is right.",
        sealed(lambda files: files.insert(1, files.pop(2))), name=c.files[2].name)
    bad("name-twice", "lookup", "One name has two entries.", sealed(files=base + base[:1]), name="alpha")
    wrong = (key(two.files[62].name) >> 32) + 1      # page 1 seems to begin before entry 63, the last one of page 0
    bad("root-keys", "lookup", "ROOT leads to the wrong page; its checksum is right.",
        seal(many, edit_root=lambda root: root[1].__setitem__(0, wrong)), name=two.files[63].name)
    bad("root-offsets", "lookup", "A page offset in ROOT is one too large; its checksum is right.",
        seal(many, edit_root=lambda root: root[1].__setitem__(1, root[1][1] + 1)), name=two.files[0].name, earlier=True)
    bad("entry-outside-data", "lookup", "An entry lies in META.",
        sealed(setting(2, offset=at["meta"])), name=c.files[2].name)
    bad("entry-wraps", "lookup", "dataOffset + dataLength of an entry wraps around.",
        sealed(setting(2, offset=2**64 - 8, length=28)), name=c.files[2].name)
    bad("v1-entry-wraps", "lookup", "Plain v1: dataOffset + dataLength of an entry wraps around.",
        sealed(setting(2, offset=2**64 - 8, length=28), tail=False), name="gamma", earlier=True)
    bad("entry-outside-meta", "lookup", "The META of an entry lies in DATA.", sealed(setting(2, meta_offset=16)),
        name=c.files[2].name)
    bad("name-past-page", "lookup", "The last name is longer than the page.",
        sealed(setting(4, name_length=99)), name=first.name)
    bad("v1-name-past-end", "lookup", "Plain v1: the last name is longer than INDEX.",
        sealed(setting(4, name_length=99), tail=False), name="alpha", earlier=True)
    for label, odd, what in [("name-empty", b"", "is empty"), ("name-not-utf8", b"caf\xe9", "is not UTF-8"),
                             ("name-nul", b"a\0b", "holds a NUL")]:
        bad(label, "lookup", f"A name on the page {what}.", sealed(files=[*base[1:], File(odd, "?")]), name="beta")

    bad("body", "body", "One bit of a stored body is flipped.",
        c.flipped(first.offset), name=first.name, offset=first.offset)
    bad("body-crc", "body", "One bit of the checksum of a body is flipped.",
        c.flipped(at["checksums"] + 4), name=first.name, offset=at["checksums"] + 4)
    spot = first.meta_offset + 9
    bad("meta", "meta", "One bit of a META is flipped; it is still JSON.",
        c.flipped(spot), name=first.name, offset=spot)

    for label, odd in {"name-dotdot": "../x", "name-absolute": "/etc/x"}.items():
        bad(label, "verify", f"A name that no extraction may follow: {odd}", sealed(files=[*base, File(odd, "?")]))
    holes = seal(base, gap=b"????")
    hole = holes.files[0].offset + holes.files[0].length
    bad("data-crc", "verify", "One bit of DATA that belongs to no entry is flipped.",
        replace(holes, bytes=holes.flipped(hole)), offset=hole)
    bad("index-crc", "verify", "The checksum of INDEX in TRAILER is wrong.", sealed(indexCRC=1), offset=trailer + 40)
    bad("meta-size", "verify", "META says another size than INDEX.",
        sealed(files=[*base, File("liar", "four", claim=5)]))
    bad("not-clustered", "verify", "The flag says clustered, but the bodies are in another order.",
        sealed(flags=1, smallEnd=at["meta"]))
    bad("root-position", "verify", "A body position in ROOT is wrong; its checksum is right.",
        seal(many, edit_root=lambda root: root[1].__setitem__(2, 0)), offset=two.at["root"] + 20)


if __name__ == "__main__":
    for old in [*HERE.glob("*.des"), *HERE.glob("*.json")]:
        old.unlink()
    make_good()
    make_bad()
