// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/task_pool.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/fd.hpp"

namespace ktls {

struct TaskPool::Shared {
  struct Waiting {
    Id id;
    std::function<void()> work;
  };

  void serve();

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Waiting> waiting;
  std::vector<Id> finished; // and not yet seen by the loop
  bool stopped = false;
  std::size_t max_waiting = 0;
  Fd event; // readable when something is in `finished`
};

// One thread.
void TaskPool::Shared::serve() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return stopped || !waiting.empty(); });
    if (stopped)
      return;
    const Waiting task = std::move(waiting.front());
    waiting.pop_front();
    lock.unlock();
    task.work();
    lock.lock();
    finished.push_back(task.id);
    const std::uint64_t one = 1;
    (void)!::write(event.get(), &one, sizeof one);
  }
}

Result<std::unique_ptr<TaskPool>> TaskPool::create(EventLoop& loop, std::size_t threads,
                                                   std::size_t max_waiting) {
  auto shared = std::make_shared<Shared>();
  shared->max_waiting = max_waiting;
  shared->event = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared->event)
    return errno_error("creating an eventfd");
  std::unique_ptr<TaskPool> pool(new TaskPool(loop, shared, threads));
  pool->finished_ = TRY(loop.on_io(shared->event.get(), EPOLLIN,
                                   [raw = pool.get()](std::uint32_t) { raw->on_finished(); }));
  // signals are for the loop's thread
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 0; i < threads; ++i)
    std::thread([shared] { shared->serve(); }).detach();
  (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pool;
}

TaskPool::~TaskPool() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopped = true;
  shared_->waiting.clear();
  shared_->changed.notify_all();
}

bool TaskPool::submit(Clock::time_point deadline, std::function<void()> work,
                      std::function<void(bool)> done) {
  if (hanging_ >= threads_)
    return false;
  const Id id = ++last_id_;
  auto timer = loop_.on_time(deadline, [this, id] { on_deadline(id); });
  if (!timer)
    return false;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting.size() >= shared_->max_waiting)
      return false;
    shared_->waiting.push_back({id, std::move(work)});
  }
  tasks_.emplace(id, Task{std::move(done), std::move(*timer)});
  shared_->changed.notify_one();
  return true;
}

void TaskPool::on_finished() {
  std::uint64_t count = 0;
  (void)!::read(shared_->event.get(), &count, sizeof count);
  std::vector<Id> finished;
  {
    const std::lock_guard lock(shared_->mutex);
    finished.swap(shared_->finished);
  }
  for (const Id id : finished) {
    const auto found = tasks_.find(id);
    if (found == tasks_.end()) {
      --hanging_;
      continue;
    }
    const Task task = std::move(found->second);
    tasks_.erase(found);
    task.done(true);
  }
}

void TaskPool::on_deadline(Id id) {
  const auto found = tasks_.find(id);
  const Task task = std::move(found->second);
  tasks_.erase(found);
  bool begun = true;
  {
    const std::lock_guard lock(shared_->mutex);
    begun = std::erase_if(shared_->waiting, [id](const auto& one) { return one.id == id; }) == 0;
  }
  if (begun)
    ++hanging_;
  task.done(false);
}

} // namespace ktls
