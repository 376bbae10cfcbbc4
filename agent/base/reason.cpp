// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/reason.hpp"

#include <array>
#include <cerrno>

namespace ktls {
namespace {

// RFC 8446, section 6: the alerts that we choose ourselves.
constexpr std::uint8_t bad_certificate = 42;
constexpr std::uint8_t certificate_revoked = 44;
constexpr std::uint8_t certificate_expired = 45;
constexpr std::uint8_t certificate_unknown = 46;
constexpr std::uint8_t handshake_failure = 40;
constexpr std::uint8_t unknown_ca = 48;
constexpr std::uint8_t access_denied = 49;
constexpr std::uint8_t unsupported_certificate = 43;
constexpr std::uint8_t decrypt_error = 51;
constexpr std::uint8_t protocol_version = 70;
constexpr std::uint8_t bad_certificate_status_response = 113;
constexpr std::uint8_t unknown_psk_identity = 115;
constexpr std::uint8_t no_application_protocol = 120;
constexpr std::uint8_t internal_error = 80;
constexpr std::uint8_t user_canceled = 90;
constexpr std::uint8_t certificate_required = 116;
constexpr auto library = std::nullopt; // the TLS library's own choice, or nobody to tell

using enum Reason;

constexpr std::array<ReasonFacts, reason_count> table{{
    {Success, "success", 0, 0, library, "the handshake succeeded"},
    {MalformedRequest, "malformed-request", EINVAL, EINVAL, library,
     "the request has the wrong size or a field out of range; use the libktlsctl of this agent"},
    {MissingDescriptor, "missing-descriptor", EBADF, EBADF, library,
     "the request carried no socket; pass exactly one"},
    {TooManyDescriptors, "too-many-descriptors", EINVAL, EINVAL, library,
     "the request carried more than one descriptor; pass exactly one"},
    {RequestTimeout, "request-timeout", ETIMEDOUT, ETIMEDOUT, library,
     "the connection to the agent sent no request in time"},
    {NotASocket, "not-a-socket", ENOTSOCK, ENOTSOCK, library,
     "the descriptor is not a socket; pass a connected TCP socket"},
    {NotTcp, "not-tcp", EPROTONOSUPPORT, EOPNOTSUPP, library,
     "the socket is not TCP over IPv4 or IPv6; kernel TLS needs TCP"},
    {Listening, "listening", EINVAL, EINVAL, library,
     "the socket listens; pass what accept() returns"},
    {NotConnected, "not-connected", ENOTCONN, ETIMEDOUT, library,
     "the socket is not connected, or its peer has closed already"},
    {AlreadyTls, "already-tls", EALREADY, EALREADY, library,
     "the socket has kernel TLS already; a socket gets it once"},
    {PeerNameMissing, "peer-name-missing", EDESTADDRREQ, EINVAL, internal_error,
     "a client needs the name or address of its server to verify the server's certificate"},
    {PeerNameInvalid, "peer-name-invalid", EINVAL, EINVAL, internal_error,
     "the peer name is neither a DNS name nor an IP address"},
    {Unsupported, "unsupported", EOPNOTSUPP, EOPNOTSUPP, internal_error,
     "this agent does not do the kind of handshake that was asked for"},
    {NoPolicy, "no-policy", EACCES, EACCES, access_denied,
     "no rule of the policy is for this connection; add one to ktlsd.toml"},
    {Busy, "busy", EBUSY, ETIMEDOUT, internal_error, "the agent is at a limit; try again later"},
    {HandshakeTimeout, "handshake-timeout", ETIMEDOUT, ETIMEDOUT, user_canceled,
     "the peer did not finish the handshake in time; does it speak TLS, in the opposite role?"},
    {PeerClosed, "peer-closed", ECONNRESET, ETIMEDOUT, library,
     "the peer closed the connection during the handshake; see the peer's log"},
    {ConnectionReset, "connection-reset", ECONNRESET, ETIMEDOUT, library,
     "the connection was reset during the handshake; see the peer's log"},
    {PeerNotTls, "peer-not-tls", EPROTO, EACCES, library,
     "the peer sent something that is not TLS; is it configured for clear text?"},
    {RoleConflict, "role-conflict", EPROTO, EACCES, library,
     "the peer is a TLS client too; one side needs the server role"},
    {PeerProtocolError, "peer-protocol-error", EPROTO, EACCES, library,
     "the peer broke the TLS protocol"},
    {NegotiationFailed, "negotiation-failed", EPROTO, EACCES, library,
     "no protocol version, cipher, group or signature algorithm in common with the peer"},
    {AlertReceived, "alert-received", ECONNREFUSED, EACCES, library,
     "the peer refused the handshake with an alert; see the peer's log"},
    {CertificateMissing, "certificate-missing", EACCES, EACCES, certificate_required,
     "the peer presented no certificate, and one is required"},
    {CertificateUntrusted, "certificate-untrusted", EACCES, EACCES, unknown_ca,
     "no certificate of the truststore issued the peer's certificate"},
    {CertificateExpired, "certificate-expired", EACCES, EACCES, certificate_expired,
     "a certificate of the peer's chain has expired"},
    {CertificateNotYetValid, "certificate-not-yet-valid", EACCES, EACCES, certificate_expired,
     "a certificate of the peer's chain is not valid yet; is the clock right?"},
    {CertificateRevoked, "certificate-revoked", EACCES, EACCES, certificate_revoked,
     "a certificate of the peer's chain is revoked"},
    {CertificateInvalid, "certificate-invalid", EACCES, EACCES, bad_certificate,
     "the peer's certificate is malformed, or signed too weakly or wrongly"},
    {CertificateWrongName, "certificate-wrong-name", EACCES, EACCES, bad_certificate,
     "the server's certificate is for another name than the one that was asked for"},
    {CertificateWrongPurpose, "certificate-wrong-purpose", EACCES, EACCES, unsupported_certificate,
     "the extended key usage of the peer's certificate does not allow this role"},
    {Cancelled, "cancelled", ECANCELED, EIO, user_canceled,
     "whoever asked for the handshake went away"},
    {WorkerDied, "worker-died", EIO, ETIMEDOUT, library,
     "the handshake process ended unexpectedly; a new one is started"},
    {WorkerStuck, "worker-stuck", EIO, ETIMEDOUT, library,
     "the handshake process did not answer and was ended; a new one is started"},
    {SignerUnavailable, "signer-unavailable", EIO, ETIMEDOUT, internal_error,
     "the process that holds the private keys did not sign; see the agent's log"},
    {KernelTlsUnavailable, "kernel-tls-unavailable", ENOPROTOOPT, EIO, library,
     "this kernel refused kernel TLS on the socket; is the module tls loaded?"},
    {KeyInstallFailed, "key-install-failed", EIO, EIO, library,
     "the kernel refused the negotiated keys; the connection was shut down"},
    {AgentStopping, "agent-stopping", ESHUTDOWN, ETIMEDOUT, internal_error,
     "the agent is being stopped"},
    {InternalError, "internal-error", EIO, EIO, internal_error,
     "something failed in the agent; see its log"},
    {FirstByteTimeout, "first-byte-timeout", ETIMEDOUT, ETIMEDOUT, user_canceled,
     "the peer sent nothing in time; does it speak TLS, in the opposite role?"},
    {VersionUnsupported, "version-unsupported", EPROTO, EACCES, protocol_version,
     "the peer offers no version of TLS that is allowed here"},
    {NoApplicationProtocol, "no-application-protocol", EPROTO, EACCES, no_application_protocol,
     "none of the peer's application protocols (ALPN) is one of the configured ones"},
    {CertificateLimit, "certificate-limit", EACCES, EACCES, bad_certificate,
     "the peer's certificate chain or one of its keys is larger than the limits allow"},
    {ExtendedMasterSecretMissing, "no-extended-master-secret", EPROTO, EACCES, handshake_failure,
     "the peer speaks TLS 1.2 without the extended master secret, which is required"},
    {RecordSizeUnsupported, "record-size-unsupported", EPROTO, EACCES, handshake_failure,
     "the peer wants smaller records than this kernel can be told to send"},
    {PskUnknown, "psk-unknown", EACCES, EKEYREJECTED, unknown_psk_identity,
     "the identity that the peer sent has no pre-shared key here"},
    {PskMissing, "psk-missing", ENOKEY, ENOKEY, internal_error,
     "there is no usable pre-shared key for this handshake"},
    {PskMismatch, "psk-mismatch", EACCES, EKEYREJECTED, decrypt_error,
     "the peer's pre-shared key is another one than ours for the same identity"},
    {CrlMissing, "crl-missing", EACCES, EACCES, certificate_unknown,
     "there is no list of revoked certificates by an authority of the peer's chain"},
    {CrlStale, "crl-stale", EACCES, EACCES, certificate_unknown,
     "a list of revoked certificates is out of date; fetch a new one"},
    {OcspStapleMissing, "ocsp-staple-missing", EACCES, EACCES, bad_certificate_status_response,
     "the server sent no OCSP response with its certificate, and one is required"},
    {CertificatePinMismatch, "certificate-pin-mismatch", EACCES, EACCES, certificate_unknown,
     "no key of the peer's chain is one of the pinned ones"},
    {CertificateKeyTooSmall, "certificate-key-too-small", EACCES, EACCES, bad_certificate,
     "a key of the peer's chain is smaller than is allowed"},
    {OcspStapleInvalid, "ocsp-staple-invalid", EACCES, EACCES, bad_certificate_status_response,
     "the OCSP response that the server sent does not show that its certificate is good"},
    {CertificateConstraint, "certificate-constraint", EACCES, EACCES, certificate_unknown,
     "an authority of the peer's chain may not issue such a certificate"},
    {PolicyDenied, "policy-denied", EACCES, EACCES, access_denied,
     "a rule of the policy denies this connection; 'ktlsctl policy explain' shows which"},
    {PolicyClear, "policy-clear", EOPNOTSUPP, EACCES, library,
     "by the policy this connection goes without TLS; the agent has left it as it was"},
    {PolicyMismatch, "policy-mismatch", EACCES, EACCES, access_denied,
     "the profile that the policy has for this connection does not fit what was asked for"},
    {NotPermitted, "not-permitted", EPERM, EACCES, access_denied,
     "what was asked for is not for this application: see who may use the profile, or may reload"},
    {MapperUnavailable, "mapper-unavailable", EACCES, EACCES, access_denied,
     "whose the peer's certificate is could not be found out, and the policy asks for it; does "
     "ktls-mapd run?"},
    {UserNotMapped, "user-not-mapped", EACCES, EACCES, access_denied,
     "the peer's certificate belongs to no local user; the log of ktls-mapd says why"},
    {UserRevoked, "user-revoked", EACCES, EACCES, access_denied,
     "the user that the peer's certificate belongs to is locked, has expired, or may not log in "
     "yet"},
    {AmbiguousMapping, "ambiguous-mapping", EACCES, EACCES, access_denied,
     "the peer's certificate belongs to more than one local user; the log of ktls-mapd says which"},
    {WeakMapping, "weak-mapping", EACCES, EACCES, access_denied,
     "the peer's certificate is tied to its user by names alone, and the profile wants more; see "
     "min_mapping_strength"},
    {MappingDenied, "mapping-denied", EACCES, EACCES, access_denied,
     "the peer's certificate, or the user that it belongs to, is not let in here"},
    {MappingTimeout, "mapping-timeout", EACCES, EACCES, access_denied,
     "whose the peer's certificate is was not found out in time; see the log of ktls-mapd"},
    {KeyUpdateUnsupported, "key-update-unsupported", EOPNOTSUPP, EACCES, library,
     "the keys of this session cannot be changed"},
    {KeyUpdateLimit, "key-update-limit", EBUSY, EACCES, library,
     "the keys of this session are changed too often: 32 times in 10 s are the most"},
}};

consteval bool table_is_sound() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& row = table.at(i);
    const bool success = row.reason == Success;
    if (row.reason != static_cast<Reason>(i) || row.name.size() > 31 || row.help.empty() ||
        (row.error == 0) != success || (row.kernel_status == 0) != success)
      return false;
  }
  return true;
}
static_assert(table_is_sound());

} // namespace

const ReasonFacts& facts(Reason reason) {
  return table.at(static_cast<std::size_t>(reason));
}

std::optional<Reason> reason_from_number(std::uint16_t number) {
  if (number >= reason_count)
    return std::nullopt;
  return static_cast<Reason>(number);
}

} // namespace ktls
