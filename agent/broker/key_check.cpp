// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/key_check.hpp"

#include "broker/worker_pool.hpp"

namespace ktls {

policy::Problems check_keys(const Snapshot& snapshot, const std::string& helpers) {
  policy::Problems problems;
  auto loop = EventLoop::create();
  if (!loop)
    return {{loop.error().message()}};
  WorkerPool::Handlers handlers;
  const WorkerPool* pool = nullptr;
  handlers.on_keys_loaded = [&loop] { loop->exit(0); };
  handlers.on_unusable = [&](const std::string& problem) { problems.lines.push_back(problem); };
  handlers.on_signer_lost = [&loop, &pool] {
    if (!pool->is_loading_keys())
      loop->exit(1);
  };
  WorkerPool signers_alone(*loop, helpers, snapshot, 0, std::move(handlers));
  pool = &signers_alone;
  signers_alone.start_all();
  const auto status = loop->run();
  if (!status)
    problems.lines.push_back(status.error().message());
  else if (*status != 0 && problems.lines.empty())
    problems.lines.emplace_back("the processes for the keys ended: see above");
  return problems;
}

} // namespace ktls
