// SPDX-License-Identifier: GPL-2.0-or-later
// A handshake sets a deadline and nearly always ends before it. So the timer of the process is set
// only when a deadline comes before all others, and is left alone when one goes: it then goes off
// in vain once in a while, but a handshake costs no system call for its deadline, and a turn of the
// loop none for the time.
#include "base/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <unordered_map>

#include "base/fd.hpp"

namespace ktls {

using Id = std::uint64_t;

struct EventLoop::Core {
  using Timers = std::multimap<Clock::time_point, EventSource::State*>;
  static constexpr Id timer_id = 0;

  Result<> watch(int operation, int fd, Id id, std::uint32_t events) const;
  void arm(Clock::time_point when);
  bool dispatch();
  bool dispatch_event(const epoll_event& event);
  bool dispatch_timer();
  void on_timer();
  Result<> wait(int limit_ms);

  Fd epoll;
  Fd timer;
  Id last_id = timer_id;
  std::unordered_map<Id, EventSource::State*> watched;
  Timers timers;
  std::optional<Clock::time_point> armed; // when the timer goes off
  Clock::time_point now{};                // when it last did
  std::optional<Clock::time_point> turn;  // when somebody asked in this turn
  std::optional<std::chrono::system_clock::time_point> wall_clock; // the same
  std::array<epoll_event, 64> events{}; // ready, and from `next` on not yet dispatched
  std::size_t ready = 0;
  std::size_t next = 0;
  std::optional<int> status;
};

struct EventSource::State : std::enable_shared_from_this<EventSource::State> {
  explicit State(std::shared_ptr<EventLoop::Core> its_core) : core(std::move(its_core)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() = default;

  void stop();
  Result<> watch(std::uint32_t wanted, bool on);

  std::shared_ptr<EventLoop::Core> core;
  std::function<void(std::uint32_t)> call;
  // of on_io() and on_signal()
  Id id = 0;
  int fd = -1;
  std::uint32_t events = 0;
  bool enabled = false;
  Fd signals;
  // of on_time(), until it is due
  std::optional<EventLoop::Core::Timers::iterator> deadline;
};

Result<> EventLoop::Core::watch(int operation, int fd, Id id, std::uint32_t wanted) const {
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = id;
  if (::epoll_ctl(epoll.get(), operation, fd, &event) < 0)
    return errno_error("watching a descriptor");
  return {};
}

// The timer goes off at `when` or before.
void EventLoop::Core::arm(Clock::time_point when) {
  if (armed && *armed <= when)
    return;
  armed = when;
  // zero would turn it off
  const auto since_boot = std::max(when.time_since_epoch(), Clock::duration(1));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  itimerspec setting{};
  setting.it_value.tv_sec = seconds.count();
  setting.it_value.tv_nsec = std::chrono::nanoseconds(since_boot - seconds).count();
  check(::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &setting, nullptr) == 0,
        "a timer can be set");
}

void EventLoop::Core::on_timer() {
  std::uint64_t times = 0;
  (void)!::read(timer.get(), &times, sizeof times);
  armed.reset();
  now = Clock::now();
}

bool EventLoop::Core::dispatch_timer() {
  if (timers.empty() || timers.begin()->first > now)
    return false;
  const auto source = timers.begin()->second->shared_from_this(); // the call may destroy it
  timers.erase(timers.begin());
  source->deadline.reset();
  source->call(0);
  return true;
}

bool EventLoop::Core::dispatch_event(const epoll_event& event) {
  const Id id = event.data.u64; // a copy: the structure is packed
  if (id == timer_id) {
    on_timer();
    return false;
  }
  const auto found = watched.find(id);
  if (found == watched.end())
    return false;                                        // stopped by an earlier call of this turn
  const auto source = found->second->shared_from_this(); // the call may destroy it
  const std::uint32_t ready_for = event.events;
  const auto seen = ready_for & (source->events | EPOLLERR | EPOLLHUP);
  if (!source->enabled || seen == 0)
    return false; // changed by an earlier call of this turn
  source->call(seen);
  return true;
}

// At most one call.
bool EventLoop::Core::dispatch() {
  while (next < ready) {
    if (dispatch_event(events.at(next++)))
      return true;
  }
  return dispatch_timer();
}

Result<> EventLoop::Core::wait(int limit_ms) {
  next = ready = 0;
  turn.reset();
  wall_clock.reset();
  if (!timers.empty())
    arm(timers.begin()->first);
  const int count =
      ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), limit_ms);
  if (count < 0 && errno != EINTR)
    return errno_error("running the event loop");
  ready = static_cast<std::size_t>(std::max(count, 0));
  return {};
}

