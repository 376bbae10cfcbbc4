// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/key_names.hpp"

#include <strings.h>

#include <algorithm>
#include <array>

namespace ktls::policy {
namespace {

struct Instead {
  std::string_view at_tls;
  std::string_view ours;
};

namespace hint {
constexpr std::string_view rules = "rules are tables [[rule]]";
constexpr std::string_view profiles =
    "profiles are tables [profile.NAME], named by a rule's profile";
constexpr std::string_view store = "credentials and truststore say where certificates are";
constexpr std::string_view credential = "credentials names tables [credential.NAME]";
constexpr std::string_view versions = R"(versions has "1.2" and "1.3")";
constexpr std::string_view no_version = "there is no TLS before 1.2 here";
constexpr std::string_view ciphers = "ciphers names them";
constexpr std::string_view groups = "groups names curves and other key exchanges";
constexpr std::string_view signatures = "signature_algorithms names them";
constexpr std::string_view host =
    "server_verification and server_name say what a server is held to";
constexpr std::string_view renegotiation = "sessions are never renegotiated here";
constexpr std::string_view lists = "crls has lists in files";
constexpr std::string_view ocsp =
    "responses are stapled: require_ocsp_staple, and ocsp_response of a credential";
constexpr std::string_view tickets = "session_tickets is there for servers";
constexpr std::string_view refresh = "the agent reads its files anew when it is reloaded";
constexpr std::string_view trace = R"(log_level is "error", "warning", "info" or "debug")";
constexpr std::string_view logging = "data is never logged, and records go to the journal";
constexpr std::string_view times = "time has windows such as \"mon-fri 08:00-18:00\"";
constexpr std::string_view addresses = "lists of addresses are written out in the rule";
constexpr std::string_view limits = "min_peer_rsa_bits and min_peer_ec_bits are there";
} // namespace hint

constexpr std::array<Instead, 74> replacements{{
    {"TTLSRule", hint::rules},
    {"TTLSGroupAction", hint::profiles},
    {"TTLSGroupActionRef", hint::profiles},
    {"TTLSEnvironmentAction", hint::profiles},
    {"TTLSEnvironmentActionRef", hint::profiles},
    {"TTLSConnectionAction", hint::profiles},
    {"TTLSConnectionActionRef", hint::profiles},
    {"TTLSEnvironmentAdvancedParms", hint::profiles},
    {"TTLSConnectionAdvancedParms", hint::profiles},
    {"TTLSGskAdvancedParms", hint::profiles},
    {"TTLSEnabled", "a rule has action = \"clear\" instead of Off"},
    {"TTLSKeyringParms", hint::store},
    {"Keyring", hint::store},
    {"KeyringPw", hint::store},
    {"KeyringStashFile", hint::store},
    {"CertificateLabel", hint::credential},
    {"ServerCertificateLabel", hint::credential},
    {"TTLSCipherParms", hint::ciphers},
    {"V2CipherSuites", hint::ciphers},
    {"V3CipherSuites", hint::ciphers},
    {"V3CipherSuites4Char", hint::ciphers},
    {"SuiteBProfile", "versions, ciphers, groups and signature_algorithms say it one by one"},
    {"ClientECurves", hint::groups},
    {"ClientKeyShareGroups", hint::groups},
    {"ServerKexECurves", hint::groups},
    {"ServerKeyShareGroups", hint::groups},
    {"TTLSSignatureParms", hint::signatures},
    {"SignaturePairs", hint::signatures},
    {"SignaturePairsCert", hint::signatures},
    {"SSLv2", hint::no_version},
    {"SSLv3", hint::no_version},
    {"TLSv1", hint::no_version},
    {"TLSv1.1", hint::no_version},
    {"TLSv1.2", hint::versions},
    {"TLSv1.3", hint::versions},
    {"ApplicationControlled", "an application that calls ktlsctl_start() chooses when TLS starts"},
    {"SecondaryMap", "a second connection needs a rule of its own"},
    {"Renegotiation", hint::renegotiation},
    {"RenegotiationIndicator", hint::renegotiation},
    {"RenegotiationCertCheck", hint::renegotiation},
    {"ResetCipherTimer", "keys are not changed by the clock"},
    {"CertValidationMode", "chains are always validated as RFC 5280 wants"},
    {"HostReferenceIdDNS", hint::host},
    {"HostReferenceIdCN", hint::host},
    {"HostRefWildcardValidation", hint::host},
    {"ClientHandshakeSNI", "a client always says whom it asks for"},
    {"ClientHandshakeSNIList", "server_name is there for clients"},
    {"ClientHandshakeSNIMatch", "server_name is there for clients"},
    {"ServerHandshakeSNI", "a rule's server_name tells names apart"},
    {"ServerHandshakeSNIList", "a rule's server_name tells names apart"},
    {"ServerHandshakeSNIMatch", "a rule's server_name tells names apart"},
    {"PeerMinCertVersion", hint::limits},
    {"PeerMinDHKeySize", hint::limits},
    {"PeerMinDsaKeySize", hint::limits},
    {"TTLSGskLdapParms", hint::lists},
    {"TTLSGskHttpCdpParms", hint::lists},
    {"GSK_CRL_SECURITY_LEVEL", "revocation_security_level is the same"},
    {"TTLSGskOcspParms", hint::ocsp},
    {"OcspServerStapling", hint::ocsp},
    {"GSK_SESSION_TICKET_SERVER_ENABLE", hint::tickets},
    {"GSK_SESSION_TICKET_CLIENT_ENABLE", hint::tickets},
    {"GroupUserInstance", hint::refresh},
    {"EnvironmentUserInstance", hint::refresh},
    {"ConnectionUserInstance", hint::refresh},
    {"Trace", hint::trace},
    {"CtraceClearText", hint::logging},
    {"SyslogFacility", hint::logging},
    {"FIPS140", "it is the cryptographic library's own mode"},
    {"IpTimeCondition", hint::times},
    {"IpTimeConditionRef", hint::times},
    {"LocalAddrRef", hint::addresses},
    {"RemoteAddrRef", hint::addresses},
    {"LocalAddrSetRef", hint::addresses},
    {"RemoteAddrSetRef", hint::addresses},
}};

} // namespace

bool is_same_but_for_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view instead_of(std::string_view at_tls) {
  const auto* found = std::ranges::find_if(
      replacements, [&](const Instead& one) { return is_same_but_for_case(one.at_tls, at_tls); });
  return found == replacements.end() ? std::string_view() : found->ours;
}

} // namespace ktls::policy
