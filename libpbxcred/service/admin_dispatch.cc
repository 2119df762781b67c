// SPDX-License-Identifier: BSD-2-Clause
#include "service/admin_dispatch.h"

#include <fmt/format.h>

#include "service/account_admin.h"
#include "service/account_tasks.h"
#include "service/admin_write.h"
#include "service/domain_admin.h"
#include "service/explain.h"
#include "service/import.h"
#include "service/secret_task.h"
#include "service/store_check.h"

namespace pbxcred {
namespace {

using TaskPtr = std::shared_ptr<AdminTask>;

/// What a factory is given: everything may be moved from.
struct Incoming {
  AdminContext context;
  const AdminEdge& edge;
  SecureBuffer packet;
  Fd file;
};

class ReloadTask final : public AdminTask {
 public:
  ReloadTask(AdminContext context, std::function<Status()> reload)
      : AdminTask(std::move(context)), reload_(std::move(reload)) {}
  void step() override { finish(reload_()); }

 private:
  std::function<Status()> reload_;
};

/// One change of the store.
template <class M, typename WriteTask<M>::Change kChange, bool kGrows = false>
TaskPtr change(Incoming in) {
  M request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  in.context.services.log->write(LogLevel::kNotice,
                                 fmt::format("admin uid={} request={:#06x}", in.context.uid, M::kType));
  return std::make_shared<WriteTask<M>>(std::move(in.context), std::move(in.packet), request, kChange, kGrows);
}

/// A task over a selection or a list that came along.
template <class M, class Task>
TaskPtr with_file(Incoming in) {
  M request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<Task>(std::move(in.context), std::move(in.packet), request, std::move(in.file));
}

template <class M, class Task>
TaskPtr about_one(Incoming in) {
  M request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<Task>(std::move(in.context), std::move(in.packet), request);
}

template <class M, class Task>
TaskPtr plain(Incoming in) {
  M request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<Task>(std::move(in.context));
}

TaskPtr status(Incoming in) {
  StatusQuery request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<StatusTask>(std::move(in.context), in.edge.facts);
}

TaskPtr domains(Incoming in) {
  DomainQuery request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<DomainQueryTask>(std::move(in.context), std::string(request.name));
}

TaskPtr import(Incoming in) {
  ImportRequest request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<ImportTask>(std::move(in.context), request, std::move(in.file));
}

TaskPtr reload(Incoming in) {
  ReloadRequest request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<ReloadTask>(std::move(in.context), in.edge.reload);
}

struct Route {
  std::uint16_t type;
  TaskPtr (*make)(Incoming);
};

/// Everything an administrator may ask. What is not here is refused.
constexpr Route kRoutes[] = {
    {StatusQuery::kType, status},
    {DomainPut::kType, change<DomainPut, put_domain, true>},
    {DomainQuery::kType, domains},
    {DomainRename::kType, change<DomainRename, rename_domain>},
    {DomainRemove::kType, change<DomainRemove, remove_domain>},
    {AccountPut::kType, change<AccountPut, put_account, true>},
    {AccountMove::kType, change<AccountMove, move_account>},
    {AccountQuery::kType, with_file<AccountQuery, AccountQueryTask>},
    {AccountAct::kType, with_file<AccountAct, AccountActTask>},
    {SecretAct::kType, with_file<SecretAct, SecretTask>},
    {AuthTry::kType, about_one<AuthTry, AuthTryTask>},
    {ExplainQuery::kType, about_one<ExplainQuery, ExplainTask>},
    {StoreCheck::kType, plain<StoreCheck, StoreCheckTask>},
    {StoreStatQuery::kType, plain<StoreStatQuery, StoreStatTask>},
    {KeyQuery::kType, plain<KeyQuery, KeyListTask>},
    {ReloadRequest::kType, reload},
    {LockQuery::kType, plain<LockQuery, LockListTask>},
    {ImportRequest::kType, import},
};

}  // namespace

std::shared_ptr<AdminTask> make_admin_task(AdminContext context, const AdminEdge& edge, SecureBuffer packet, Fd file) {
  const PacketHead head = read_head(packet.view());
  if (!head.valid) return nullptr;
  for (const Route& route : kRoutes)
    if (route.type == head.type) return route.make({std::move(context), edge, std::move(packet), std::move(file)});
  return nullptr;
}

}  // namespace pbxcred
