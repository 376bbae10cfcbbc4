// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "ktls/cipher.hpp"
#include "policy/condition_values.hpp"
#include "policy/pin.hpp"
#include "policy/show.hpp"
#include "tls/certificate.hpp"

namespace ktls {
namespace {

const char* origin_text(const Session& session) {
  if (session.foreign)
    return "foreign";
  return session.terms->origin == policy::Origin::Kernel ? "kernel" : "application";
}

// Nobody knows it of a foreign one.
const char* role_text(const Session& session) {
  return session.foreign ? "" : policy::role_name(session.terms->role);
}

const char* state_text(const Session& session) {
  return session.recovered ? "recovered" : "open";
}

std::string peer_text(const Session& session) {
  if (session.peer)
    return session.peer->subject;
  return session.psk_identity.empty() ? "" : "psk:" + session.psk_identity;
}

std::string_view mode_text(std::uint16_t mode) {
  switch (mode) {
  case TLS_CONF_BASE:
    return "none";
  case TLS_CONF_SW:
    return "sw";
  case TLS_CONF_HW:
    return "hw";
  case TLS_CONF_HW_RECORD:
    return "hw-record";
  default:
    return "";
  }
}

std::uint64_t microseconds_of(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
}

std::string fingerprint_of(const Peer& peer) {
  const auto digest = tls::sha256(peer.chain.front());
  return digest ? policy::pin_text(*digest) : "";
}

bool contains_address(const policy::Interval<IpAddress>& range, const sockaddr_storage& address) {
  const auto given = IpAddress::of(address);
  return given && range.has(*given);
}

bus::AgentRefused bad_filter(std::string_view key, const std::string& why) {
  return {bus::AgentRefusal::InvalidFilter, fmt::format("{}: {}", key, why)};
}

// Each condition of a filter in turn.
class FilterReader {
public:
  template<class Value, class Get>
  void equal(const std::optional<Value>& wanted, Get get) {
    if (wanted)
      all_.push_back([value = *wanted, get](const Session& one) { return get(one) == value; });
  }
  void address(std::string_view key, const std::optional<std::string>& wanted,
               sockaddr_storage ConnectionAddresses::*end) {
    if (!wanted)
      return;
    const auto range = policy::parse_addresses(*wanted);
    if (!range)
      wrong_ = bad_filter(key, range.error());
    else
      add([range = *range, end](const Session& one) {
        return contains_address(range, one.addresses.*end);
      });
  }
  void add(Sessions::Wanted wanted) { all_.push_back(std::move(wanted)); }

