/* SPDX-License-Identifier: BSD-2-Clause */
/* The C interface of pbxcred: checks and changes the secrets that pbxcredd keeps, for programs that do not use PAM.
 * C99 and C++. The manual is libpbxcred(3).
 *
 * Threads: calls on different handles may run at the same time; a handle belongs to one thread at a time.
 * The library keeps no global state and touches no signal, locale, environment variable, working directory or standard
 * descriptor. Between calls it holds no descriptor, so a handle survives fork(). It needs 64 KiB of stack.
 *
 * Arguments: a NULL where something is needed, or an unknown kind, is PBXCRED_INVALID and never a crash. Texts are
 * UTF-8 and end with NUL; secrets are bytes with a length. Every copy that the library makes of a secret is wiped
 * before the call returns; the caller's bytes stay the caller's. */
#ifndef PBXCRED_PBXCRED_H
#define PBXCRED_PBXCRED_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#define PBXCRED_MUST_CHECK __attribute__((warn_unused_result))
#else
#define PBXCRED_MUST_CHECK
#endif

/** How a call ended. Compare with PBXCRED_OK: neither 0 nor "not 0" is a yes. New codes may be added; a program takes
 * what it does not know for a no. */
typedef enum pbxcred_result {
  PBXCRED_NONE = 0,        /**< nothing was asked yet; no question returns it */
  PBXCRED_OK = 1,          /**< yes; or done */
  PBXCRED_MUST_CHANGE = 2, /**< the secret is right and opens nothing until the kinds of must_change are changed */
  PBXCRED_REFUSED = 3,     /**< wrong, empty, not set, locked, expired; to a change also: no grant that holds */
  PBXCRED_UNKNOWN = 4,     /**< no such user */
  PBXCRED_DISABLED = 5,    /**< the account is disabled; to verify that is PBXCRED_REFUSED */
  PBXCRED_RULE_BROKEN = 6, /**< a new secret breaks a rule: the texts say which; nothing was changed */
  PBXCRED_DENIED = 7,      /**< this uid may not ask this, or not for this kind */
  PBXCRED_BUSY = 8,        /**< nothing was checked or counted; try again */
  PBXCRED_UNAVAILABLE = 9, /**< no daemon, too slow, degraded, or not to be trusted */
  PBXCRED_UNSURE = 10,     /**< the daemon was asked to change and gave no certain answer: old or new may hold */
  PBXCRED_INVALID = 11,    /**< an argument makes no sense */
  PBXCRED_EXHAUSTED = 12,  /**< no memory, descriptors or random bytes */
  PBXCRED_INTERNAL = 13    /**< the daemon or the library failed */
} pbxcred_result;

/** Kinds of secret. Functions take them as int, so that no value is undefined. */
typedef enum pbxcred_kind {
  PBXCRED_KIND_PASSWORD = 1,
  PBXCRED_KIND_VOICEMAIL = 2,
  PBXCRED_KIND_LOGIN = 3,
  PBXCRED_KIND_PHONE = 4,
  PBXCRED_KIND_ADMIN = 5
} pbxcred_kind;

/** Whom to ask and what was answered last. */
typedef struct pbxcred_handle pbxcred_handle;

/** One secret to be set. */
typedef struct pbxcred_new_secret {
  int kind;           /**< a pbxcred_kind */
  const void* secret; /**< borrowed for the call */
  size_t size;        /**< 1 to 1024 bytes */
} pbxcred_new_secret;

/** ---- handles ---- */

/** A handle with the defaults; NULL: no memory. */
pbxcred_handle* pbxcred_handle_new(void);
/** Wipes and frees. NULL is nothing to free. */
void pbxcred_handle_free(pbxcred_handle* handle);

/** Settings are copied. PBXCRED_OK, or PBXCRED_INVALID and the setting stays. NULL or "" as text: the default.
 * A changed run_dir or domain drops a grant. */
/** Where the daemon's sockets are: an absolute path of at most 97 bytes; default /run/pbxcred. */
pbxcred_result pbxcred_handle_set_run_dir(pbxcred_handle* handle, const char* path);
/** How long one call may take, everything included: 1 to 3600000 ms; default 5000. */
pbxcred_result pbxcred_handle_set_deadline(pbxcred_handle* handle, unsigned milliseconds);
/** Names without a domain are of this one, and users elsewhere are unknown; default: none. At most 255 bytes. */
pbxcred_result pbxcred_handle_set_domain(pbxcred_handle* handle, const char* domain);
/** The program's name for itself, for the daemon's log; default: none. At most 255 bytes. */
pbxcred_result pbxcred_handle_set_service(pbxcred_handle* handle, const char* service);
/** The remote address, as an IP literal; it counts for entries with trust_rhost. Default: none. At most 255 bytes. */
pbxcred_result pbxcred_handle_set_rhost(pbxcred_handle* handle, const char* address);