Result<EventLoop> EventLoop::create() {
  auto core = std::make_shared<Core>();
  core->epoll = Fd(::epoll_create1(EPOLL_CLOEXEC));
  core->timer = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!core->epoll || !core->timer)
    return errno_error("creating the event loop");
  TRY(core->watch(EPOLL_CTL_ADD, core->timer.get(), Core::timer_id, EPOLLIN));
  return EventLoop(std::move(core));
}

Result<EventSource> EventLoop::on_io(int fd, std::uint32_t events,
                                     std::function<void(std::uint32_t)> call) {
  auto state = std::make_shared<EventSource::State>(core_);
  state->id = ++core_->last_id;
  state->fd = fd;
  state->call = std::move(call);
  TRY(state->watch(events, true));
  core_->watched.emplace(state->id, state.get());
  return EventSource(std::move(state));
}

Result<EventSource> EventLoop::on_time(Clock::time_point when, std::function<void()> call) {
  auto state = std::make_shared<EventSource::State>(core_);
  state->call = [call = std::move(call)](std::uint32_t) { call(); };
  state->deadline = core_->timers.emplace(when, state.get());
  return EventSource(std::move(state));
}

Result<EventSource> EventLoop::on_signal(int number, std::function<void()> call) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  if (sigprocmask(SIG_BLOCK, &set, nullptr) < 0)
    return errno_error("blocking a signal");
  Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals)
    return errno_error("watching a signal");
  const int fd = signals.get();
  auto source = TRY(on_io(fd, EPOLLIN, [fd, call = std::move(call)](std::uint32_t) {
    signalfd_siginfo info{};
    if (::read(fd, &info, sizeof info) == sizeof info)
      call();
  }));
  source.state_->signals = std::move(signals);
  return source;
}

EventLoop::Clock::time_point EventLoop::now() {
  if (!core_->turn)
    core_->turn = Clock::now();
  return *core_->turn;
}

void EventLoop::set_now(Clock::time_point now) {
  core_->turn = now;
}

std::chrono::system_clock::time_point EventLoop::wall_clock() {
  if (!core_->wall_clock)
    core_->wall_clock = std::chrono::system_clock::now();
  return *core_->wall_clock;
}

Result<int> EventLoop::run() {
  while (!core_->status) {
    if (!core_->dispatch())
      TRY(core_->wait(-1));
  }
  return *core_->status;
}

void EventLoop::exit(int status) {
  core_->status = status;
}

Result<bool> EventLoop::run_once(std::chrono::milliseconds limit) {
  core_->now = Clock::now();
  if (core_->dispatch())
    return true;
  TRY(core_->wait(static_cast<int>(limit.count())));
  return core_->dispatch();
}

std::optional<int> EventLoop::exit_status() const {
  return core_->status;
}

Result<> EventSource::State::watch(std::uint32_t wanted, bool on) {
  const bool changed = wanted != events;
  events = wanted;
  if (on != enabled) {
    enabled = on;
    return core->watch(on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, id, events);
  }
  if (!enabled || !changed)
    return {};
  return core->watch(EPOLL_CTL_MOD, fd, id, events);
}

void EventSource::State::stop() {
  if (fd >= 0) {
    core->watched.erase(id);
    (void)watch(events, false);
  }
  if (deadline)
    core->timers.erase(*deadline);
  deadline.reset();
}

EventSource& EventSource::operator=(EventSource&& other) noexcept {
  std::swap(state_, other.state_);
  other.reset();
  return *this;
}

void EventSource::reset() {
  if (const auto state = std::move(state_))
    state->stop();
}

void set_events(EventSource& source, std::uint32_t events) {
  auto& state = *source.state_;
  check(state.watch(events, state.enabled).has_value(), "event source takes events");
}

void set_enabled(EventSource& source, bool on) {
  auto& state = *source.state_;
  check(state.watch(state.events, on).has_value(), "event source can be turned on and off");
}

} // namespace ktls
