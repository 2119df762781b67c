/* SPDX-License-Identifier: BSD-2-Clause */
/* A PAM program for tests and the demo: runs operations on one handle and says what came of each.
 *
 *   pam_client [OPTION...] CONFDIR SERVICE USER OPERATION...
 *
 * OPERATION: auth acct chauthtok setcred open close. USER "" leaves PAM_USER unset. Hidden prompts are answered with
 * the next line of standard input (none left: the conversation fails), visible ones with USER. Standard output:
 *   PROMPT text · INFO text · ERROR text      what the conversation was given
 *   auth: PAM_SUCCESS(0)                      each operation's result
 *   env: NAME=VALUE                           the PAM environment, after each auth, acct and chauthtok
 * Exit status: 0 if the last operation succeeded, 1 if not, 2 for wrong usage or no handle.
 *
 * With --threads, N threads do M times auth each, on handles of their own, all answering with the first line; then one
 * line `PAM_SUCCESS(0): count` per result. Exit status 0 if all succeeded. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

enum { MAX_ANSWERS = 64, MAX_LINE = 4096, RESULTS = 32 };

static const char* const result_names[RESULTS] = {"PAM_SUCCESS",
                                                  "PAM_OPEN_ERR",
                                                  "PAM_SYMBOL_ERR",
                                                  "PAM_SERVICE_ERR",
                                                  "PAM_SYSTEM_ERR",
                                                  "PAM_BUF_ERR",
                                                  "PAM_PERM_DENIED",
                                                  "PAM_AUTH_ERR",
                                                  "PAM_CRED_INSUFFICIENT",
                                                  "PAM_AUTHINFO_UNAVAIL",
                                                  "PAM_USER_UNKNOWN",
                                                  "PAM_MAXTRIES",
                                                  "PAM_NEW_AUTHTOK_REQD",
                                                  "PAM_ACCT_EXPIRED",
                                                  "PAM_SESSION_ERR",
                                                  "PAM_CRED_UNAVAIL",
                                                  "PAM_CRED_EXPIRED",
                                                  "PAM_CRED_ERR",
                                                  "PAM_NO_MODULE_DATA",
                                                  "PAM_CONV_ERR",
                                                  "PAM_AUTHTOK_ERR",
                                                  "PAM_AUTHTOK_RECOVERY_ERR",
                                                  "PAM_AUTHTOK_LOCK_BUSY",
                                                  "PAM_AUTHTOK_DISABLE_AGING",
                                                  "PAM_TRY_AGAIN",
                                                  "PAM_IGNORE",
                                                  "PAM_ABORT",
                                                  "PAM_AUTHTOK_EXPIRED",
                                                  "PAM_MODULE_UNKNOWN",
                                                  "PAM_BAD_ITEM",
                                                  "PAM_CONV_AGAIN",
                                                  "PAM_INCOMPLETE"};

/* What was asked for on the command line. */
static struct {
  const char *confdir, *service, *user;
  const char *rhost, *ruser, *tty, *out;
  char** operations;
  int operation_count;
  int silent, expired, close_012, exhaust;
  int threads, count, rounds, fds;
} opt = {.rounds = 1, .count = 1};

static char* answers[MAX_ANSWERS];
static int answer_count;
static FILE* out;

/* Whose turn it is among the answers; quiet when many threads talk at once. */
struct talk {
  int next;
  int quiet;
};

static void die(const char* what) {
  if (out != NULL) fprintf(out, "pam_client: %s: %s\n", what, strerror(errno));
  exit(2);
}

static const char* result_name(int result) {
  return result >= 0 && result < RESULTS ? result_names[result] : "?";
}

/* One message of the conversation; 0, or a PAM error. */
static int converse_one(const struct pam_message* message, struct pam_response* reply, struct talk* talk) {
  static const char* const words[] = {"", "PROMPT", "PROMPT", "ERROR", "INFO"};
  const int style = message->msg_style;
  if (style < PAM_PROMPT_ECHO_OFF || style > PAM_TEXT_INFO) return PAM_CONV_ERR;
  if (!talk->quiet) fprintf(out, "%s %s\n", words[style], message->msg);
  if (style == PAM_ERROR_MSG || style == PAM_TEXT_INFO) return PAM_SUCCESS;
  const char* answer = opt.user;
  if (style == PAM_PROMPT_ECHO_OFF) {
    if (talk->next >= answer_count) return PAM_CONV_ERR;
    answer = answers[talk->next++];
  }
  reply->resp = strdup(answer);
  return reply->resp == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

static int converse(int count, const struct pam_message** messages, struct pam_response** replies, void* data) {
  struct pam_response* all = calloc((size_t)count, sizeof *all);
  if (all == NULL) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    const int result = converse_one(messages[i], &all[i], data);
    if (result == PAM_SUCCESS) continue;
    for (int j = 0; j < i; ++j) free(all[j].resp);
    free(all);
    return result;
  }
  *replies = all;
  return PAM_SUCCESS;
}

