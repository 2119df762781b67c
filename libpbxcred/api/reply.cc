// SPDX-License-Identifier: BSD-2-Clause
// Replies, kept as C reads them.
#include "api/reply.h"

#include <cstring>

#include "api/names.h"

namespace pbxcred {
namespace {

// PBXCRED_METHOD, PBXCRED_ACCOUNT and so on end up in other programs' logs and environments.
bool is_plain(std::string_view value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

bool has_nul(std::string_view text) {
  return !text.empty() && std::memchr(text.data(), 0, text.size()) != nullptr;
}

/// Appends text and a NUL to writer, whose buffer is storage; out points there.
void keep_text(std::string_view text, ByteWriter& writer, char* storage, const char*& out) {
  out = storage + writer.size();
  writer.append(as_bytes(text));
  writer.append(as_bytes({"", 1}));
}

const char* method_text(Method method) {
  switch (method) {
    case Method::kNone: return "";
    case Method::kPassword: return "password";
    case Method::kPin: return "pin";
  }
  return "";
}

bool is_tellable(const AuthReply& told) {
  for (const Text& one : told.texts) {
    if (has_nul(one.text)) return false;
  }
  return is_plain(told.account) && is_plain(told.phase) && is_plain(told.notice);
}

const char* text_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

bool has(KindSet set, int number) {
  Kind kind{};
  return read_kind(number, kind) && set.has(kind);
}

}  // namespace

void clear_reply(Reply& reply) {
  wipe(&reply, sizeof reply);
  reply.days_left = -1;
}

bool keep_reply(const AuthReply& told, Reply& reply) {
  clear_reply(reply);
  if (!is_tellable(told)) return false;
  ByteWriter writer({reinterpret_cast<std::uint8_t*>(reply.storage), sizeof reply.storage});
  keep_text(told.account, writer, reply.storage, reply.account);
  keep_text(told.phase, writer, reply.storage, reply.phase);
  keep_text(told.notice, writer, reply.storage, reply.notice);
  for (const Text& one : told.texts) {
    keep_text(one.text, writer, reply.storage, reply.texts[reply.text_count]);
    reply.is_error[reply.text_count++] = one.is_error;
  }
  reply.method = method_text(told.method);
  reply.days_left = told.days_left;
  if (!writer.ok()) clear_reply(reply);
  return writer.ok();
}

}  // namespace pbxcred

using pbxcred::text_or_empty;

pbxcred_result pbxcred_reply_result(const pbxcred_handle* handle) {
  return handle == nullptr ? PBXCRED_NONE : handle->reply.result;
}
const char* pbxcred_reply_reason(const pbxcred_handle* handle) {
  return handle == nullptr ? "" : text_or_empty(handle->reply.reason);
}
const char* pbxcred_reply_account(const pbxcred_handle* handle) {
  return handle == nullptr ? "" : text_or_empty(handle->reply.account);
}
const char* pbxcred_reply_method(const pbxcred_handle* handle) {
  return handle == nullptr ? "" : text_or_empty(handle->reply.method);
}
const char* pbxcred_reply_phase(const pbxcred_handle* handle) {
  return handle == nullptr ? "" : text_or_empty(handle->reply.phase);
}
const char* pbxcred_reply_notice(const pbxcred_handle* handle) {
  return handle == nullptr ? "" : text_or_empty(handle->reply.notice);
}
int pbxcred_reply_days_left(const pbxcred_handle* handle) {
  return handle == nullptr ? -1 : handle->reply.days_left;
}
int pbxcred_reply_must_change(const pbxcred_handle* handle, int kind) {
  return handle != nullptr && pbxcred::has(handle->reply.must_change, kind) ? 1 : 0;
}
int pbxcred_reply_changes(const pbxcred_handle* handle, int kind) {
  return handle != nullptr && pbxcred::has(handle->reply.changes, kind) ? 1 : 0;
}
size_t pbxcred_reply_text_count(const pbxcred_handle* handle) {
  return handle == nullptr ? 0 : handle->reply.text_count;
}
const char* pbxcred_reply_text(const pbxcred_handle* handle, size_t index) {
  return index < pbxcred_reply_text_count(handle) ? handle->reply.texts[index] : "";
}
int pbxcred_reply_text_is_error(const pbxcred_handle* handle, size_t index) {
  return index < pbxcred_reply_text_count(handle) && handle->reply.is_error[index] ? 1 : 0;
}
