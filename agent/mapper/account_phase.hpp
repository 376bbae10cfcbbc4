// SPDX-License-Identifier: GPL-2.0-or-later
// AccountPhase: PAM's word on an account, from a process of its own for each question. PAM's
// modules may wait, fork, and leave things behind.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "base/event_loop.hpp"
#include "base/process.hpp"

namespace ktls {

// One message from us: these texts, each with a NUL at its end. One to us: PAM's code, 4 bytes.
inline constexpr int account_phase_descriptor = 3;
inline constexpr std::size_t max_account_phase_request = 2048;

class AccountPhase {
public:
  static constexpr std::size_t max_children = 32;
  struct Question {
    std::string service;
    std::string user;
    std::string remote_address; // may be empty
  };
  // PAM's code. Unexpected: why there is none.
  using Answer = tl::expected<int, std::string>;

  // `helper`: the path of ktls-mapd-account.
  AccountPhase(EventLoop& loop, std::string helper);
  AccountPhase(const AccountPhase&) = delete;
  AccountPhase& operator=(const AccountPhase&) = delete;
  ~AccountPhase();

  // Calls back once, after this has returned, and by the deadline. False: too many children run,
  // and it is not called.
  [[nodiscard]] bool ask(const Question& question, EventLoop::Clock::time_point deadline,
                         std::function<void(Answer)> then);

private:
  struct Child;
  using Children = std::list<std::unique_ptr<Child>>;
  Result<> start(Child& child, const Question& question);
  void on_answer(Children::iterator child);
  void end(Children::iterator child, Answer answer);

  EventLoop& loop_;
  std::string helper_;
  Children children_;
};

} // namespace ktls
