// SPDX-License-Identifier: BSD-2-Clause
#include "service/import.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/name.h"
#include "rules/door.h"
#include "service/account_admin.h"
#include "service/admin_write.h"
#include "service/domain_admin.h"
#include "service/secrets.h"
#include "service/views.h"
#include "store/names.h"

namespace pbxcred {
namespace {

constexpr std::size_t kRowsAtOnce = 64;      ///< checked in one slice
constexpr std::size_t kHashesAtOnce = 8;     ///< users in work
constexpr std::size_t kUsersTogether = 256;  ///< settled in one commit with --skip-bad
constexpr std::uint64_t kProgressEvery = 64;

/// Hashes one user's secrets on an idle worker.
class HashUser final : public UseCase {
 public:
  HashUser(Context context, SharedRing ring, ImportedUser& user, std::function<void(const Status&)> told)
      : context_(std::move(context)), ring_(std::move(ring)), user_(user), told_(std::move(told)) {}

  Result<Next> prepare(Read&, Time) override { return user_.secrets.empty() ? Next::kFinish : Next::kCompute; }
  Status compute(HashArena& arena) override {
    for (NewSecretWork& work : user_.secrets)
      PBXCRED_CHECK(hash_new_secret(arena, *ring_, context_.settings->hash, user_.account.id, work));
    return {};
  }
  void finish(const Status& outcome) override { told_(outcome); }

