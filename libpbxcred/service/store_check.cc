// SPDX-License-Identifier: BSD-2-Clause
#include "service/store_check.h"

#include <fmt/format.h>

namespace pbxcred {
namespace {

class CheckStore final : public UseCase {
 public:
  using Told = std::function<void(const Status&, const StoreCheckReport&)>;
  CheckStore(Database& database, Told told) : database_(database), told_(std::move(told)) {}

  Result<Next> prepare(Read&, Time) override { return Next::kCompute; }
  Status compute(HashArena&) override {
    PBXCRED_TRY(Read read, database_.read());
    PBXCRED_TRY(report_, check_store(read));
    return {};
  }
  void finish(const Status& outcome) override { told_(outcome, report_); }

 private:
  Database& database_;
  Told told_;
  StoreCheckReport report_;
};

}  // namespace

void StoreCheckTask::report(const Status& outcome, const StoreCheckReport& report) {
  waiting_ = false;
  if (!outcome) return finish(outcome);
  for (const StoreFault& fault : report.first) note(true, fault.where, fault.what);
  if (report.faults == 0) return finish({}, report.records);
  finish(Error{Code::kCorrupt, fmt::format("{} of {} records are faulty", report.faults, report.records)},
         report.records, report.faults);
}

void StoreCheckTask::step() {
  waiting_ = true;
  auto self = std::static_pointer_cast<StoreCheckTask>(shared_from_this());
  engine().submit(std::make_unique<CheckStore>(
                      engine().database(),
                      [self](const Status& outcome, const StoreCheckReport& report) { self->report(outcome, report); }),
                  share(true));
}

}  // namespace pbxcred