static pam_handle_t* start(struct pam_conv* conv) {
  pam_handle_t* handle = NULL;
  const char* user = opt.user[0] == '\0' ? NULL : opt.user;
  if (pam_start_confdir(opt.service, user, conv, opt.confdir, &handle) != PAM_SUCCESS) return NULL;
  if (opt.rhost != NULL) pam_set_item(handle, PAM_RHOST, opt.rhost);
  if (opt.ruser != NULL) pam_set_item(handle, PAM_RUSER, opt.ruser);
  if (opt.tty != NULL) pam_set_item(handle, PAM_TTY, opt.tty);
  return handle;
}

static void print_environment(pam_handle_t* handle) {
  char** list = pam_getenvlist(handle);
  for (char** entry = list; entry != NULL && *entry != NULL; ++entry) {
    fprintf(out, "env: %s\n", *entry);
    free(*entry);
  }
  free(list);
}

static int run_operation(pam_handle_t* handle, const char* name) {
  const int silent = opt.silent ? (int)PAM_SILENT : 0;
  if (strcmp(name, "auth") == 0) return pam_authenticate(handle, silent);
  if (strcmp(name, "acct") == 0) return pam_acct_mgmt(handle, silent);
  if (strcmp(name, "chauthtok") == 0) {
    return pam_chauthtok(handle, silent | (opt.expired ? (int)PAM_CHANGE_EXPIRED_AUTHTOK : 0));
  }
  if (strcmp(name, "setcred") == 0) return pam_setcred(handle, silent | (int)PAM_ESTABLISH_CRED);
  if (strcmp(name, "open") == 0) return pam_open_session(handle, silent);
  return pam_close_session(handle, silent);
}

static int is_operation(const char* name) {
  static const char* const all[] = {"auth", "acct", "chauthtok", "setcred", "open", "close"};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    if (strcmp(name, all[i]) == 0) return 1;
  }
  return 0;
}

/* Opens descriptors until there are `count`, or, if negative, until no more can be had. */
static void open_descriptors(int count) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (count > 0 && limit.rlim_cur < (rlim_t)count + 64) {
    limit.rlim_cur = (rlim_t)count + 64 < limit.rlim_max ? (rlim_t)count + 64 : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  for (int i = 0; count < 0 || i < count; ++i) {
    if (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) continue;
    if (count < 0) return;
    die("descriptors");
  }
}

static int run_handle(void) {
  struct talk talk = {0, 0};
  struct pam_conv conv = {converse, &talk};
  int result = PAM_ABORT;
  pam_handle_t* handle = start(&conv);
  if (handle == NULL) die("pam_start_confdir");
  if (opt.exhaust) open_descriptors(-1);
  for (int round = 0; round < opt.rounds; ++round) {
    for (int i = 0; i < opt.operation_count; ++i) {
      const char* name = opt.operations[i];
      result = run_operation(handle, name);
      fprintf(out, "%s: %s(%d)\n", name, result_name(result), result);
      if (name[0] == 'a' || strcmp(name, "chauthtok") == 0) print_environment(handle);
      fflush(out);
    }
  }
  pam_end(handle, result);
  return result == PAM_SUCCESS ? 0 : 1;
}

static void* run_thread(void* data) {
  int* results = data;
  for (int i = 0; i < opt.count; ++i) {
    struct talk talk = {0, 1};
    struct pam_conv conv = {converse, &talk};
    pam_handle_t* handle = start(&conv);
    const int result = handle == NULL ? PAM_ABORT : pam_authenticate(handle, opt.silent ? (int)PAM_SILENT : 0);
    if (handle != NULL) pam_end(handle, result);
    ++results[result >= 0 && result < RESULTS ? result : PAM_ABORT];
  }
  return NULL;
}

static int run_threads(void) {
  pthread_t* threads = calloc((size_t)opt.threads, sizeof *threads);
  int(*results)[RESULTS] = calloc((size_t)opt.threads, sizeof *results);
  int total[RESULTS] = {0};
  if (threads == NULL || results == NULL) die("memory");
  for (int i = 0; i < opt.threads; ++i) {
    if (pthread_create(&threads[i], NULL, run_thread, results[i]) != 0) die("pthread_create");
  }
  for (int i = 0; i < opt.threads; ++i) {
    pthread_join(threads[i], NULL);
    for (int j = 0; j < RESULTS; ++j) total[j] += results[i][j];
  }
  for (int j = 0; j < RESULTS; ++j) {
    if (total[j] > 0) fprintf(out, "%s(%d): %d\n", result_name(j), j, total[j]);
  }
  free(threads);
  free(results);
  return total[PAM_SUCCESS] == opt.threads * opt.count ? 0 : 1;
}

