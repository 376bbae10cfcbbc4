// SPDX-License-Identifier: GPL-2.0-or-later
// Pre-shared keys out of the kernel's keyrings, and the links that the kernel makes to them.
//
// A consumer such as NVMe/TCP names keys and a keyring in its request. The kernel links that
// keyring into the process keyring of whoever accepts the request, which gives the right to read
// its keys, and leaves it to us to take the link away. Nothing else is ever in the broker's process
// keyring.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "netlink/handshake_message.hpp"
#include "tls/psk.hpp"

namespace ktls {

struct KeyringKey {
  tls::Psk psk;
  tls::PskHash hash = tls::PskHash::WithSha256;
  KeySerial serial = 0; // what a consumer is told that the peer has proved to know
};

// A larger keyring is not gone through key by key, where the kernel's own search does not help.
inline constexpr std::size_t max_keys_in_keyring = 1024;

// The hash that an NVMe identity ("NVMe0R01 ...") names, and whether a key of this size fits to it;
// any other identity means SHA-256.
[[nodiscard]] Result<tls::PskHash> psk_hash(std::string_view identity, std::size_t key_size);

// What KEYCTL_DESCRIBE gives: "type;uid;gid;permissions;description". Semicolons in the description
// belong to it.
struct KeyDescription {
  std::string type;
  std::string description;
};
[[nodiscard]] Result<KeyDescription> parse_key_description(std::string_view text);

// A key of type "psk" (NVMe's) or "user". None of the errors names the key's bytes.
[[nodiscard]] Result<KeyringKey> read_psk(KeySerial serial);

// Searches `keyring` alone, for "psk" and then for "user". ENOKEY: it has no such key.
[[nodiscard]] Result<KeyringKey> find_psk(KeySerial keyring, std::string_view identity);

// Links in this process's process keyring, counted: two requests may bring the same keyring.
class KeyringLinks {
public:
  class Hold {
  public:
    Hold() = default;
    Hold(Hold&& other) noexcept
        : links_(std::exchange(other.links_, nullptr)), keyring_(other.keyring_) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(links_, other.links_);
      std::swap(keyring_, other.keyring_);
      return *this;
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold();

  private:
    friend KeyringLinks;
    Hold(KeyringLinks* links, KeySerial keyring) : links_(links), keyring_(keyring) {}
    KeyringLinks* links_ = nullptr;
    KeySerial keyring_ = 0;
  };

  KeyringLinks() = default;
  KeyringLinks(const KeyringLinks&) = delete;
  KeyringLinks& operator=(const KeyringLinks&) = delete;
  ~KeyringLinks() = default;

  // For a request that was accepted. The link goes when the last Hold of its keyring does. Kernels
  // before 6.16 make the link without saying which keyring it is: `keyring` is 0 then, and the
  // process keyring is emptied when no Hold is left at all. The links must outlive the Hold.
  [[nodiscard]] Hold hold(KeySerial keyring);

private:
  void release(KeySerial keyring);

  std::unordered_map<KeySerial, std::size_t> holds_;
  bool unnamed_ = false; // there may be links that nobody told us of
};

// The keys of one request.
class KeyringPsk {
public:
  // Tries `serials` in order; the first that can be used is the one that the connection is tried
  // with. None: the error says for each what is wrong with it.
  static Result<KeyringPsk> for_client(std::span<const KeySerial> serials, bool sha384);
  static KeyringPsk for_server(KeySerial keyring, bool sha384) {
    return KeyringPsk(keyring, sha384);
  }

  // As client, with an empty identity: the key to use. As server: that of the identity that the
  // peer sent. Costs a few system calls: the caller limits how often a peer can have it done.
  [[nodiscard]] Result<tls::Psk> find(std::string_view identity);
  // The key that the handshake was done with, given that it succeeded.
  [[nodiscard]] std::optional<KeySerial> used() const { return used_; }

private:
  KeyringPsk(KeySerial keyring, bool sha384) : keyring_(keyring), sha384_(sha384) {}

  std::optional<KeyringKey> offered_;
  KeySerial keyring_ = 0;
  bool sha384_ = false;
  std::optional<KeySerial> used_;
};

} // namespace ktls
