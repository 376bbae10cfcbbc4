// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz-seeds DIRECTORY: writes seeds that are no text to DIRECTORY/TARGET.
#include <linux/inet_diag.h>

#include <filesystem>
#include <fstream>

#include "broker/record_log.hpp"
#include "broker/session_record.hpp"
#include "certificates.hpp"
#include "ipc/worker_protocol.hpp"
#include "unit/broker/session_samples.hpp"
#include "unit/identity/certificates.hpp"
#include "unit/netlink/diag_answers.hpp"
#include "unit/netlink/netlink_bytes.hpp"
#include "unit/tls/made_certificate.hpp"

namespace ktls::fuzz {
namespace {

namespace der = test::der;
namespace people = identity::test;
using namespace std::string_literals;

std::filesystem::path directory;

void write(const std::string& target, const std::string& name, std::string_view content) {
  std::filesystem::create_directories(directory / target);
  std::ofstream file(directory / target / name, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  must(file.good(), "a seed is written", name);
}
std::string text_in(Bytes bytes) {
  return std::string(tls::text_of(bytes));
}

// As authority() is called: it has another key.
test::Authority namesake() {
  test::Authority out("");
  out.name = text_in(authority().certificate.subject_der);
  return out;
}

void write_certificates() {
  for (const char* name : {"server.pem", "odd-subject.pem", "server-ed448.pem"})
    write("certificate", name, text_in(certificate_in(name)));
  const auto names = people::names(people::upn("alice@corp") + people::pkinit("alice", "CORP") +
                                   people::email("alice@ex.org") + people::dns("a.ex.org"));
  const auto sid = people::sid("S-1-5-21-1-2-3-1001");
  const auto host_ids = people::host_ids(people::host_id("host.ex", "alice"));
  const auto constraints = test::extension::constraints({test::extension::dns("ex.org")});
  write("certificate", "person", people::certificate(people::alice, {names, sid}));
  write("certificate", "host", people::certificate(people::alice, {host_ids, people::policy(1)}));
  const auto web = people::names(people::uri("spiffe://ex.org/web"));
  write("certificate", "service", people::certificate(people::alice, {web, constraints}));
  write("names", "alice", people::alice);
  write("names", "teletex", der::sequence(der::common_name("caf\xe9", 0x14)));
}

void write_extensions() {
  write("extensions", "policies", der::sequence(der::sequence(der::oid("\x2b\x06\x01\x04"))));
  write("extensions", "sid", people::sid_value("S-1-5-21-1-2-3-1001"));
  write("extensions", "host-ids", der::set(people::host_id("host.ex", "alice")));
  write("extensions", "upn", people::upn("alice@corp"));
  write("extensions", "pkinit", people::pkinit("alice", "CORP"));
  const auto names =
      der::sequence(people::dns("a.ex.org") + people::email("a@ex.org") +
                    people::uri("spiffe://ex.org/web") + der::context(7, "\1\2\3\4"));
  const auto permitted =
      der::constructed(0, der::sequence(people::dns("ex.org")) +
                              der::sequence(der::context(7, "\1\2\0\0\xff\xff\0\0"s)));
  const auto excluded = der::constructed(1, der::sequence(people::email(".ex.org")));
  write("extensions", "constraints", der::sequence(permitted + excluded) + names + people::alice);
  const auto point = der::constructed(0, der::constructed(0, people::uri("http://ex.org/crl")));
  write("extensions", "points", der::sequence(der::sequence(point)));
}

void write_lists() {
  const auto issuer = namesake();
  const auto put = [&](const std::string& name, const test::CrlSpec& spec) {
    write("crl", name, text_in(test::crl(issuer, spec)));
  };
  const auto partial = der::constructed(0, der::constructed(0, people::uri("http://ex.org/crl")));
  put("empty", {});
  put("two", {.serials = {"\x01", "\x07"}});
  put("part", {.serials = {"\x07"},
               .extensions = {der::extension("\x55\x1d\x1c", der::sequence(partial), true)}});
}

void write_ocsp() {
  const auto hash = [](std::string_view text) {
    std::string out(20, '\0');
    must(gnutls_hash_fast(GNUTLS_DIG_SHA1, text.data(), text.size(), out.data()) == 0, "SHA-1");
    return out;
  };
  const auto& known = authority().certificate;
  const auto key = text_in(known.spki.last(65)); // P-256
  const auto id =
      der::sequence(der::sequence(der::oid("\x2b\x0e\x03\x02\x1a") + "\x05\x00"s) +
                    der::octets(hash(tls::text_of(known.subject_der))) + der::octets(hash(key)) +
                    der::integer(tls::text_of(server().certificate.serial)));
  const auto since = der::time(fixed_now - 10);
  const auto until = der::constructed(0, der::time(fixed_now + 10));
  const auto single = der::sequence(id + der::context(0, "") + since + until);
  const auto content =
      der::sequence(der::constructed(2, der::octets(hash(key))) + since + der::sequence(single));
  const auto responder = namesake();
  const auto certificate =
      responder.issue({.subject = der::name("r"),
                       .extensions = {test::extension::purposes(test::extension::ocsp_signing)}},
                      responder.key);
  for (const auto& behind : {""s, der::constructed(0, der::sequence(certificate))}) {
    const auto basic = der::octets(responder.key.signed_sequence(content, behind));
    const auto type = der::oid("\x2b\x06\x01\x05\x05\x07\x30\x01\x01");
    write(
        "ocsp", behind.empty() ? "issuer" : "responder",
        der::sequence(der::value(0x0a, "\0"s) + der::constructed(0, der::sequence(type + basic))));
  }
}

// `length_size` bytes of length before it.
std::string sized(std::size_t length_size, const std::string& content) {
  std::string out;
  for (std::size_t i = length_size; i-- > 0;)
    out += static_cast<char>(content.size() >> (8 * i) & 0xff);
  return out + content;
}

void write_handshakes() {
  const auto chain = [](const std::vector<tls::Der>& certificates, bool tls13) {
    std::string list;
    for (const auto& each : certificates)
      list += sized(3, text_in(each)) + (tls13 ? "\0\0"s : "");
    return (tls13 ? "\1\0"s : "\0"s) + sized(3, list);
  };
  write("chain", "server", chain({server().der}, true));
  write(
      "chain", "two",
      chain({certificate_in("below-intermediate.pem"), certificate_in("intermediate.pem")}, true));
  write("chain", "tls12", chain({server().der}, false));
  write("chain", "rsa", chain({test::rsa_certificate(256, "\1\0\1"s)}, true));
  const auto name = "\0\0"s + sized(2, sized(2, "\0"s + sized(2, "Db.example.org")));
  const auto limit = "\0\x1c\0\2\4\0"s;
  const auto versions = "\0\x2b\0\3\2\3\4"s;
  const auto body = "\3\3" + std::string(32, 'r') + sized(1, "session") + sized(2, "\x13\1") +
                    sized(1, "\0"s) + sized(2, name + limit + versions);
  write("hello", "record", "\x16\3\1" + sized(2, "\1" + sized(3, body)));
  write("hello", "body", body);
  write("hello", "encrypted-extensions", sized(2, limit + "\0\1\0\1\2"s));
  write("post_handshake", "ticket", "\4" + sized(3, std::string(20, 't')));
  write("post_handshake", "key-update", "\4\0\0\0\x18\0\0\1\0"s);
}

template<class Message>
void write_message(const std::string& name, const Message& message) {
  must(message.valid(), "a message is one", name);
  const auto bytes = std::as_bytes(std::span(&message, 1)).subspan(sizeof message.header);
  write("messages", name, text_in(bytes));
}

void write_messages() {
  auto request = wire::make<wire::StartRequest>();
  request.role = wire::Role::Client;
  must(request.peer_name.assign("a.example.org"), "a name fits");
  write_message("start-request", request);
  write("messages", "whole-request", text_in(std::as_bytes(std::span(&request, 1))));
  auto start = wire::make<ipc::StartHandshake>();
  start.id = 1;
  start.sent_ns = 1;
  start.timeout_ms = start.first_byte_ms = 1000;
  write_message("start-handshake", start);
  auto finished = wire::make<ipc::HandshakeFinished>();
  must(finished.protocol.assign("TLS 1.3") && finished.peer_subject.assign("CN=a"), "text fits");
  write_message("finished", finished);
  auto key = wire::make<ipc::PskReply>();
  key.size = 16;
  key.key.front() = 1;
  must(key.identity.assign("nobody"), "an identity fits");
  write_message("psk-reply", key);
}

void write_worker_configuration() {
  ipc::WorkerConfiguration all;
  const ipc::Der some(5, std::byte{0x30});
  all.credentials = {{5, {some, some}, some}};
  all.trust_stores = {{{some}, {some}}};
  ipc::Profile profile;
  profile.role = ipc::HandshakeRole::ServerWithClientAuth;
  profile.credentials = {0};
  profile.verification.trust_store = 0;
  profile.verification.proof = ipc::Proof::Chain;
  profile.verification.pins = {ipc::SpkiHash{7}};
  profile.alpn = {"h2"};
  all.profiles = {profile};
  const auto bytes = ipc::encode(all);
  must(ipc::decode_configuration(bytes).has_value(), "a configuration is one");
  write("worker_configuration", "server", text_in(bytes));
}

void write_netlink() {
  using test::attribute;
  const auto put = [](const std::string& name, const test::Buffer& bytes) {
    write("netlink", name, text_in(bytes));
  };
  const auto certificate = test::join({attribute(1, 0x11), attribute(2, 0x22)});
  const auto reply = test::join({attribute(1, 5), attribute(3, 1), attribute(4, 1000),
                                 attribute(5, 3), attribute(6, 7), attribute(7, certificate),
                                 attribute(8, test::raw("a.example.org\0")), attribute(9, 3)});
  put("ready", test::family_message(test::ready, 0, attribute(2, 1)));
  put("accept", test::family_message(test::accept, 7, reply));
  put("error", test::status_message(7, -11));
  put("diag", test::answer(20, test::socket_in(1, 77)));
  put("policy", test::family_message(10, 7, attribute(8, attribute(1, attribute(1, 4))), 16));
}

void write_session_records() {
  auto log = RecordLog::create().value();
  const auto session = test::sample_session(9);
  for (const auto& record : {record_of(1, *session.terms), record_of(2, *session.peer),
                             record_of(3, *session.user), record_of(session, {1, 2, 3}),
                             record_of(test::sample_session(10), {1, 0, 0}), record_of_end(10)})
    must(log.append(record).has_value(), "a record is kept");
  const auto all = log.record_at({0, log.size() + sizeof(std::uint32_t)});
  // with the length of the first, which is before it
  const auto* first = reinterpret_cast<const char*>(all.data()) - sizeof(std::uint32_t);
  write("session_records", "sessions", {first, log.size()});
}

} // namespace
} // namespace ktls::fuzz

int main(int argc, char** argv) {
  using namespace ktls;
  fuzz::must(argc == 2, "there is one argument");
  fuzz::directory = argv[1];
  fuzz::write_certificates();
  fuzz::write_extensions();
  fuzz::write_lists();
  fuzz::write_ocsp();
  fuzz::write_handshakes();
  fuzz::write_messages();
  fuzz::write_worker_configuration();
  fuzz::write_netlink();
  fuzz::write_session_records();
  return 0;
}
