// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/secret_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <type_traits>
#include <utility>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "tls/key_schedule.hpp"

namespace ktls {

// As it lies in memory. This process may end between any two writes: the cookie is written last and
// taken away first. Half a secret does no harm: no socket has its key.
struct alignas(64) SecretStore::Slot {
  std::uint64_t cookie; // 0: free
  std::uint32_t size;   // of each secret
  std::array<std::uint32_t, 2> replaced;
  std::array<std::array<std::byte, tls::max_traffic_secret>, 2> secrets; // by Direction

  [[nodiscard]] std::span<std::byte> secret(Direction direction) {
    return std::span(secrets.at(static_cast<std::size_t>(direction))).first(size);
  }
  [[nodiscard]] std::span<const std::byte> secret(Direction direction) const {
    return std::span(secrets.at(static_cast<std::size_t>(direction))).first(size);
  }
};

namespace {

// In the place of the first slot's cookie; another layout needs another one.
constexpr std::uint64_t layout_version = 0x6b746c7373656331; // "ktlssec1"

std::string name_of(std::uint64_t number) {
  return fmt::format("{}{}", SecretStore::name_prefix, number);
}

} // namespace

// All but the first, which says what this is.
std::span<SecretStore::Slot> SecretStore::slots_of(const SecretMemory& memory) {
  static_assert(std::is_trivially_copyable_v<Slot> && sizeof(Slot) == 128);
  return std::span(reinterpret_cast<Slot*>(memory.bytes().data()), slots_each + 1);
}

void SecretStore::begin(std::vector<Inherited> memories) {
  for (auto& each : memories) {
    const auto digits = std::string_view(each.name).substr(name_prefix.size());
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    last_name_ = std::max(last_name_, number);
    auto memory = SecretMemory::open(std::move(each.fd), memory_size);
    if (!memory || slots_of(*memory).front().cookie != layout_version) {
      log::warning("the traffic secrets of \"{}\" are not read: {}", escape(each.name),
                   memory ? "they are of another version" : memory.error().message());
      continue;
    }
    take_in(std::move(*memory));
  }
  if (free_.empty())
    (void)grow();
}

void SecretStore::take_in(SecretMemory memory) {
  for (auto& slot : slots_of(memory).subspan(1)) {
    if (slot.cookie == 0 || !tls::is_traffic_secret_size(slot.size) ||
        !used_.emplace(slot.cookie, &slot).second)
      wipe_slot(slot);
  }
  memories_.push_back(std::move(memory));
}

void SecretStore::wipe_slot(Slot& slot) {
  slot.cookie = 0;
  std::atomic_signal_fence(std::memory_order_release);
  wipe_message(slot);
  free_.push_back(&slot);
}

void SecretStore::keep_only(const std::function<bool(Cookie)>& wanted) {
  std::vector<Cookie> gone;
  for (const auto& [cookie, slot] : used_) {
    if (!wanted(cookie))
      gone.push_back(cookie);
  }
  for (const auto cookie : gone)
    remove(cookie);
}

bool SecretStore::grow() {
  if (memories_.size() >= max_memories)
    return false;
  auto memory = SecretMemory::create(memory_size);
  if (!memory) {
    log::warning("{}", memory.error().message());
    return false;
  }
  slots_of(*memory).front().cookie = layout_version;
  (void)keep_(name_of(++last_name_), memory->fd());
  take_in(std::move(*memory));
  return true;
}

void SecretStore::add(Cookie cookie, const tls::TrafficSecrets& secrets) {
  remove(cookie);
  if (!tls::is_traffic_secret_size(secrets.send.size()) ||
      secrets.receive.size() != secrets.send.size())
    return;
  if (free_.empty() && !grow()) {
    if (!std::exchange(full_, true))
      log::warning("from here on keys of new sessions cannot be changed: {} have theirs kept",
                   used_.size());
    return;
  }
  auto& slot = *free_.back();
  free_.pop_back();
  slot.size = static_cast<std::uint32_t>(secrets.send.size());
  std::ranges::copy(secrets.send, slot.secret(Direction::Transmit).begin());
  std::ranges::copy(secrets.receive, slot.secret(Direction::Receive).begin());
  std::atomic_signal_fence(std::memory_order_release);
  slot.cookie = cookie;
  used_.emplace(cookie, &slot);
}

void SecretStore::remove(Cookie cookie) {
  const auto known = used_.extract(cookie);
  if (known.empty())
    return;
  wipe_slot(*known.mapped());
  full_ = false;
}

const SecretStore::Slot* SecretStore::slot_of(Cookie cookie) const {
  const auto found = used_.find(cookie);
  return found == used_.end() ? nullptr : found->second;
}

std::optional<std::span<const std::byte>> SecretStore::find(Cookie cookie,
                                                            Direction direction) const {
  const auto* slot = slot_of(cookie);
  return slot == nullptr ? std::nullopt : std::optional(slot->secret(direction));
}

void SecretStore::replace(Cookie cookie, Direction direction, std::span<const std::byte> next) {
  auto& slot = *used_.at(cookie);
  check(next.size() == slot.size, "the hash of a session stays");
  std::ranges::copy(next, slot.secret(direction).begin());
  ++slot.replaced.at(static_cast<std::size_t>(direction));
}

std::uint32_t SecretStore::replaced(Cookie cookie) const {
  const auto* slot = slot_of(cookie);
  return slot == nullptr ? 0 : slot->replaced[0] + slot->replaced[1];
}

} // namespace ktls