/** ---- questions: each replaces the reply ---- */

/** Is this the user's secret for services of this kind? Drops the grant that the handle held.
 * PBXCRED_OK, PBXCRED_MUST_CHANGE (the reply may bring a grant), or no. An empty secret and one over 1024 bytes are
 * refused without asking. */
pbxcred_result pbxcred_secret_verify(pbxcred_handle* handle, int kind, const char* user, const void* secret,
                                     size_t size) PBXCRED_MUST_CHECK;
/** May the account be used by services of this kind? Needs no secret and tells nothing of locks. */
pbxcred_result pbxcred_account_status(pbxcred_handle* handle, int kind, const char* user) PBXCRED_MUST_CHECK;
/** What would a change at services of this kind change, and by which rules? See pbxcred_reply_changes and the texts. */
pbxcred_result pbxcred_secret_rules(pbxcred_handle* handle, int kind, const char* user) PBXCRED_MUST_CHECK;

/** Changes: count is 1 to 4, no kind twice; all are stored or none. PBXCRED_UNSURE: nobody knows. */
/** By the current secret, which counts as a guess. If it is right and nothing is changed, a grant is left. */
pbxcred_result pbxcred_secret_change(pbxcred_handle* handle, int kind, const char* user, const void* current,
                                     size_t current_size, const pbxcred_new_secret* secrets,
                                     size_t count) PBXCRED_MUST_CHECK;
/** By the grant that an earlier call for the same kind and user left on this handle. */
pbxcred_result pbxcred_secret_change_by_grant(pbxcred_handle* handle, int kind, const char* user,
                                              const pbxcred_new_secret* secrets, size_t count) PBXCRED_MUST_CHECK;
/** By root, real and effective uid, without a proof. */
pbxcred_result pbxcred_secret_set(pbxcred_handle* handle, int kind, const char* user, const pbxcred_new_secret* secrets,
                                  size_t count) PBXCRED_MUST_CHECK;

/** ---- the reply to the last question ----
 * Texts are never NULL, "" if there is nothing to say, and stay until the next question on the handle or its end.
 * Of a NULL handle everything is nothing. */

/** What the last question returned; PBXCRED_NONE before the first. */
pbxcred_result pbxcred_reply_result(const pbxcred_handle* handle);
/** Why the library refused or got no answer: a constant sentence for a log, which names nobody. */
const char* pbxcred_reply_reason(const pbxcred_handle* handle);
/** Whose secret it is, extension@domain, of an administrator the user name. Use this, not what was typed. */
const char* pbxcred_reply_account(const pbxcred_handle* handle);
/** "password" or "pin": how the user signed in. */
const char* pbxcred_reply_method(const pbxcred_handle* handle);
/** The rollout phase of the domain. */
const char* pbxcred_reply_phase(const pbxcred_handle* handle);
/** A word on what comes: see PBXCRED_NOTICE in pam_pbx(8). */
const char* pbxcred_reply_notice(const pbxcred_handle* handle);
/** Days until something is due; -1: nothing is. */
int pbxcred_reply_days_left(const pbxcred_handle* handle);
/** 1 if secret_verify or account_status said that this kind must be changed, else 0. */
int pbxcred_reply_must_change(const pbxcred_handle* handle, int kind);
/** 1 if a change changed this kind, or secret_rules says that it would; else 0. */
int pbxcred_reply_changes(const pbxcred_handle* handle, int kind);
/** Sentences for the user, in order. */
size_t pbxcred_reply_text_count(const pbxcred_handle* handle);
/** "" beyond the last. */
const char* pbxcred_reply_text(const pbxcred_handle* handle, size_t index);
/** 1 if that text is an error, 0 if it informs. */
int pbxcred_reply_text_is_error(const pbxcred_handle* handle, size_t index);

/** 1 if the handle holds a grant for pbxcred_secret_change_by_grant. It ends by itself after ten minutes. */
int pbxcred_grant_is_held(const pbxcred_handle* handle);

/** ---- names ---- Constant texts, never NULL. */

/** A sentence without a final stop; "unknown result" for a number that is none. */
const char* pbxcred_result_text(int result);
/** "password" and so on, as in the configuration; "" for a number that is none. */
const char* pbxcred_kind_name(int kind);
/** The kind of that name; 0: there is none. */
int pbxcred_kind_from_name(const char* name);
/** The library's version, as "0.1.0". */
const char* pbxcred_version_text(void);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
