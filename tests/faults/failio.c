/* SPDX-License-Identifier: BSD-2-Clause */
/* LD_PRELOAD for tests: writes to the store, or its synchronisation, fail for as long as a control file says so.
 *
 * PBXCRED_FAULT names the control file. Its text is "write ERRNO", "sync ERRNO" or "short": writes fail, fsync and
 * fdatasync fail, or writes do half of their work. Only descriptors of a file called store.mdb are concerned.
 *
 * PBXCRED_KILL is "N before" or "N after": the process is killed before or after its Nth write, synchronisation or
 * renaming below a directory called state. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum fault { NO_FAULT, FAIL_WRITE, FAIL_SYNC, SHORT_WRITE };

static int is_store(int fd) {
  static const char name[] = "/store.mdb";
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < (ssize_t)sizeof name - 1) return 0;
  path[size] = '\0';
  return strcmp(path + size - (sizeof name - 1), name) == 0;
}

static int is_in_state(const char* path) {
  return strstr(path, "/state") != NULL;
}

/* Of a step of this process: whether it is the one to be killed at, and after it is done. */
enum kill { LIVE, KILL_BEFORE, KILL_AFTER };
static enum kill count_step(int concerned) {
  static atomic_int steps;
  const char* where = getenv("PBXCRED_KILL");
  if (where == NULL || !concerned) return LIVE;
  if (atomic_fetch_add(&steps, 1) + 1 != atoi(where)) return LIVE;
  return strstr(where, "after") != NULL ? KILL_AFTER : KILL_BEFORE;
}
static enum kill count_fd(int fd) {
  char link[64], path[4096];
  if (getenv("PBXCRED_KILL") == NULL) return LIVE;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return LIVE;
  path[size] = '\0';
  return count_step(is_in_state(path));
}
static void die_if(int now) {
  if (now) raise(SIGKILL);
}

/* What is to happen to fd now; *error: with which errno. */
static enum fault fault_of(int fd, int *error) {
  const char *control = getenv("PBXCRED_FAULT");
  if (control == NULL || !is_store(fd)) return NO_FAULT;
  const int saved = errno;
  const int file = open(control, O_RDONLY | O_CLOEXEC);
  char text[64] = "";
  const ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) close(file);
  errno = saved;
  if (size <= 0) return NO_FAULT;
  *error = strstr(text, "ENOSPC") != NULL ? ENOSPC : EIO;
  if (strncmp(text, "write", 5) == 0) return FAIL_WRITE;
  if (strncmp(text, "sync", 4) == 0) return FAIL_SYNC;
  return strncmp(text, "short", 5) == 0 ? SHORT_WRITE : NO_FAULT;
}

/* The C library's own function of that name, called with the arguments. */
#define REAL(name, ...) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(__VA_ARGS__)
/* The same as a step at which the process may be killed. */
#define STEP(type, moment, name, ...)           \
  do {                                          \
    const enum kill when_ = (moment);           \
    die_if(when_ == KILL_BEFORE);               \
    const type done_ = REAL(name, __VA_ARGS__); \
    die_if(when_ == KILL_AFTER);                \
    return done_;                               \
  } while (0)

ssize_t write(int fd, const void *data, size_t size) {
  int error = 0;
  const enum fault fault = fault_of(fd, &error);
  if (fault == FAIL_WRITE) return errno = error, -1;
  STEP(ssize_t, count_fd(fd), write, fd, data, fault == SHORT_WRITE ? size / 2 : size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  int error = 0;
  const enum fault fault = fault_of(fd, &error);
  if (fault == FAIL_WRITE) return errno = error, -1;
  STEP(ssize_t, count_fd(fd), pwrite, fd, data, fault == SHORT_WRITE ? size / 2 : size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) { return pwrite(fd, data, size, offset); }

static int shortened(int count, enum fault fault) { return fault == SHORT_WRITE && count > 1 ? count / 2 : count; }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  int error = 0;
  const enum fault fault = fault_of(fd, &error);
  if (fault == FAIL_WRITE) return errno = error, -1;
  STEP(ssize_t, count_fd(fd), writev, fd, parts, shortened(count, fault));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  int error = 0;
  const enum fault fault = fault_of(fd, &error);
  if (fault == FAIL_WRITE) return errno = error, -1;
  STEP(ssize_t, count_fd(fd), pwritev, fd, parts, shortened(count, fault), offset);
}

ssize_t pwritev64(int fd, const struct iovec* parts, int count, off_t offset) {
  return pwritev(fd, parts, count, offset);
}

int fdatasync(int fd) {
  int error = 0;
  if (fault_of(fd, &error) == FAIL_SYNC) return errno = error, -1;
  STEP(int, count_fd(fd), fdatasync, fd);
}

int fsync(int fd) {
  int error = 0;
  if (fault_of(fd, &error) == FAIL_SYNC) return errno = error, -1;
  STEP(int, count_fd(fd), fsync, fd);
}

int rename(const char* from, const char* to) {
  STEP(int, count_step(is_in_state(to)), rename, from, to);
}
