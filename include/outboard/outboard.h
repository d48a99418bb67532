// Outboard's C interface: an engine on a thread or in a process of its own, messages in, messages
// out.
//
//   outboard_engine* engine = outboard_open();
//   outboard_send(engine, bytes, size);               frames of docs/protocol.md
//   outboard_message* message;
//   while (outboard_next(engine, 1000, &message) == OUTBOARD_OK) {
//     …read message->data…
//     outboard_free(message);
//   }
//   outboard_close(engine);
//
// docs/guide-c.md walks through it, in C and from Python.
//
// Threads: every function may be called from any thread at any time. Only outboard_next() and
// outboard_close() wait.
//
// Lifetimes: an engine lives from outboard_open() to outboard_close(). Its handle is a number that
// is never given twice: a call with NULL, with a handle that was closed or with one that never was
// is answered with OUTBOARD_BAD_REQUEST. A message belongs to whoever received it until
// outboard_free(); it may outlive its engine.
//
// Nothing is thrown out of these functions, and no input ends the process.
#ifndef OUTBOARD_OUTBOARD_H
#define OUTBOARD_OUTBOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OUTBOARD_API __attribute__((visibility("default")))

// What a function returns. The numbers are those of the protocol's codes.
enum {
  OUTBOARD_OK = 0,
  OUTBOARD_BAD_REQUEST = 1,   // NULL where something is needed, or no such engine
  OUTBOARD_TIMEOUT = 6,       // nothing came in that time
  OUTBOARD_TOO_LARGE = 8,     // more than 128 MiB, or more than there is memory for
  OUTBOARD_UNAVAILABLE = 10,  // the system gave no descriptor
  OUTBOARD_WORKER_LOST = 11,  // the engine is gone: nothing more will come
  OUTBOARD_INTERNAL = 14      // a bug of Outboard
};

typedef struct outboard_engine outboard_engine;

// One or more whole frames, or a text; `data` is aligned to 8 bytes. Not to be changed.
typedef struct outboard_message {
  const uint8_t* data;
  size_t bytes;
} outboard_message;

// The version of the library, for people: "0.1.0". Not to be freed.
OUTBOARD_API const char* outboard_version(void);

// Starts an engine. It holds no database yet: a `hello` and an `open` frame come first. NULL if no
// thread could be started.
OUTBOARD_API outboard_engine* outboard_open(void);

// Starts an engine and opens its database, as a config in JSON tells: {"path": "notes.db"}, and
// what else docs/config.md lists. With "host": "process" it runs in a process of its own, which
// leaves this one alone should it crash, and is not replaced. Waits for that, its open_timeout_ms
// at most. *answer holds what the engine answered to `hello` and `open`, under the ids 1 and 2, as
// JSON; with any other answer than OUTBOARD_OK, *engine is NULL and *answer a sentence for each
// thing that is wrong.
OUTBOARD_API int outboard_open_config(const char* json, size_t bytes, outboard_engine** engine,
                                      outboard_message** answer);

// Hands the engine a message of whole frames and returns at once; the bytes are copied. What is
// wrong with a frame comes back as an error frame. A `cancel` frame stops a running statement.
OUTBOARD_API int outboard_send(outboard_engine* engine, const void* message, size_t bytes);

// The next message of the engine, oldest first, in *message; NULL there with any other answer than
// OUTBOARD_OK. Waits for it that long: 0 not at all, a negative number for ever. If several threads
// wait, each message goes to one of them. An engine that failed says so in a last error frame with
// the id 0; from then on, and once it is closed, the answer is OUTBOARD_WORKER_LOST.
OUTBOARD_API int outboard_next(outboard_engine* engine, int timeout_ms, outboard_message** message);

// Frees a message. NULL is fine. A pointer that is no message, or was freed, is not.
OUTBOARD_API void outboard_free(outboard_message* message);

// A descriptor for poll(), select() and event loops: readable while outboard_next() has something,
// now and then without. It is the engine's: not to be read, written or closed, and gone with
// outboard_close(). Negative: the answer with its sign turned, -OUTBOARD_BAD_REQUEST for one.
OUTBOARD_API int outboard_wake_fd(outboard_engine* engine);

// Has `call` called whenever outboard_next() may have something: once at once on this thread, then
// on the engine's, which waits for it. So it must be quick, must not throw, and must not wait in
// outboard_next(); inside it, outboard_close() and this are OUTBOARD_BAD_REQUEST. NULL ends it:
// when this has returned, the one before is not running and is not called again.
OUTBOARD_API int outboard_on_ready(outboard_engine* engine, void (*call)(void* context),
                                   void* context);

// Ends the engine: takes back what it is at work on, closes its file, and waits for that, 10
// seconds at most. What was acknowledged is there at the next opening. Threads that wait in
// outboard_next() return. NULL, or a second time, is OUTBOARD_BAD_REQUEST and does nothing.
OUTBOARD_API int outboard_close(outboard_engine* engine);

// The protocol as JSON, for whoever has no CBOR at hand. An envelope looks as it does in
// docs/protocol.md: [1, 7, {}, "exec", {"sql": "select ?", "params": [42]}]. Bytes are written
// {"hex": "00ff"}, infinite reals {"real": "inf"} and {"real": "-inf"}; the `sets` of a `many` are
// an array of arrays. Both give a message to be freed: the result, or with OUTBOARD_BAD_REQUEST a
// sentence that says what is wrong. Neither needs an engine.

// JSON text (an envelope, or an array of envelopes) into frames to be sent.
OUTBOARD_API int outboard_from_json(const char* json, size_t bytes, outboard_message** frames);

// Frames into JSON text with a zero byte behind it: an array of envelopes. Rows follow as an
// envelope's fifth item: an array of batches, each an array of rows, each an array of values.
OUTBOARD_API int outboard_to_json(const void* frames, size_t bytes, outboard_message** json);

#ifdef __cplusplus
}
#endif

#endif
