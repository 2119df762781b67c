// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/portable_verifier.h"

#include <fmt/format.h>
#include <sodium.h>

#include <charconv>

#include "base/fields.h"
#include "crypto/foreign_hash.h"
#include "crypto/seal.h"

namespace pbxcred {
namespace {

constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;

/// What is sealed: the fields of a Verifier that mean something elsewhere.
struct Content {
  bool set = false;
  HashScheme scheme = HashScheme::kArgon2id;
  HashParams params;
  std::array<std::uint8_t, 16> salt{};
  SecretView plain;
  Time set_at{};
  bool must_change = false;
  bool temporary = false;
  std::optional<Time> expires_at;
  bool weak = false;
  std::optional<std::array<std::uint8_t, 16>> origin;
  static constexpr bool kHasFields = true;
  static constexpr void fields(auto& v, auto& c) {
    v(1, "set", c.set);
    v(2, "scheme", c.scheme);
    v(3, "params", c.params);
    v(4, "salt", c.salt);
    v(5, "plain", c.plain);
    v(6, "set_at", c.set_at);
    v(7, "must_change", c.must_change);
    v(8, "temporary", c.temporary);
    v(9, "expires_at", c.expires_at);
    v(10, "weak", c.weak);
    v(11, "origin", c.origin);
  }
};

/// What the seal is bound to besides its key; fixed size.
std::array<std::uint8_t, 21> associated(std::uint32_t key_id, Kind kind) {
  std::array<std::uint8_t, 21> bytes{};
  ByteWriter writer(bytes);
  writer.append(as_bytes("pbxcred export 1"));
  append_integer(writer, key_id);
  append_integer(writer, static_cast<std::uint8_t>(kind));
  return bytes;
}

Content content_of(const PortableVerifier& verifier) {
  Content content;
  content.set = verifier.described.has_value();
  if (verifier.described) {
    content.scheme = verifier.described->scheme;
    content.params = verifier.described->params;
    content.salt = verifier.described->salt;
  }
  content.plain = {verifier.plain.view()};
  content.set_at = verifier.set_at;
  content.must_change = verifier.must_change;
  content.temporary = verifier.temporary;
  content.expires_at = verifier.expires_at;
  content.weak = verifier.weak;
  content.origin = verifier.origin;
  return content;
}

/// Whether what was opened can be stored: whoever wrote it had the ring, and may yet be of another version.
bool is_sound(const Content& content) {
  if (!content.set) return content.plain.bytes.empty();
  if (content.scheme == HashScheme::kForeign) return parse_foreign_hash(as_text(content.plain.bytes)).ok();
  return content.plain.bytes.size() == sizeof(Hash32::raw) && is_sane(content.params);
}

PortableVerifier from(const Content& content) {
  PortableVerifier verifier;
  if (content.set) {
    SealedHash& described = verifier.described.emplace();
    described.scheme = content.scheme;
    described.params = content.params;
    described.salt = content.salt;
  }
  verifier.plain.append(content.plain.bytes);
  verifier.set_at = content.set_at;
  verifier.must_change = content.must_change;
  verifier.temporary = content.temporary;
  verifier.expires_at = content.expires_at;
  verifier.weak = content.weak;
  verifier.origin = content.origin;
  return verifier;
}

std::string base64(Bytes bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kBase64);
  text.pop_back();  // the NUL
  return text;
}

/// Empty: it is none.
std::vector<std::uint8_t> from_base64(std::string_view text) {
  if (text.empty()) return {};  // libsodium takes no null pointer
  std::vector<std::uint8_t> bytes(text.size());
  std::size_t size = 0;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr, kBase64) != 0)
    return {};
  bytes.resize(size);
  return bytes;
}

}  // namespace

Result<PortableVerifier> portable_of(const KeyRing& ring, const AccountId& account, const Verifier& verifier) {
  PortableVerifier portable;
  if (verifier.hash) {
    PBXCRED_TRY(portable.plain, open_hash(ring, *verifier.hash, {account, verifier.kind, verifier.generation}));
    portable.described = verifier.hash;
  }
  portable.set_at = verifier.set_at;
  portable.must_change = verifier.must_change;
  portable.temporary = verifier.temporary;
  portable.expires_at = verifier.expires_at;
  portable.weak = verifier.weak;
  portable.origin = verifier.origin;
  return portable;
}

Result<std::string> export_verifier(const KeyRing& ring, const AccountId& account, const Verifier& verifier) {
  PBXCRED_TRY(const PortableVerifier portable, portable_of(ring, account, verifier));
  SecureBuffer plain;
  encode(plain, content_of(portable));
  const std::uint32_t key_id = ring.current_id();
  const auto sealed = seal(ring.subkey(Purpose::kExport), associated(key_id, verifier.kind), plain.view());
  return fmt::format("{}1${}${}", kPortablePrefix, key_id, base64(sealed));
}

Result<PortableVerifier> read_portable(const KeyRing& ring, Kind kind, std::string_view text) {
  const Error malformed{Code::kInvalid, "the exported verifier is malformed"};
  if (text.size() > kMaxPortable || !text.starts_with(kPortablePrefix)) return malformed;
  text.remove_prefix(kPortablePrefix.size());
  if (!text.starts_with("1$"))
    return Error{Code::kInvalid, "the exported verifier has a version that this daemon does not know"};
  text.remove_prefix(2);
  std::uint32_t key_id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key_id);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || !text.starts_with('$')) return malformed;
  const auto sealed = from_base64(text.substr(1));
  if (sealed.empty()) return malformed;
  if (!ring.has(key_id))
    return Error{Code::kInvalid,
                 fmt::format("the exported verifier needs key {}, which the key ring does not hold", key_id)};
  const auto plain = unseal(ring.subkey(Purpose::kExport, key_id), associated(key_id, kind), sealed);
  if (!plain)
    return Error{Code::kInvalid,
                 "the exported verifier does not open: changed, of another kind, or made with another key ring"};
  Content content;
  if (!decode(plain->view(), content) || !is_sound(content)) return malformed;
  return from(content);
}

bool same_verifier(const PortableVerifier& a, const PortableVerifier& b) {
  SecureBuffer one, other;
  encode(one, content_of(a));
  encode(other, content_of(b));
  return equal_constant_time(one.view(), other.view());
}

}  // namespace pbxcred
