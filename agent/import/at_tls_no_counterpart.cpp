// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_no_counterpart.hpp"

#include <algorithm>
#include <array>

#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::string_view old_version = "TLS before 1.2 is not done here";
constexpr std::string_view renegotiation = "a session is never renegotiated";
constexpr std::string_view extended_secret = "TLS 1.2 is never done without it here";
constexpr std::string_view finite_field = "TLS 1.2 is done with elliptic curves only; the "
                                          "finite-field groups of TLS 1.3 have 2048 bits or more";
constexpr std::string_view fragment = "record_size_limit (RFC 8449) is agreed on instead";
constexpr std::string_view other_names = "a client is not refused for the name that it asks for; "
                                         "server_name in the rule has the names that it is for";
constexpr std::string_view logging = "data is never logged here, and records go to the "
                                     "journal";
constexpr std::string_view refresh = "files are read anew when ktlsd reloads";
constexpr std::string_view password = "certificates and keys are files here";
constexpr std::string_view fetched = "nothing is fetched during a handshake: crls has lists in "
                                     "files, require_ocsp_staple asks servers for a response";
constexpr std::string_view fetching = "nothing is fetched during a handshake";
constexpr std::string_view cache = "sessions are resumed by tickets only";
constexpr std::string_view client_ticket = "as a client this agent resumes no session";
constexpr std::string_view server_ticket = "session_tickets turns them on and off, and no more";
constexpr std::string_view all_signatures = "signature_algorithms holds for all signatures";

