"""What a disk may hold after the power went off, from the record that power_cut.c made."""

import pathlib
import struct

WRITE, TRUNCATE, SYNC, UNLINK, RENAME = range(1, 6)
HEAD = struct.Struct("<IIQQQ")
SECTOR = 512


def records(log):
    """(kind, path, offset, data) of each whole record; the last may be cut off by the kill."""
    data = pathlib.Path(log).read_bytes()
    at = 0
    while at + HEAD.size <= len(data):
        kind, path_size, offset, size, _ = HEAD.unpack_from(data, at)
        at += HEAD.size
        if at + path_size + size > len(data):
            return
        path = data[at:at + path_size].decode()
        at += path_size
        yield kind, path, offset, data[at:at + size]
        at += size


class File:
    """What is safe, and what was done since the last sync."""

    def __init__(self, content=b""):
        self.safe = bytearray(content)
        self.pending = []

    def sync(self):
        for step in self.pending:
            apply(self.safe, step)
        self.pending.clear()


def apply(content, step):
    offset, data = step
    if data is None:  # a truncation
        if offset < len(content):
            del content[offset:]
        else:
            content.extend(bytes(offset - len(content)))
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset:offset + len(data)] = data


def survive(file, dice):
    """Some of what was not synced survives: a prefix, or any part, sector by sector."""
    content = bytearray(file.safe)
    style = dice.choice(["none", "all", "prefix", "scattered"])
    keep = dice.randrange(len(file.pending) + 1)
    for number, (offset, data) in enumerate(file.pending):
        if style == "none" or (style == "prefix" and number > keep):
            break
        if data is None or style == "all" or (style == "prefix" and number < keep):
            apply(content, (offset, data))
            continue
        # The write under way, or each one where they are scattered: in sectors.
        start = 0
        while start < len(data):
            end = min(len(data), (offset + start) // SECTOR * SECTOR + SECTOR - offset)
            if dice.random() < 0.5:
                apply(content, (offset + start, data[start:end]))
            start = end
    return content


def cut_power(folder, before, log, dice):
    """Makes the folder what its disk may hold; `before`: {path: content} when the log began. Returns
    the number of writes that were not synced."""
    files = {path: File(content) for path, content in before.items()}
    for kind, path, offset, data in records(log):
        if pathlib.Path(path).is_dir():  # its names are safe as soon as they are there
            continue
        file = files.setdefault(path, File())
        if kind == WRITE:
            file.pending.append((offset, data))
        elif kind == TRUNCATE:
            file.pending.append((offset, None))
        elif kind == SYNC:
            file.sync()
        elif kind == UNLINK:
            del files[path]
        else:
            files[data.decode()] = files.pop(path)
    unsynced = sum(len(file.pending) for file in files.values())
    for path in files_in(folder):
        path.unlink()
    for path, file in files.items():  # folders stay
        pathlib.Path(path).write_bytes(survive(file, dice))
    return unsynced


def files_in(folder):
    return [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]


def contents(folder):
    return {str(path): path.read_bytes() for path in files_in(folder)
            if not path.name.endswith("-shm")}
