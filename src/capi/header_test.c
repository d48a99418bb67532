/* That outboard.h is C99, and that C can use it: compiled with -std=c99 -pedantic -Werror. */

#include <outboard/outboard.h>

#include <string.h>

static int ask(outboard_engine* engine, const char* json, char* answer, size_t room) {
  outboard_message* message = NULL;
  outboard_message* text = NULL;
  int status = outboard_from_json(json, strlen(json), &message);
  if (status == OUTBOARD_OK) status = outboard_send(engine, message->data, message->bytes);
  outboard_free(message);
  if (status == OUTBOARD_OK) status = outboard_next(engine, -1, &message);
  if (status != OUTBOARD_OK) return status;
  status = outboard_to_json(message->data, message->bytes, &text);
  outboard_free(message);
  answer[0] = '\0';
  strncat(answer, (const char*)text->data, room - 1);
  outboard_free(text);
  return status;
}

/* Called by exports_test.cc. Leaves the answer to a SELECT. */
int outboard_c_program(char* answer, size_t room) {
  outboard_engine* engine = outboard_open();
  int status = ask(engine, "[0, 1, {}, {\"protocol\": [1, 1]}]", answer, room);
  if (status == OUTBOARD_OK)
    status = ask(engine, "[1, 2, {}, \"open\", {\"storage\": \"memory\"}]", answer, room);
  if (status == OUTBOARD_OK)
    status = ask(engine, "[1, 3, {}, \"exec\", {\"sql\": \"select 7 as seven\"}]", answer, room);
  outboard_close(engine);
  return status;
}
