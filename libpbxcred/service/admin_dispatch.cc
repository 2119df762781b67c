// SPDX-License-Identifier: BSD-2-Clause
#include "service/admin_dispatch.h"

#include <fmt/format.h>

#include "service/account_admin.h"
#include "service/account_tasks.h"
#include "service/admin_write.h"
#include "service/domain_admin.h"
#include "service/domain_tasks.h"
#include "service/explain.h"
#include "service/export_users.h"
#include "service/import.h"
#include "service/key_backup_task.h"
#include "service/key_tasks.h"
#include "service/secret_task.h"
#include "service/store_backup.h"
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

class JobCancelTask final : public AdminTask {
 public:
  JobCancelTask(AdminContext context, std::shared_ptr<JobBook> jobs, std::uint64_t id)
      : AdminTask(std::move(context)), jobs_(std::move(jobs)), id_(id) {}
  void step() override {
    const Status cancelled = jobs_->cancel(id_);
    finish(cancelled, cancelled ? 1 : 0);
  }

 private:
  std::shared_ptr<JobBook> jobs_;
  std::uint64_t id_;
};

/// From here on the task survives its client.
void become_job(Incoming& in, std::string what, std::uint64_t total = 0) {
  in.context.reply = in.edge.jobs->begin(std::move(what), in.context.uid, total, in.context.engine->clock(),
                                         std::move(in.context.reply));
}

/// Whether it may be more than a few accounts.
bool is_bulk(const Selection& selection) { return selection.users.size() != 1 || selection.has_file; }

std::string put_name(PutMode mode, std::string_view name) {
  return std::string(mode == PutMode::kAdd ? "add " : "set ") + std::string(name);
}
ChangeNote describe(const DomainPut& r) { return {"domain put", put_name(r.mode, r.name)}; }
ChangeNote describe(const DomainRename& r) {
  return {"domain rename", std::string(r.name) + " to " + std::string(r.new_name)};
}
ChangeNote describe(const DomainRemove& r) { return {"domain remove", std::string(r.name)}; }
ChangeNote describe(const AccountPut& r) {
  return {r.role == Role::kAdmin ? "admin put" : "user put", put_name(r.mode, r.name)};
}
ChangeNote describe(const AccountMove& r) { return {"user move", std::string(r.user) + " to " + std::string(r.to)}; }

/// One change of the store.
template <class M, typename WriteTask<M>::Change kChange, Growth kGrowth = Growth::kNone>
TaskPtr change(Incoming in) {
  M request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<WriteTask<M>>(std::move(in.context), std::move(in.packet), request, kChange, kGrowth,
                                        describe(request));
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
  if (!request.dry_run) become_job(in, "import", request.rows);
  return std::make_shared<ImportTask>(std::move(in.context), request, std::move(in.file));
}

TaskPtr store_backup(Incoming in) {
  StoreBackup request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<StoreBackupTask>(std::move(in.context), in.edge.facts.version, std::move(in.file));
}

TaskPtr key_rotate(Incoming in) {
  KeyRotate request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<KeyRotateTask>(std::move(in.context), in.edge.keys);
}

TaskPtr key_retire(Incoming in) {
  KeyRetire request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<KeyRetireTask>(std::move(in.context), in.edge.keys, request.id);
}

TaskPtr key_backup(Incoming in) {
  KeyBackup request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<KeyBackupTask>(std::move(in.context), in.edge.keys, Secret::copy_of(request.passphrase),
                                         std::move(in.file));
}

TaskPtr account_act(Incoming in) {
  AccountAct request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  if (!request.dry_run && is_bulk(request.selection))
    become_job(in, fmt::format("{} {}", request.role == Role::kAdmin ? "admin" : "user", name_of(request.action)));
  return std::make_shared<AccountActTask>(std::move(in.context), std::move(in.packet), request, std::move(in.file));
}

