/* Holds a process up where a slow disk would: opening a database waits while the file that
 * CARILLON_HOLD_OPEN names exists. Loaded by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

int sqlite3_open_v2(const char* name, void** database, int flags, const char* vfs) {
  static int (*real)(const char*, void**, int, const char*);
  if (real == NULL) {
    real = (int (*)(const char*, void**, int, const char*))dlsym(RTLD_NEXT, "sqlite3_open_v2");
  }
  const char* hold = getenv("CARILLON_HOLD_OPEN");
  while (hold != NULL && access(hold, F_OK) == 0) usleep(10000);
  return real(name, database, flags, vfs);
}
