"""An independent writer of DES containers, made from ../format.md alone; it shares no code with the Swift one.

make.py beside it writes the test vectors with it. Any field can be replaced, so it writes damaged containers too.
"""
import hashlib
import struct
from dataclasses import dataclass, field, replace

EXTERNAL, COMPRESSED, DELETED, LARGE = 1, 2, 8, 128 * 1024
ID, CREATED = "019aa3b5ec007abc8def0123456789ab", 1763683200000   # a UUIDv7 and its time
ESCAPES = {chr(i): f"\\u{i:04x}" for i in range(32)} | {
    '"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
TABLE = list(range(256))
for _ in range(8):
    TABLE = [n >> 1 ^ 0x82F63B78 * (n & 1) for n in TABLE]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def key(name):
    return int.from_bytes(hashlib.sha256(name.encode() if isinstance(name, str) else name).digest()[8:16], "big")


class Raw(str):
    """JSON text to be copied as it stands, so that a number keeps its digits."""


def text(value):
    """Compact JSON as META wants it."""
    if isinstance(value, dict):
        return "{" + ",".join(text(k) + ":" + text(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, str) and not isinstance(value, Raw):
        return '"' + "".join(ESCAPES.get(c, c) for c in value) + '"'
    return {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))


@dataclass
class File:
    """What is appended, and what INDEX then says of it."""
    name: object                                 # str, or bytes where it is not valid UTF-8
    body: object = ""                            # str, or (unit in hex, count)
    meta: dict = field(default_factory=dict)
    flags: int = 0
    stored: bytes = None                         # the stored body, where it is not the body
    claim: int = None                            # a wrong "size" for META
    name_length: int = None                      # a wrong one for INDEX
    offset: int = 0
    length: int = 0
    meta_offset: int = 0
    crc: int = 0

    @property
    def content(self):
        return self.body.encode() if isinstance(self.body, str) else bytes.fromhex(self.body[0]) * self.body[1]

    @property
    def meta_text(self):
        members = {k: v for k, v in self.meta.items() if k != "size"}
        if self.flags & EXTERNAL:
            members |= {"is_external": True, "external_key": "archive/_bigFiles/" + self.name}
        return text(members | {"size": len(self.content) if self.claim is None else self.claim})

    @property
    def index(self):
        name = self.name.encode() if isinstance(self.name, str) else self.name
        return struct.pack("<H", len(name) if self.name_length is None else self.name_length) + name + struct.pack(
            "<4QI", self.offset, self.length, self.meta_offset, len(self.meta_text.encode()), self.flags)


@dataclass
class Container:
    bytes: bytes
    files: list                                  # in INDEX order
    at: dict                                     # where each region begins
    facts: dict

    def patched(self, offset, new):
        return self.bytes[:offset] + new + self.bytes[offset + len(new):]

    def flipped(self, offset):
        return self.patched(offset, bytes([self.bytes[offset] ^ 1]))


def seal(files, tail=True, gap=b"", between=b"", shared=False, dictionary=b"", edit=None, edit_root=None, **change):
    """One container. `change` replaces single fields by name; checksums are taken after every change."""
    def fields(**right):
        return [change.get(name, value) for name, value in right.items()]
    data, meta, files, seen = bytearray(), bytearray(), [replace(f) for f in files], {}
    for f in files:                              # DATA, in append order
        stored = f.content if f.stored is None else f.stored
        f.length = len(stored)
        if not f.flags & EXTERNAL:
            f.offset = seen.get(stored, 16 + len(data))
            if f.offset == 16 + len(data):
                data += stored + gap
            if shared and stored:
                seen[stored] = f.offset
    for f in files:                              # META, in append order
        f.meta_offset = 16 + len(data + between + meta)
        meta += f.meta_text.encode()
    if tail:
        files.sort(key=lambda f: (key(f.name), f.name))
    if edit:
        edit(files)
    body = b"DESHEAD1\x01" + bytes(7) + data + between + meta
    for f in files:
        f.crc = crc32c(f.content if f.flags & EXTERNAL else body[f.offset:f.offset + f.length])
    index = b"".join(f.index for f in files)
    at = {"meta": len(body) - len(meta), "index": len(body + between)}
    body += between + index + between
    regions = struct.pack("<7Q", *fields(dataStart=16, dataLength=len(data), metaStart=at["meta"], metaLength=len(meta),
                                         indexStart=at["index"], indexLength=len(index), fileCount=len(files)))
    magic = b"DESFOOT1" + bytes(fields(footerVersion=1))
    if not tail:
        facts = {"tail": False, "clustered": False, "pageEntryCount": 0, "pageCount": 0}
        return Container(body + magic + bytes(7) + regions, files, at | {"footer": len(body)}, facts)

    inside = [f for f in files if not f.flags & EXTERNAL]
    small_end, clustered = 16, True
    for f in (f for f in inside if f.length < LARGE):
        clustered, small_end = clustered and f.offset >= small_end, f.offset + f.length
    clustered = clustered and all(f.offset >= small_end for f in inside if f.length >= LARGE)
    page_entries = 64
    while -(-len(files) // page_entries) > 8192:
        page_entries *= 2
    checksums, root, page_offset, position = b"", [], len(index), small_end >> 12
    for start in reversed(range(0, len(files), page_entries)):
        page = files[start:start + page_entries]
        page_bytes = b"".join(f.index for f in page)
        page_offset -= len(page_bytes)
        small = [f.offset >> 12 for f in page if f.length < LARGE and not f.flags & EXTERNAL]
        position = small[0] if small else position
        root.insert(0, [key(page[0].name) >> 32, page_offset, position if clustered else 0])
        sums = [c for f in page for c in (f.crc, crc32c(f.meta_text.encode()))]
        checksums = struct.pack(f"<I{len(sums)}I", crc32c(page_bytes), *sums) + checksums
    facts = {"tail": True, "clustered": clustered, "pageEntryCount": page_entries, "pageCount": len(root)}
    if edit_root:
        edit_root(root)
    root = b"".join(struct.pack("<3I", *row) for row in root)
    at |= {"checksums": len(body), "root": len(body + checksums + dictionary)}
    at |= {"trailer": at["root"] + len(root), "footer": at["root"] + len(root) + 128}
    tail_version, tail_length = fields(tailVersion=1, tailLength=at["footer"] - at["checksums"])
    footer = magic + bytes([tail_version]) + tail_length.to_bytes(6, "little") + regions
    trailer = b"DESTAIL1" + struct.pack(
        "<6I", *fields(compatible=0, incompatible=0, pageEntryCount=page_entries, pageCount=facts["pageCount"],
                       flags=int(clustered), shardBits=0))
    trailer += struct.pack("<5I", crc32c(data), crc32c(meta), *fields(indexCRC=crc32c(index)), crc32c(checksums),
                           crc32c(root)) + struct.pack("<3I", len(dictionary), crc32c(dictionary), 0)
    small_end, name, created, epoch = fields(smallEnd=small_end * clustered, id=ID, createdAt=CREATED, epoch=0)
    trailer += struct.pack("<Q16sqQ20x", small_end, bytes.fromhex(name), created, epoch)
    trailer += struct.pack("<I", crc32c(trailer + footer))
    return Container(body + checksums + dictionary + root + trailer + footer, files, at, facts)
