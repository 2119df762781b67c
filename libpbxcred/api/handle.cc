// SPDX-License-Identifier: BSD-2-Clause
// Handles: made, set, freed.
#include "api/handle.h"

#include <stdlib.h>

#include <cstring>
#include <type_traits>

namespace pbxcred {
namespace {

constexpr auto kDefaultDeadline = std::chrono::milliseconds(5000);
constexpr unsigned kLongestDeadline = 3600000;

// Zeroed memory is a handle that has asked nothing, and freeing it needs no destructor.
static_assert(std::is_trivially_destructible_v<pbxcred_handle> && std::is_standard_layout_v<Settings>);

template <std::size_t N>
MutableBytes bytes_of(char (&field)[N]) {
  return {reinterpret_cast<std::uint8_t*>(field), N};
}

/// Sets a text field; nullptr and "" empty it.
template <std::size_t N>
pbxcred_result set_text(char (&field)[N], const char* text) {
  std::string_view value;
  if (text != nullptr && !read_text(text, N - 1, value)) return PBXCRED_INVALID;
  copy_text(value, bytes_of(field));
  return PBXCRED_OK;
}

}  // namespace

bool read_text(const char* text, std::size_t limit, std::string_view& out) {
  const std::size_t size = strnlen(text, limit + 1);
  if (size > limit) return false;
  out = {text, size};
  return true;
}

void copy_text(std::string_view text, MutableBytes field) {
  std::memset(field.data(), 0, field.size());
  if (!text.empty()) std::memcpy(field.data(), text.data(), text.size());
}

void hold_grant(pbxcred_handle& handle, Kind kind, std::string_view user, const GrantToken& token) {
  handle.grant.held = true;
  handle.grant.kind = kind;
  copy_text(user, bytes_of(handle.grant.user));
  handle.grant.token = token;
}

void drop_grant(pbxcred_handle& handle) {
  wipe(&handle.grant, sizeof handle.grant);
}

bool holds_grant(const pbxcred_handle& handle, Kind kind, std::string_view user) {
  return handle.grant.held && handle.grant.kind == kind && std::string_view(handle.grant.user) == user;
}

}  // namespace pbxcred

using pbxcred::set_text;

pbxcred_handle* pbxcred_handle_new() {
  auto* handle = static_cast<pbxcred_handle*>(calloc(1, sizeof(pbxcred_handle)));
  if (handle == nullptr) return nullptr;
  handle->settings.deadline = pbxcred::kDefaultDeadline;
  handle->reply.days_left = -1;
  static_cast<void>(set_text(handle->settings.run_dir, pbxcred::kDefaultRunDir));
  return handle;
}

void pbxcred_handle_free(pbxcred_handle* handle) {
  if (handle == nullptr) return;
  pbxcred::wipe(handle, sizeof *handle);
  free(handle);
}

pbxcred_result pbxcred_handle_set_run_dir(pbxcred_handle* handle, const char* path) {
  if (handle == nullptr) return PBXCRED_INVALID;
  const char* wanted = path == nullptr || path[0] == '\0' ? pbxcred::kDefaultRunDir : path;
  if (wanted[0] != '/') return PBXCRED_INVALID;
  const pbxcred_result result = set_text(handle->settings.run_dir, wanted);
  if (result == PBXCRED_OK) pbxcred::drop_grant(*handle);
  return result;
}

pbxcred_result pbxcred_handle_set_deadline(pbxcred_handle* handle, unsigned milliseconds) {
  if (handle == nullptr || milliseconds == 0 || milliseconds > pbxcred::kLongestDeadline) return PBXCRED_INVALID;
  handle->settings.deadline = std::chrono::milliseconds(milliseconds);
  return PBXCRED_OK;
}

pbxcred_result pbxcred_handle_set_domain(pbxcred_handle* handle, const char* domain) {
  if (handle == nullptr) return PBXCRED_INVALID;
  const pbxcred_result result = set_text(handle->settings.domain, domain);
  if (result == PBXCRED_OK) pbxcred::drop_grant(*handle);
  return result;
}

pbxcred_result pbxcred_handle_set_service(pbxcred_handle* handle, const char* service) {
  return handle == nullptr ? PBXCRED_INVALID : set_text(handle->settings.service, service);
}

pbxcred_result pbxcred_handle_set_rhost(pbxcred_handle* handle, const char* address) {
  return handle == nullptr ? PBXCRED_INVALID : set_text(handle->settings.rhost, address);
}

int pbxcred_grant_is_held(const pbxcred_handle* handle) {
  return handle != nullptr && handle->grant.held ? 1 : 0;
}
