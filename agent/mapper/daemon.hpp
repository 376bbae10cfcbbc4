// SPDX-License-Identifier: GPL-2.0-or-later
// Daemon: ktls-mapd, put together: the bus on one side, the system's accounts on the other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bus/connection.hpp"
#include "bus/mapper_client.hpp"
#include "bus/mapper_service.hpp"
#include "bus/sssd_client.hpp"
#include "mapper/account_phase.hpp"
#include "mapper/certificate_mapper.hpp"
#include "mapper/configuration.hpp"
#include "mapper/decision.hpp"
#include "mapper/task_pool.hpp"

namespace ktls {

class Daemon {
public:
  struct Options {
    MapperConfigurationSource configuration;
    std::string account_helper; // path of ktls-mapd-account
    std::string caller;         // user that may call, beside root
  };
  // Many more calls than these cannot wait at once: NSS is quick, or hangs.
  static constexpr std::size_t threads = 8;
  static constexpr std::size_t max_waiting = 4096;

  // Serves when it returns. `loop` must outlive it.
  static Result<std::unique_ptr<Daemon>> start(EventLoop& loop, Options options,
                                               identity::Mapping mapping);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // All or nothing, and not at once: a thread reads it.
  void reload();

private:
  struct Loaded;
  Daemon(EventLoop& loop, Options options) : loop_(loop), options_(std::move(options)) {}
  Result<> set_up(identity::Mapping mapping);
  MapperPorts ports();
  void on_loaded(std::optional<Loaded> loaded);
  Result<> put_in_force(identity::Mapping mapping, std::optional<uid_t> caller);
  Result<std::vector<bus::Connection::Subscription>>
  watch_others(const identity::Settings& settings);
  Loaded load() const;

  EventLoop& loop_;
  Options options_;
  DecisionLog log_{loop_};
  std::unique_ptr<TaskPool> pool_;
  std::unique_ptr<AccountPhase> account_phase_;
  std::unique_ptr<bus::Connection> connection_;
  std::unique_ptr<bus::SssdClient> sssd_;
  std::unique_ptr<CertificateMapper> mapper_;
  std::unique_ptr<bus::MapperService> service_;
  std::vector<bus::Connection::Subscription> others_; // of SSSD and other mappers
  enum class Reloading { No, Once, Again } reloading_ = Reloading::No;
};

} // namespace ktls
