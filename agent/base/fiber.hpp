// SPDX-License-Identifier: GPL-2.0-or-later
// Fiber: a function with a stack of its own, which can wait while this thread does other things.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"

namespace ktls {

class Fiber;
struct FiberStack;

// The stacks that fibers share, and which fiber runs. Must outlive its fibers.
class Fibers {
public:
  // GnuTLS 3.7.9 was seen to use 7 KiB with P-256, 24 KiB with RSA of 8192 bits, and 36 KiB with
  // 16384 bits. The rest is margin; only what is touched takes memory.
  static constexpr std::size_t stack_size = 128UL * 1024;
  // Below it, so that what needs more ends the process: above 64 KiB, which is what GMP takes from
  // a stack at a time, without touching all of it.
  static constexpr std::size_t guard_size = 1024UL * 1024;
  // Stacks kept for the next fiber. More are made as they are needed, and unmapped behind it.
  static constexpr std::size_t max_free = 16;

  Fibers();
  ~Fibers();
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  // The one whose function runs now; null outside of all.
  [[nodiscard]] Fiber* current() const { return current_; }

private:
  friend class Fiber;
  Result<std::unique_ptr<FiberStack>> take();
  void give_back(std::unique_ptr<FiberStack> stack);

  std::vector<std::unique_ptr<FiberStack>> free_;
  Fiber* current_ = nullptr;
};

// One function at a time, again and again; holds a stack only from start() to the function's end.
// start(), resume() and cancel() are for those outside of all fibers, suspend() is for the
// function. No exception may leave it.
class Fiber {
public:
  enum class Woken { Resumed, Cancelled };
  using Call = std::function<void()>;

  explicit Fiber(Fibers& fibers);
  // Cancels, and does not call `done`.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs `body` until it ends or suspends. When it has ended, `done` is called on the stack of
  // whoever made it go on, perhaps before this returns; it may start the fiber again, or destroy
  // it. ENOMEM and the like where no stack can be had: then neither is called.
  Result<> start(Call body, Call done);
  // Goes on with a suspended function.
  void resume();
  // Goes on with a suspended function, which has ended when this returns: it cannot wait any more.
  void cancel();
  [[nodiscard]] bool suspended() const { return stack_ != nullptr; }

  // Waits for resume() or cancel(); cancelled once, it does not wait again.
  [[nodiscard]] Woken suspend();

private:
  static void enter(unsigned first, unsigned second) noexcept;
  void run();
  void enter_stack();
  void switch_in();
  void switch_out(bool for_good);

  Fibers& fibers_;
  std::unique_ptr<FiberStack> stack_; // while started and not ended
  Call body_;
  Call done_;
  bool ended_ = false;
  bool cancelled_ = false;
};

} // namespace ktls