constexpr std::array no_counterpart_list{
    NoCounterpart{"SSLv2", old_version, true, "Off"},
    NoCounterpart{"SSLv3", old_version, true, "Off"},
    NoCounterpart{"TLSv1", old_version, true, "Off"},
    NoCounterpart{"TLSv1.1", old_version, true, "Off"},
    NoCounterpart{"V2CipherSuites", old_version},
    NoCounterpart{"MiddleBoxCompatMode", "left to GnuTLS"},
    NoCounterpart{"SecondaryMap",
                  "a second connection, such as one for FTP's data, needs a rule of its own", true,
                  "Off"},
    NoCounterpart{"ResetCipherTimer", "keys are not changed by the clock"},
    NoCounterpart{"Renegotiation", renegotiation},
    NoCounterpart{"RenegotiationIndicator", renegotiation},
    NoCounterpart{"RenegotiationCertCheck", renegotiation},
    NoCounterpart{"TruncatedHMAC", "no cipher with a MAC of its own is used", true, "Off Optional"},
    NoCounterpart{"CertValidationMode", "chains are always validated as RFC 5280 says"},
    NoCounterpart{"ClientMaxSSLFragment", fragment, true, "Off Optional"},
    NoCounterpart{"ClientMaxSSLFragmentLength", fragment},
    NoCounterpart{"ServerMaxSSLFragment", fragment, true, "Off Optional"},
    NoCounterpart{"ClientHandshakeSNI",
                  "a client always sends the name that it asks for: that of the request, or "
                  "server_name"},
    NoCounterpart{"ClientHandshakeSNIMatch",
                  "a server that passes over the name is not refused for that: its certificate "
                  "is what counts",
                  true, "Optional"},
    NoCounterpart{"ClientHandshakeSNIList",
                  "the name of the request is sent, or else server_name; this is not looked at",
                  true},
    NoCounterpart{"ServerHandshakeSNI", other_names, true, "Off Optional"},
    NoCounterpart{"ServerHandshakeSNIMatch", other_names, true, "Optional"},
    NoCounterpart{"ServerHandshakeSNIList", other_names, true},
    NoCounterpart{"3DesKeyCheck", "there is no 3DES here"},
    NoCounterpart{"ClientEDHGroupSize", finite_field},
    NoCounterpart{"ServerEDHGroupSize", finite_field},
    NoCounterpart{"PeerMinCertVersion", "the version of a certificate is not looked at by itself",
                  true, "Any"},
    NoCounterpart{"PeerMinDHKeySize", finite_field},
    NoCounterpart{"PeerMinDsaKeySize", "DSA is not done here"},
    NoCounterpart{"ServerScsv", "there is nothing older to fall back to"},
    NoCounterpart{"ClientExtendedMasterSecret", extended_secret},
    NoCounterpart{"ServerExtendedMasterSecret", extended_secret},
    NoCounterpart{"HostRefWildcardValidation",
                  "a wildcard in a certificate is always taken for one label of a name", true,
                  "On"},
    NoCounterpart{"Trace", "counts in what is not in clear"},
    NoCounterpart{"CtraceClearText", logging},
    NoCounterpart{"SyslogFacility", logging},
    NoCounterpart{"FIPS140", "it is a mode of the operating system's GnuTLS", true, "Off"},
    NoCounterpart{"Envfile",
                  "a file of settings for System SSL, some of which change who is trusted: look "
                  "into it",
                  true},
    NoCounterpart{"GroupUserInstance", refresh},
    NoCounterpart{"EnvironmentUserInstance", refresh},
    NoCounterpart{"ConnectionUserInstance", refresh},
    NoCounterpart{"KeyringPw", password},
    NoCounterpart{"KeyringStashFile", password},
    NoCounterpart{"GSK_SYSPLEX_SIDCACHE", cache},
    NoCounterpart{"GSK_SYSPLEX_SESSION_TICKET_CACHE", cache},
    NoCounterpart{"GSK_V2_SESSION_TIMEOUT", cache},
    NoCounterpart{"GSK_V2_SIDCACHE_SIZE", cache},
    NoCounterpart{"GSK_V3_SESSION_TIMEOUT", cache},
    NoCounterpart{"GSK_V3_SIDCACHE_SIZE", cache},
    NoCounterpart{"GSK_SESSION_TICKET_CLIENT_ENABLE", client_ticket},
    NoCounterpart{"GSK_SESSION_TICKET_CLIENT_MAXSIZE", client_ticket},
    NoCounterpart{"GSK_SESSION_TICKET_CLIENT_MAXCACHED", client_ticket},
    NoCounterpart{"GSK_SESSION_TICKET_SERVER_ALGORITHM", server_ticket},
    NoCounterpart{"GSK_SESSION_TICKET_SERVER_COUNT", server_ticket},
    NoCounterpart{"GSK_SESSION_TICKET_SERVER_KEY_REFRESH", server_ticket},
    NoCounterpart{"GSK_SESSION_TICKET_SERVER_TIMEOUT", server_ticket},
    NoCounterpart{"AIACDPPriority", fetching},
    NoCounterpart{"MaxSrcRevExtLocValues", fetching},
    NoCounterpart{"MaxValidRevExtLocValues", fetching},
    NoCounterpart{"RevocationSecurityLevel",
                  "revocation_security_level is the same, but counts with crls only"},
    NoCounterpart{"CrlSigAlgPairs", all_signatures},
    NoCounterpart{"OcspUrl", fetched, true},
    NoCounterpart{"OcspAiaEnable", fetched, true, "Off"},
    NoCounterpart{"OcspUrlPriority", fetching},
    NoCounterpart{"OcspProxyServerName", fetching},
    NoCounterpart{"OcspProxyServerPort", fetching},
    NoCounterpart{"OcspRetrieveViaGet", fetching},
    NoCounterpart{"OcspRequestSigkeylabel", fetching},
    NoCounterpart{"OcspRequestSigalg", fetching},
    NoCounterpart{"OcspResponseSigAlgPairs", all_signatures},
    NoCounterpart{"OcspServerStapling",
                  "ocsp_response of a credential staples a response from a file"},
    NoCounterpart{"OcspClientCacheSize", fetching},
    NoCounterpart{"OcspCliCacheEntryMaxsize", fetching},
    NoCounterpart{"OcspNonceGenEnable", fetching},
    NoCounterpart{"OcspNonceCheckEnable", fetching},
    NoCounterpart{"OcspNonceSize", fetching},
    NoCounterpart{"OcspResponseTimeout", fetching},
    NoCounterpart{"OcspMaxResponseSize", fetching},
    NoCounterpart{"GSK_LDAP_SERVER", fetched, true},
    NoCounterpart{"GSK_LDAP_SERVER_PORT", fetching},
    NoCounterpart{"GSK_LDAP_USER", fetching},
    NoCounterpart{"GSK_LDAP_USER_PW", fetching},
    NoCounterpart{"GSK_CRL_CACHE_TIMEOUT", fetching},
    NoCounterpart{"GSK_CRL_SECURITY_LEVEL",
                  "revocation_security_level is the same, but counts with crls only"},
    NoCounterpart{"CRLCacheSize", fetching},
    NoCounterpart{"CRLCacheEntryMaxsize", fetching},
    NoCounterpart{"CRLCacheExtended", fetching},
    NoCounterpart{"CRLCacheTempCRL", fetching},
    NoCounterpart{"CRLCacheTempCRLTimeout", fetching},
    NoCounterpart{"LDAPResponseTimeout", fetching},
    NoCounterpart{"HttpCdpEnable", fetched, true, "Off"},
    NoCounterpart{"HttpCdpProxyServerName", fetching},
    NoCounterpart{"HttpCdpProxyServerPort", fetching},
    NoCounterpart{"HttpCdpResponseTimeout", fetching},
    NoCounterpart{"HttpCdpMaxResponseSize", fetching},
    NoCounterpart{"HttpCdpCacheSize", fetching},
    NoCounterpart{"HttpCdpCacheEntryMaxsize", fetching},
};

} // namespace

const NoCounterpart* no_counterpart(const Statement& statement) {
  const auto* found =
      std::find_if(no_counterpart_list.begin(), no_counterpart_list.end(),
                   [&](const NoCounterpart& one) { return statement.is(one.keyword); });
  return found == no_counterpart_list.end() ? nullptr : found;
}

bool weighs(const NoCounterpart& entry, const Statement& statement) {
  if (!entry.weighs)
    return false;
  const auto harmless = words(entry.harmless);
  return std::none_of(harmless.begin(), harmless.end(),
                      [&](std::string_view value) { return same(statement.word(), value); });
}

} // namespace ktls::importer
