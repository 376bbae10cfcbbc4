// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/expiry_watch.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"

namespace ktls {
namespace {

constexpr std::time_t day = 24L * 60 * 60;

} // namespace

Expiry expiry_of(std::time_t not_after, std::time_t now) {
  constexpr std::time_t month = 30 * day;
  constexpr std::time_t week = 7 * day;
  const auto left = not_after - now;
  if (left <= 0)
    return Expiry::Over;
  if (left <= day)
    return Expiry::Day;
  if (left <= week)
    return Expiry::Week;
  return left <= month ? Expiry::Month : Expiry::Far;
}

std::string describe_expiry(std::time_t not_after, std::time_t now) {
  const auto date = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(not_after));
  if (not_after <= now)
    return "has expired, on " + date + ": peers refuse it";
  const auto days = (not_after - now) / day;
  if (days == 0)
    return fmt::format("expires in {} hours, on {}", (not_after - now) / 3600, date);
  return fmt::format("expires in {} day{}, on {}", days, days == 1 ? "" : "s", date);
}

void ExpiryWatch::watch(std::vector<OwnCertificate> certificates) {
  certificates_ = std::move(certificates);
  decltype(said_) still;
  for (const auto& own : certificates_) {
    if (auto known = said_.extract({own.path, own.facts.not_after}); !known.empty())
      still.insert(std::move(known));
  }
  said_ = std::move(still);
  look();
}

void ExpiryWatch::look() {
  const auto now = std::chrono::system_clock::to_time_t(loop_.wall_clock());
  for (const auto& own : certificates_) {
    const auto near = expiry_of(own.facts.not_after, now);
    auto& said = said_[{own.path, own.facts.not_after}];
    if (near > said)
      log::warning("{}: {}: the certificate \"{}\" of credential {} {}", own.where, own.path,
                   own.facts.subject, own.credential, describe_expiry(own.facts.not_after, now));
    said = near;
  }
  auto timer = loop_.on_time(loop_.now() + interval, [this] { look(); });
  check(timer.has_value(), "a timer can be set");
  timer_ = std::move(*timer);
}

} // namespace ktls
