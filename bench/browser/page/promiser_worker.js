// What the package's own sqlite3-worker1.mjs does, after installing the VFS that it leaves out.
import sqlite3InitModule from '/sqlite/index.mjs'

const sqlite3 = await sqlite3InitModule()
await sqlite3.installOpfsSAHPoolVfs({})
sqlite3.initWorker1API()
