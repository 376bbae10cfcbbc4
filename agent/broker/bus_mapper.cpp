// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/bus_mapper.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace ktls {
namespace {

using bus::MappingError;

Reason reason_of(MappingError error) {
  switch (error) {
  case MappingError::NotMapped:
  case MappingError::UserUnknown:
    return Reason::UserNotMapped;
  case MappingError::Denied:
    return Reason::MappingDenied;
  case MappingError::Ambiguous:
    return Reason::AmbiguousMapping;
  case MappingError::UserRevoked:
    return Reason::UserRevoked;
  case MappingError::Busy:
    return Reason::Busy;
  case MappingError::Timeout:
    return Reason::MappingTimeout;
  case MappingError::CertificateInvalid:
    return Reason::CertificateInvalid;
  case MappingError::Unavailable:
    return Reason::MapperUnavailable;
  }
  return Reason::MapperUnavailable;
}

bus::MappingContext context_of(const MappingQuestion& question) {
  bus::MappingContext context;
  context.rule = question.rule;
  context.profile = question.profile;
  context.local_address = question.local_address;
  context.local_port = question.local_port;
  context.server_name = question.server_name;
  context.anchor_spki = question.anchor_spki;
  return context;
}

MappingAnswer answer_of(tl::expected<bus::Mapped, bus::MappingFailure>&& answer) {
  if (!answer)
    return tl::make_unexpected(
        NotMapped{reason_of(answer.error().error), std::move(answer.error().text)});
  MappedUser user;
  user.name = std::move(answer->user);
  user.uid = answer->uid;
  user.strength = answer->strong ? policy::MappingStrength::Strong : policy::MappingStrength::Weak;
  user.source = std::move(answer->source);
  user.rule = std::move(answer->rule);
  user.attribute = std::move(answer->attribute);
  user.groups = std::move(answer->groups);
  return user;
}

} // namespace

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
  client_ = std::make_unique<bus::MapperClient>(*connection_, bus::mapper_name);
  (*on_change_)();
}

// Called from within the connection, which is given up in a later turn.
void BusMapper::on_lost() {
  missing_ = "the connection to the system bus was lost";
  log::warning("{}", missing_);
  client_.reset();
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
  if (client_ == nullptr)
    return done(tl::make_unexpected(NotMapped{Reason::MapperUnavailable, missing_}));
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now());
  client_->map(question.chain, context_of(question), std::max(left, std::chrono::microseconds(1)),
               [done = std::move(done)](tl::expected<bus::Mapped, bus::MappingFailure> answer) {
                 done(answer_of(std::move(answer)));
               });
}

} // namespace ktls