  bus::AgentAnswer<Sessions::Wanted> result() && {
    if (wrong_)
      return tl::make_unexpected(std::move(*wrong_));
    return [all = std::move(all_)](const Session& one) {
      return std::ranges::all_of(all, [&](const auto& each) { return each(one); });
    };
  }

private:
  std::vector<Sessions::Wanted> all_;
  std::optional<bus::AgentRefused> wrong_;
};

} // namespace

bus::SessionRow row_of(const Session& session) {
  const auto& terms = *session.terms;
  bus::SessionRow row;
  row.id = session.cookie;
  row.origin = origin_text(session);
  row.state = state_text(session);
  row.role = role_text(session);
  row.local = describe(session.addresses.local);
  row.remote = describe(session.addresses.remote);
  row.protocol = terms.protocol;
  row.cipher = terms.cipher;
  row.peer = peer_text(session);
  row.user = session.user ? escape(session.user->name) : "";
  row.rule = escape(terms.rule);
  row.profile = escape(terms.profile);
  row.uid = terms.uid.value_or(bus::no_owner);
  row.pid = static_cast<std::uint32_t>(session.pid);
  row.began_us = microseconds_of(session.began);
  return row;
}

bus::SessionDetails details_of(const Session& session) {
  const auto& terms = *session.terms;
  bus::SessionDetails out;
  out.row = row_of(session);
  if (session.peer) {
    out.peer_subject = session.peer->subject;
    out.peer_issuer = session.peer->issuer;
    out.peer_fingerprint = fingerprint_of(*session.peer);
  }
  out.psk_identity = session.psk_identity;
  out.authenticated = terms.authenticated;
  out.network_namespace = escape(terms.network_namespace);
  out.group = terms.group;
  out.signature = terms.signature;
  out.server_name = terms.server_name;
  out.alpn = terms.alpn;
  out.resumed = terms.resumed;
  out.key_logged = terms.key_logged;
  out.generation = terms.generation;
  out.unit = terms.unit;
  if (session.user) {
    out.user_uid = session.user->uid;
    out.map_source = escape(session.user->source);
    out.map_rule = escape(session.user->rule);
    out.map_strength = policy::strength_name(session.user->strength);
  }
  return out;
}

Session foreign_session(const DiagSocket& socket) {
  SessionTerms terms;
  const auto tls = socket.tls.value_or(DiagTls{});
  terms.protocol = tls.version == TLS_1_3_VERSION   ? "TLS 1.3"
                   : tls.version == TLS_1_2_VERSION ? "TLS 1.2"
                                                    : "";
  const auto* cipher = std::ranges::find(cipher_table, tls.cipher, &CipherFacts::kernel_type);
  terms.cipher = cipher != cipher_table.end() ? cipher->name : "";
  terms.uid = socket.uid;
  Session out;
  out.cookie = socket.connection.cookie;
  out.inode = socket.inode;
  out.addresses = {socket.connection.local, socket.connection.remote};
  out.terms = std::make_shared<const SessionTerms>(std::move(terms));
  out.foreign = true;
  return out;
}

void add_modes(bus::SessionDetails& details, const DiagTls& tls) {
  details.tx_mode = mode_text(tls.transmit);
  details.rx_mode = mode_text(tls.receive);
}

bus::FailedHandshake failed_handshake(const HandshakeReport& report) {
  const auto& outcome = report.outcome;
  const auto& who = report.request.who;
  const auto end_text = [](const std::optional<IpAddress>& address, std::uint16_t port) {
    return address ? describe(address->with_port(port)) : "";
  };
  bus::FailedHandshake out;
  out.reason = facts(outcome.reason).name;
  out.text = facts(outcome.reason).help;
  if (!outcome.detail.empty())
    out.text += " (" + outcome.detail + ")";
  out.origin = report.request.from_kernel() ? "kernel" : "application";
  out.role = report.role ? policy::role_name(*report.role) : "";
  out.local = end_text(who.local_address, who.local_port);
  out.remote = end_text(who.remote_address, who.remote_port);
  out.uid = who.uid.value_or(bus::no_owner);
  out.pid = static_cast<std::uint32_t>(report.request.pid);
  out.rule = escape(outcome.rule);
  out.profile = escape(outcome.profile);
  out.peer = outcome.peer_subject;
  if (out.peer.empty() && !outcome.psk_identity.empty())
    out.peer = "psk:" + outcome.psk_identity;
  out.user = outcome.user ? escape(outcome.user->name) : "";
  return out;
}

bus::AgentAnswer<Sessions::Wanted> wanted_by(const bus::SessionFilter& filter) {
  FilterReader reader;
  reader.equal(filter.origin, [](const Session& one) { return std::string(origin_text(one)); });
  reader.equal(filter.role, [](const Session& one) { return std::string(role_text(one)); });
  reader.equal(filter.state, [](const Session& one) { return std::string(state_text(one)); });
  reader.equal(filter.protocol, [](const Session& one) { return one.terms->protocol; });
  reader.equal(filter.cipher, [](const Session& one) { return one.terms->cipher; });
  reader.equal(filter.rule, [](const Session& one) { return one.terms->rule; });
  reader.equal(filter.profile, [](const Session& one) { return one.terms->profile; });
  reader.equal(filter.user,
               [](const Session& one) { return one.user ? one.user->name : std::string(); });
  reader.equal(filter.unit, [](const Session& one) { return one.terms->unit; });
  reader.equal(filter.local_port, [](const Session& one) { return port_of(one.addresses.local); });
  reader.equal(filter.remote_port,
               [](const Session& one) { return port_of(one.addresses.remote); });
  reader.equal(filter.uid,
               [](const Session& one) { return one.terms->uid.value_or(bus::no_owner); });
  reader.equal(filter.pid, [](const Session& one) { return static_cast<std::uint32_t>(one.pid); });
  reader.address("Local", filter.local, &ConnectionAddresses::local);
  reader.address("Remote", filter.remote, &ConnectionAddresses::remote);
  if (filter.peer)
    reader.add([text = *filter.peer](const Session& one) {
      return peer_text(one).find(text) != std::string::npos;
    });
  if (filter.below_generation)
    reader.add([below = *filter.below_generation](const Session& one) {
      return one.terms->generation < below;
    });
  return std::move(reader).result();
}

bus::AgentAnswer<bus::SessionPage>
page_of(const Sessions& sessions, const std::function<const std::vector<Session>&()>& foreign,
        const PageQuestion& question) {
  auto wanted = wanted_by(question.filter);
  if (!wanted)
    return tl::make_unexpected(std::move(wanted).error());
  const auto may_see = [&](const Session& one) {
    return (!question.only_owner || one.terms->uid == question.only_owner) && (*wanted)(one);
  };
  // one more than is shown tells whether there is another page
  auto found = sessions.page(question.after, std::size_t{question.limit} + 1, may_see);
  if (question.filter.origin.value_or("foreign") == "foreign") {
    for (const auto& one : foreign()) {
      // it may have come into the registry since
      if (one.cookie > question.after && sessions.find(one.cookie) == nullptr && may_see(one))
        found.push_back(&one);
    }
    std::ranges::sort(found, {}, &Session::cookie);
  }
  bus::SessionPage page;
  for (const auto* one : found) {
    if (page.sessions.size() == question.limit) {
      page.next = page.sessions.back().id;
      break;
    }
    page.sessions.push_back(row_of(*one));
  }
  return page;
}

} // namespace ktls
