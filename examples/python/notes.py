#!/usr/bin/env python3
"""Outboard from Python with nothing but ctypes.   python3 notes.py FILE [LIBRARY]"""

import ctypes
import itertools
import json
import sys


class Message(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(ctypes.c_char)), ("bytes", ctypes.c_size_t)]


class Database:
    def __init__(self, path, library="liboutboard.so.0"):
        self.c = ctypes.CDLL(library)
        self.c.outboard_open.restype = ctypes.c_void_p
        self.c.outboard_free.argtypes = [ctypes.POINTER(Message)]
        self.engine = ctypes.c_void_p(self.c.outboard_open())
        self.ids = itertools.count(2)
        self.arrived = []
        self.send([0, 1, {}, {"protocol": [1, 1]}])
        self.receive()
        self.ask("open", path=path)

    def close(self):
        self.c.outboard_close(self.engine)

    def take(self, status, message):
        """The bytes of a message, or the sentence of an error."""
        if not message:
            raise RuntimeError(f"outboard: status {status}")
        content = ctypes.string_at(message.contents.data, message.contents.bytes)
        self.c.outboard_free(message)
        if status != 0:
            raise ValueError(content.decode())
        return content

    def convert(self, function, content):
        message = ctypes.POINTER(Message)()
        status = function(content, ctypes.c_size_t(len(content)), ctypes.byref(message))
        return self.take(status, message)

    def send(self, envelope):
        frames = self.convert(self.c.outboard_from_json, json.dumps(envelope).encode())
        self.c.outboard_send(self.engine, frames, ctypes.c_size_t(len(frames)))

    def receive(self):
        if not self.arrived:
            message = ctypes.POINTER(Message)()
            status = self.c.outboard_next(self.engine, -1, ctypes.byref(message))
            frames = self.take(status, message)
            self.arrived = json.loads(self.convert(self.c.outboard_to_json, frames))
        return self.arrived.pop(0)

    def ask(self, operation, **arguments):
        """The rows of one request; a large result comes in chunks, each for one credit."""
        id, rows = next(self.ids), []
        self.send([1, id, {}, operation, arguments])
        while True:
            kind, _, _, body, *batches = self.receive()
            if kind == 3:
                raise RuntimeError(f"{body['code']}: {body['message']}")
            rows += [row for batch in itertools.chain(*batches) for row in batch]
            if not body.get("more"):
                return rows
            self.send([5, id, {}, 1])


db = Database(*sys.argv[1:3])
db.ask("exec", sql="create table if not exists note(id blob primary key, title text)")
db.ask("many", sql="insert into note values (uuid7(), ?)", sets=[["Sea"], ["Shore"], ["Sand"]])
for title, size in db.ask("exec", sql="select title, length(id) from note order by title"):
    print(title, size)
count = "with recursive i(v) as (select 1 union all select v + 1 from i where v < ?) select v from i"
print(len(db.ask("exec", sql=count, params=[300000])), "rows")
try:
    db.ask("exec", sql="select * from nowhere")
except RuntimeError as error:
    print(error)
db.close()
