/* Writes down what a process does to the files of one folder, so that `disk_image.py` can make what a
 * disk may hold after the power went off. Loaded by LD_PRELOAD.
 *
 *   CARILLON_CUT_DIR   the folder; files elsewhere are left alone
 *   CARILLON_CUT_LOG   where the record goes; appended
 *
 * The log is a row of records: a head of 32 bytes (little endian: u32 kind, u32 length of the path, u64
 * offset or size, u64 length of the data, u64 zero), the path, the data. A write is logged before it is
 * done, a sync after it was done: what the log calls synced is. Files of shared memory (`-shm`) are
 * rebuilt by SQLite and left out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kWrite = 1, kTruncate = 2, kSync = 3, kUnlink = 4, kRename = 5 };

#define MAX_FILES 4096
static char* paths[MAX_FILES]; /* by descriptor; null: not one of ours */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;

#define REAL(name, type)                                       \
  static __typeof__(type) real;                                \
  if (real == NULL) real = (__typeof__(type))dlsym(RTLD_NEXT, name)

static int is_ours(const char* path) {
  const char* folder = getenv("CARILLON_CUT_DIR");
  if (folder == NULL || path == NULL) return 0;
  const size_t length = strlen(folder);
  if (strncmp(path, folder, length) != 0 || path[length] != '/') return 0;
  const size_t whole = strlen(path);
  return whole < 4 || strcmp(path + whole - 4, "-shm") != 0;
}

/* Holding `mutex`, so that the order of the log is that of the file. */
static void record(uint32_t kind, const char* path, uint64_t offset, const void* data, uint64_t size) {
  if (log_fd < 0) {
    const char* name = getenv("CARILLON_CUT_LOG");
    if (name == NULL) return;
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) abort();
  }
  unsigned char head[32] = {0};
  const uint32_t path_size = (uint32_t)strlen(path);
  memcpy(head, &kind, 4);
  memcpy(head + 4, &path_size, 4);
  memcpy(head + 8, &offset, 8);
  memcpy(head + 16, &size, 8);
  const struct iovec parts[3] = {{head, sizeof head}, {(void*)path, path_size}, {(void*)data, size}};
  const ssize_t all = (ssize_t)(sizeof head + path_size + size);
  if (syscall(SYS_writev, log_fd, parts, 3) != all) abort();
}

static const char* path_of(int fd) { return fd >= 0 && fd < MAX_FILES ? paths[fd] : NULL; }

static void opened(int fd, const char* path, int flags) {
  if (fd < 0 || fd >= MAX_FILES || !is_ours(path) || (flags & O_DIRECTORY) != 0) return;
  pthread_mutex_lock(&mutex);
  free(paths[fd]);
  paths[fd] = strdup(path);
  if ((flags & O_TRUNC) != 0) record(kTruncate, path, 0, NULL, 0);
  pthread_mutex_unlock(&mutex);
}

#define OPEN(name)                                             \
  int name(const char* path, int flags, ...) {                 \
    REAL(#name, int (*)(const char*, int, ...));               \
    va_list list;                                              \
    va_start(list, flags);                                     \
    const int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, int) : 0; \
    va_end(list);                                              \
    const int fd = real(path, flags, mode);                    \
    opened(fd, path, flags);                                   \
    return fd;                                                 \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  REAL("close", int (*)(int));
  pthread_mutex_lock(&mutex);
  if (path_of(fd) != NULL) {
    free(paths[fd]);
    paths[fd] = NULL;
  }
  pthread_mutex_unlock(&mutex);
  return real(fd);
}

#define PWRITE(name, offset_type)                                          \
  ssize_t name(int fd, const void* data, size_t size, offset_type offset) { \
    REAL(#name, ssize_t (*)(int, const void*, size_t, offset_type));       \
    if (path_of(fd) == NULL) return real(fd, data, size, offset);          \
    pthread_mutex_lock(&mutex);                                            \
    record(kWrite, path_of(fd), (uint64_t)offset, data, size);             \
    const ssize_t written = real(fd, data, size, offset);                  \
    if (written != (ssize_t)size) abort(); /* the campaign's disk has room */ \
    pthread_mutex_unlock(&mutex);                                          \
    return written;                                                        \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void* data, size_t size) {
  REAL("write", ssize_t (*)(int, const void*, size_t));
  if (path_of(fd) == NULL) return real(fd, data, size);
  pthread_mutex_lock(&mutex);
  const off_t at = (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
  record(kWrite, path_of(fd), (uint64_t)at, data, size);
  const ssize_t written = real(fd, data, size);
  if (written != (ssize_t)size) abort();
  pthread_mutex_unlock(&mutex);
  return written;
}

#define TRUNCATE(name, size_type)                            \
  int name(int fd, size_type size) {                         \
    REAL(#name, int (*)(int, size_type));                    \
    if (path_of(fd) == NULL) return real(fd, size);          \
    pthread_mutex_lock(&mutex);                              \
    record(kTruncate, path_of(fd), (uint64_t)size, NULL, 0); \
    const int result = real(fd, size);                       \
    pthread_mutex_unlock(&mutex);                            \
    return result;                                           \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

/* What was written before it began is safe once it is over. A write that slips in between is called
 * safe too: SQLite does not write to a file while it syncs it. */
#define SYNC(name)                                                 \
  int name(int fd) {                                               \
    REAL(#name, int (*)(int));                                     \
    const int result = real(fd);                                   \
    if (result != 0) return result;                                \
    pthread_mutex_lock(&mutex);                                    \
    if (path_of(fd) != NULL) record(kSync, path_of(fd), 0, NULL, 0); \
    pthread_mutex_unlock(&mutex);                                  \
    return result;                                                 \
  }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char* path) {
  REAL("unlink", int (*)(const char*));
  pthread_mutex_lock(&mutex);
  if (is_ours(path)) record(kUnlink, path, 0, NULL, 0);
  pthread_mutex_unlock(&mutex);
  return real(path);
}

int rename(const char* from, const char* to) {
  REAL("rename", int (*)(const char*, const char*));
  pthread_mutex_lock(&mutex);
  if (is_ours(from)) record(kRename, from, 0, to, strlen(to));
  pthread_mutex_unlock(&mutex);
  return real(from, to);
}
