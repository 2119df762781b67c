/* SPDX-License-Identifier: BSD-2-Clause */
/* verify [-c] [-d DOMAIN] [-r RUN_DIR] [-t MILLISECONDS] KIND USER
 *
 * Asks pbxcredd whether the first line of standard input is the user's secret of that kind. With -c the second line
 * replaces it, whether that was demanded or not. Exit status: 0 yes, 1 no, 2 usage, 3 no answer, 10 must be changed. */
#define _DEFAULT_SOURCE /* explicit_bzero, getopt */
#include <pbxcred/pbxcred.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One line without its end; longer ones are cut above what a secret may have, and then refused. */
static size_t read_line(char *line, size_t room) {
  if (fgets(line, (int)room, stdin) == NULL) line[0] = '\0';
  return strcspn(line, "\n");
}

static void show(const pbxcred_handle *handle) {
  printf("%s\n", pbxcred_result_text(pbxcred_reply_result(handle)));
  if (*pbxcred_reply_account(handle)) printf("account: %s\n", pbxcred_reply_account(handle));
  if (*pbxcred_reply_method(handle)) printf("method: %s\n", pbxcred_reply_method(handle));
  if (*pbxcred_reply_phase(handle)) printf("phase: %s\n", pbxcred_reply_phase(handle));
  if (*pbxcred_reply_notice(handle)) printf("notice: %s\n", pbxcred_reply_notice(handle));
  if (pbxcred_reply_days_left(handle) >= 0) printf("days left: %d\n", pbxcred_reply_days_left(handle));
  for (int kind = PBXCRED_KIND_PASSWORD; kind <= PBXCRED_KIND_ADMIN; ++kind) {
    if (pbxcred_reply_must_change(handle, kind)) printf("must change: %s\n", pbxcred_kind_name(kind));
    if (pbxcred_reply_changes(handle, kind)) printf("changed: %s\n", pbxcred_kind_name(kind));
  }
  for (size_t i = 0; i < pbxcred_reply_text_count(handle); ++i) printf("text: %s\n", pbxcred_reply_text(handle, i));
  if (*pbxcred_reply_reason(handle)) fprintf(stderr, "verify: %s\n", pbxcred_reply_reason(handle));
}

static int status_of(pbxcred_result result) {
  switch (result) {
    case PBXCRED_OK: return 0;
    case PBXCRED_MUST_CHANGE: return 10;
    case PBXCRED_REFUSED:
    case PBXCRED_UNKNOWN:
    case PBXCRED_DISABLED:
    case PBXCRED_RULE_BROKEN: return 1;
    default: return 3; /* whatever a later version may say is no yes */
  }
}

int main(int argc, char **argv) {
  static char secret[1026], wanted[1026];
  int option, change = 0;
  pbxcred_handle *handle = pbxcred_handle_new();
  pbxcred_result result = handle == NULL ? PBXCRED_EXHAUSTED : PBXCRED_OK;
  while (result == PBXCRED_OK && (option = getopt(argc, argv, "cd:r:t:")) != -1) {
    if (option == 'c') change = 1;
    if (option == 'd') result = pbxcred_handle_set_domain(handle, optarg);
    if (option == 'r') result = pbxcred_handle_set_run_dir(handle, optarg);
    if (option == 't') result = pbxcred_handle_set_deadline(handle, (unsigned)strtoul(optarg, NULL, 10));
    if (option == '?') result = PBXCRED_INVALID;
  }
  if (result != PBXCRED_OK || argc - optind != 2) {
    fprintf(stderr, "usage: verify [-c] [-d domain] [-r run_dir] [-t milliseconds] kind user\n");
    pbxcred_handle_free(handle);
    return 2;
  }
  const int kind = pbxcred_kind_from_name(argv[optind]);
  const char *user = argv[optind + 1];

  setvbuf(stdin, NULL, _IONBF, 0); /* stdio would keep a copy */
  size_t size = read_line(secret, sizeof secret);
  result = pbxcred_secret_verify(handle, kind, user, secret, size);
  if (change && (result == PBXCRED_OK || result == PBXCRED_MUST_CHANGE)) {
    const pbxcred_new_secret one = {kind, wanted, read_line(wanted, sizeof wanted)};
    result = pbxcred_grant_is_held(handle) ? pbxcred_secret_change_by_grant(handle, kind, user, &one, 1)
                                           : pbxcred_secret_change(handle, kind, user, secret, size, &one, 1);
  }
  explicit_bzero(secret, sizeof secret);
  explicit_bzero(wanted, sizeof wanted);
  show(handle);
  pbxcred_handle_free(handle);
  return status_of(result);
}
