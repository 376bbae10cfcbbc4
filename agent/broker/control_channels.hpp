// SPDX-License-Identifier: GPL-2.0-or-later
// ControlChannels: applications that take orders about their sessions (ktlsctl_control_open()).
// Keys of what is sent can only be changed by who sends: the kernel holds up nobody between a
// KeyUpdate and the new keys ("There is no pausing on the transmit side":
// Documentation/networking/tls.rst).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/admission.hpp"
#include "ipc/connection.hpp"

namespace ktls {

class ControlChannels {
public:
  using Cookie = std::uint64_t;
  // Until an application has to have done what it was told.
  static constexpr std::chrono::seconds patience{5}; // less than ktlsctl waits

  enum class Answer {
    Done,
    NoChannel, // the application takes no orders
    TooLate,   // it has not done it
  };
  using Done = std::function<void(Answer)>;

  // `per_uid`: so many sessions of one user have a channel at most.
  ControlChannels(EventLoop& loop, std::size_t per_uid,
                  std::chrono::milliseconds until_late = patience)
      : loop_(loop), per_uid_(per_uid), until_late_(until_late) {}
  void set_limit(std::size_t per_uid) { per_uid_ = per_uid; }

  [[nodiscard]] bool may_add(uid_t uid) const { return of_uids_.of(uid) < per_uid_; }
  // Of the session with this cookie, in the place of an earlier one.
  void add(Cookie cookie, uid_t uid, ipc::Channel channel);
  // The session has ended.
  void remove(Cookie cookie);

  // Both directions are to get new keys.
  void order_rekey(Cookie cookie, Done done);
  // What the session sends has new keys.
  void on_rekeyed(Cookie cookie) { answer(cookie, Answer::Done); }

private:
  struct Control {
    uid_t uid;
    std::unique_ptr<ipc::Connection> connection;
    std::vector<Done> waiting;
    EventSource timer;
  };
  void answer(Cookie cookie, Answer how);

  EventLoop& loop_;
  std::size_t per_uid_;
  std::chrono::milliseconds until_late_;
  Counts<uid_t> of_uids_;
  std::unordered_map<Cookie, Control> controls_;
};

} // namespace ktls
