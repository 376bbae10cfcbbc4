// SPDX-License-Identifier: GPL-2.0-or-later
// SssdClient: whose a certificate is, according to SSSD's InfoPipe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <variant>

#include "bus/connection.hpp"

namespace ktls::bus {

inline constexpr const char* sssd_name = "org.freedesktop.sssd.infopipe";

struct SssdUser {
  std::string name;
  std::uint32_t uid = 0;
  std::string domain;
};

// The certificate is no user's; or is that of two or more.
struct SssdNobody {};
struct SssdSeveral {};

// Unexpected: why there is no answer, fit to be printed. SSSD neither verifies the certificate nor
// looks at the account: both are up to others.
using SssdAnswer = tl::expected<std::variant<SssdNobody, SssdUser, SssdSeveral>, std::string>;

class SssdClient {
public:
  static constexpr std::size_t max_name = 256;

  explicit SssdClient(Connection& connection) : connection_(connection) {}

  // Calls back once, after this has returned, and within `timeout` of it.
  void find(std::span<const std::uint8_t> certificate, std::chrono::microseconds timeout,
            std::function<void(SssdAnswer)> then);

private:
  Connection& connection_;
};

} // namespace ktls::bus
