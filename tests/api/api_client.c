/* SPDX-License-Identifier: BSD-2-Clause */
/* A user of libpbxcred for tests/e2e/test_c_api.py, which builds it against the installed files.
 *
 *   api_client threads RUN_DIR N COUNT KIND USER   each thread asks COUNT times on its own handle, right and wrong by
 *                                                  turns (line 1 of standard input: the right secret)
 *   api_client memory RUN_DIR KIND USER            verifies line 1, changes it to line 2, then looks for both in its
 *                                                  own memory
 *   api_client set RUN_DIR KIND USER               sets line 1 as root, and line 2 as the mailbox's PIN
 *   api_client rules RUN_DIR KIND USER             what a change would change, and by which rules
 *   api_client fork RUN_DIR KIND USER              verifies line 1 in parent and child on one handle
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pbxcred/pbxcred.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kMaxThreads = 64, kResults = PBXCRED_INTERNAL + 1, kMask = 0x5A };

static const char *run_dir, *user;
static int kind, rounds;
static char line1[1024], line2[1024];

static pbxcred_handle *connected_to_run_dir(void) {
  pbxcred_handle *handle = pbxcred_handle_new();
  if (pbxcred_handle_set_run_dir(handle, run_dir) != PBXCRED_OK) exit(2);
  if (pbxcred_handle_set_deadline(handle, 60000) != PBXCRED_OK) exit(2);
  return handle;
}

static pbxcred_result verify(pbxcred_handle *handle, const char *secret) {
  return pbxcred_secret_verify(handle, kind, user, secret, strlen(secret));
}

/* ---- threads */

struct worker {
  pthread_t thread;
  int counts[kResults];
  int strange; /* replies that are not those of this thread's question */
};

static void *work(void *data) {
  struct worker *worker = data;
  pbxcred_handle *handle = connected_to_run_dir();
  for (int i = 0; i < rounds; ++i) {
    const int right = i % 2 == 0;
    const pbxcred_result result = verify(handle, right ? line1 : "the same typo");
    ++worker->counts[result];
    if ((result == PBXCRED_OK) != (right && strcmp(pbxcred_reply_account(handle), user) == 0)) ++worker->strange;
    if (pbxcred_reply_result(handle) != result) ++worker->strange;
  }
  pbxcred_handle_free(handle);
  return NULL;
}

static int run_threads(int count) {
  static struct worker workers[kMaxThreads];
  int totals[kResults] = {0}, strange = 0;
  pthread_attr_t small; /* what the manual says is enough */
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  for (int i = 0; i < count; ++i)
    if (pthread_create(&workers[i].thread, &small, work, &workers[i]) != 0) return 2;
  for (int i = 0; i < count; ++i) {
    pthread_join(workers[i].thread, NULL);
    for (int result = 0; result < kResults; ++result) totals[result] += workers[i].counts[result];
    strange += workers[i].strange;
  }
  for (int result = 0; result < kResults; ++result)
    if (totals[result] > 0) printf("%s: %d\n", pbxcred_result_text(result), totals[result]);
  printf("strange: %d\n", strange);
  return 0;
}

/* ---- memory */

/* Masked, so that what is looked for is not found in itself. */
struct needle {
  unsigned char bytes[1024];
  size_t size;
};

static void mask(struct needle *needle, const char *text) {
  needle->size = strlen(text);
  for (size_t i = 0; i < needle->size; ++i) needle->bytes[i] = (unsigned char)text[i] ^ kMask;
}

static int occurs_at(const volatile unsigned char *at, const struct needle *needle) {
  for (size_t i = 0; i < needle->size; ++i)
    if ((at[i] ^ kMask) != needle->bytes[i]) return 0;
  return 1;
}

