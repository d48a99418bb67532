#!/usr/bin/env python3
"""Outboard from Python with nothing but ctypes.   python3 notes.py FILE [LIBRARY]"""

import ctypes, itertools, json, sys


class Message(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(ctypes.c_char)), ("bytes", ctypes.c_size_t)]


class Database:
    def __init__(self, path, library="liboutboard.so.0"):
        self.c = ctypes.CDLL(library)
        self.engine, self.ids, self.arrived = ctypes.c_void_p(), itertools.count(3), []
        self.hand("open_config", json.dumps({"path": path}).encode(), ctypes.byref(self.engine))

    def take(self, name, *arguments):
        """The bytes of the message that a function gives, or its error."""
        message = ctypes.POINTER(Message)()
        status = getattr(self.c, "outboard_" + name)(*arguments, ctypes.byref(message))
        content = ctypes.string_at(message[0].data, message[0].bytes) if message else b""
        self.c.outboard_free(message)
        if status != 0:
            raise ValueError(content.decode() or f"outboard: status {status}")
        return content

    def hand(self, name, content, *more):
        return self.take(name, content, ctypes.c_size_t(len(content)), *more)

    def send(self, envelope):
        frames = self.hand("from_json", json.dumps(envelope).encode())
        self.c.outboard_send(self.engine, frames, ctypes.c_size_t(len(frames)))

    def ask(self, operation, **arguments):
        """The rows of one request; a large result comes in chunks, each for one credit."""
        id, rows = next(self.ids), []
        self.send([1, id, {}, operation, arguments])
        while True:
            self.arrived = self.arrived or json.loads(self.hand("to_json", self.take("next", self.engine, -1)))
            kind, _, _, body, *batches = self.arrived.pop(0)
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
db.c.outboard_close(db.engine)
