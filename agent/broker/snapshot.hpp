// SPDX-License-Identifier: GPL-2.0-or-later
// Snapshot: the settings with the files they name read in; what workers and signer are started
// with.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/psk_file.hpp"
#include "ipc/profile.hpp"
#include "policy/settings.hpp"
#include "tls/certificate.hpp"

namespace ktls {

struct KeySource {
  std::uint32_t id;
  policy::KeyLocation location; // for its signer alone to open
  tls::Sha256 certificate_spki; // what the key must match
};

// One kind of handshake, as the dispatcher knows it.
struct ProfileChoice {
  std::uint32_t index = 0;                 // in WorkerConfiguration::profiles
  std::shared_ptr<const PskFile> psk_file; // none: certificates, or keys of the kernel's keyrings
  std::string psk_identity;                // as client; empty: the first of the file
  std::vector<std::string> tags;           // of a peer that a certificate has authenticated
};

struct ProfileChoices {
  std::optional<ProfileChoice> client; // of applications
  std::optional<ProfileChoice> server;
  std::optional<ProfileChoice> kernel_client;
  std::optional<ProfileChoice> kernel_server;
  std::optional<ProfileChoice> kernel_psk_client;
  std::optional<ProfileChoice> kernel_psk_server;
};

struct Snapshot {
  ipc::WorkerConfiguration workers;
  std::vector<KeySource> keys;
  ProfileChoices profiles;
  std::vector<std::string> warnings; // what will not work, each with its place
};

// What this kernel carries, by the names of the suites of TLS 1.3 with the same algorithms.
struct KernelSuites {
  std::vector<std::string_view> tls12;
  std::vector<std::string_view> tls13;
  bool limits_records = false; // can keep to a peer's record_size_limit
};

inline constexpr std::size_t max_certificate_file_size = 4UL * 1024 * 1024;

// Reads certificates, trust stores and pre-shared keys; all problems at once, each with its place
// in the configuration.
[[nodiscard]] tl::expected<Snapshot, policy::Problems>
load_snapshot(const policy::Settings& settings, const KernelSuites& suites);

} // namespace ktls
