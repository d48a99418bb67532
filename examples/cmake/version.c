/* The C interface, out of the shared library. */
#include <outboard/outboard.h>

#include <stdio.h>

int main(void) {
  outboard_engine* engine = outboard_open();
  if (!engine) return 1;
  printf("outboard %s\n", outboard_version());
  return outboard_close(engine) == OUTBOARD_OK ? 0 : 1;
}