/* How often it occurs in what this process can write. */
static int occurrences(const struct needle *needle) {
  char line[512];
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "re");
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    uintptr_t from, to;
    char rights[8];
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &from, &to, rights) != 3) continue;
    if (strncmp(rights, "rw", 2) != 0 || strstr(line, "[v") != NULL) continue;
    for (uintptr_t at = from; at + needle->size <= to; ++at)
      found += occurs_at((const volatile unsigned char *)at, needle);
  }
  if (maps != NULL) fclose(maps);
  return found;
}

static int run_memory(void) {
  static struct needle old, wanted;
  mask(&old, line1);
  mask(&wanted, line2);
  pbxcred_handle *handle = connected_to_run_dir();
  const pbxcred_new_secret one = {kind, line2, strlen(line2)};
  printf("verify: %s\n", pbxcred_result_text(verify(handle, line1)));
  printf("change: %s\n",
         pbxcred_result_text(pbxcred_secret_change(handle, kind, user, line1, strlen(line1), &one, 1)));
  /* The caller's own copies show that the search finds something. */
  printf("before: %d %d\n", occurrences(&old) > 0, occurrences(&wanted) > 0);
  explicit_bzero(line1, sizeof line1);
  explicit_bzero(line2, sizeof line2);
  printf("after: %d %d\n", occurrences(&old), occurrences(&wanted));
  pbxcred_handle_free(handle);
  return 0;
}

/* ---- the rest */

static int run_set(void) {
  pbxcred_handle *handle = connected_to_run_dir();
  const pbxcred_new_secret both[] = {{kind, line1, strlen(line1)},
                                     {PBXCRED_KIND_VOICEMAIL, line2, strlen(line2)}};
  printf("set: %s\n", pbxcred_result_text(pbxcred_secret_set(handle, kind, user, both, line2[0] == '\0' ? 1 : 2)));
  pbxcred_handle_free(handle);
  return 0;
}

static int run_rules(void) {
  pbxcred_handle *handle = connected_to_run_dir();
  printf("rules: %s\n", pbxcred_result_text(pbxcred_secret_rules(handle, kind, user)));
  for (int one = PBXCRED_KIND_PASSWORD; one <= PBXCRED_KIND_ADMIN; ++one)
    if (pbxcred_reply_changes(handle, one)) printf("changes: %s\n", pbxcred_kind_name(one));
  for (size_t i = 0; i < pbxcred_reply_text_count(handle); ++i) printf("text: %s\n", pbxcred_reply_text(handle, i));
  pbxcred_handle_free(handle);
  return 0;
}

static int run_fork(void) {
  pbxcred_handle *handle = connected_to_run_dir();
  fflush(stdout);
  const pid_t child = fork();
  const pbxcred_result result = verify(handle, line1);
  printf("%s: %s\n", child == 0 ? "child" : "parent", pbxcred_result_text(result));
  pbxcred_handle_free(handle);
  fflush(stdout);
  if (child == 0) _exit(0);
  waitpid(child, NULL, 0);
  return 0;
}

/* Byte by byte: stdio would keep a copy. */
static void read_line(char *line, size_t room) {
  size_t size = 0;
  while (size + 1 < room && read(STDIN_FILENO, line + size, 1) == 1 && line[size] != '\n') ++size;
  line[size] = '\0';
}

int main(int argc, char **argv) {
  const int threads = argc == 7 && strcmp(argv[1], "threads") == 0;
  if (!threads && argc != 5) return 2;
  run_dir = argv[2];
  kind = pbxcred_kind_from_name(argv[argc - 2]);
  user = argv[argc - 1];
  read_line(line1, sizeof line1);
  read_line(line2, sizeof line2);
  if (threads) {
    const int count = atoi(argv[3]);
    rounds = atoi(argv[4]);
    return count > kMaxThreads ? 2 : run_threads(count);
  }
  if (strcmp(argv[1], "memory") == 0) return run_memory();
  if (strcmp(argv[1], "set") == 0) return run_set();
  if (strcmp(argv[1], "rules") == 0) return run_rules();
  if (strcmp(argv[1], "fork") == 0) return run_fork();
  return 2;
}
