// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/daemon.hpp"

#include <systemd/sd-daemon.h>

#include "base/log.hpp"
#include "mapper/nss.hpp"

namespace ktls {
namespace {

// 100,000 pins take less than one.
constexpr std::chrono::seconds max_load_time{60};

std::int64_t monotonic_usec() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             EventLoop::Clock::now().time_since_epoch())
      .count();
}

} // namespace

// What a thread has read.
struct Daemon::Loaded {
  tl::expected<identity::Mapping, policy::Problems> mapping;
  Result<std::optional<NssUser>> caller;
};

Daemon::Loaded Daemon::load() const {
  return {read_mapping(options_.configuration), user_named(options_.caller)};
}

Result<std::unique_ptr<Daemon>> Daemon::start(EventLoop& loop, Options options,
                                              identity::Mapping mapping) {
  std::unique_ptr<Daemon> made(new Daemon(loop, std::move(options)));
  TRY(made->set_up(std::move(mapping)));
  return made;
}

Result<> Daemon::set_up(identity::Mapping mapping) {
  pool_ = TRY(TaskPool::create(loop_, threads, max_waiting));
  account_phase_ = std::make_unique<AccountPhase>(loop_, options_.account_helper);
  connection_ = TRY(bus::Connection::open(loop_, [this] {
    log::error("the system bus has ended the connection");
    loop_.exit(1);
  }));
  sssd_ = std::make_unique<bus::SssdClient>(*connection_);
  mapper_ = std::make_unique<CertificateMapper>(loop_, *pool_, ports());
  service_ = TRY(bus::MapperService::create(
      *connection_,
      {[this](bus::Chain chain, bus::Context context, std::function<void(bus::MapAnswer)> then) {
         mapper_->map(std::move(chain), std::move(context), std::move(then));
       },
       [this](std::uint32_t uid, auto then) { mapper_->check_account(uid, std::move(then)); },
       [this](bus::Chain chain, bus::Context context, std::function<void(bus::TestAnswer)> then) {
         mapper_->test(std::move(chain), std::move(context), std::move(then));
       },
       [this] { return mapper_->in_force().text(); }}));
  const auto caller = user_named(options_.caller);
  if (!caller)
    return tl::make_unexpected(caller.error());
  TRY(put_in_force(std::move(mapping), *caller ? std::optional((*caller)->uid) : std::nullopt));
  return connection_->request_name(bus::mapper_name);
}

MapperPorts Daemon::ports() {
  return {[this](const auto& certificate, auto timeout, auto then) {
            sssd_->find(certificate, timeout, std::move(then));
          },
          [this](const auto& bus_name, const auto& chain, const auto& context, auto timeout,
                 auto then) {
            bus::MapperClient(*connection_, bus_name).map(chain, context, timeout, std::move(then));
          },
          look_up_account,
          [this](const auto& question, auto deadline, auto then) {
            return account_phase_->ask(question, deadline, std::move(then));
          },
          [this](const Decision& decision) { log_.write(decision); }};
}

// Whatever can fail comes first.
Result<> Daemon::put_in_force(identity::Mapping mapping, std::optional<uid_t> caller) {
  others_ = TRY(watch_others(mapping.settings()));
  if (!caller)
    log::warning("there is no user '{}': root alone may ask", options_.caller);
  service_->allow_callers(caller ? std::vector{*caller} : std::vector<uid_t>{});
  service_->set_max_in_flight(mapping.settings().max_in_flight);
  mapper_->put_in_force(std::make_shared<const identity::Mapping>(std::move(mapping)));
  service_->mappings_changed();
  return {};
}

Result<std::vector<bus::Connection::Subscription>>
Daemon::watch_others(const identity::Settings& settings) {
  std::vector<bus::Connection::Subscription> out;
  const auto changed = [this] { service_->mappings_changed(); };
  if (settings.asks(identity::Source::Sssd) && settings.sssd.enabled)
    out.push_back(TRY(connection_->subscribe_to_owner(bus::sssd_name, changed)));
  if (!settings.asks(identity::Source::Mapper))
    return out;
  for (const auto& mapper : settings.mappers) {
    out.push_back(TRY(connection_->subscribe_to_owner(mapper.bus_name, changed)));
    out.push_back(TRY(bus::MapperClient(*connection_, mapper.bus_name).subscribe(changed)));
  }
  return out;
}

void Daemon::reload() {
  if (reloading_ != Reloading::No) {
    reloading_ = Reloading::Again;
    return;
  }
  reloading_ = Reloading::Once;
  (void)::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
                     static_cast<long long>(monotonic_usec()));
  const bool begun = pool_->run<Loaded>(
      EventLoop::Clock::now() + max_load_time, [this] { return load(); },
      [this](std::optional<Loaded> loaded) { on_loaded(std::move(loaded)); });
  if (!begun)
    on_loaded(std::nullopt);
}

void Daemon::on_loaded(std::optional<Loaded> loaded) {
  if (!loaded) {
    log::error("the configuration was not read again: no thread had the time for it");
  } else if (!loaded->mapping) {
    for (const auto& line : loaded->mapping.error().lines)
      log::error("{}", line);
    log::error("the configuration stays as it was");
  } else if (!loaded->caller) {
    log::error("{}; the configuration stays as it was", loaded->caller.error().message());
  } else {
    const auto& caller = *loaded->caller;
    const auto done = put_in_force(std::move(*loaded->mapping),
                                   caller ? std::optional(caller->uid) : std::nullopt);
    if (done)
      log::info("the configuration was read again");
    else
      log::error("{}; the configuration stays as it was", done.error().message());
  }
  (void)::sd_notify(0, "READY=1");
  const bool again = std::exchange(reloading_, Reloading::No) == Reloading::Again;
  if (again)
    reload();
}

} // namespace ktls
