// SPDX-License-Identifier: GPL-2.0-or-later
// SecretStore: the traffic secrets of open sessions, for the keys that come next (RFC 8446, section
// 7.2), in memory that outlives this process in the descriptor store of the service manager.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/inherited.hpp"
#include "broker/secret_memory.hpp"
#include "ktls/traffic_keys.hpp"
#include "tls/session.hpp"

namespace ktls {

class SecretStore {
public:
  using Cookie = std::uint64_t;
  // In the descriptor store: a number follows.
  static constexpr std::string_view name_prefix = "secrets-";
  // Of the memories, each with room for slots_each sessions. Sessions beyond that keep the keys
  // that they have.
  static constexpr std::size_t max_memories = 32;
  static constexpr std::size_t slots_each = 4096;

  // False: there is nobody who keeps it.
  using Keep = std::function<bool(const std::string& name, int fd)>;
  explicit SecretStore(Keep keep) : keep_(std::move(keep)) {}

  // What earlier agents have left, and room for more. A memory of another version is passed over.
  void begin(std::vector<Inherited> memories);
  // Wipes what is not of these.
  void keep_only(const std::function<bool(Cookie)>& wanted);

  // What has the same cookie is replaced; empty secrets, or others than of TLS 1.3, are none.
  void add(Cookie cookie, const tls::TrafficSecrets& secrets);
  void remove(Cookie cookie);

  // Valid until the next change; none: not known.
  [[nodiscard]] std::optional<std::span<const std::byte>> find(Cookie cookie,
                                                               Direction direction) const;
  // `next` has the size of the one before.
  void replace(Cookie cookie, Direction direction, std::span<const std::byte> next);
  // How often each of its directions got another, so far.
  [[nodiscard]] std::uint32_t replaced(Cookie cookie) const;
  [[nodiscard]] std::size_t size() const { return used_.size(); }

private:
  struct Slot;
  static constexpr std::size_t memory_size = (slots_each + 1) * 128;
  [[nodiscard]] static std::span<Slot> slots_of(const SecretMemory& memory);
  void take_in(SecretMemory memory);
  [[nodiscard]] const Slot* slot_of(Cookie cookie) const;
  bool grow();
  void wipe_slot(Slot& slot);

  Keep keep_;
  std::vector<SecretMemory> memories_;
  std::uint64_t last_name_ = 0;
  std::unordered_map<Cookie, Slot*> used_;
  std::vector<Slot*> free_;
  bool full_ = false; // and said so
};

} // namespace ktls
