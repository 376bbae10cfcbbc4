// SPDX-License-Identifier: GPL-2.0-or-later
// FakeWorkers: notes what the dispatcher wants of its workers.
#pragma once

#include <functional>
#include <vector>

#include "broker/workers.hpp"

namespace ktls::test {

class FakeWorkers final : public Workers {
public:
  struct Started {
    Index worker;
    ipc::StartHandshake request;
    int socket;
  };
  [[nodiscard]] std::optional<Index> pick() const override { return next; }
  bool start(Index worker, const ipc::StartHandshake& request, int socket) override {
    started.push_back({worker, request, socket});
    if (broken)
      on_lost(worker);
    return !broken;
  }
  void cancel(Index, std::uint64_t id) override { cancelled.push_back(id); }
  void give_psk(Index, const ipc::PskReply& reply) override { given.push_back(reply); }
  void give_user(Index, const ipc::UserReply& reply) override { users.push_back(reply); }
  void choose(Index, ipc::ChooseProfile choice) override { chosen.push_back(choice); }
  void replace(Index worker) override {
    replaced.push_back(worker);
    on_lost(worker);
  }

  std::optional<Index> next = 0;
  bool broken = false;
  std::vector<Started> started;
  std::vector<std::uint64_t> cancelled;
  std::vector<Index> replaced;
  std::vector<ipc::PskReply> given;
  std::vector<ipc::UserReply> users;
  std::vector<ipc::ChooseProfile> chosen;
  std::function<void(Index)> on_lost;
};

} // namespace ktls::test
