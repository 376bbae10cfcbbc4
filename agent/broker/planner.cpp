// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/planner.hpp"

#include <ctime>

#include "base/host_name.hpp"
#include "base/text.hpp"

namespace ktls {
namespace {

// What the connection says of itself, and of whoever asks.
void add_facts(const ConnectionAddresses& addresses, HandshakeRequest& request) {
  auto& facts = request.who;
  facts.local_address = IpAddress::of(addresses.local);
  facts.remote_address = IpAddress::of(addresses.remote);
  facts.local_port = port_of(addresses.local);
  facts.remote_port = port_of(addresses.remote);
  if (request.role != RequestedRole::ByPolicy)
    facts.role = request.role == RequestedRole::Client ? policy::AskedRole::Client
                                                       : policy::AskedRole::Server;
  facts.server_name = dns_name(request.peer_name);
}

} // namespace

std::string dns_name(std::string_view text) {
  const auto name = HostName::parse(text);
  return name && !name->is_address() ? lower_case(name->text()) : "";
}

policy::LocalTime local_time() {
  constexpr unsigned days_in_week = 7;
  constexpr unsigned minutes_in_hour = 60;
  const std::time_t now = std::time(nullptr);
  std::tm broken_down{};
  if (::localtime_r(&now, &broken_down) == nullptr)
    return {};
  const auto since_sunday = static_cast<unsigned>(broken_down.tm_wday);
  return {(since_sunday + days_in_week - 1) % days_in_week,
          static_cast<unsigned>(broken_down.tm_hour) * minutes_in_hour +
              static_cast<unsigned>(broken_down.tm_min)};
}

Planner::Planned Planner::plan(HandshakeRequest& request,
                               const ConnectionAddresses& addresses) const {
  add_facts(addresses, request);
  return decide(generation_, request, expects_a_name(request));
}

Planner::Planned Planner::plan_by_name(const std::shared_ptr<const Generation>& generation,
                                       HandshakeRequest& request, std::string_view name) const {
  request.who.server_name = dns_name(name);
  request.role = RequestedRole::Server; // or there would be no such question
  auto plan = decide(generation, request, false);
  if (!plan && plan.error().reason == Reason::PolicyClear) {
    // its ClientHello has been read: nothing is as it was
    plan.error().reason = Reason::PolicyMismatch;
    plan.error().detail = "the peer has begun TLS, and by the policy the connection goes without";
  }
  return plan;
}

// A server's client may ask for a name. Whoever leaves the role to the policy is the server unless
// the policy makes it the client.
bool Planner::expects_a_name(const HandshakeRequest& request) const {
  if (request.role != RequestedRole::ByPolicy)
    return request.role == RequestedRole::Server;
  const auto plan = decide(generation_, request, false);
  return request.peer_name.empty() && (!plan || !plan->is_client());
}

Planner::Planned Planner::decide(const std::shared_ptr<const Generation>& generation,
                                 const HandshakeRequest& request,
                                 bool server_name_is_coming) const {
  const auto time = generation->policy.asked_facts().time ? clock_() : policy::LocalTime{};
  const auto decision = generation->policy.decide(request.who, time, server_name_is_coming);
  if (decision.needs_server_name) {
    Plan undecided;
    undecided.generation = generation;
    return undecided;
  }
  return plan_for(generation, decision,
                  {request.who, time, request.role, request.peer_name, request.psk != nullptr});
}

} // namespace ktls