/// What is generated is told once, to who asked: without a reader the work ends, and the book never sees it.
TaskPtr secret(Incoming in) {
  SecretAct request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  const bool generates = request.action == SecretAct::Action::kGenerate;
  if (!request.dry_run && !generates && is_bulk(request.selection))
    become_job(in, fmt::format("secret {} {}", name_of(request.action), name_of(request.kind)));
  return std::make_shared<SecretTask>(std::move(in.context), std::move(in.packet), request, std::move(in.file));
}

TaskPtr domain_import(Incoming in) {
  DomainImport request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<DomainImportTask>(std::move(in.context), request, std::move(in.file));
}

TaskPtr jobs(Incoming in) {
  JobQuery request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<JobQueryTask>(std::move(in.context), in.edge.jobs, request.id);
}

TaskPtr job_cancel(Incoming in) {
  JobAct request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<JobCancelTask>(std::move(in.context), in.edge.jobs, request.id);
}

TaskPtr reload(Incoming in) {
  ReloadRequest request;
  if (!decode_packet(in.packet.view(), request)) return nullptr;
  return std::make_shared<ReloadTask>(std::move(in.context), in.edge.reload);
}

struct Route {
  std::uint16_t type;
  const char* name;
  bool logged;  ///< when asked for; changes of one thing say so at their end
  TaskPtr (*make)(Incoming);
};

/// Everything an administrator may ask. What is not here is refused.
constexpr Route kRoutes[] = {
    {StatusQuery::kType, "status", false, status},
    {DomainPut::kType, "domain put", false, change<DomainPut, put_domain, Growth::kSome>},
    {DomainQuery::kType, "domain show", false, domains},
    {DomainRename::kType, "domain rename", false, change<DomainRename, rename_domain>},
    {DomainRemove::kType, "domain remove", false, change<DomainRemove, remove_domain>},
    {DomainImport::kType, "domain import", true, domain_import},
    {DomainExport::kType, "domain export", false, plain<DomainExport, DomainExportTask>},
    {AccountPut::kType, "account put", false, change<AccountPut, put_account, Growth::kSome>},
    {AccountMove::kType, "account move", false, change<AccountMove, move_account>},
    {AccountQuery::kType, "account show", false, with_file<AccountQuery, AccountQueryTask>},
    {AccountAct::kType, "account act", true, account_act},
    {SecretAct::kType, "secret", true, secret},
    {AuthTry::kType, "auth", false, about_one<AuthTry, AuthTryTask>},
    {ExplainQuery::kType, "explain", false, about_one<ExplainQuery, ExplainTask>},
    {StoreCheck::kType, "store check", false, plain<StoreCheck, StoreCheckTask>},
    {StoreStatQuery::kType, "store stat", false, plain<StoreStatQuery, StoreStatTask>},
    {KeyQuery::kType, "key list", false, plain<KeyQuery, KeyListTask>},
    {StoreBackup::kType, "store backup", true, store_backup},
    {KeyRotate::kType, "key rotate", true, key_rotate},
    {KeyRetire::kType, "key retire", true, key_retire},
    {KeyBackup::kType, "key backup", true, key_backup},
    {ReloadRequest::kType, "reload", true, reload},
    {LockQuery::kType, "lock list", false, plain<LockQuery, LockListTask>},
    {ImportRequest::kType, "import", true, import},
    {ExportRequest::kType, "export", true, about_one<ExportRequest, ExportTask>},
    {JobQuery::kType, "job list", false, jobs},
    {JobAct::kType, "job cancel", true, job_cancel},
};

}  // namespace

std::shared_ptr<AdminTask> make_admin_task(AdminContext context, const AdminEdge& edge, SecureBuffer packet, Fd file) {
  const PacketHead head = read_head(packet.view());
  if (!head.valid) return nullptr;
  for (const Route& route : kRoutes)
    if (route.type == head.type) {
      if (route.logged)
        context.services.log->write(LogLevel::kNotice,
                                    fmt::format("admin uid={} request={}", context.uid, quoted(route.name)));
      return route.make({std::move(context), edge, std::move(packet), std::move(file)});
    }
  return nullptr;
}

}  // namespace pbxcred
