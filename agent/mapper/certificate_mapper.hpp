// SPDX-License-Identifier: GPL-2.0-or-later
// CertificateMapper: from a certificate to an account that may be used now. The configuration in
// force decides what is asked; whom, is up to its ports.
#pragma once

#include <functional>
#include <memory>

#include "bus/mapper1.hpp"
#include "bus/sssd_client.hpp"
#include "identity/mapping.hpp"
#include "mapper/account_lookup.hpp"
#include "mapper/account_phase.hpp"
#include "mapper/decision.hpp"
#include "mapper/task_pool.hpp"

namespace ktls {

// The world around it. Each calls back once, later, and in time.
struct MapperPorts {
  std::function<void(const std::vector<std::uint8_t>& certificate,
                     std::chrono::microseconds timeout, std::function<void(bus::SssdAnswer)>)>
      sssd;
  std::function<void(const std::string& bus_name, const bus::Chain&, const bus::Context&,
                     std::chrono::microseconds timeout, std::function<void(bus::MapAnswer)>)>
      other_mapper;
  // In a thread of the pool.
  std::function<tl::expected<AccountFacts, NoAccount>(
      const AccountName&, std::chrono::steady_clock::time_point deadline)>
      look_up;
  // False: there is no room, and it does not call back.
  std::function<bool(const AccountPhase::Question&, EventLoop::Clock::time_point deadline,
                     std::function<void(AccountPhase::Answer)>)>
      account_phase;
  std::function<void(const Decision&)> log;
};

// All of these must outlive the calls that they are in.
class CertificateMapper {
public:
  CertificateMapper(EventLoop& loop, TaskPool& pool, MapperPorts ports);
  CertificateMapper(const CertificateMapper&) = delete;
  CertificateMapper& operator=(const CertificateMapper&) = delete;
  ~CertificateMapper();

  // Calls that are in flight keep what they began with.
  void put_in_force(std::shared_ptr<const identity::Mapping> mapping);
  [[nodiscard]] const identity::Mapping& in_force() const { return *mapping_; }

  // Each calls back once, within the context's deadline or bus::max_answer_time.
  void map(bus::Chain chain, bus::Context context, std::function<void(bus::MapAnswer)> then);
  void test(bus::Chain chain, bus::Context context, std::function<void(bus::TestAnswer)> then);
  void check_account(std::uint32_t uid, std::function<void(bus::AccountAnswer)> then);

private:
  struct World; // what a call needs of it
  std::shared_ptr<const World> world_;
  std::shared_ptr<const identity::Mapping> mapping_;
};

} // namespace ktls
