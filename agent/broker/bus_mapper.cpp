// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/bus_mapper.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

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
    : loop_(loop), on_change_(std::make_shared<const std::function<void()>>(std::move(on_change))) {
}

void BusMapper::start() {
  connect();
}

void BusMapper::connect() {
  again_.reset();
  began_ = Clock::now();
  const std::weak_ptr<const std::function<void()>> changed = on_change_;
  const auto tell = [changed] {
    if (const auto still = changed.lock())
      (*still)();
  };
  auto opening = bus::Opening::start(
      loop_, [this] { on_lost(); },
      [tell](bus::Connection& connection) {
        return bus::MapperClient(connection, bus::mapper_name).on_change(tell);
      },
      [this](Result<std::unique_ptr<bus::Connection>> opened) { on_opened(std::move(opened)); });
  if (opening)
    opening_ = std::move(*opening);
  else
    on_opened(tl::make_unexpected(std::move(opening).error()));
}

void BusMapper::on_opened(Result<std::unique_ptr<bus::Connection>> opened) {
  opening_.reset();
  if (opened) {
    if (const auto watched = (*opened)->watch(); !watched)
      opened = tl::make_unexpected(watched.error());
  }
  if (!opened) {
    missing_ = opened.error().message();
    if (!std::exchange(warned_, true))
      log::info("no mapper can be asked whose a certificate is: {}; this is tried again", missing_);
    auto timer =
        loop_.on_time(Clock::now() + backoff_.next(Clock::now() - began_), [this] { connect(); });
    check(timer.has_value(), "a timer can be set");
    again_ = std::move(*timer);
    return;
  }
  warned_ = false;
  connection_ = std::move(*opened);
  connected_ = true;
  (*on_change_)();
}

// Called from within the connection, which is given up in a later turn.
void BusMapper::on_lost() {
  missing_ = "the connection to the system bus was lost";
  log::warning("{}", missing_);
  connected_ = false;
  (*on_change_)();
  auto timer = loop_.on_time(Clock::now() + Backoff::first, [this] {
    connection_.reset();
    connect();
  });
  check(timer.has_value(), "a timer can be set");
  again_ = std::move(*timer);
}

void BusMapper::map(const MappingQuestion& question, Clock::time_point deadline,
                    std::function<void(MappingAnswer)> done) {
  if (!connected_)
    return done(tl::make_unexpected(NotMapped{Reason::MapperUnavailable, missing_}));
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now());
  bus::MapperClient(*connection_, bus::mapper_name)
      .map(chain_of(question), context_of(question, deadline),
           std::max(left, std::chrono::microseconds(0)) + margin,
           [done = std::move(done)](bus::MapAnswer answer) { done(answer_of(std::move(answer))); });
}

} // namespace ktls
