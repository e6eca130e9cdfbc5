#!/usr/bin/env python3
"""A reader of DES containers, written only from part 1 (version 1) of docs/format.md; it knows nothing of the tail.

    v1_reader.py CONTAINER                 one JSON object per entry, in INDEX order
    v1_reader.py --compare CONTAINER DIR   every file entry must equal DIR/<name>; prints the count compared

Exit status 1 and a message on stderr for anything malformed or different.
"""
import hashlib
import json
import os
import struct
import sys

EXTERNAL, COMPRESSED, ENCRYPTED = 1, 2, 4


def need(condition, message):
    if not condition:
        raise ValueError(message)


def entries(file):
    """Yields (name, meta, flags, offset, length) of every entry that counts, in INDEX order."""
    def read(offset, length):
        file.seek(offset)
        data = file.read(length)
        need(len(data) == length, f"short read at {offset}")
        return data

    size = file.seek(0, os.SEEK_END)
    need(size >= 88, f"{size} bytes are too few for a container")
    need(read(0, 16) == b"DESHEAD1\x01" + bytes(7), "not a version 1 HEADER")
    magic, version, _, *regions = struct.unpack("<8sB7s7Q", read(size - 72, 72))
    need(magic == b"DESFOOT1" and version == 1, "not a version 1 FOOTER")
    data_start, data_length, meta_start, meta_length, index_start, index_length, count = regions
    data_end, meta_end, index_end = data_start + data_length, meta_start + meta_length, index_start + index_length
    need(data_start == 16 and data_end <= meta_start and meta_end <= index_start and index_end <= size - 72,
         "the regions overlap or leave the file")
    need(count * 39 <= index_length, f"{count} entries do not fit into INDEX")
    index, at, found = read(index_start, index_length), 0, []
    for _ in range(count):
        need(at + 2 <= len(index), "INDEX ends inside an entry")
        name_length = struct.unpack_from("<H", index, at)[0]
        need(name_length > 0 and at + 38 + name_length <= len(index), "INDEX ends inside an entry, or a name is empty")
        name = index[at + 2:at + 2 + name_length].decode()
        found.append((name, *struct.unpack_from("<4QI", index, at + 2 + name_length)))
        at += 38 + name_length
    need(at == len(index), "bytes are left in INDEX after the last entry")
    last = {entry[0]: i for i, entry in enumerate(found)}
    for i, (name, offset, length, meta_offset, meta_size, flags) in enumerate(found):
        need(flags & EXTERNAL or data_start <= offset and offset + length <= data_end, f"{name!r} lies outside DATA")
        need(meta_start <= meta_offset and meta_offset + meta_size <= meta_end, f"META of {name!r} lies outside META")
        meta = json.loads(read(meta_offset, meta_size).decode() or "{}", parse_constant=lambda c: need(False, c))
        need(isinstance(meta, dict), f"META of {name!r} is not an object")
        if last[name] == i:
            yield name, meta, flags, offset, length


def chunks(file, offset, length):
    file.seek(offset)
    while length > 0:
        chunk = file.read(min(length, 1 << 20))
        need(chunk, "short read")
        length -= len(chunk)
        yield chunk


def show(file):
    for name, meta, flags, offset, length in entries(file):
        digest = hashlib.sha256()
        for chunk in [] if flags else chunks(file, offset, length):
            digest.update(chunk)
        sha256 = None if flags else digest.hexdigest()
        size = meta.get("size") if flags & (COMPRESSED | ENCRYPTED) else length
        print(json.dumps({"name": name, "size": size, "sha256": sha256, "meta": meta, "flags": flags}))


def compare(file, directory):
    compared = 0
    for name, meta, flags, offset, length in entries(file):
        if meta.get("type", "file") == "file":
            need(not flags, f"{name!r} has flags {flags}: its body cannot be compared")
            with open(os.path.join(directory, name), "rb") as other:
                same = all(other.read(len(chunk)) == chunk for chunk in chunks(file, offset, length))
                need(same and not other.read(1), f"{name!r} differs")
            compared += 1
    print(compared)


if __name__ == "__main__":
    try:
        arguments = sys.argv[1:]
        comparing = arguments[:1] == ["--compare"] and len(arguments) == 3
        need(comparing or len(arguments) == 1, "usage: v1_reader.py [--compare] CONTAINER [DIR]")
        with open(arguments[comparing], "rb") as container:
            compare(container, arguments[2]) if comparing else show(container)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        sys.exit(f"v1_reader: {error}")
