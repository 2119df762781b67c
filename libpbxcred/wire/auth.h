// SPDX-License-Identifier: BSD-2-Clause
// Messages of auth.sock: one request, one reply, closed. This header is the protocol's specification.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wire/kind.h"
#include "wire/message.h"

namespace pbxcred {

/// Random, per request; the reply repeats it, so that an answer belongs to its question.
using Nonce = std::array<std::uint8_t, 16>;
/// The clear form of a grant; only its keyed hash is stored.
using GrantToken = std::array<std::uint8_t, 16>;

/// What every request says about whom and from where. rhost counts only from a `trust_rhost` entry.
struct Subject {
  Kind kind = Kind::kPassword;
  std::string_view user;     ///< as typed
  std::string_view domain;   ///< the module's domain=, a fence; empty: none
  std::string_view service;  ///< the service's own name for itself, only logged
  std::string_view rhost;    ///< PAM_RHOST
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) {
    v(1, "kind", s.kind);
    v(2, "user", s.user);
    v(3, "domain", s.domain);
    v(4, "service", s.service);
    v(5, "rhost", s.rhost);
  }
};

/// pam_authenticate: is this the secret?
struct AuthRequest {
  static constexpr std::uint16_t kType = 0x0001;
  Nonce nonce{};
  Subject subject;
  SecretView secret;  ///< 1..kMaxSecret bytes
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "nonce", r.nonce);
    v(2, "subject", r.subject);
    v(3, "secret", r.secret);
  }
};

/// pam_acct_mgmt: may this account be used, and must something be changed? Needs no secret and tells none.
struct StatusRequest {
  static constexpr std::uint16_t kType = 0x0002;
  Nonce nonce{};
  Subject subject;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "nonce", r.nonce);
    v(2, "subject", r.subject);
  }
};

struct NewSecret {
  Kind kind = Kind::kPassword;
  SecretView secret;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& s) {
    v(1, "kind", s.kind);
    v(2, "secret", s.secret);
  }
};

/// pam_chauthtok, in two steps.
///   begin:  proof is checked and answered with a grant; with no proof, only says what would be changed and its rules.
///   commit: proof (a grant, or privilege) is checked and all of `secrets` are stored, or none.
struct ChangeRequest {
  static constexpr std::uint16_t kType = 0x0003;
  enum class Step : std::uint8_t { kBegin, kCommit };
  enum class Proof : std::uint8_t { kNone, kSecret, kGrant, kPrivilege };
  Nonce nonce{};
  Subject subject;
  Step step = Step::kBegin;
  Proof proof = Proof::kNone;
  SecretView current;   ///< with kSecret: the secret the door takes now
  GrantToken grant{};   ///< with kGrant
  BoundedList<NewSecret, 4> secrets;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "nonce", r.nonce);
    v(2, "subject", r.subject);
    v(3, "step", r.step);
    v(4, "proof", r.proof);
    v(5, "current", r.current);
    v(6, "grant", r.grant);
    v(7, "secrets", r.secrets);
  }
};
template <>
inline constexpr std::uint64_t kEnumEnd<ChangeRequest::Step> = 2;
template <>
inline constexpr std::uint64_t kEnumEnd<ChangeRequest::Proof> = 4;

/// The daemon's answer in one word. Wrong, empty, not set, locked, expired and (to authenticate) disabled are all
/// kRefused: the peer learns no more. 0 is a refusal, so that a reply that was never filled in is one.
enum class Verdict : std::uint8_t {
  kRefused,
  kGranted,
  kUnknown,      ///< no such user
  kDisabled,     ///< StatusRequest and ChangeRequest only
  kRuleBroken,   ///< ChangeRequest: the texts say which
  kDenied,       ///< this uid may not do this, or not for this kind or domain
  kBusy,         ///< nothing evaluated, nothing counted
  kUnavailable,  ///< degraded, or the outcome could not be recorded
  kInvalid,      ///< the request made no sense
  kInternal,
};
template <>
inline constexpr std::uint64_t kEnumEnd<Verdict> = 10;

/// How one signed in (PBXCRED_METHOD).
enum class Method : std::uint8_t { kNone, kPassword, kPin };
template <>
inline constexpr std::uint64_t kEnumEnd<Method> = 3;

struct Text {
  bool is_error = false;  ///< PAM_ERROR_MSG instead of PAM_TEXT_INFO
  std::string_view text;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& t) {
    v(1, "is_error", t.is_error);
    v(2, "text", t.text);
  }
};

/// Answers all three requests.
struct AuthReply {
  static constexpr std::uint16_t kType = 0x0010;
  Nonce nonce{};                   ///< the request's
  Kind kind = Kind::kPassword;     ///< the request's
  Verdict verdict = Verdict::kRefused;
  std::string_view account;        ///< extension@domain (administrators: username); only with kGranted
  Method method = Method::kNone;
  std::string_view phase;          ///< the domain's rollout phase
  std::string_view notice;
  std::int32_t days_left = -1;     ///< -1: does not apply
  KindSet change;                  ///< what must be changed (or, to a ChangeRequest, what is being changed)
  bool has_grant = false;
  GrantToken grant{};              ///< for the change, 10 minutes
  BoundedList<Text, 12> texts;     ///< for the user, in order
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& r) {
    v(1, "nonce", r.nonce);
    v(2, "kind", r.kind);
    v(3, "verdict", r.verdict);
    v(4, "account", r.account);
    v(5, "method", r.method);
    v(6, "phase", r.phase);
    v(7, "notice", r.notice);
    v(8, "days_left", r.days_left);
    v(9, "change", r.change);
    v(10, "has_grant", r.has_grant);
    v(11, "grant", r.grant);
    v(12, "texts", r.texts);
  }
};

}  // namespace pbxcred
