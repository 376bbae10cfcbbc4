// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/opening.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "base/fd.hpp"

namespace ktls::bus {

// The thread writes `result` before it writes to `ended`, the loop reads it afterwards.
struct Opening::State {
  Fd ended;
  Result<std::unique_ptr<Connection>> result = nullptr;
};

namespace {

Result<std::unique_ptr<Connection>> open_and_set_up(EventLoop& loop, std::function<void()> on_lost,
                                                    const Opening::SetUp& set_up) {
  auto connection = TRY(Connection::prepare(loop, std::move(on_lost)));
  TRY(set_up(*connection));
  return connection;
}

// Signals are for the loop's thread.
class AllSignalsBlocked {
public:
  AllSignalsBlocked() {
    sigset_t all;
    (void)::sigfillset(&all);
    (void)::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_{};
};

} // namespace

Result<std::unique_ptr<Opening>> Opening::start(EventLoop& loop, std::function<void()> on_lost,
                                                SetUp set_up, Done done) {
  auto state = std::make_shared<State>();
  state->ended = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->ended)
    return errno_error("making an event descriptor");
  std::unique_ptr<Opening> made(new Opening(state, std::move(done)));
  made->ended_ = TRY(loop.on_io(state->ended.get(), EPOLLIN, [self = made.get()](std::uint32_t) {
    self->ended_.reset();
    const auto call = std::move(self->done_); // it may destroy *self
    call(std::move(self->state_->result));
  }));
  try {
    const AllSignalsBlocked blocked;
    std::thread([state, &loop, on_lost = std::move(on_lost), set_up = std::move(set_up)]() mutable {
      state->result = open_and_set_up(loop, std::move(on_lost), set_up);
      const std::uint64_t one = 1;
      (void)!::write(state->ended.get(), &one, sizeof one);
    }).detach();
  } catch (const std::system_error& error) {
    return Unexpected(Error{error.code(), "starting a thread"});
  }
  return made;
}

} // namespace ktls::bus
