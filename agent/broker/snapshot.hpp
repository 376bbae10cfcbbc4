// SPDX-License-Identifier: GPL-2.0-or-later
// Snapshot: a policy with the files it names read in; what workers and signer are started with.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/psk_file.hpp"
#include "ipc/profile.hpp"
#include "policy/policy.hpp"
#include "tls/certificate.hpp"

namespace ktls {

struct KeySource {
  std::uint32_t id;
  policy::KeyLocation location; // for its signer alone to open
  tls::Sha256 certificate_spki; // what the key must match
};

// A certificate that this host presents.
struct OwnCertificate {
  std::string credential; // its name in the policy
  std::string path;
  std::string where; // in the configuration
  tls::CertificateFacts facts;
  tls::Sha256 spki;
  tls::Sha256 fingerprint; // of the certificate
};

// A profile of the policy, as workers and the dispatcher know it.
struct ServedProfile {
  std::optional<std::uint32_t> for_applications; // in WorkerConfiguration::profiles
  std::optional<std::uint32_t> for_kernel; // likewise; none: it has nothing for services there
  std::shared_ptr<const PskFile> psk_file; // with policy::PskKind::File
};

struct Snapshot {
  ipc::WorkerConfiguration workers;
  std::vector<KeySource> keys;
  std::vector<ServedProfile> profiles; // by their index in the policy
  std::vector<OwnCertificate> certificates;
  std::set<std::string> paths;       // of all files and directories that were read, and of the keys
  std::vector<std::string> warnings; // what will not work, each with its place
};

// What this kernel carries, by the names of the suites of TLS 1.3 with the same algorithms.
struct KernelSuites {
  std::vector<std::string_view> tls12;
  std::vector<std::string_view> tls13;
  bool limits_records = false; // can keep to a peer's record_size_limit
  bool changes_keys = false;   // can follow a KeyUpdate
};

// Reads certificates, trust stores, revocation lists and pre-shared keys; all problems at once,
// each with its place in the configuration. No private key is opened. `user`: as for
// ConfiguredFiles.
[[nodiscard]] tl::expected<Snapshot, policy::Problems>
load_snapshot(const policy::Policy& policy, const KernelSuites& suites, uid_t user = ::geteuid());

} // namespace ktls
