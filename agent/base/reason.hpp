// SPDX-License-Identifier: GPL-2.0-or-later
// Reason: the one stable name of each way in which a handshake can end, and what each party is
// told.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ktls {

// Only ever appended to: the numbers travel between our processes, the names are the public
// contract.
enum class Reason : std::uint16_t {
  Success,
  // the request
  MalformedRequest,
  MissingDescriptor,
  TooManyDescriptors,
  RequestTimeout,
  NotASocket,
  NotTcp,
  Listening,
  NotConnected,
  AlreadyTls,
  PeerNameMissing,
  PeerNameInvalid,
  Unsupported,
  NoPolicy,
  Busy,
  // the handshake
  HandshakeTimeout,
  PeerClosed,
  ConnectionReset,
  PeerNotTls,
  RoleConflict,
  PeerProtocolError,
  NegotiationFailed,
  AlertReceived,
  CertificateMissing,
  CertificateUntrusted,
  CertificateExpired,
  CertificateNotYetValid,
  CertificateRevoked,
  CertificateInvalid,
  CertificateWrongName,
  CertificateWrongPurpose,
  // this side
  Cancelled,
  WorkerDied,
  WorkerStuck,
  SignerUnavailable,
  KernelTlsUnavailable,
  KeyInstallFailed,
  AgentStopping,
  InternalError,
  // the handshake, continued
  FirstByteTimeout,
  VersionUnsupported,
  NoApplicationProtocol,
  CertificateLimit,
  ExtendedMasterSecretMissing,
  RecordSizeUnsupported,
  PskUnknown,
  PskMissing,
  PskMismatch,
  CrlMissing,
  CrlStale,
  OcspStapleMissing,
  CertificatePinMismatch,
  CertificateKeyTooSmall,
  OcspStapleInvalid,
  CertificateConstraint,
  // the policy
  PolicyDenied,
  PolicyClear,
  PolicyMismatch,
  NotPermitted,
  MapperUnavailable,
  // the peer's local user
  UserNotMapped,
  UserRevoked,
  AmbiguousMapping,
  WeakMapping,
  MappingDenied,
  MappingTimeout,
  // an open session
  KeyUpdateUnsupported,
  KeyUpdateLimit,
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::KeyUpdateLimit) + 1;

struct ReasonFacts {
  Reason reason;
  std::string_view name; // stable, lower case, at most 31 characters
  int error;             // positive errno, for the application; 0 only for Success
  int kernel_status;     // positive errno, for HANDSHAKE_CMD_DONE; 0 only for Success
  std::optional<std::uint8_t>
      alert;             // RFC 8446, section 6; none: what the TLS library says, or none fits
  std::string_view help; // what happened and what to do, for a person
};

[[nodiscard]] const ReasonFacts& facts(Reason reason);
[[nodiscard]] std::optional<Reason> reason_from_number(std::uint16_t number);

} // namespace ktls
