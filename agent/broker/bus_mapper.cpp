// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/bus_mapper.hpp"

#include <algorithm>
#include <utility>

namespace ktls {
namespace {

// The authoriser's own limit is to come first.
constexpr std::chrono::milliseconds margin{500};

bus::Chain chain_of(const MappingQuestion& question) {
  bus::Chain chain;
  chain.reserve(question.chain.size());
  for (const auto& certificate : question.chain) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(certificate.data());
    chain.emplace_back(data, data + certificate.size());
  }
  return chain;
}

bus::Context context_of(const MappingQuestion& question, Mapper::Clock::time_point deadline) {
  bus::Context context;
  context.rule = question.rule;
  context.profile = question.profile;
  context.local_address = question.local_address;
  context.local_port = question.local_port;
  context.server_name = question.server_name;
  context.anchor_spki.assign(question.anchor_spki.begin(), question.anchor_spki.end());
  context.deadline = deadline;
  return context;
}

MappingAnswer answer_of(bus::MapAnswer&& answer) {
  if (!answer)
    return tl::make_unexpected(
        NotMapped{mapping_reason(answer.error().refusal), std::move(answer.error().text)});
  MappedUser user;
  user.name = std::move(answer->user);
  user.uid = answer->uid;
  user.strength = static_cast<policy::MappingStrength>(answer->strength);
  user.source = std::move(answer->evidence.source);
  user.rule = std::move(answer->evidence.rule);
  user.attribute = std::move(answer->evidence.attribute);
  user.groups = std::move(answer->evidence.groups);
  if (user.source.empty())
    return tl::make_unexpected(
        NotMapped{Reason::MapperUnavailable, "the mapper does not say how it knows"});
  return user;
}

} // namespace

Reason mapping_reason(bus::Refusal refusal) {
  switch (refusal) {
  case bus::Refusal::NotMapped:
  case bus::Refusal::UserUnknown:
    return Reason::UserNotMapped;
  case bus::Refusal::Denied:
    return Reason::MappingDenied;
  case bus::Refusal::Ambiguous:
    return Reason::AmbiguousMapping;
  case bus::Refusal::UserRevoked:
    return Reason::UserRevoked;
  case bus::Refusal::Busy:
    return Reason::Busy;
  case bus::Refusal::CertificateInvalid:
    return Reason::CertificateInvalid;
  case bus::Refusal::Unavailable:
    return Reason::MapperUnavailable;
  }
  return Reason::MapperUnavailable;
}

BusMapper::BusMapper(EventLoop& loop, std::function<void()> on_change)
    : on_change_(std::make_shared<const std::function<void()>>(std::move(on_change))),
      link_(loop, "no mapper can be asked whose a certificate is",
            {[changed = std::weak_ptr(on_change_)](bus::Connection& connection) {
               return bus::MapperClient(connection, bus::mapper_name).on_change([changed] {
                 if (const auto still = changed.lock())
                   (*still)();
               });
             },
             [this](bus::Connection&) { (*on_change_)(); }, [this] { (*on_change_)(); }}) {}

void BusMapper::map(const MappingQuestion& question, Clock::time_point deadline,
                    std::function<void(MappingAnswer)> done) {
  auto* connection = link_.connection();
  if (connection == nullptr)
    return done(tl::make_unexpected(NotMapped{Reason::MapperUnavailable, link_.missing()}));
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now());
  bus::MapperClient(*connection, bus::mapper_name)
      .map(chain_of(question), context_of(question, deadline),
           std::max(left, std::chrono::microseconds(0)) + margin,
           [done = std::move(done)](bus::MapAnswer answer) { done(answer_of(std::move(answer))); });
}

} // namespace ktls
