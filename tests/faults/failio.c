/* SPDX-License-Identifier: BSD-2-Clause */
/* LD_PRELOAD for tests: writes to the store, or its synchronisation, fail for as long as a control file says so.
 *
 * PBXCRED_FAULT names the control file. Its text is "write ERRNO", "sync ERRNO" or "short": writes fail, fsync and
 * fdatasync fail, or writes do half of their work. Only descriptors of a file called store.mdb are concerned. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
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

ssize_t write(int fd, const void *data, size_t size) {
  int error = 0;
  const enum fault fault = fault_of(fd, &error);
  if (fault == FAIL_WRITE) return errno = error, -1;
  return REAL(write, fd, data, fault == SHORT_WRITE ? size / 2 : size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  int error = 0;
  const enum fault fault = fault_of(fd, &error);
  if (fault == FAIL_WRITE) return errno = error, -1;
  return REAL(pwrite, fd, data, fault == SHORT_WRITE ? size / 2 : size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) { return pwrite(fd, data, size, offset); }

static int shortened(int count, enum fault fault) { return fault == SHORT_WRITE && count > 1 ? count / 2 : count; }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  int error = 0;
  const enum fault fault = fault_of(fd, &error);
  if (fault == FAIL_WRITE) return errno = error, -1;
  return REAL(writev, fd, parts, shortened(count, fault));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  int error = 0;
  const enum fault fault = fault_of(fd, &error);
  if (fault == FAIL_WRITE) return errno = error, -1;
  return REAL(pwritev, fd, parts, shortened(count, fault), offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) { return pwritev(fd, parts, count, offset); }

int fdatasync(int fd) {
  int error = 0;
  if (fault_of(fd, &error) == FAIL_SYNC) return errno = error, -1;
  return REAL(fdatasync, fd);
}

int fsync(int fd) {
  int error = 0;
  if (fault_of(fd, &error) == FAIL_SYNC) return errno = error, -1;
  return REAL(fsync, fd);
}
