// SPDX-License-Identifier: GPL-2.0-or-later
// Metrics: what the broker counts from its start on.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/open_metrics.hpp"
#include "broker/handshake_report.hpp"
#include "broker/session.hpp"
#include "broker/snapshot.hpp"
#include "ktls/traffic_keys.hpp"

namespace ktls {

// What is so now.
struct MetricGauges {
  std::size_t handshakes_in_flight = 0;
  std::uint64_t lost_workers = 0; // so far
  std::size_t sessions = 0;
  std::uint64_t policy_generation = 0;
  std::size_t key_logged_profiles = 0;
  const std::vector<OwnCertificate>* certificates = nullptr;
  std::string kernel_tls_stat; // /proc/net/tls_stat: kernel.org, networking/tls.rst
};

class Metrics {
public:
  // Upper bounds of the histogram of handshakes that succeeded.
  static constexpr std::array<std::chrono::milliseconds, 12> durations{
      std::chrono::milliseconds(1),    std::chrono::milliseconds(2),
      std::chrono::milliseconds(5),    std::chrono::milliseconds(10),
      std::chrono::milliseconds(20),   std::chrono::milliseconds(50),
      std::chrono::milliseconds(100),  std::chrono::milliseconds(200),
      std::chrono::milliseconds(500),  std::chrono::milliseconds(1000),
      std::chrono::milliseconds(5000), std::chrono::milliseconds(15000)};

  void count_handshake(const HandshakeReport& report);
  // Keys that a session sends, or receives, with.
  void count_rekey(Direction direction) { ++rekeys_.at(static_cast<std::size_t>(direction)); }
  void count_end(SessionEnd how) { ++ends_.at(static_cast<std::size_t>(how)); }

  [[nodiscard]] std::vector<MetricFamily> families(const MetricGauges& now) const;

private:
  // origin, role, protocol, reason: each one of a few
  using Kind = std::tuple<std::string_view, std::string_view, std::string, Reason>;
  struct Histogram {
    std::array<std::uint64_t, durations.size()> up_to{}; // in each bucket alone
    std::uint64_t count = 0;
    std::chrono::microseconds sum{};
  };

  [[nodiscard]] MetricFamily handshakes() const;
  [[nodiscard]] MetricFamily handshake_durations() const;
  [[nodiscard]] MetricFamily ends() const;
  [[nodiscard]] MetricFamily rekeys() const;

  std::map<Kind, std::uint64_t> handshakes_;
  std::map<std::string_view, Histogram> durations_; // by role
  std::array<std::uint64_t, 3> ends_{};
  std::array<std::uint64_t, 2> rekeys_{}; // by Direction
};

} // namespace ktls
