// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/keyring.hpp"

#include <fmt/format.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/text.hpp"

namespace ktls {
namespace {

constexpr std::array<const char*, 2> psk_types{"psk", "user"};
// KEY_MAX_DESC_SIZE of the kernel, and room for what comes before the description
constexpr std::size_t max_description = 4096 + 128;

// Unused arguments are zero, as keyctl(2) wants them.
template<class... Arguments>
long keyctl(int command, Arguments... arguments) {
  return ::syscall(SYS_keyctl, command, arguments...);
}

std::string name_of(KeySerial serial) {
  return fmt::format("key {}", serial);
}

Result<KeyDescription> describe_key(KeySerial serial) {
  std::array<char, max_description> text{};
  const long size = keyctl(KEYCTL_DESCRIBE, serial, text.data(), text.size(), 0);
  if (size < 0)
    return errno_error("reading the name of " + name_of(serial));
  if (size < 1 || static_cast<std::size_t>(size) > text.size())
    return invalid(name_of(serial) + ": its description is too long");
  return parse_key_description({text.data(), static_cast<std::size_t>(size) - 1});
}

bool is_psk_type(std::string_view type) {
  return std::ranges::find(psk_types, type) != psk_types.end();
}

// The secret lies in pages of its own size: what is shorter is copied, and the first copy wiped.
Result<Secret> read_payload(KeySerial serial) {
  Secret whole = TRY(Secret::create(tls::max_psk_size));
  const long size = keyctl(KEYCTL_READ, serial, whole.bytes().data(), whole.bytes().size(), 0);
  if (size < 0)
    return errno_error("reading " + name_of(serial));
  const auto length = static_cast<std::size_t>(size);
  // the kernel tells the size of the whole key, however much it could copy
  if (length < tls::min_psk_size || length > tls::max_psk_size)
    return invalid(fmt::format("{}: {} bytes long; a pre-shared key has {} to {}", name_of(serial),
                               length, tls::min_psk_size, tls::max_psk_size));
  Secret key = TRY(Secret::create(length));
  std::memcpy(key.bytes().data(), whole.bytes().data(), length);
  return key;
}

Result<KeyringKey> read_described(KeySerial serial, KeyDescription found) {
  if (!is_psk_type(found.type))
    return invalid(fmt::format("{}: of type \"{}\"; a pre-shared key is of type psk or user",
                               name_of(serial), escape(found.type, 64)));
  if (found.description.empty() || found.description.size() > tls::max_psk_identity)
    return invalid(fmt::format("{}: its name has {} bytes; an identity has 1 to {}",
                               name_of(serial), found.description.size(), tls::max_psk_identity));
  Secret key = TRY(read_payload(serial));
  auto hash = psk_hash(found.description, key.bytes().size());
  if (!hash)
    return add_context(std::move(hash).error(), name_of(serial));
  return KeyringKey{{std::move(found.description), std::move(key)}, *hash, serial};
}

// The kernel's search for type "psk" takes any key whose name begins with what is asked for.
Result<std::optional<KeyringKey>> search(KeySerial keyring, const char* type,
                                         const std::string& identity) {
  const long serial = keyctl(KEYCTL_SEARCH, keyring, type, identity.c_str(), 0);
  if (serial < 0)
    return std::nullopt;
  KeyDescription found = TRY(describe_key(static_cast<KeySerial>(serial)));
  if (found.type != type || found.description != identity)
    return std::nullopt;
  return TRY(read_described(static_cast<KeySerial>(serial), std::move(found)));
}

// For what the search hides: an NVMe key behind another whose name begins alike, or one that was
// added in another network namespace.
Result<std::optional<KeyringKey>> look_through(KeySerial keyring, const std::string& identity) {
  std::vector<KeySerial> keys(max_keys_in_keyring);
  const std::size_t room = keys.size() * sizeof(KeySerial);
  const long size = keyctl(KEYCTL_READ, keyring, keys.data(), room, 0);
  if (size < 0)
    return errno_error(fmt::format("reading keyring {}", keyring));
  // the kernel copies nothing of what does not fit
  if (static_cast<std::size_t>(size) > room)
    return std::nullopt;
  keys.resize(static_cast<std::size_t>(size) / sizeof(KeySerial));
  for (const KeySerial serial : keys) {
    auto found = describe_key(serial);
    if (found && found->type == psk_types.front() && found->description == identity)
      return TRY(read_described(serial, std::move(*found)));
  }
  return std::nullopt;
}

Result<> require_usable(const KeyringKey& key, bool sha384) {
  if (key.hash == tls::PskHash::WithSha384 && !sha384)
    return invalid(name_of(key.serial) + ": for SHA-384, which this GnuTLS cannot use (3.8.11 can)",
                   std::errc::not_supported);
  return {};
}

} // namespace

Result<tls::PskHash> psk_hash(std::string_view identity, std::size_t key_size) {
  // NVM Express TCP transport, section 3.6.1.3: "NVMe", version, R or G, hash, space
  constexpr std::string_view prefix = "NVMe";
  constexpr std::size_t head = 9;
  if (!identity.starts_with(prefix))
    return tls::PskHash::WithSha256;
  const auto digit = [&](std::size_t i) { return identity[i] >= '0' && identity[i] <= '9'; };
  if (identity.size() < head || !digit(4) || (identity[5] != 'R' && identity[5] != 'G') ||
      !digit(6) || !digit(7) || identity[8] != ' ')
    return invalid("malformed NVMe identity");
  const std::string_view hash = identity.substr(6, 2);
  if (hash == "01" && key_size == 32)
    return tls::PskHash::WithSha256;
  if (hash == "02" && key_size == 48)
    return tls::PskHash::WithSha384;
  return invalid(fmt::format(
      "NVMe identity with hash {} and a key of {} bytes; 01 has 32, 02 has 48", hash, key_size));
}

Result<KeyDescription> parse_key_description(std::string_view text) {
  constexpr int fields_before = 4;
  const std::string_view type = text.substr(0, text.find(';'));
  for (int i = 0; i < fields_before; ++i) {
    const auto end = text.find(';');
    if (end == std::string_view::npos)
      return invalid("description of a key: not of the form that keyctl(2) gives");
    text.remove_prefix(end + 1);
  }
  return KeyDescription{std::string(type), std::string(text)};
}

Result<KeyringKey> read_psk(KeySerial serial) {
  KeyDescription found = TRY(describe_key(serial));
  return read_described(serial, std::move(found));
}

Result<KeyringKey> find_psk(KeySerial keyring, std::string_view identity) {
  if (identity.empty() || identity.size() > tls::max_psk_identity ||
      identity.find('\0') != std::string_view::npos)
    return errno_error("identity of the peer", ENOKEY);
  const std::string name(identity);
  for (const char* type : psk_types) {
    auto found = TRY(search(keyring, type, name));
    if (found)
      return std::move(*found);
  }
  auto found = TRY(look_through(keyring, name));
  if (found)
    return std::move(*found);
  return errno_error(fmt::format("keyring {}: no key with the peer's identity", keyring), ENOKEY);
}

KeyringLinks::Hold::~Hold() {
  if (links_ != nullptr)
    links_->release(keyring_);
}

KeyringLinks::Hold KeyringLinks::hold(KeySerial keyring) {
  ++holds_[keyring];
  unnamed_ = unnamed_ || keyring == 0;
  return {this, keyring};
}

void KeyringLinks::release(KeySerial keyring) {
  const auto found = holds_.find(keyring);
  check(found != holds_.end(), "a keyring is released as often as it is held");
  if (--found->second > 0)
    return;
  holds_.erase(found);
  // a link that is gone already, or a keyring that was revoked, is as good
  if (keyring != 0)
    (void)keyctl(KEYCTL_UNLINK, keyring, KEY_SPEC_PROCESS_KEYRING, 0, 0);
  if (holds_.empty() && std::exchange(unnamed_, false))
    (void)keyctl(KEYCTL_CLEAR, KEY_SPEC_PROCESS_KEYRING, 0, 0, 0);
}

Result<KeyringPsk> KeyringPsk::for_client(std::span<const KeySerial> serials, bool sha384) {
  std::string problems;
  for (const KeySerial serial : serials) {
    auto psk = read_psk(serial);
    const auto usable = psk ? require_usable(*psk, sha384) : Result<>{};
    if (psk && usable) {
      KeyringPsk out(0, sha384);
      out.offered_ = std::move(*psk);
      out.used_ = serial;
      return out;
    }
    if (!problems.empty())
      problems += "; ";
    problems += (psk ? usable.error() : psk.error()).message();
  }
  return invalid(problems.empty() ? "the request names no key" : problems);
}

Result<tls::Psk> KeyringPsk::find(std::string_view identity) {
  if (offered_) {
    const auto key = offered_->psk.key.bytes();
    Secret copy = TRY(Secret::create(key.size()));
    std::ranges::copy(key, copy.bytes().begin());
    return tls::Psk{offered_->psk.identity, std::move(copy)};
  }
  KeyringKey found = TRY(find_psk(keyring_, identity));
  TRY(require_usable(found, sha384_));
  used_ = found.serial;
  return std::move(found.psk);
}

} // namespace ktls
