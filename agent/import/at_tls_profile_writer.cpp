// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_profile_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/host_name.hpp"
#include "import/at_tls_no_counterpart.hpp"
#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::size_t max_credentials = 64;

struct Word {
  std::string_view at_tls;
  std::string_view ours;
};
constexpr std::array<Word, 3> roles{{{"Client", "client"},
                                     {"Server", "server"},
                                     {"ServerWithClientAuth", "server-with-client-auth"}}};
constexpr std::array<Word, 4> client_auth_types{{{"PassThru", "passthru"},
                                                 {"Full", "full"},
                                                 {"Required", "required"},
                                                 {"SAFCheck", "safcheck"}}};

template<class Words>
std::optional<std::size_t> number_of(const Words& known, std::string_view at_tls) {
  const auto* found = std::find_if(known.begin(), known.end(),
                                   [&](const Word& word) { return same(word.at_tls, at_tls); });
  if (found == known.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - known.begin());
}

} // namespace

void ProfileWriter::comment(const Statement& statement, std::string_view why) {
  out_.comment(fmt::format("{}: {}: {}", place(statement), shown(statement), why));
}

void ProfileWriter::note(const Statement& statement, std::string_view why) {
  comment(statement, why);
  problems_.add(statement.line, fmt::format("{}: {}", shown(statement), why));
}

bool ProfileWriter::on(const Statement* statement) {
  if (statement == nullptr)
    return false;
  if (!same(statement->word(), "On") && !same(statement->word(), "Off"))
    note(*statement, "is neither On nor Off; taken as Off");
  return same(statement->word(), "On");
}

bool ProfileWriter::write(const std::string& name, const Statement& environment) {
  if (!read_role(environment))
    return false;
  out_.table(fmt::format("[profile.{}]", name));
  out_.key("handshake_role", Value::text(roles.at(static_cast<std::size_t>(role_)).ours),
           place(*role_statement_));
  write_client_auth();
  write_credentials();
  write_trust();
  write_verification(environment);
  write_key_sizes();
  write_versions(environment);
  write_algorithms();
  write_tickets();
  write_timeout();
  write_log_level();
  read_control();
  write_leftovers();
  return true;
}

bool ProfileWriter::read_role(const Statement& environment) {
  role_statement_ = parameters_.take("HandshakeRole");
  keyring_ = parameters_.take("Keyring");
  if (role_statement_ == nullptr || keyring_ == nullptr || keyring_->value.empty()) {
    note(environment, role_statement_ == nullptr ? "has no HandshakeRole" : "has no Keyring");
    return false;
  }
  const auto role = number_of(roles, role_statement_->word());
  if (!role) {
    note(*role_statement_, "is not Client, Server or ServerWithClientAuth");
    return false;
  }
  role_ = static_cast<Role>(*role);
  return true;
}

void ProfileWriter::write_client_auth() {
  const auto* type = parameters_.take("ClientAuthType");
  if (role_ != Role::ServerWithClientAuth) {
    if (type != nullptr)
      comment(*type, "counts with ServerWithClientAuth only");
    return;
  }
  constexpr std::size_t required = 2;
  auto which = type == nullptr ? required : number_of(client_auth_types, type->word());
  if (!which) {
    note(*type, "is not PassThru, Full, Required or SAFCheck; taken as Required");
    which = required;
  }
  const auto ours = client_auth_types.at(*which).ours;
  pass_through_ = ours == "passthru";
  out_.key("client_auth_type", Value::text(ours),
           type == nullptr ? "z/OS's default" : place(*type));
  if (ours == "safcheck")
    note(*type, "a certificate has to belong to a user of this host, which RACF cannot say here: "
                "ktlsd.toml(5) tells how they are found");
}

