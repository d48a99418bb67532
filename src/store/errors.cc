#include "store/errors.h"

namespace outboard {

namespace {

struct Meaning {
  Code code;
  const char* hint;
};

Meaning meaning_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return {Code::constraint,
              code == SQLITE_CONSTRAINT_FOREIGNKEY
                  ? "insert the referenced row first, or delete the referencing ones"
                  : ""};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Code::busy, "try again"};
    case SQLITE_FULL:
      return {Code::unavailable,
              "free some space; the statement was undone, and nothing that was committed is lost"};
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL:
      return {Code::unavailable, "the storage failed; try again, nothing was lost"};
    case SQLITE_CANTOPEN: return {Code::unavailable, "check the path and its permissions"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {Code::corrupt, "restore the file from a copy"};
    case SQLITE_TOOBIG: return {Code::too_large, "one text or blob may have up to 64 MiB"};
    case SQLITE_NOMEM: return {Code::too_large, "there is not enough memory for this"};
    case SQLITE_INTERRUPT: return {Code::cancelled, ""};
    case SQLITE_AUTH: return {Code::denied, ""};
    case SQLITE_READONLY: return {Code::denied, "check the permissions of the file and its folder"};
    case SQLITE_MISUSE:
    case SQLITE_INTERNAL: return {Code::internal, "please report this"};
    default: return {Code::bad_request, ""};
  }
}

// Functions that the schema or a statement calls come from the application, mostly.
const char* function_hint(std::string_view message) {
  if (message.starts_with("no such function: ")) return "check its name, or add it in the set-up";
  if (message.starts_with("unknown function: "))
    return "the schema calls it: open the database with the set-up that adds it";
  if (message.starts_with("unsafe use of "))
    return "a function of the set-up has to be added for use in the schema";
  return "";
}

}  // namespace

Error sqlite_error(sqlite3* db, int code) {
  auto meaning = meaning_of(code);
  bool has_message = db && (sqlite3_errcode(db) & 0xff) == (code & 0xff);
  Error error{meaning.code, has_message ? sqlite3_errmsg(db) : sqlite3_errstr(code), meaning.hint};
  if ((code & 0xff) == SQLITE_FULL)
    error.message = "the disk is full, or the quota of the storage is used up";
  if (error.code == Code::bad_request) error.hint = function_hint(error.message);
  int offset = has_message ? sqlite3_error_offset(db) : -1;
  if (error.code == Code::bad_request && error.hint.empty() && offset >= 0)
    error.hint = "look at character " + std::to_string(offset + 1) + " of the statement";
  return error;
}

}  // namespace outboard
