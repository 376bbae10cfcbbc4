// SPDX-License-Identifier: GPL-2.0-or-later
// The alerts are those that RFC 8446 names, by number: section 6.2.
#include "tls/failure.hpp"

#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

namespace ktls::tls {
namespace {

struct FailureCase {
  int error;
  Reason reason;
  int alert; // -1: none
};

class EachFailure : public testing::TestWithParam<FailureCase> {};

TEST_P(EachFailure, HasItsReasonAndAlert) {
  const auto& [error, reason, alert] = GetParam();

  const auto facts = failure_facts(error);

  EXPECT_EQ(facts.reason, reason) << gnutls_strerror(error);
  EXPECT_EQ(facts.alert ? *facts.alert : -1, alert) << gnutls_strerror(error);
}

using enum Reason;
INSTANTIATE_TEST_SUITE_P(
    Failure, EachFailure,
    testing::Values(FailureCase{GNUTLS_E_FATAL_ALERT_RECEIVED, AlertReceived, -1},
                    FailureCase{GNUTLS_E_CERTIFICATE_REQUIRED, CertificateMissing, 116},
                    FailureCase{GNUTLS_E_NO_CERTIFICATE_FOUND, CertificateMissing, 116},
                    FailureCase{GNUTLS_E_CERTIFICATE_ERROR, CertificateInvalid, 42},
                    FailureCase{GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR, CertificateInvalid, 42},
                    FailureCase{GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE, CertificateInvalid, 43},
                    FailureCase{GNUTLS_E_PK_SIGN_FAILED, SignerUnavailable, 80},
                    FailureCase{GNUTLS_E_UNSUPPORTED_VERSION_PACKET, VersionUnsupported, 70},
                    FailureCase{GNUTLS_E_NO_CIPHER_SUITES, NegotiationFailed, 40},
                    FailureCase{GNUTLS_E_UNKNOWN_CIPHER_SUITE, NegotiationFailed, 40},
                    FailureCase{GNUTLS_E_NO_COMMON_KEY_SHARE, NegotiationFailed, 40},
                    FailureCase{GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM, NegotiationFailed, 40},
                    FailureCase{GNUTLS_E_INSUFFICIENT_CREDENTIALS, NegotiationFailed, 40},
                    FailureCase{GNUTLS_E_UNKNOWN_PK_ALGORITHM, NegotiationFailed, 40},
                    FailureCase{GNUTLS_E_ECC_UNSUPPORTED_CURVE, NegotiationFailed, 40},
                    FailureCase{GNUTLS_E_INSUFFICIENT_SECURITY, NegotiationFailed, 71},
                    FailureCase{GNUTLS_E_INAPPROPRIATE_FALLBACK, NegotiationFailed, 86},
                    FailureCase{GNUTLS_E_NO_APPLICATION_PROTOCOL, NoApplicationProtocol, 120},
                    FailureCase{GNUTLS_E_PK_SIG_VERIFY_FAILED, PeerProtocolError, 51},
                    FailureCase{GNUTLS_E_ERROR_IN_FINISHED_PACKET, PeerProtocolError, 51},
                    FailureCase{GNUTLS_E_DECRYPTION_FAILED, PeerProtocolError, 20},
                    FailureCase{GNUTLS_E_RECORD_OVERFLOW, PeerProtocolError, 22},
                    FailureCase{GNUTLS_E_UNEXPECTED_PACKET, PeerProtocolError, 10},
                    FailureCase{GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET, PeerProtocolError, 10},
                    FailureCase{GNUTLS_E_TOO_MANY_EMPTY_PACKETS, PeerProtocolError, 10},
                    FailureCase{GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, PeerProtocolError, 10},
                    FailureCase{GNUTLS_E_WARNING_ALERT_RECEIVED, PeerProtocolError, 10},
                    FailureCase{GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER, PeerProtocolError, 47},
                    FailureCase{GNUTLS_E_ILLEGAL_PARAMETER, PeerProtocolError, 47},
                    FailureCase{GNUTLS_E_PK_INVALID_PUBKEY, PeerProtocolError, 47},
                    FailureCase{GNUTLS_E_RECEIVED_DISALLOWED_NAME, PeerProtocolError, 47},
                    FailureCase{GNUTLS_E_INCOMPATIBLE_SIG_WITH_KEY, PeerProtocolError, 47},
                    FailureCase{GNUTLS_E_RECEIVED_ILLEGAL_EXTENSION, PeerProtocolError, 110},
                    FailureCase{GNUTLS_E_MISSING_EXTENSION, PeerProtocolError, 109},
                    FailureCase{GNUTLS_E_MEMORY_ERROR, Busy, 80},
                    FailureCase{GNUTLS_E_INTERNAL_ERROR, InternalError, 80},
                    FailureCase{GNUTLS_E_RANDOM_FAILED, InternalError, 80},
                    FailureCase{GNUTLS_E_HASH_FAILED, InternalError, 80}));

TEST(Failure, OfAnyOtherKindIsABrokenProtocol) {
  for (const int error : {GNUTLS_E_ASN1_DER_ERROR, GNUTLS_E_UNEXPECTED_PACKET_LENGTH, -9999}) {
    EXPECT_EQ(failure_facts(error).reason, PeerProtocolError);
    EXPECT_EQ(failure_facts(error).alert, 50) << "decode_error";
  }
}

} // namespace
} // namespace ktls::tls