void ProfileWriter::write_credentials() {
  const auto servers = parameters_.take_all("ServerCertificateLabel");
  const auto* label = parameters_.take("CertificateLabel");
  Strings names;
  std::string remark = place(*keyring_);
  const auto add = [&](const Statement* of) {
    const auto name = keyrings_.credential(*keyring_, of == nullptr ? "" : of->value);
    if (of != nullptr)
      remark += fmt::format(", {}", place(*of));
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  for (const auto* one : servers) {
    if (role_ == Role::Client)
      comment(*one, "counts for servers only");
    else if (names.size() == max_credentials)
      note(*one, fmt::format("more than {} certificates", max_credentials));
    else
      add(one);
  }
  if (role_ == Role::Client && (label == nullptr || label->value.empty())) {
    if (label != nullptr)
      comment(*label, "names none");
    out_.comment("No certificate is presented. z/OS presents the one that is the ring's default, "
                 "if there is one.");
    problems_.add(role_statement_->line, "HandshakeRole Client without a CertificateLabel: where "
                                         "the ring has a default certificate, z/OS presents it; "
                                         "here none is");
  } else if (names.empty()) {
    add(label);
  } else if (label != nullptr) {
    comment(*label, "ServerCertificateLabel counts");
  }
  if (!names.empty())
    out_.key("credentials", Value::texts(names), remark);
}

void ProfileWriter::write_trust() {
  if (role_ == Role::Server)
    return;
  if (pass_through_)
    return out_.comment("No trust store: certificates of clients are not validated.");
  out_.key("truststore", Value::text(keyrings_.truststore(*keyring_)), place(*keyring_));
  const auto kind = kind_of(keyring_->value);
  if (kind != KeyringKind::Ring && kind != KeyringKind::AllAuthorities)
    return;
  out_.comment("As z/OS does it with rings, unless GSK_CERT_VALIDATE_KEYRING_ROOT is on: an "
               "intermediate authority in the store is enough.");
  out_.key("trust_intermediates", Value::boolean(true));
}

void ProfileWriter::write_verification(const Statement& environment) {
  auto names = parameters_.take_all("HostReferenceIdDNS");
  for (const auto* name : parameters_.take_all("HostReferenceIdCN"))
    names.push_back(name);
  if (role_ != Role::Client) {
    for (const auto* name : names)
      comment(*name, "counts for clients only");
    return;
  }
  if (names.empty()) {
    constexpr std::string_view why = "no HostReferenceIdDNS: any server passes whose certificate "
                                     "comes from a trusted authority, as on z/OS";
    out_.comment(fmt::format("{}. Better \"name\", the default.", why));
    problems_.add(environment.line, fmt::format("{}: {}", environment.text(), why));
    return out_.key("server_verification", Value::text("chain"));
  }
  out_.key("server_verification", Value::text("name"));
  bool written = false;
  for (const auto* name : names) {
    if (!HostName::parse(name->word()))
      note(*name, "is no name of a host; servers are verified by the name of the request alone");
    else if (written)
      note(*name, "one server_name is all that there is; servers of this name are refused");
    else
      out_.key("server_name", Value::text(name->word()), place(*name));
    written = true;
    if (name->is("HostReferenceIdCN"))
      note(*name, "looked for among the subject's alternative names, not in its CN");
  }
  out_.comment("It counts where the request names no server; z/OS holds all to it.");
}

void ProfileWriter::write_key_sizes() {
  constexpr std::uint64_t least_rsa = 1024;
  constexpr std::uint64_t most_rsa = 4096;
  constexpr std::uint64_t least_ec = 192;
  constexpr std::uint64_t most_ec = 521;
  write_key_size("PeerMinRsaKeySize", "min_peer_rsa_bits", least_rsa, most_rsa);
  write_key_size("PeerMinECCKeySize", "min_peer_ec_bits", least_ec, most_ec);
}

void ProfileWriter::write_key_size(std::string_view keyword, std::string_view key,
                                   std::uint64_t least, std::uint64_t most) {
  const auto* size = parameters_.take(keyword);
  if (size == nullptr)
    return;
  if (role_ == Role::Server || pass_through_)
    return comment(*size, "no certificate of a peer is judged");
  const auto bits = number(size->word());
  if (!bits)
    return note(*size, fmt::format("is no number; {} has its default", key));
  if (*bits < least || *bits > most)
    note(*size, fmt::format("{} can be {} to {}", key, least, most));
  out_.key(key, Value::number(std::clamp(*bits, least, most)), place(*size));
}

void ProfileWriter::write_tickets() {
  const auto* tickets = parameters_.take("GSK_SESSION_TICKET_SERVER_ENABLE");
  if (tickets == nullptr)
    return;
  if (role_ == Role::Client)
    return comment(*tickets, "counts for servers only");
  out_.key("session_tickets", Value::boolean(on(tickets)), place(*tickets));
}

void ProfileWriter::write_timeout() {
  constexpr std::uint64_t most = 600;
  const auto* timeout = parameters_.take("HandshakeTimeout");
  if (timeout == nullptr)
    return;
  const auto seconds = number(timeout->word());
  if (!seconds || *seconds == 0 || *seconds > most)
    return note(*timeout, fmt::format("1 to {} seconds are possible; first_byte_timeout has its "
                                      "default",
                                      most));
  timeout_ = *seconds;
  out_.key("first_byte_timeout", Value::number(*seconds), place(*timeout));
}

// Errors, 1 and 2, are logged at each level; 64 and 128 are reserved.
void ProfileWriter::write_log_level() {
  constexpr std::uint64_t most = 255;
  constexpr std::uint64_t info = 4;
  constexpr std::uint64_t event = 8, flow = 16, data = 32;
  const auto* trace = parameters_.take("Trace");
  if (trace == nullptr)
    return; // z/OS logs errors alone then; what is logged by default here is more
  const auto bits = number(trace->word());
  if (!bits || *bits > most)
    return note(*trace, "is no number of 0 to 255; log_level has its default");
  const auto level = (*bits & (event | flow | data)) != 0 ? "debug"
                     : (*bits & info) != 0                ? "info"
                                                          : "error";
  out_.key("log_level", Value::text(level), place(*trace));
  if ((*bits & data) != 0)
    comment(*trace, "data is never logged here");
}

void ProfileWriter::read_control() {
  const auto* control = parameters_.take("ApplicationControlled");
  if (control == nullptr)
    return;
  application_controlled_ = on(control);
  comment(*control, application_controlled_ ? "its rules are for requests of applications"
                                            : "its rules are for whoever asks for TLS");
}

void ProfileWriter::write_leftovers() {
  for (const auto& leftover : parameters_.leftovers())
    write_leftover(leftover);
}

void ProfileWriter::write_leftover(const Parameters::Leftover& leftover) {
  const auto& statement = *leftover.statement;
  if (leftover.instead != nullptr) {
    const auto why = fmt::format("line {} counts", leftover.instead->line);
    return leftover.same_action ? note(statement, "given again: " + why) : comment(statement, why);
  }
  const auto* entry = no_counterpart(statement);
  if (entry == nullptr || statement.block)
    note(statement, "not known, and not imported");
  else if (weighs(*entry, statement))
    note(statement, fmt::format("no counterpart: {}", entry->why));
  else
    comment(statement, fmt::format("no counterpart: {}", entry->why));
}

} // namespace ktls::importer
