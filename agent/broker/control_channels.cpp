// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/control_channels.hpp"

#include <utility>

#include "base/log.hpp"
#include "wire.hpp"

namespace ktls {

void ControlChannels::add(Cookie cookie, uid_t uid, ipc::Channel channel) {
  remove(cookie);
  ipc::Connection::Handlers handlers;
  // nothing is to come, and whoever closes takes no more orders
  handlers.on_packet = [this, cookie](const ipc::Packet&) { remove(cookie); };
  handlers.on_closed = [this, cookie] { remove(cookie); };
  auto connection = ipc::Connection::create(loop_, std::move(channel), std::move(handlers));
  if (!connection) {
    log::warning("a control channel: {}", connection.error().message());
    return;
  }
  of_uids_.add(uid);
  controls_.emplace(cookie, Control{uid, std::move(*connection), {}, {}});
}

void ControlChannels::remove(Cookie cookie) {
  const auto known = controls_.extract(cookie);
  if (known.empty())
    return;
  of_uids_.remove(known.mapped().uid);
  for (const auto& done : known.mapped().waiting)
    done(Answer::NoChannel);
}

void ControlChannels::order_rekey(Cookie cookie, Done done) {
  const auto found = controls_.find(cookie);
  if (found == controls_.end())
    return done(Answer::NoChannel);
  auto& control = found->second;
  control.waiting.push_back(std::move(done));
  if (control.waiting.size() > 1)
    return; // it has been told
  auto timer =
      loop_.on_time(loop_.now() + until_late_, [this, cookie] { answer(cookie, Answer::TooLate); });
  check(timer.has_value(), "a timer can be set");
  control.timer = std::move(*timer);
  auto order = wire::make<wire::Order>();
  order.kind = wire::OrderKind::Rekey;
  if (!control.connection->send(order))
    remove(cookie);
}

void ControlChannels::answer(Cookie cookie, Answer how) {
  const auto found = controls_.find(cookie);
  if (found == controls_.end())
    return;
  found->second.timer.reset();
  for (const auto& done : std::exchange(found->second.waiting, {}))
    done(how);
}

} // namespace ktls
