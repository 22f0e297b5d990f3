/* Holds a process up where a slow disk would: opening a database waits while the file that
 * CARILLON_HOLD_OPEN names exists, and each sync while the one of CARILLON_HOLD_SYNC does, unless
 * it finds that name with ".pass" added, which it removes; ".held" is there while one waits. Loaded
 * by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
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

static void hold_sync(void) {
  const char* hold = getenv("CARILLON_HOLD_SYNC");
  if (hold == NULL || access(hold, F_OK) != 0) return;
  char pass[4096], held[4096];
  snprintf(pass, sizeof pass, "%s.pass", hold);
  snprintf(held, sizeof held, "%s.held", hold);
  fclose(fopen(held, "w"));
  while (access(hold, F_OK) == 0 && access(pass, F_OK) != 0) usleep(10000);
  unlink(held);
  unlink(pass);
}

int fsync(int file) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  hold_sync();
  return real(file);
}

int fdatasync(int file) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  hold_sync();
  return real(file);
}