 private:
  Context context_;
  SharedRing ring_;
  ImportedUser& user_;
  std::function<void(const Status&)> told_;
};

std::string place_of(const ImportRow& row) { return fmt::format("{}:{}", row.file, row.line); }

}  // namespace

void ImportTask::refuse(const std::string& place, const std::string& what) {
  note(true, place, what);
  ++bad_;
}

Status ImportTask::open() {
  if (!file_) return Error{Code::kInvalid, "no rows came with the import"};
  PBXCRED_TRY(frames_, FrameFile::open(std::move(file_)));
  opened_ = true;
  return {};
}

/// The domain a row belongs to. One that does not exist yet is made with the import.
Result<const Domain*> ImportTask::domain_for(Read& read, std::string_view name) {
  PBXCRED_TRY(std::string canonical, canonical_domain(name));
  auto known = domains_.find(canonical);
  if (known != domains_.end()) return &known->second;
  PBXCRED_TRY(auto stored, read.find_domain(canonical));
  if (!stored) {
    PBXCRED_TRY(stored, new_domain(read, canonical, engine().clock().now()));
    unstored_.insert(canonical);
  }
  return &domains_.emplace(canonical, std::move(*stored)).first->second;
}

Status ImportTask::check_secrets(const ImportRow& row, const Domain& domain, ImportedUser& user) {
  KindSet seen;
  for (const NewSecret& given : row.secrets) {
    if (seen.has(given.kind)) return Error{Code::kInvalid, fmt::format("{} is given twice", name_of(given.kind))};
    seen.add(given.kind);
    if (given.secret.bytes.empty()) continue;  // not set
    if (!may_hold(Role::kUser, given.kind)) return Error{Code::kInvalid, "a user has no secret of kind admin"};
    const Policy policy = policy_for(settings(), &domain, given.kind).policy;
    NewSecretWork work;
    work.kind = given.kind;
    work.generation = 1;
    const auto broken = check_new_secret(policy, given.kind, given.secret, work.clear);
    for (const BrokenRule& rule : broken) {
      const std::string_view code = rule.code;
      // What cannot be kept at all is refused; what is merely poor comes in and is marked.
      if (code == "encoding" || code == "alphabet")
        return Error{Code::kInvalid, fmt::format("{}: {}", name_of(given.kind), rule.text)};
      user.broken.push_back(fmt::format("{} {}", name_of(given.kind), code));
    }
    user.secrets.push_back(std::move(work));
    user.weak.push_back(!broken.empty());
  }
  return {};
}

/// Names must be free in the store and in the file itself.
Status ImportTask::claim_names(Read& read, const ImportedUser& user, const Domain& domain) {
  PBXCRED_CHECK(check_names(read, user.account, domain));
  std::vector<std::string> mine = account_index_keys(read.ring(), user.account);
  // A username that reads like this user's extension@domain would shadow it, and the other way round.
  std::vector<std::string> called = domain.aliases;
  called.push_back(domain.name);
  for (const std::string& name : called) {
    PBXCRED_TRY(std::string canonical, canonical_name(user.account.extension + "@" + name));
    mine.push_back(username_key(read.ring(), canonical));
  }
  std::vector<std::string> shared;
  for (const NameClaim& claim : name_claims(read.ring(), user.account, domain.country))
    (is_shareable(claim.role) ? shared : mine).push_back(claim.key);
  const auto check = [](const std::unordered_map<std::string, std::string>& others, const std::string& key) -> Status {
    const auto other = others.find(key);
    if (other == others.end()) return {};
    return Error{Code::kConflict, fmt::format("a name of it is already used in {}", other->second)};
  };
  for (const std::string& key : shared) PBXCRED_CHECK(check(claimed_, key));
  for (const std::string& key : mine) {
    PBXCRED_CHECK(check(claimed_, key));
    PBXCRED_CHECK(check(shared_, key));
  }
  for (std::string& key : mine) claimed_.emplace(std::move(key), user.place);
  for (std::string& key : shared) shared_.emplace(std::move(key), user.place);
  if (unstored_.count(domain.name) > 0) new_domains_.emplace(domain.name, user.place);  // made for who gets in
  return {};
}

Result<ImportedUser> ImportTask::check_row(Read& read, const ImportRow& row, const std::string& place) {
  if (!row.problem.empty()) return Error{Code::kInvalid, std::string(row.problem)};
  PBXCRED_TRY(const Domain* domain, domain_for(read, row.domain));
  ImportedUser user;
  user.place = place;
  PBXCRED_TRY(user.account, new_user(row.extension, domain->id, engine().clock().now()));
  PBXCRED_CHECK(apply_fields(read, row.data, user.account));
  PBXCRED_CHECK(check_secrets(row, *domain, user));
  PBXCRED_CHECK(claim_names(read, user, *domain));
  for (const std::string& rule : user.broken) ++weak_[rule];
  return user;
}

Status ImportTask::check_rows() {
  PBXCRED_TRY(Read read, engine().database().read());
  SecureBuffer frame;
  for (std::size_t i = 0; i < kRowsAtOnce; ++i) {
    PBXCRED_TRY(const bool more, frames_.next(frame));
    if (!more) {
      stage_ = Stage::kHash;
      return {};
    }
    ImportRow row;
    if (!decode_packet(frame.view(), row)) return Error{Code::kInvalid, "the import's rows are malformed"};
    ++rows_;
    const std::string place = place_of(row);
    auto user = check_row(read, row, place);
    if (user) {
      users_.push_back(std::move(*user));
    } else if (user.error().code == Code::kCorrupt || user.error().code == Code::kUnavailable) {
      return user.error();
    } else {
      refuse(place, user.error().what);
    }
  }
  context_.reply->put(Progress{"checking", rows_, request_.rows});
  return {};
}

void ImportTask::report_weak() {
  for (const auto& [rule, count] : weak_)
    note(false, "weak", fmt::format("{}: {} of them{}", rule, count, request_.dry_run ? "" : ", kept and marked weak"));
  for (const auto& [name, place] : new_domains_)
    note(false, place, fmt::format("the domain {} {} made; its rollout phase is {}: a PIN opens no password service",
                                   name, request_.dry_run ? "would be" : "is", kPhase));
}

void ImportTask::end_of_check() {
  claimed_.clear();
  shared_.clear();
  const bool stop = bad_ > 0 && !request_.skip_bad;
  if (stop && !request_.dry_run)
    return finish(Error{Code::kInvalid, fmt::format("{} of {} lines are refused; nothing was imported (--skip-bad "
                                                    "leaves them out)",
                                                    bad_, rows_)},
                  0, bad_);
  report_weak();
  if (request_.dry_run) finish({}, users_.size(), bad_);
}

void ImportTask::hashed(const Status& outcome) {
  --hashing_;
  waiting_ = false;
  if (!outcome && !failure_) failure_ = outcome.error();
  const std::uint64_t done = next_to_hash_ - hashing_;
  if (done % kProgressEvery == 0) context_.reply->put(Progress{"hashing", done, users_.size()});
}

void ImportTask::hash_some() {
  auto self = std::static_pointer_cast<ImportTask>(shared_from_this());
  if (!ring_) ring_ = engine().database().ring();
  while (!failure_ && next_to_hash_ < users_.size() && hashing_ < kHashesAtOnce) {
    ++hashing_;
    engine().submit(std::make_unique<HashUser>(context_.services, ring_, users_[next_to_hash_++],
                                               [self](const Status& outcome) { self->hashed(outcome); }),
                    share(true));
  }
  if (hashing_ > 0) {
    waiting_ = true;
  } else {
    stage_ = Stage::kSettle;
  }
}

Status ImportTask::settle_user(Write& write, const ImportedUser& user, Time now) {
  PBXCRED_CHECK(check_names(write, user.account));
  PBXCRED_CHECK(write.put_account(user.account));
  PBXCRED_CHECK(index_account(write, nullptr, user.account, now));
  for (std::size_t i = 0; i < user.secrets.size(); ++i) {
    SecretOptions options;
    options.weak = user.weak[i];
    PBXCRED_CHECK(store_new_secret(write, user.account, user.secrets[i], options, now));
  }
  return {};
}

/// Users [from, to) in one transaction. A name taken since the check is that user's fault with --skip-bad, else the
/// whole import's.
Result<std::uint64_t> ImportTask::settle(Write& write, std::size_t from, std::size_t to, Time now) {
  settle_errors_.clear();
  for (const auto& [name, place] : new_domains_) {
    PBXCRED_TRY(auto existing, write.find_domain(name));
    const Domain& domain = domains_.at(name);
    if (!existing) store_new_domain(write, domain);
    else if (existing->id != domain.id)
      return Error{Code::kConflict, fmt::format("the domain {} was made by someone else meanwhile", name)};
  }
  std::uint64_t added = 0;
  for (std::size_t i = from; i < to; ++i) {
    const std::uint64_t changes = write.changes();
    const Status settled = settle_user(write, users_[i], now);
    if (settled) {
      ++added;
    } else if (request_.skip_bad && settled.error().code == Code::kConflict && write.changes() == changes) {
      settle_errors_.push_back(users_[i].place + "\n" + settled.error().what);
    } else {
      return Error{settled.error().code, users_[i].place + ": " + settled.error().what};
    }
  }
  return added;
}

void ImportTask::settle_some() {
  const std::size_t from = settled_;
  const std::size_t to = request_.skip_bad ? std::min(users_.size(), from + kUsersTogether) : users_.size();
  if (from == to) return done({});
  waiting_ = true;
  auto self = std::static_pointer_cast<ImportTask>(shared_from_this());
  engine().submit(std::make_unique<AdminWrite>(
                      [self, from, to](Write& write, Time now) { return self->settle(write, from, to, now); },
                      [self, to](const Status& outcome, std::uint64_t added) {
                        self->waiting_ = false;
                        if (!outcome) return self->done(outcome);
                        self->added_ += added;
                        for (const std::string& error : self->settle_errors_) {
                          const auto cut = error.find('\n');
                          self->refuse(error.substr(0, cut), error.substr(cut + 1));
                        }
                        self->settled_ = to;
                        if (to == self->users_.size()) self->done({});
                      },
                      true),
                  share(true));  // after all that hashing never told that others wait
}

void ImportTask::done(const Status& status) {
  context_.services.log->write(LogLevel::kNotice,
                               fmt::format("import uid={} rows={} added={} refused={} result={}", context_.uid, rows_,
                                           added_, bad_, status ? "done" : name_of(status.error().code)));
  finish(status, added_, bad_);
}

void ImportTask::step() {
  if (stage_ == Stage::kCheck) {
    const Status checked = opened_ ? check_rows() : open();
    if (!checked) return finish(checked, 0, bad_);
    if (stage_ == Stage::kHash) end_of_check();
    return;
  }
  if (stage_ == Stage::kHash) {
    hash_some();
    if (failure_ && hashing_ == 0) done(*failure_);
    return;
  }
  settle_some();
}

}  // namespace pbxcred
