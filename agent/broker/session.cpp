// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session.hpp"

#include <fmt/format.h>

#include "base/ip_address.hpp"

namespace ktls {

const char* name_of(SessionEnd how) {
  switch (how) {
  case SessionEnd::Closed:
    return "closed";
  case SessionEnd::Terminated:
    return "terminated";
  case SessionEnd::Revoked:
    return "revoked";
  }
  return "";
}

std::string describe(const Session& session) {
  const auto& terms = *session.terms;
  if (session.foreign)
    return fmt::format("uid {} {}", terms.uid.value_or(0), describe(session.addresses));
  const auto owner = terms.consumer.empty()
                         ? fmt::format("pid {} uid {}", session.pid, terms.uid.value_or(0))
                         : terms.consumer;
  return owner + " " + describe(session.addresses);
}

MappingQuestion question_about(const Session& session) {
  MappingQuestion question;
  question.chain = session.peer->chain;
  question.anchor_spki = session.anchor_spki;
  question.rule = session.terms->rule;
  question.profile = session.terms->profile;
  const auto local = IpAddress::of(session.addresses.local);
  question.local_address = local ? local->text() : "";
  question.local_port = port_of(session.addresses.local);
  question.server_name = session.terms->server_name;
  return question;
}

} // namespace ktls