/* From a terminal: one answer, unseen. */
static void read_answer_unseen(char* line) {
  struct termios before, silent;
  fputs("Secret: ", stderr);
  tcgetattr(STDIN_FILENO, &before);
  silent = before;
  silent.c_lflag &= ~(tcflag_t)ECHO;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  if (fgets(line, MAX_LINE, stdin) == NULL) line[0] = '\0';
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  fputs("\n", stderr);
  line[strcspn(line, "\n")] = '\0';
  answers[answer_count++] = line;
}

static void read_answers(void) {
  static char lines[MAX_ANSWERS][MAX_LINE];
  if (isatty(STDIN_FILENO)) {
    read_answer_unseen(lines[0]);
    return;
  }
  while (answer_count < MAX_ANSWERS && fgets(lines[answer_count], MAX_LINE, stdin) != NULL) {
    lines[answer_count][strcspn(lines[answer_count], "\n")] = '\0';
    answers[answer_count] = lines[answer_count];
    ++answer_count;
  }
}

static void usage(void) {
  fputs(
      "usage: pam_client [--rhost A] [--ruser U] [--tty T] [--silent] [--expired] [--rounds N] [--fds N] [--exhaust]\n"
      "                  [--close-012 --out FILE] [--threads N --count M] CONFDIR SERVICE USER OPERATION...\n"
      "OPERATION: auth acct chauthtok setcred open close; answers: lines of standard input\n",
      stderr);
  exit(2);
}

static int number(const char* text) {
  char* end = NULL;
  const long value = strtol(text, &end, 10);
  if (end == text || *end != '\0' || value < 0 || value > 1000000) usage();
  return (int)value;
}

static void read_options(int argc, char** argv) {
  static const struct option options[] = {
      {"rhost", 1, NULL, 'r'},   {"ruser", 1, NULL, 'u'},   {"tty", 1, NULL, 't'},       {"out", 1, NULL, 'o'},
      {"silent", 0, NULL, 's'},  {"expired", 0, NULL, 'e'}, {"close-012", 0, NULL, '0'}, {"exhaust", 0, NULL, 'x'},
      {"threads", 1, NULL, 'n'}, {"count", 1, NULL, 'm'},   {"rounds", 1, NULL, 'k'},    {"fds", 1, NULL, 'f'},
      {NULL, 0, NULL, 0}};
  int letter;
  while ((letter = getopt_long(argc, argv, "+", options, NULL)) != -1) {
    switch (letter) {
      case 'r': opt.rhost = optarg; break;
      case 'u': opt.ruser = optarg; break;
      case 't': opt.tty = optarg; break;
      case 'o': opt.out = optarg; break;
      case 's': opt.silent = 1; break;
      case 'e': opt.expired = 1; break;
      case '0': opt.close_012 = 1; break;
      case 'x': opt.exhaust = 1; break;
      case 'n': opt.threads = number(optarg); break;
      case 'm': opt.count = number(optarg); break;
      case 'k': opt.rounds = number(optarg); break;
      case 'f': opt.fds = number(optarg); break;
      default: usage();
    }
  }
  if (argc - optind < 4 || (opt.close_012 && opt.out == NULL)) usage();
  opt.confdir = argv[optind];
  opt.service = argv[optind + 1];
  opt.user = argv[optind + 2];
  opt.operations = argv + optind + 3;
  opt.operation_count = argc - optind - 3;
  for (int i = 0; i < opt.operation_count; ++i) {
    if (!is_operation(opt.operations[i])) usage();
  }
}

/* With --close-012 the file gets a descriptor above 2 before those are closed. */
static void open_output(void) {
  out = stdout;
  if (opt.out == NULL) return;
  const int fd = open(opt.out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  out = high < 0 ? NULL : fdopen(high, "w");
  if (out == NULL) exit(2);
  close(fd);
}

int main(int argc, char** argv) {
  read_options(argc, argv);
  read_answers();
  open_output();
  if (opt.close_012) {
    close(0);
    close(1);
    close(2);
  }
  if (opt.fds > 0) open_descriptors(opt.fds);
  return opt.threads > 0 ? run_threads() : run_handle();
}
