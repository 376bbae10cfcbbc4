// SPDX-License-Identifier: GPL-2.0-or-later
// Planner: what the policy in force says of a connection, as far as it is known.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "broker/plan.hpp"
#include "broker/socket_address.hpp"

namespace ktls {

// The wall clock, as rules with a time see it.
[[nodiscard]] policy::LocalTime local_time();

// In small letters; empty for what is none.
[[nodiscard]] std::string dns_name(std::string_view text);

class Planner {
public:
  using Planned = tl::expected<Plan, Outcome>;

  explicit Planner(std::function<policy::LocalTime()> clock) : clock_(std::move(clock)) {}

  void serve(std::shared_ptr<const Generation> generation) { generation_ = std::move(generation); }

  // Adds to the request what the connection says of itself. A plan without a profile: the name
  // decides that the peer is about to ask for.
  [[nodiscard]] Planned plan(HandshakeRequest& request, const ConnectionAddresses& addresses) const;
  // The policy that a handshake began with is asked once more, now that the name is known.
  [[nodiscard]] Planned plan_by_name(const std::shared_ptr<const Generation>& generation,
                                     HandshakeRequest& request, std::string_view name) const;

private:
  [[nodiscard]] bool expects_a_name(const HandshakeRequest& request) const;
  [[nodiscard]] Planned decide(const std::shared_ptr<const Generation>& generation,
                               const HandshakeRequest& request, bool server_name_is_coming) const;

  std::function<policy::LocalTime()> clock_;
  std::shared_ptr<const Generation> generation_;
};

} // namespace ktls
