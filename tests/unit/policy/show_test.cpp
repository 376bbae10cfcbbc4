// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/show.hpp"

#include "parsing.hpp"

namespace ktls::policy {
namespace {

const std::string everything = R"([agent]
socket = "/run/o.sock"
workers = 3
default_action = "clear"
watch_files = true
allow_key_logging = true
handshake_timeout = 21
first_byte_timeout = 22
request_timeout = 23
network_namespaces = ["/run/netns/blue", "/run/netns/\u00fc\"\\\u0001"]
max_handshakes = 11
max_queued = 12
max_handshakes_per_uid = 13
max_handshakes_per_address = 14
max_connections = 15
max_connections_per_uid = 16
[credential.host]
certificate = "/c"
private_key = "/k"
[[credential.both]]
certificate = "credential:c"
private_key = "credential:k"
ocsp_response = "/o"
[[credential.both]]
certificate = "/c2"
private_key = "tpmkey:uuid=1"
[profile.base]
handshake_role = "server-with-client-auth"
credentials = ["both", "host"]
truststore = ["/ca", "system"]
crls = ["/crl", "/crl.d"]
revocation_security_level = "medium"
trust_intermediates = true
pins = "0101010101010101010101010101010101010101010101010101010101010101"
min_peer_rsa_bits = 3072
min_peer_ec_bits = 384
versions = ["1.3"]
ciphers = "aes-128-gcm"
groups = ["x25519", "secp256r1"]
signature_algorithms = "ed25519"
alpn = ["h2", "http/1.1"]
session_tickets = true
tags = ["a", "b"]
max_peer_chain = 5
max_peer_chain_bytes = 5000
max_peer_rsa_bits = 8192
max_peer_rsa_exponent_bits = 64
handshake_timeout = 7
first_byte_timeout = 8
allowed_users = ["alice", 7]
allowed_groups = "staff"
allowed_units = ["a.service", "b@*"]
log_level = "warning"
key_log_file = "/run/ktlsd/keys"
[profile.open]
inherits = "base"
log_level = "debug"
handshake_role = "server"
[profile.passthru]
inherits = "base"
client_auth_type = "passthru"
[profile.client]
handshake_role = "client"
truststore = "/ca"
require_ocsp_staple = true
server_name = "db.example.org"
[profile.chain]
inherits = "client"
server_verification = "chain"
[profile.any]
inherits = "client"
server_verification = "none"
[profile.psk]
handshake_role = "client"
psk_file = "/psk"
psk_identity = "alice"
[profile.nvme]
handshake_role = "server"
psk = "keyring"
[[rule]]
name = "all-keys"
priority = 7
origin = ["application", "listener"]
direction = "outbound"
role = "client"
local_address = ["192.0.2.0/24", "192.0.2.1-192.0.2.9"]
remote_address = ["::1", "2001:db8::/32"]
local_port = [1, "2-3"]
remote_port = 443
user = ["alice", 5]
group = "staff"
unit = ["a.service", "b*", "*"]
executable = ["/usr/bin/\u00fc", "/opt/*"]
server_name = ["a.b", "*.example.org"]
network_namespace = ["own", "/run/netns/blue"]
time = ["mon-fri 08:00-18:00", "22:00-06:00", "sun"]
profile = "client"
[[rule]]
name = "nvme"
priority = 2000000000
origin = "kernel"
profile = "nvme"
[[rule]]
name = "clear"
action = "clear"
[[rule]]
name = "deny"
action = "deny"
)";

// All but the places, which are others.
void expect_same(const AgentSettings& a, const AgentSettings& b) {
  EXPECT_EQ(a.socket, b.socket);
  EXPECT_EQ(a.workers, b.workers);
  EXPECT_EQ(a.handshake_timeout, b.handshake_timeout);
  EXPECT_EQ(a.first_byte_timeout, b.first_byte_timeout);
  EXPECT_EQ(a.request_timeout, b.request_timeout);
  EXPECT_EQ(a.max_handshakes, b.max_handshakes);
  EXPECT_EQ(a.max_queued, b.max_queued);
  EXPECT_EQ(a.max_handshakes_per_uid, b.max_handshakes_per_uid);
  EXPECT_EQ(a.max_handshakes_per_address, b.max_handshakes_per_address);
  EXPECT_EQ(a.max_connections, b.max_connections);
  EXPECT_EQ(a.max_connections_per_uid, b.max_connections_per_uid);
  EXPECT_EQ(a.watch_files, b.watch_files);
  EXPECT_EQ(a.allow_key_logging, b.allow_key_logging);
}

std::vector<std::string> paths(const std::vector<LocatedPath>& located) {
  std::vector<std::string> out;
  out.reserve(located.size());
  for (const auto& path : located)
    out.push_back(path.path);
  return out;
}
std::string path(const std::optional<LocatedPath>& located) {
  return located ? located->path : "";
}

void expect_same(const NamedCredential& a, const NamedCredential& b) {
  EXPECT_EQ(a.name, b.name);
  ASSERT_EQ(a.alternatives.size(), b.alternatives.size());
  for (std::size_t i = 0; i < a.alternatives.size(); ++i) {
    EXPECT_EQ(a.alternatives[i].certificate.path, b.alternatives[i].certificate.path);
    EXPECT_EQ(a.alternatives[i].private_key.path, b.alternatives[i].private_key.path);
    EXPECT_EQ(a.alternatives[i].private_key.place, b.alternatives[i].private_key.place);
    EXPECT_EQ(path(a.alternatives[i].ocsp_response), path(b.alternatives[i].ocsp_response));
  }
}

void expect_same(const ProfileSettings& a, const ProfileSettings& b) {
  SCOPED_TRACE(a.name);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.role, b.role);
  EXPECT_EQ(a.client_auth_type, b.client_auth_type);
  EXPECT_EQ(a.verification, b.verification);
  EXPECT_EQ(a.credentials, b.credentials);
  EXPECT_EQ(paths(a.truststore), paths(b.truststore));
  EXPECT_EQ(paths(a.crls), paths(b.crls));
  EXPECT_EQ(a.psk, b.psk);
  EXPECT_EQ(path(a.psk_file), path(b.psk_file));
  EXPECT_EQ(a.psk_identity, b.psk_identity);
  EXPECT_EQ(a.server_name, b.server_name);
  EXPECT_EQ(a.tls12, b.tls12);
  EXPECT_EQ(a.tls13, b.tls13);
  EXPECT_EQ(a.ciphers.names, b.ciphers.names);
  EXPECT_EQ(a.groups.names, b.groups.names);
  EXPECT_EQ(a.signature_algorithms.names, b.signature_algorithms.names);
  EXPECT_EQ(a.alpn, b.alpn);
  EXPECT_EQ(a.session_tickets, b.session_tickets);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.peer_limits, b.peer_limits);
  EXPECT_EQ(a.handshake_timeout, b.handshake_timeout);
  EXPECT_EQ(a.first_byte_timeout, b.first_byte_timeout);
  EXPECT_EQ(a.allowed_users, b.allowed_users);
  EXPECT_EQ(a.allowed_groups, b.allowed_groups);
  EXPECT_EQ(a.allowed_units, b.allowed_units);
  EXPECT_EQ(a.log_level, b.log_level);
  EXPECT_EQ(path(a.key_log_file), path(b.key_log_file));
}

