// SPDX-License-Identifier: GPL-2.0-or-later
// Opening: a connection to the system bus that is made on a thread of its own. Making one waits for
// the bus, and whoever has handshakes to do cannot.
#pragma once

#include <functional>
#include <memory>

#include "base/event_loop.hpp"
#include "bus/connection.hpp"

namespace ktls::bus {

class Opening {
public:
  // On the thread: what else waits for the bus, such as on_signal().
  using SetUp = std::function<Result<>(Connection&)>;
  // In the loop, once, unless this object is gone. It may destroy the object.
  using Done = std::function<void(Result<std::unique_ptr<Connection>>)>;

  // `loop` must outlive the thread. What `set_up` refers to must outlive it too: it may go on for
  // as long as the bus does not answer, after this object is gone.
  static Result<std::unique_ptr<Opening>> start(EventLoop& loop, std::function<void()> on_lost,
                                                SetUp set_up, Done done);

private:
  struct State;
  Opening(std::shared_ptr<State> state, Done done)
      : state_(std::move(state)), done_(std::move(done)) {}

  std::shared_ptr<State> state_;
  Done done_;
  EventSource ended_;
};

} // namespace ktls::bus
