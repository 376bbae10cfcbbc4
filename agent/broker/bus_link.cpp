// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/bus_link.hpp"

#include <utility>

#include "base/log.hpp"

namespace ktls {

void BusLink::connect() {
  again_.reset();
  connection_.reset();
  began_ = Clock::now();
  auto opening = bus::Opening::start(
      loop_, [this] { on_lost(); }, handlers_.set_up,
      [this](Result<std::unique_ptr<bus::Connection>> opened) { on_opened(std::move(opened)); });
  if (opening)
    opening_ = std::move(*opening);
  else
    on_opened(tl::make_unexpected(std::move(opening).error()));
}

void BusLink::connect_at(Clock::time_point when) {
  auto timer = loop_.on_time(when, [this] { connect(); });
  check(timer.has_value(), "a timer can be set");
  again_ = std::move(*timer);
}

void BusLink::on_opened(Result<std::unique_ptr<bus::Connection>> opened) {
  opening_.reset();
  if (opened) {
    if (const auto watched = (*opened)->watch(); !watched)
      opened = tl::make_unexpected(watched.error());
  }
  if (!opened) {
    missing_ = opened.error().message();
    if (!std::exchange(warned_, true))
      log::info("{}: {}; this is tried again", without_, missing_);
    return connect_at(Clock::now() + backoff_.next(Clock::now() - began_));
  }
  warned_ = false;
  connection_ = std::move(*opened);
  usable_ = true;
  handlers_.connected(*connection_);
}

void BusLink::on_lost() {
  missing_ = "the connection to the system bus was lost";
  log::warning("{}; {}", missing_, without_);
  usable_ = false;
  handlers_.lost();
  connect_at(Clock::now() + Backoff::first);
}

} // namespace ktls
