// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/account_phase.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <optional>

#include "base/fd.hpp"

namespace ktls {

struct AccountPhase::Child {
  std::function<void(Answer)> then;
  Fd channel;
  EventSource readable;
  EventSource deadline;
  std::optional<Process> process; // ended with this
};

AccountPhase::AccountPhase(EventLoop& loop, std::string helper)
    : loop_(loop), helper_(std::move(helper)) {}
AccountPhase::~AccountPhase() = default;

bool AccountPhase::ask(const Question& question, EventLoop::Clock::time_point deadline,
                       std::function<void(Answer)> then) {
  if (children_.size() >= max_children)
    return false;
  const auto at = children_.insert(children_.end(), std::make_unique<Child>());
  Child& child = **at;
  child.then = std::move(then);
  const auto fail_at = [this, at](EventLoop::Clock::time_point when, std::string why) {
    auto timer = loop_.on_time(
        when, [this, at, why = std::move(why)] { end(at, tl::make_unexpected(why)); });
    check(timer.has_value(), "a timer can be had");
    (*at)->deadline = std::move(*timer);
  };
  fail_at(deadline, "PAM: its account phase took too long");
  auto started = start(child, question);
  auto readable =
      loop_.on_io(child.channel.get(), EPOLLIN, [this, at](std::uint32_t) { on_answer(at); });
  if (started && readable)
    child.readable = std::move(*readable);
  else
    fail_at(loop_.now(), "PAM: " + (started ? readable.error() : started.error()).message());
  return true;
}

Result<> AccountPhase::start(Child& child, const Question& question) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0)
    return errno_error("making a channel");
  child.channel = Fd(ends[0]);
  const Fd others(ends[1]);
  child.process = TRY(Process::spawn(helper_, std::array{others.get()}));
  std::string request;
  for (const auto* text : {&question.service, &question.user, &question.remote_address})
    request.append(*text).push_back('\0');
  if (request.size() > max_account_phase_request)
    return errno_error("the question", EMSGSIZE);
  if (::send(child.channel.get(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    return errno_error("asking " + helper_);
  return {};
}

void AccountPhase::on_answer(Children::iterator child) {
  int code = 0;
  const ssize_t got = ::recv((*child)->channel.get(), &code, sizeof code, MSG_DONTWAIT);
  if (got == sizeof code)
    return end(child, code);
  const auto how = (*child)->process->end();
  end(child,
      tl::make_unexpected(fmt::format("PAM: {} ended without an answer: {}", helper_, how.text)));
}

void AccountPhase::end(Children::iterator child, Answer answer) {
  const auto ended = std::move(*child);
  children_.erase(child);
  ended->then(std::move(answer));
}

} // namespace ktls
