// SPDX-License-Identifier: BSD-2-Clause
// import csv|asterisk --mode add: rows are read and checked, hashed on idle workers, and settled whole; with --skip-bad
// what can be added is, some rows at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/account.h"
#include "model/domain.h"
#include "service/admin_task.h"
#include "service/frame_file.h"
#include "service/new_secret.h"

namespace pbxcred {

/// A user on its way in.
struct ImportedUser {
  std::string place;  ///< file:line
  Account account;
  std::vector<NewSecretWork> secrets;
  std::vector<bool> weak;           ///< beside secrets
  std::vector<std::string> broken;  ///< "kind rule" of what is poor and yet kept
};

class ImportTask final : public AdminTask {
 public:
  ImportTask(AdminContext context, const ImportRequest& request, Fd file)
      : AdminTask(std::move(context)), request_(request), file_(std::move(file)) {}
  void step() override;

 private:
  enum class Stage { kCheck, kHash, kSettle };

  Status open();
  Status check_rows();
  Result<ImportedUser> check_row(Read& read, const ImportRow& row, const std::string& place);
  Result<const Domain*> domain_for(Read& read, std::string_view name);
  Status check_secrets(const ImportRow& row, const Domain& domain, ImportedUser& user);
  Status claim_names(Read& read, const ImportedUser& user, const Domain& domain);
  void refuse(const std::string& place, const std::string& what);
  void end_of_check();
  void hash_some();
  void hashed(const Status& outcome);
  void settle_some();
  Result<std::uint64_t> settle(Write& write, std::size_t from, std::size_t to, Time now);
  Status settle_user(Write& write, const ImportedUser& user, Time now);
  void report_weak();
  void done(const Status& status);

  ImportRequest request_;
  Fd file_;
  FrameFile frames_;
  Stage stage_ = Stage::kCheck;
  bool opened_ = false;
  std::vector<ImportedUser> users_;
  std::map<std::string, Domain> domains_;                 ///< by canonical name; new ones have no record yet
  std::set<std::string> unstored_;                        ///< of them, those that have no record yet
  std::map<std::string, std::string> new_domains_;        ///< of them, those that get users: to the first one's place
  std::unordered_map<std::string, std::string> claimed_;  ///< index keys to the place that claims them
  std::unordered_map<std::string, std::string> shared_;   ///< the same of names that may be shared
  std::map<std::string, std::uint64_t> weak_;             ///< rule code to count
  std::vector<std::string> settle_errors_;
  std::uint64_t rows_ = 0, bad_ = 0, added_ = 0;
  SharedRing ring_;  ///< what all are hashed with; held until they are settled, so that its key is not retired
  std::size_t next_to_hash_ = 0, hashing_ = 0, settled_ = 0;
  std::optional<Error> failure_;
};

}  // namespace pbxcred
