// SPDX-License-Identifier: BSD-2-Clause
// Commands that are one change of the store.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "service/admin_task.h"
#include "service/use_case.h"

namespace pbxcred {

/// Settles a function: checks first, then puts. T: what it returns, told if all went well.
template <class T>
class SettledFunction final : public UseCase {
 public:
  using Change = std::function<Result<T>(Write&, Time)>;
  using Told = std::function<void(const Status&, const T&)>;
  SettledFunction(Change change, Told told, Growth growth)
      : change_(std::move(change)), told_(std::move(told)), growth_(growth) {}

  Result<Next> prepare(Read&, Time) override { return Next::kSettle; }
  Result<Settled> settle(Write& write, Time now) override {
    PBXCRED_TRY(result_, change_(write, now));
    return Settled::kDone;
  }
  Growth growth() const override { return growth_; }
  void finish(const Status& outcome) override { told_(outcome, outcome ? result_ : T()); }

 private:
  Change change_;
  Told told_;
  Growth growth_;
  T result_{};
};

/// Returns how many accounts or records it changed.
using AdminWrite = SettledFunction<std::uint64_t>;

/// What the log says of a change: which, and of whom or what.
struct ChangeNote {
  const char* request = "";
  std::string about;
};

/// A request that is one change: calls `change` with the decoded request.
template <Message M>
class WriteTask final : public AdminTask {
 public:
  using Change = Result<std::uint64_t> (*)(Write&, const Settings&, const M&, Time);
  WriteTask(AdminContext context, SecureBuffer packet, const M& request, Change change, Growth growth,
            ChangeNote note)
      : AdminTask(std::move(context)),
        packet_(std::move(packet)),
        request_(request),
        change_(change),
        growth_(growth),
        note_(std::move(note)) {}

  void step() override {
    waiting_ = true;
    auto self = std::static_pointer_cast<WriteTask>(shared_from_this());
    engine().submit(std::make_unique<AdminWrite>(
                        [self](Write& write, Time now) {
                          return self->change_(write, self->settings(), self->request_, now);
                        },
                        [self](const Status& outcome, std::uint64_t affected) {
                          self->waiting_ = false;
                          self->log(outcome);
                          self->finish(outcome, affected);
                        },
                        growth_),
                    share());
  }

 private:
  void log(const Status& outcome) {
    this->context_.services.log->write(
        LogLevel::kNotice, fmt::format("admin uid={} request={} about={} result={}", this->context_.uid,
                                       quoted(note_.request), quoted(note_.about),
                                       outcome ? "done" : quoted(name_of(outcome.error().code))));
  }

  SecureBuffer packet_;  ///< what request_ borrows from
  M request_;
  Change change_;
  Growth growth_;
  ChangeNote note_;
};

}  // namespace pbxcred
