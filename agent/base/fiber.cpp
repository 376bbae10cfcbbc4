// SPDX-License-Identifier: GPL-2.0-or-later
// A context of ucontext.h makes the first step onto a stack. From there on _setjmp() and _longjmp()
// change between the two, since swapcontext() asks the kernel for the signal mask each time.
#include "base/fiber.hpp" // NOLINT(bugprone-suspicious-include)

#include <sys/mman.h>
#include <ucontext.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <span>
#include <utility>

#include "base/sanitizer.hpp" // NOLINT(bugprone-suspicious-include)
#ifdef KTLS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace ktls {

// Pages above others that cannot be touched. What ran on a stack leaves keys behind, so it is wiped
// before the next one gets it: all of it, since 128 KiB take 2 us, and finding out how far it was
// used takes as long. One that is not kept is unmapped, and the kernel clears its pages.
struct FiberStack {
  FiberStack(std::span<std::byte> its_mapping, std::size_t guard)
      : mapping(its_mapping), usable(its_mapping.subspan(guard)) {}
  FiberStack(const FiberStack&) = delete;
  FiberStack& operator=(const FiberStack&) = delete;
  ~FiberStack() { (void)::munmap(mapping.data(), mapping.size()); }

  void wipe() {
#ifdef KTLS_ADDRESS_SANITIZER
    __asan_unpoison_memory_region(usable.data(), usable.size());
#endif
    ::explicit_bzero(usable.data(), usable.size());
    entered = false;
  }

  std::span<std::byte> mapping;
  std::span<std::byte> usable;
  ucontext_t first{};   // steps onto the stack
  bool entered = false; // something runs on it
  jmp_buf inside{};
  jmp_buf outside{};
  // for the sanitizer: the stack that this one was entered from
  const void* outer_bottom = nullptr;
  std::size_t outer_size = 0;
};

namespace {

// A pointer.
using Halves = std::array<unsigned, 2>;

// Tells the sanitizer, where there is one, that another stack is used from here on.
void* announce_switch([[maybe_unused]] bool for_good, [[maybe_unused]] const void* bottom,
                      [[maybe_unused]] std::size_t size) {
  void* left = nullptr;
#ifdef KTLS_ADDRESS_SANITIZER
  __sanitizer_start_switch_fiber(for_good ? nullptr : &left, bottom, size);
#endif
  return left;
}

void confirm_switch([[maybe_unused]] void* left, [[maybe_unused]] const void** outer_bottom,
                    [[maybe_unused]] std::size_t* outer_size) {
#ifdef KTLS_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(left, outer_bottom, outer_size);
#endif
}

} // namespace

Fibers::Fibers() = default;
Fibers::~Fibers() = default;

Result<std::unique_ptr<FiberStack>> Fibers::take() {
  if (!free_.empty()) {
    auto stack = std::move(free_.back());
    free_.pop_back();
    return stack;
  }
  constexpr std::size_t size = guard_size + stack_size;
  void* pages = ::mmap(nullptr, size, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED)
    return errno_error("allocating a stack");
  auto stack =
      std::make_unique<FiberStack>(std::span(static_cast<std::byte*>(pages), size), guard_size);
  if (::mprotect(stack->usable.data(), stack_size, PROT_READ | PROT_WRITE) < 0)
    return errno_error("allocating a stack");
  (void)::madvise(stack->usable.data(), stack_size, MADV_DONTDUMP);
  check(::getcontext(&stack->first) == 0, "getcontext");
  return stack;
}

void Fibers::give_back(std::unique_ptr<FiberStack> stack) {
  if (free_.size() >= max_free)
    return;
  stack->wipe();
  free_.push_back(std::move(stack));
}

Fiber::Fiber(Fibers& fibers) : fibers_(fibers) {}

Fiber::~Fiber() {
  done_ = nullptr;
  if (suspended())
    cancel();
}

Result<> Fiber::start(Call body, Call done) {
  check(!suspended(), "a fiber runs one function at a time");
  stack_ = TRY(fibers_.take());
  body_ = std::move(body);
  done_ = std::move(done);
  ended_ = cancelled_ = false;
  switch_in();
  return {};
}

// Does not return: whoever waits in switch_in() is jumped to.
void Fiber::enter_stack() {
  auto& first = stack_->first;
  first.uc_stack.ss_sp = stack_->usable.data();
  first.uc_stack.ss_size = stack_->usable.size();
  first.uc_link = nullptr;
  // makecontext() passes integers of 32 bits only
  const auto self = std::bit_cast<Halves>(this);
  ::makecontext(&first, reinterpret_cast<void (*)()>(&Fiber::enter), 2, self[0], self[1]);
  stack_->entered = true;
  (void)::setcontext(&first);
  check(false, "setcontext");
}

void Fiber::enter(unsigned first, unsigned second) noexcept {
  const Halves halves{first, second};
  Fiber* self = nullptr;
  static_assert(sizeof(void*) == sizeof halves);
  std::memcpy(&self, halves.data(), sizeof halves);
  self->run();
}

void Fiber::run() {
  confirm_switch(nullptr, &stack_->outer_bottom, &stack_->outer_size);
  body_();
  body_ = nullptr;
  ended_ = true;
  switch_out(true);
}

void Fiber::resume() {
  check(suspended(), "only a suspended fiber is resumed");
  switch_in();
}

void Fiber::cancel() {
  cancelled_ = true;
  resume();
}

Fiber::Woken Fiber::suspend() {
  check(fibers_.current_ == this, "a fiber suspends itself");
  if (!cancelled_)
    switch_out(false);
  return cancelled_ ? Woken::Cancelled : Woken::Resumed;
}

void Fiber::switch_in() {
  check(fibers_.current_ == nullptr, "a fiber is entered from outside of all");
  fibers_.current_ = this;
  void* left = announce_switch(false, stack_->usable.data(), stack_->usable.size());
  if (_setjmp(stack_->outside) == 0) {
    if (stack_->entered)
      _longjmp(stack_->inside, 1);
    enter_stack();
  }
  confirm_switch(left, nullptr, nullptr);
  fibers_.current_ = nullptr;
  if (!ended_)
    return;
  fibers_.give_back(std::move(stack_));
  if (const auto done = std::exchange(done_, nullptr)) // it may destroy *this
    done();
}

void Fiber::switch_out(bool for_good) {
  void* left = announce_switch(for_good, stack_->outer_bottom, stack_->outer_size);
  if (_setjmp(stack_->inside) == 0)
    _longjmp(stack_->outside, 1);
  confirm_switch(left, &stack_->outer_bottom, &stack_->outer_size);
}

} // namespace ktls