void expect_same(const Rule& a, const Rule& b) {
  SCOPED_TRACE(a.name);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.priority, b.priority);
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.profile, b.profile);
  EXPECT_EQ(a.times, b.times);
  const auto expect_same_values = [&](const auto& dimension) {
    EXPECT_EQ(a.conditions.*dimension.alternatives, b.conditions.*dimension.alternatives)
        << dimension.name;
  };
  std::apply([&](const auto&... each) { (expect_same_values(each), ...); }, dimensions);
}

template<class Each>
void expect_same(const std::vector<Each>& a, const std::vector<Each>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    expect_same(a[i], b[i]);
}

void expect_same_again(const Policy& policy) {
  const auto text = to_toml(policy);
  const auto again = test::parse(text);
  ASSERT_TRUE(again) << test::problems(text) << "\n" << text;
  expect_same(policy.agent(), again->agent());
  EXPECT_EQ(policy.default_action(), again->default_action());
  expect_same(policy.credentials(), again->credentials());
  expect_same(policy.profiles(), again->profiles());
  expect_same(policy.rules(), again->rules());
}

TEST(ShownPolicy, IsReadAsTheSame) {
  expect_same_again(test::read(""));
  expect_same_again(test::read(everything));
}

TEST(ShownPolicy, HasWhatIsInheritedAndDefaults) {
  const auto text = to_toml(test::read("[profile.a]\nhandshake_role = \"client\"\n"
                                       "truststore = \"/ca\"\n"
                                       "[profile.b]\ninherits = \"a\"\nalpn = \"h2\"\n"));

  EXPECT_NE(text.find(R"([profile.b] # f:4
# with what it inherits from a
handshake_role = "client"
server_verification = "name"
require_ocsp_staple = false
truststore = "/ca"
trust_intermediates = false
min_peer_rsa_bits = 2048
min_peer_ec_bits = 256
versions = ["1.2", "1.3"]
alpn = "h2"
max_peer_chain = 10
max_peer_chain_bytes = 32768
max_peer_rsa_bits = 4096
max_peer_rsa_exponent_bits = 32
handshake_timeout = 10
first_byte_timeout = 10
)"),
            std::string::npos)
      << text;
}

TEST(ShownPolicy, HasRulesInTheirOrder) {
  const auto text = to_toml(test::read(everything));

  EXPECT_LT(text.find("name = \"nvme\""), text.find("name = \"all-keys\""));
  EXPECT_LT(text.find("name = \"all-keys\""), text.find("name = \"clear\""));
}

TEST(ShownPolicy, HasNoPin) {
  const auto text = to_toml(test::read("[credential.x]\ncertificate = \"/c\"\nprivate_key = "
                                       "\"pkcs11:token=t;object=k?pin-value=1234\""));

  EXPECT_EQ(text.find("1234"), std::string::npos);
  EXPECT_NE(text.find("# the rest of the URL, which may hold a PIN, is left out\n"
                      "private_key = \"pkcs11:token=t;object=k\"\n"),
            std::string::npos)
      << text;
}

TEST(Sizes, AreThoseOfAllTables) {
  EXPECT_EQ(sizes(test::read("")), "0 rules, 0 profiles, 0 credentials");
  EXPECT_EQ(sizes(test::read(test::server("") + test::rule(""))),
            "1 rule, 1 profile, 1 credential");
}

} // namespace
} // namespace ktls::policy
