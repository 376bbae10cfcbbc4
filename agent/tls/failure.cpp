// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/failure.hpp"

#include <gnutls/gnutls.h>

#include <algorithm>
#include <array>

namespace ktls::tls {
namespace {

using enum Reason;

struct Row {
  int error;
  FailureFacts facts;
};

// An error that is not here has broken the protocol: that is what all of GnuTLS's others are about.
constexpr std::array<Row, 38> table{{
    {GNUTLS_E_FATAL_ALERT_RECEIVED, {AlertReceived, std::nullopt}},
    {GNUTLS_E_CERTIFICATE_REQUIRED, {CertificateMissing, GNUTLS_A_CERTIFICATE_REQUIRED}},
    {GNUTLS_E_NO_CERTIFICATE_FOUND, {CertificateMissing, GNUTLS_A_CERTIFICATE_REQUIRED}},
    {GNUTLS_E_CERTIFICATE_ERROR, {CertificateInvalid, GNUTLS_A_BAD_CERTIFICATE}},
    {GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR, {CertificateInvalid, GNUTLS_A_BAD_CERTIFICATE}},
    {GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE, {CertificateInvalid, GNUTLS_A_UNSUPPORTED_CERTIFICATE}},
    {GNUTLS_E_PK_SIGN_FAILED, {SignerUnavailable, GNUTLS_A_INTERNAL_ERROR}},
    {GNUTLS_E_UNSUPPORTED_VERSION_PACKET, {VersionUnsupported, GNUTLS_A_PROTOCOL_VERSION}},
    {GNUTLS_E_NO_CIPHER_SUITES, {NegotiationFailed, GNUTLS_A_HANDSHAKE_FAILURE}},
    {GNUTLS_E_UNKNOWN_CIPHER_SUITE, {NegotiationFailed, GNUTLS_A_HANDSHAKE_FAILURE}},
    {GNUTLS_E_NO_COMMON_KEY_SHARE, {NegotiationFailed, GNUTLS_A_HANDSHAKE_FAILURE}},
    {GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM, {NegotiationFailed, GNUTLS_A_HANDSHAKE_FAILURE}},
    {GNUTLS_E_INSUFFICIENT_CREDENTIALS, {NegotiationFailed, GNUTLS_A_HANDSHAKE_FAILURE}},
    {GNUTLS_E_UNKNOWN_PK_ALGORITHM, {NegotiationFailed, GNUTLS_A_HANDSHAKE_FAILURE}},
    {GNUTLS_E_ECC_UNSUPPORTED_CURVE, {NegotiationFailed, GNUTLS_A_HANDSHAKE_FAILURE}},
    {GNUTLS_E_INSUFFICIENT_SECURITY, {NegotiationFailed, GNUTLS_A_INSUFFICIENT_SECURITY}},
    {GNUTLS_E_INAPPROPRIATE_FALLBACK, {NegotiationFailed, GNUTLS_A_INAPPROPRIATE_FALLBACK}},
    {GNUTLS_E_NO_APPLICATION_PROTOCOL, {NoApplicationProtocol, GNUTLS_A_NO_APPLICATION_PROTOCOL}},
    {GNUTLS_E_PK_SIG_VERIFY_FAILED, {PeerProtocolError, GNUTLS_A_DECRYPT_ERROR}},
    {GNUTLS_E_ERROR_IN_FINISHED_PACKET, {PeerProtocolError, GNUTLS_A_DECRYPT_ERROR}},
    {GNUTLS_E_DECRYPTION_FAILED, {PeerProtocolError, GNUTLS_A_BAD_RECORD_MAC}},
    {GNUTLS_E_RECORD_OVERFLOW, {PeerProtocolError, GNUTLS_A_RECORD_OVERFLOW}},
    {GNUTLS_E_UNEXPECTED_PACKET, {PeerProtocolError, GNUTLS_A_UNEXPECTED_MESSAGE}},
    {GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET, {PeerProtocolError, GNUTLS_A_UNEXPECTED_MESSAGE}},
    {GNUTLS_E_TOO_MANY_EMPTY_PACKETS, {PeerProtocolError, GNUTLS_A_UNEXPECTED_MESSAGE}},
    {GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, {PeerProtocolError, GNUTLS_A_UNEXPECTED_MESSAGE}},
    {GNUTLS_E_WARNING_ALERT_RECEIVED, {PeerProtocolError, GNUTLS_A_UNEXPECTED_MESSAGE}},
    {GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER, {PeerProtocolError, GNUTLS_A_ILLEGAL_PARAMETER}},
    {GNUTLS_E_ILLEGAL_PARAMETER, {PeerProtocolError, GNUTLS_A_ILLEGAL_PARAMETER}},
    {GNUTLS_E_PK_INVALID_PUBKEY, {PeerProtocolError, GNUTLS_A_ILLEGAL_PARAMETER}},
    {GNUTLS_E_RECEIVED_DISALLOWED_NAME, {PeerProtocolError, GNUTLS_A_ILLEGAL_PARAMETER}},
    {GNUTLS_E_INCOMPATIBLE_SIG_WITH_KEY, {PeerProtocolError, GNUTLS_A_ILLEGAL_PARAMETER}},
    {GNUTLS_E_RECEIVED_ILLEGAL_EXTENSION, {PeerProtocolError, GNUTLS_A_UNSUPPORTED_EXTENSION}},
    {GNUTLS_E_MISSING_EXTENSION, {PeerProtocolError, GNUTLS_A_MISSING_EXTENSION}},
    {GNUTLS_E_MEMORY_ERROR, {Busy, GNUTLS_A_INTERNAL_ERROR}},
    {GNUTLS_E_INTERNAL_ERROR, {InternalError, GNUTLS_A_INTERNAL_ERROR}},
    {GNUTLS_E_RANDOM_FAILED, {InternalError, GNUTLS_A_INTERNAL_ERROR}},
    {GNUTLS_E_HASH_FAILED, {InternalError, GNUTLS_A_INTERNAL_ERROR}},
}};

} // namespace

FailureFacts failure_facts(int error) {
  const auto* row = std::find_if(table.begin(), table.end(),
                                 [error](const Row& known) { return known.error == error; });
  return row == table.end() ? FailureFacts{PeerProtocolError, GNUTLS_A_DECODE_ERROR} : row->facts;
}

} // namespace ktls::tls
